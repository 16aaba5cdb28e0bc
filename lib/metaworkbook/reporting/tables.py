"""Tables: the only place that rounds. Evidence is escaped, numbers take the language's form."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote

import numpy as np
import pandas as pd

from metaworkbook.reporting.display import Shown, escape
from metaworkbook.reporting.language import format_number, translate
from metaworkbook.reporting.variants import VARIANTS
from metaworkbook.reporting.wordings import word
from metaworkbook.results import Censored, Pooled
from metaworkbook.results.synthesis import Synthesis

WORDS = {
    "negative": "negative",
    "positive": "positive",
    "none": "no association",
    "mixed": "mixed",
    "unstated": "sign not told",
    "significant": "significant",
    "not_significant": "not significant",
    "not_stated": "significance not stated",
}


def to_r(z: float) -> float:
    """Return the correlation of Fisher z; infinite z gives -1 or 1."""
    return math.tanh(z)


def format_r(z: float, language: str) -> str:
    """Return Fisher z as a correlation with two decimals."""
    return format_number(to_r(z), 2, language) if z == z else "–"


def format_interval(low: float, high: float, language: str) -> str:
    """Return an interval of Fisher z as correlations; an open end is named as such."""
    if low != low or high != high:
        return "–"
    ends = [
        translate("no lower bound", language) if low == -math.inf else format_r(low, language),
        translate("no upper bound", language) if high == math.inf else format_r(high, language),
    ]
    return translate("{low} to {high}", language, low=ends[0], high=ends[1])


def draw_table(
    caption: str, header: Sequence[str], rows: Iterable[Sequence[Any]], numeric: Sequence[int] = ()
) -> str:
    """Return an HTML table; cells are escaped unless they are marked safe by `Markup`.

    ``numeric`` holds the positions of columns aligned as numbers. The first cell of a row heads it.
    """

    def cell(position: int, value: Any) -> str:
        content = to_html(value)
        kind = ' class="number"' if position in numeric else ""
        if position == 0:
            return f'<th scope="row"{kind}>{content}</th>'
        return f"<td{kind}>{content}</td>"

    head = "".join(
        f'<th scope="col"{" class=number" if i in numeric else ""}>{escape(name)}</th>'
        for i, name in enumerate(header)
    )
    body = "".join(
        "<tr>" + "".join(cell(i, value) for i, value in enumerate(row)) + "</tr>" for row in rows
    )
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(caption)}"><table>'
        f"<caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table></div>"
    )


class Markup:
    """HTML made by this package, not to be escaped again."""

    def __init__(self, content: str):
        self.content = content


def to_html(value: Any) -> str:
    """Return a cell as HTML: text escaped, `Markup` as it is."""
    return value.content if isinstance(value, Markup) else escape(value)


def quote_source(text: str, language: str) -> str | Markup:
    """Return a cell of the evidence as it stands, marked as English on a Norwegian page."""
    if language == "en" or not any(letter.isalpha() for letter in text):
        return text
    return Markup(f'<span lang="en">{escape(text)}</span>')


def show_methods(
    synthesis: Synthesis, others: dict[str, Synthesis], reviews: pd.DataFrame
) -> Shown:
    """Show each method's result beside the published estimates.

    Parameters
    ----------
    synthesis : Synthesis
        The main analysis.
    others : dict of Synthesis
        Named variants with other rows, such as "with adjusted and unclear rows".
    reviews : DataFrame
        Rows of the ledger's table ``reviews`` about the same question.
    """

    def render(language: str) -> str:
        def say(text: str) -> str:
            return translate(text, language)

        def fitted(
            name: str | Markup, rows: int, samples: int, result: Censored | Pooled | None
        ) -> list:
            if result is None:
                return [name, "–", say("too few samples to pool"), samples, rows]
            return [
                name, format_r(result.estimate, language),
                format_interval(result.ci_low, result.ci_high, language), samples, rows,
            ]  # fmt: skip

        def link(name: str, to: str = ROWS) -> Markup:
            return Markup(f'<a href="#{to}">{escape(name)}</a>')

        main = synthesis.main
        name = link(say("All rows, censored model"))
        lines = [fitted(name, synthesis.rows, synthesis.samples, main)]
        for variant in synthesis.variants:
            if variant.result is not None and variant.name != "without-sample":
                result = variant.result
                name = link(f"… {say(VARIANTS[variant.name])}")
                lines.append(fitted(name, result.k, result.clusters, result))
        single = [v.result for v in synthesis.variants if v.name == "without-sample" and v.result]
        if single:
            lows, highs = [r.ci_low for r in single], [r.ci_high for r in single]
            words = say("leaving out each sample in turn (widest ends)")
            if len(single) < synthesis.samples:
                words = translate(
                    "leaving out each of the {count} samples that hold an end most (widest ends)",
                    language, count=len(single),
                )  # fmt: skip
            name = link(f"… {words}")
            ends = format_interval(min(lows), max(highs), language)
            lines.append([name, "–", ends, synthesis.samples - 1, "–"])
        if synthesis.classical is not None:
            classical = synthesis.classical
            name = link(say("Coefficients alone, random effects"))
            lines.append(fitted(name, classical.k, classical.k, classical))
        # What a wider set adds stands among the rows left out.
        for name, other in others.items():
            lines.append(fitted(link(say(name), LEFT_OUT), other.rows, other.samples, other.main))
        for _, review in reviews.iterrows():
            lines.append(_review_line(review, language))
        return draw_table(
            say("Pooled correlation by method, beside published estimates"),
            [say("Method"), say("r"), say("95 % interval"), say("Samples"), say("Rows")],
            lines,
            numeric=(1, 2, 3, 4),
        )

    return Shown(render)


def format_published(review: Any, language: str) -> str:
    """Return a published estimate as a correlation, and what it was printed as where another."""
    r = format_number(review["r"], 2, language)
    if review["statistic"] == "r":
        return r
    return translate(
        "{r} (printed: {statistic} = {value})", language, r=r, statistic=review["statistic"],
        value=format_number(review["estimate"], 2, language),
    )  # fmt: skip


def _review_line(review: pd.Series, language: str) -> list:
    interval = "–"
    if np.isfinite(review["r_low"]) and np.isfinite(review["r_high"]):
        interval = translate(
            "{low} to {high}", language,
            low=format_number(review["r_low"], 2, language),
            high=format_number(review["r_high"], 2, language),
        )  # fmt: skip
    estimate = (
        format_published(review, language)
        if np.isfinite(review["r"])
        else translate(WORDS[review["direction_analysed"]], language)
    )
    name = translate("Published: {citation}", language, citation=review["citation"])
    if review["subgroup"]:
        name += f" ({review['subgroup']})"
    k = "–" if np.isnan(review["k"]) else int(review["k"])
    cited = Markup(link_doi(review["doi"], name)) if review["doi"] else name
    return [cited, estimate, interval, k, "–"]


def show_left_out(left_out: pd.DataFrame, beside: bool = True) -> Shown:
    """Show every row about the question that did not enter, with its reason.

    Each opens its evidence: ``beside`` it in the page (`show_evidence`), or on its study's page.
    """

    def render(language: str) -> str:
        if left_out.empty:
            return (
                f"<p>{escape(translate('No row about this question was left out.', language))}</p>"
            )
        lines = []
        for row in left_out.to_dict("records"):
            to = f"#row-{row['effect_id']}" if beside else f"study/{row['study_id']}.html"
            link = f'<a href="{escape(to)}">{escape(row["citation"])}</a>'
            detail, text = (
                word(translate(row[name], language), language)
                for name in ("reason_detail", "reason_text")
            )
            reason = text.format(detail=detail)
            lines.append([Markup(link), quote_source(row["summary"], language), reason])
        return draw_table(
            translate("Rows left out, and why", language),
            [translate(word, language) for word in ("Study", "What it reports", "Reason")],
            lines,
        )

    return Shown(render)


def link_doi(doi: str, text: str) -> str:
    """Return a link, which leaves the site safely, to what a DOI names."""
    address = escape(quote(doi, safe="/():;._-"))
    return f'<a href="https://doi.org/{address}" rel="noopener noreferrer">{escape(text)}</a>'


# The sections of a page that list its rows, and those left out.
ROWS, LEFT_OUT = "the-evidence-row-by-row", "what-was-left-out-and-why"
