"""What the thesis asserts of each study, beside what the study itself was seen to say."""

from __future__ import annotations

import pandas as pd

from metaworkbook.reporting.display import Shown, escape
from metaworkbook.reporting.language import translate
from metaworkbook.reporting.tables import Markup, draw_table

SEEN = {
    "agrees": "agrees",
    "differs": "differs",
    "not_found": "not found",
}


def show_claim_count(claims: pd.DataFrame) -> Shown:
    """Show in one sentence how many claims the sources bear out."""

    def render(language: str) -> str:
        counts = claims["seen_in_source"].value_counts()
        text = translate(
            "Of {all} claims about {studies} studies {agrees} agree with what was seen of the "
            "source, {differs} differ, and for {not_found} nothing was found that could bear them "
            "out or not.",
            language, all=len(claims), studies=claims["study_id"].nunique(),
            **{word: int(counts.get(word, 0)) for word in SEEN},
        )  # fmt: skip
        return f'<p class="lead">{escape(text)}</p>'

    return Shown(render)


def show_claims(claims: pd.DataFrame, seen: str = "") -> Shown:
    """Show claims beside what their sources say; ``seen`` keeps one of agrees, differs, not_found.

    Claims are quoted as recorded, in English; what was noted again of one stands beneath it.
    """
    rows = claims if not seen else claims[claims["seen_in_source"] == seen]

    def render(language: str) -> str:
        lines = [
            [row["citation"], _quote(row, language), row["proposition"] or "–",
             translate(SEEN[row["seen_in_source"]], language), translate(row["why"], language)]
            for row in rows.to_dict("records")
        ]  # fmt: skip
        header = (
            "Study",
            "What the thesis says",
            "Proposition",
            "The source",
            "On what this rests",
        )
        caption = {
            "": "Every claim beside its source",
            "differs": "Where the thesis and its sources differ",
        }.get(seen, "Claims beside their sources")
        return draw_table(
            translate(caption, language), [translate(word, language) for word in header], lines
        )

    return Shown(render)


def _quote(row: dict, language: str) -> Markup:
    spoken = "" if language == "en" else ' lang="en"'
    again = "".join(f'<br><span class="muted">{escape(text)}</span>' for text in row["again"])
    return Markup(f"<span{spoken}>{escape(row['claim'])}{again}</span>")
