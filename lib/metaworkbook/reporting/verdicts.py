"""The propositions of the thesis with their verdicts, parts and coverage, in both languages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from metaworkbook.reporting.display import Shown, escape
from metaworkbook.reporting.inventory import show_ladder
from metaworkbook.reporting.language import LANGUAGES, format_number, translate
from metaworkbook.reporting.reasons import (
    describe_lacking,
    describe_reason,
    find_scale,
    format_part,
    to_readable,
)
from metaworkbook.reporting.sentences import describe_information, describe_signs
from metaworkbook.reporting.tables import Markup, draw_table, quote_source, to_html
from metaworkbook.results import to_json
from metaworkbook.results.verdicts import PartVerdict, Verdict

VERDICTS = {
    "supported": "supported",
    "contradicted": "contradicted",
    "mixed": "mixed",
    "undecided": "not decided",
    "not_judged": "not judged",
}
POINTS = {"for": "for it", "against": "against it", "undecided": "not decided"}
# Kinds of parts that rest on published syntheses, whose studies and persons may be the same.
PUBLISHED = ("reviews", "equivalence")
KINDS = {
    "synthesis": "censored correlation",
    "contrast": "difference of correlations",
    "reviews": "published syntheses",
    "equivalence": "published syntheses side by side",
    "proportions": "shares of a class",
    "change": "size of a change",
    "directions": "directions by sample",
}


def show_verdicts(verdicts: Iterable[Verdict]) -> Shown:
    """Show all propositions with verdict and reason in one table."""
    verdicts = tuple(verdicts)

    def render(language: str) -> str:
        lines = [
            [Markup(f'<a href="#{escape(one.id)}">{escape(one.id)}</a>'),
             translate(one.statement, language), translate(VERDICTS[_judge(one)], language),
             describe_reason(one, language)]
            for one in verdicts
        ]  # fmt: skip
        header = ("No.", "Proposition", "Verdict", "Why")
        return draw_table(
            translate("The propositions and what the evidence says of them", language),
            [translate(word, language) for word in header],
            lines,
        )

    return Shown(render)


def show_propositions(verdicts: Iterable[Verdict], citations: dict[str, dict[str, str]]) -> Shown:
    """Show a section for each proposition: verdict, parts, coverage and the rows behind them.

    ``citations`` holds citation and study of each row by its id, as `evidence.cite_rows` does.
    """
    verdicts = tuple(verdicts)
    return Shown(
        lambda language: "".join(_section(verdict, citations, language) for verdict in verdicts)
    )


def _section(verdict: Verdict, citations: dict[str, dict[str, str]], language: str) -> str:
    head = (
        f'<section id="{escape(verdict.id)}"><h3>{escape(verdict.id)}. '
        f"{escape(translate(verdict.statement, language))}</h3>"
        f'<p class="lead">{escape(translate(VERDICTS[_judge(verdict)], language).capitalize())}.'
        f"</p><p>{escape(describe_reason(verdict, language))}</p>"
    )
    if not verdict.parts:
        return head + "</section>"
    body = _parts_table(verdict, language)
    for part in verdict.parts:
        if part.main:
            body += _evidence(part, citations, language)
    return head + body + "</section>"


def _judge(verdict: Verdict) -> str:
    return "not_judged" if verdict.fixed else verdict.verdict


def _parts_table(verdict: Verdict, language: str) -> str:
    lines = []
    for part in verdict.parts:
        told = format_part(part, language)
        name = translate(part.name, language)
        if part.main:
            name = translate("{part} (deciding)", language, part=name)
        lines.append(
            [name, translate(KINDS[part.kind], language), part.k,
             "–" if part.kind in PUBLISHED else format_number(part.n, 0, language), told,
             translate(POINTS[part.points], language),
             describe_lacking(part, language) if part.points == "undecided" else ""]
        )  # fmt: skip
    header = ("Part", "Analysis", "Samples or syntheses", "Persons", "Estimate (95 % interval)",
              "Points", "What is missing")  # fmt: skip
    return draw_table(
        translate("Parts of {id}", language, id=verdict.id),
        [translate(word, language) for word in header], lines, numeric=(2, 3),
    )  # fmt: skip


def _evidence(part: PartVerdict, citations: dict[str, dict[str, str]], language: str) -> str:
    name = translate(part.name, language)
    title = translate("Coverage and evidence: {part}", language, part=name)
    body = ""
    if part.signs is not None:
        told = describe_signs(part.signs, language)
        body += "<p>" + escape(
            translate("All rows that pass the filters of this part, adjusted ones included: "
                      "{signs}", language, signs=told)) + "</p>"  # fmt: skip
    if told := describe_information(part.information, language):
        body += f"<p>{escape(told)}</p>"
    if part.ladder:
        body += show_ladder(pd.DataFrame(part.ladder)).html(language)
    if part.entered:
        items = "".join(_row_item(row, citations.get(row, {}), language) for row in part.entered)
        body += f"<p>{escape(translate('Rows that can be used:', language))}</p><ul>{items}</ul>"
    else:
        body += f"<p>{escape(translate('No row can be used.', language))}</p>"
    return f"<details class='evidence'><summary>{escape(title)}</summary>{body}</details>"


def _row_item(row: str, cited: dict[str, str], language: str) -> str:
    """Return one row of the evidence, linked to its study's page, with what is odd about it."""
    name = escape(cited.get("citation", row))
    if cited.get("study_id"):
        name = f'<a href="study/{escape(cited["study_id"])}.html">{name}</a>'
    odd = f": {to_html(quote_source(cited['oddity'], language))}" if cited.get("oddity") else ""
    return f"<li>{name} <span class='muted'>{escape(row)}</span>{odd}</li>"


