"""Entries: each row's way back to its source, folded; of very many rows a list of links."""

from __future__ import annotations

from typing import Any

import pandas as pd

from metaworkbook.reporting.display import Shown, escape
from metaworkbook.reporting.language import format_number, translate
from metaworkbook.reporting.tables import WORDS, link_doi
from metaworkbook.reporting.wordings import word

#: Label and column of what an entry tells, and whether its words are the dictionary's.
FIELDS = (
    ("As reported", "detail", False),
    ("p as reported", "p_reported", False),
    ("Measure of x", "x_measure", False),
    ("Measure of y", "y_measure", False),
    ("Rated by", "y_rater", True),
    ("Phase", "phase", True),
    ("Contrast", "contrast", True),
    ("Tier", "tier", False),
    ("Conversion", "path", False),
    ("Confidence of the reading", "confidence", True),
    ("Odd in print", "oddity", False),
    ("Decided in coding", "coder_note", False),
    ("Source", "source_kind", True),
    ("Place in the source", "locator", False),
    ("Reference", "full_reference", False),
)
#: Entries that a page holds; of more it holds links.
MOST_ENTRIES = 1000
#: Statistics that are words and no number.
UNSEEN = "coefficient not seen"


def show_evidence(rows: pd.DataFrame) -> Shown:
    """Show each row's way back to its source, one folded entry a row; of very many a link."""

    def render(language: str) -> str:
        if len(rows) <= MOST_ENTRIES:
            return "".join(_entry(row, language) for row in rows.to_dict("records"))
        columns = (rows[name] for name in ("effect_id", "citation", "study_id"))
        items = "".join(
            f'<li id="row-{escape(effect)}"><a href="study/{escape(study)}.html">{escape(citation)}'
            f'</a> <span class="muted">{escape(effect)}</span></li>'
            for effect, citation, study in zip(*columns, strict=True)
        )
        count = format_number(len(rows), 0, language)
        title = translate("{count} rows, each told in full on its study's page", language,
                          count=count)  # fmt: skip
        summary = f"<summary>{escape(title)}</summary>"
        return f'<details class="evidence">{summary}<ol>{items}</ol></details>'

    return Shown(render)


def _entry(row: dict, language: str) -> str:
    def say(text: str) -> str:
        return translate(text, language)

    spoken = "" if language == "en" else ' lang="en"'
    value = say(UNSEEN)
    if row["value"] == row["value"]:
        value = f"{row['statistic']} = {format_number(row['value'], 3, language)}"
    n = "–" if row["n"] != row["n"] else format_number(row["n"], 0, language)
    stated = (say(WORDS[row[field]]) for field in ("direction_analysed", "significance"))
    facts = [
        (say("Statistic"), f"{value}; n = {n}", ""),
        (say("Direction"), ", ".join(stated), ""),
    ]
    for label, field, coded in FIELDS:
        if row[field]:
            ours = coded or field in ("tier", "path")
            words = say(row[field].replace("_", " ")) if coded else row[field]
            facts.append((say(label), word(words, language) if ours else words,
                          "" if ours else spoken))  # fmt: skip
    again = _second_reading(row, language) if row["second_reading"] else say("not read twice")
    facts.append((say("Second reading"), again, ""))
    words = escape(say("All rows of this study"))
    link = f'<a href="study/{escape(row["study_id"])}.html">{words}</a>'
    if row["doi"]:
        link += " · " + link_doi(row["doi"], f"doi:{row['doi']}")
    items = "".join(
        f"<dt>{escape(name)}</dt><dd{mark}>{escape(text)}</dd>" for name, text, mark in facts
    )
    identity = escape(row["effect_id"])
    return (
        f'<details class="evidence"><summary>{escape(row["citation"])} '
        f'<span class="muted">{identity}</span></summary>'
        f'<div id="row-{identity}"><p{spoken}>{escape(row["summary"])}</p><dl>{items}</dl>'
        f"<p>{link}</p></div></details>"
    )


def _second_reading(row: dict, language: str) -> str:
    """Return both readings of every field on which they differ, or that they agree."""
    told = row["second_reading"]
    if told in ("agrees", "not_found"):
        return translate({"agrees": "agrees", "not_found": "not found again"}[told], language)
    return "; ".join(
        translate(
            "{field}: first {first}, second {second}", language, field=translate(field, language),
            first=_plain(row[field], language), second=_plain(row[f"{field}_second"], language),
        )
        for field in told.split()
    )  # fmt: skip


def _plain(value: Any, language: str) -> str:
    if isinstance(value, str):
        return translate(WORDS.get(value, value), language)
    digits = 0 if float(value).is_integer() else 3
    return format_number(value, digits, language)
