"""The index: the questions of the thesis, an answer with its interval for each, and the way in."""

from __future__ import annotations

import math
from typing import Any
from urllib.parse import quote

from markupsafe import Markup, escape

from metaworkbook.publishing.frame import SITE_TITLE, Place, compose, list_sections
from metaworkbook.publishing.markup import keep_together
from metaworkbook.publishing.pages import Page
from metaworkbook.publishing.provenance import Provenance
from metaworkbook.reporting.language import format_number, translate

VERDICTS = {
    "negative": "negative in every variant",
    "positive": "positive in every variant",
    "not_decided": "not decided",
    "side_by_side": "two samples, no verdict",
    "no_pooling": "too few samples to pool",
}
# The page that judges the propositions.
JUDGES = "propositions"
WIDTH, LEFT, RIGHT = 320.0, 14.0, 306.0
DOMAINS = (0.3, 0.5, 0.75, 1.0)
# A correlation this close to 1 is an end without a bound.
OPEN = 0.9999
DECIDED = ("supported", "contradicted")


def render_index(
    results: dict[str, dict[str, Any]], pages: list[Page], language: str, provenance: Provenance
) -> str:
    """Return the index as an HTML file.

    Parameters
    ----------
    results : dict
        Content of ``build/results/<page>.json`` by page; pages without results are listed only.
    pages : list of Page
        The published pages.
    language : str
        "en" or "nb".
    provenance : Provenance
        For the footer.
    """
    from metaworkbook.reporting.answers import answer_questions

    answers = answer_questions(results, language)
    titles = {page.name: page.title[language] for page in pages}
    domain = choose_domain([card for answer in answers for card in answer["cards"]])
    shown = [
        {
            "question": answer["question"],
            "sentences": [keep_together(sentence) for sentence in answer["sentences"]],
            "cards": [
                show_card(card, titles[card["page"]], domain, language)
                for card in answer["cards"]
                if card["page"] in titles
            ],
        }
        for answer in answers
    ]
    summaries = {f"{page.name}.html": page.summary.get(language, "") for page in pages}
    return compose(
        "index.html.j2",
        Place(language, "index.html"),
        translate(SITE_TITLE, language),
        pages,
        provenance,
        description=translate(LEDE, language),
        lede=translate(LEDE, language),
        answers=shown,
        has_drawing=any(card["drawing"] for answer in shown for card in answer["cards"]),
        coverage=describe_coverage(results, language),
        propositions=list_propositions(results, pages, language),
        judged=results.get(JUDGES, {}).get("headline", {}).get(language, ""),
        overview=[
            (title, [(entry, summaries[entry.path]) for entry in entries])
            for title, entries in list_sections(pages, language)
        ],
    )


LEDE = (
    "What the research literature reports about avoidant attachment, the therapeutic alliance and "
    "the outcome of therapy, with every number's way back to its source."
)


def choose_domain(cards: list[dict[str, Any]]) -> float:
    """Return the end of the one scale of all drawings: the smallest that holds every closed end."""
    ends = [
        abs(value)
        for card in cards
        for value in (card.get("ci_low"), card.get("estimate"), card.get("ci_high"))
        if isinstance(value, (int, float)) and abs(value) < OPEN
    ]
    return next((domain for domain in DOMAINS if domain >= max(ends, default=0.0)), DOMAINS[-1])


def show_card(card: dict[str, Any], title: str, domain: float, language: str) -> dict[str, Any]:
    """Return what the template shows of a card: title, sentence, drawing, counts and verdict."""
    verdict = card.get("verdict") or ""
    return {
        "path": f"{card['page']}.html",
        "title": title,
        "sentence": keep_together(card["sentence"]),
        "drawing": draw_interval(card, domain, language),
        "counts": describe_counts(card.get("k"), card.get("n"), language),
        "verdict": translate(VERDICTS.get(verdict, verdict), language) if verdict else "",
        "decided": verdict in ("negative", "positive"),
    }


def describe_counts(samples: Any, persons: Any, language: str) -> str:
    """Return samples and persons in words, blank where there are none."""
    counts = []
    if samples:
        text = "1 sample" if samples == 1 else "{k} samples"
        counts.append(translate(text, language, k=format_number(samples, 0, language)))
    if persons:
        counts.append(translate("{n} persons", language, n=format_number(persons, 0, language)))
    return " · ".join(counts)