def list_verdicts(verdicts: Iterable[Verdict]) -> list[dict[str, Any]]:
    """Return the verdicts as the page's results: one entry a proposition.

    ``estimate``, ``ci_low`` and ``ci_high`` are those of the only deciding part, on the scale
    named by ``scale`` ("r", "difference", "closeness", "odds_ratio", "d", "percent"); null where
    several parts decide together or none has an estimate. ``text`` and ``reason`` are English,
    ``text_nb`` and ``reason_nb`` Norwegian. ``published`` is true where ``k`` counts published
    syntheses.
    """
    return [_entry(verdict) for verdict in verdicts]


NAMES = {"z": "r", "log_odds": "odds_ratio", "share": "percent"}


def _entry(verdict: Verdict) -> dict[str, Any]:
    mains = [part for part in verdict.parts if part.main]
    alone = _numbers(mains[0]) if len(mains) == 1 else dict.fromkeys(_numbers(None))
    return {
        "id": verdict.id,
        "text": verdict.statement,
        "text_nb": translate(verdict.statement, "nb"),
        "verdict": _judge(verdict),
        "reason": describe_reason(verdict, "en"),
        "reason_nb": describe_reason(verdict, "nb"),
        "pages": list(verdict.pages),
        "k": verdict.k,
        "n": to_json(verdict.n),
        "published": bool(mains) and all(part.kind in PUBLISHED for part in mains),
        **alone,
        "parts": [
            {"name": part.name, "kind": part.kind, "main": part.main, "points": part.points,
             "lacking": part.lacking, "sides": to_json(list(part.sides)), "k": part.k,
             "n": to_json(part.n), **_numbers(part), "entered": list(part.entered),
             "coverage": to_json(list(part.ladder))}
            for part in verdict.parts
        ],
    }  # fmt: skip


def _numbers(part: PartVerdict | None) -> dict[str, Any]:
    if part is None or part.reading is None:
        return {"estimate": None, "ci_low": None, "ci_high": None, "scale": None}
    scale = find_scale(part)
    reading = part.reading
    told = {"estimate": reading.estimate, "ci_low": reading.ci_low, "ci_high": reading.ci_high}
    return {name: to_json(to_readable(value, scale)) for name, value in told.items()} | {
        "scale": NAMES.get(scale, scale)
    }


def describe_verdicts(verdicts: Iterable[Verdict]) -> dict[str, Any]:
    """Return the headline of the page: how many propositions have which verdict, by language."""
    found = [_judge(verdict) for verdict in verdicts]
    counts = {name: found.count(name) for name in VERDICTS}
    text = (
        "The {all} propositions of the thesis by verdict: {supported} supported, {contradicted} "
        "contradicted, {mixed} mixed, {undecided} not decided by what can be read, {not_judged} "
        "not judged."
    )
    headline = {
        language: translate(text, language, all=len(found), **counts) for language in LANGUAGES
    }
    return {"headline": headline}


def show_verdict_count(verdicts: Iterable[Verdict]) -> Shown:
    """Show in one sentence how many propositions have which verdict."""
    headline = describe_verdicts(verdicts)["headline"]
    return Shown(lambda language: f'<p class="lead">{escape(headline[language])}</p>')