def draw_interval(card: dict[str, Any], domain: float, language: str) -> Markup:
    """Return a card's interval as an inline SVG, blank where there is none.

    The line is the 95 % interval, the dot the estimate, an arrow an end without a bound, the open
    diamond the newest published estimate.
    """
    low, high = _number(card.get("ci_low")), _number(card.get("ci_high"))
    if low is None or high is None:
        return Markup("")
    estimate = _number(card.get("estimate"))
    published = _number((card.get("published") or {}).get("estimate"))

    def place(value: float) -> str:
        share = (max(-domain, min(domain, value)) + domain) / (2 * domain)
        return f"{LEFT + share * (RIGHT - LEFT):.1f}"

    marks = [
        f'<path class="axis" d="M{LEFT} 30H{RIGHT}"/>',
        *(f'<path class="axis" d="M{place(tick)} 27v6"/>' for tick in (-domain, domain)),
        f'<path class="zero" d="M{place(0)} 6v27"/>',
        f'<path class="span" d="M{place(low)} 18H{place(high)}"/>',
    ]
    for value, way in ((low, 1), (high, -1)):
        if abs(value) > domain:
            marks.append(f'<path class="open" d="M{place(value)} 18l{8 * way}-5v10z"/>')
    if published is not None:
        marks.append(f'<path class="told" d="M{place(published)} 12.5l5.5 5.5-5.5 5.5-5.5-5.5z"/>')
    if estimate is not None:
        marks.append(f'<circle class="dot" cx="{place(estimate)}" cy="18" r="4.5"/>')
    for value, anchor in ((-domain, "start"), (0.0, "middle"), (domain, "end")):
        at = {"start": "2", "end": f"{WIDTH - 2:g}"}.get(anchor) or place(value)
        text = format_number(value, 0 if value in (-1.0, 0.0, 1.0) else 2, language)
        marks.append(f'<text x="{at}" y="45" text-anchor="{anchor}">{text}</text>')
    label = escape(_describe_interval(low, high, estimate, published, language))
    return Markup(
        f'<svg class="interval" viewBox="0 0 {WIDTH:g} 48" role="img" aria-label="{label}">'
        f"{''.join(marks)}</svg>"
    )


def _describe_interval(
    low: float, high: float, estimate: float | None, published: float | None, language: str
) -> str:
    def show(value: float) -> str:
        if abs(value) < OPEN:
            return format_number(value, 2, language)
        return translate("no lower bound" if value < 0 else "no upper bound", language)

    text = translate("95 % interval {low} to {high}", language, low=show(low), high=show(high))
    if estimate is not None:
        text = f"r = {format_number(estimate, 2, language)}, {text}"
    if published is not None:
        told = format_number(published, 2, language)
        text += "; " + translate("newest published estimate {r}", language, r=told)
    return text


def _number(value: Any) -> float | None:
    if value in ("inf", "-inf"):
        return 1.0 if value == "inf" else -1.0
    return float(value) if isinstance(value, (int, float)) and math.isfinite(value) else None


def describe_coverage(results: dict[str, dict[str, Any]], language: str) -> list[str]:
    """Return what was read and how much of it reached a page, in sentences."""
    sentences = []
    headline = results.get("evidence", {}).get("headline")
    if headline:
        sentences.append(headline[language])
    entered, seen = set(), set()
    for result in results.values():
        selected = result.get("selected") or {}
        entered.update(selected.get("entered", []))
        seen.update(row["effect_id"] for row in selected.get("left_out", []))
    if entered | seen:
        sentences.append(
            translate(
                "{entered} results enter at least one analysis; {left} more were weighed for one "
                "and left out, each with its reason.",
                language,
                entered=format_number(len(entered), 0, language),
                left=format_number(len(seen - entered), 0, language),
            )
        )
    return sentences


def list_propositions(
    results: dict[str, dict[str, Any]], pages: list[Page], language: str
) -> list[dict[str, Any]]:
    """Return the propositions of the thesis with their verdicts, where a page has judged them."""
    from metaworkbook.reporting.verdicts import VERDICTS as JUDGEMENTS

    titles = {page.name: page.title[language] for page in pages}
    judged = results.get(JUDGES, {}).get("results")
    judged = judged.get("propositions", []) if isinstance(judged, dict) else judged or []
    return [
        {
            "id": row["id"],
            "address": f"{JUDGES}.html#{quote(row['id'])}" if JUDGES in titles else "",
            "text": _read(row, "text", language),
            "verdict": translate(JUDGEMENTS.get(row["verdict"], row["verdict"]), language),
            "reason": keep_together(_read(row, "reason", language)),
            "pages": [
                (f"{name}.html", titles[name])
                for name in row.get("pages", [])
                if name in titles and name != JUDGES
            ],
            "decided": row["verdict"] in DECIDED,
            "counts": _count_behind(row, language),
        }
        for row in judged
    ]


def _count_behind(row: dict[str, Any], language: str) -> str:
    if not row.get("published"):
        return describe_counts(row.get("k"), row.get("n"), language)
    # Syntheses share studies and persons, so that no sum of persons means anything.
    text = "1 published synthesis" if row["k"] == 1 else "{k} published syntheses"
    return translate(text, language, k=format_number(row["k"], 0, language))


def _read(row: dict[str, Any], name: str, language: str) -> str:
    return row.get(f"{name}_{language}") or row.get(name, "")
