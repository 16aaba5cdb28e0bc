"""What a row says, in words: the result as printed, its sign, its source and both readings."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

from markupsafe import Markup, escape

from metaworkbook.reporting.language import format_number, translate

UNSEEN = "coefficient not seen"
# Statistics that stand for a coefficient; the others tell a sign or a share at most.
COEFFICIENTS = ("r", "t", "F", "d", "OR", "HR", "b", "beta", "other")
# The same numbers stand in many rows.
show = lru_cache(maxsize=4096)(format_number)


def has_coefficient(row: dict[str, Any]) -> bool:
    """Return whether a row prints a coefficient or two means."""
    printed = row["statistic"] in COEFFICIENTS and known(row["value"])
    return printed or (known(row["mean1"]) and known(row["mean2"]))


def report_statistic(row: dict[str, Any], language: str) -> str:
    """Return a result as its source prints it; where it prints no number, that is said."""
    parts = []
    name = row["statistic_as_written"] or row["statistic"]
    if known(row["value"]):
        df = [show_plain(row[key], language) for key in ("df1", "df2") if known(row[key])]
        label = f"{name}({', '.join(df)})" if df else name
        parts.append(f"{label} = {show_plain(row['value'], language)}")
    for number in ("1", "2"):
        if known(row[f"mean{number}"]):
            mean = f"M{number} = {show_plain(row[f'mean{number}'], language)}"
            if known(row[f"sd{number}"]):
                mean += f" (SD {show_plain(row[f'sd{number}'], language)})"
            parts.append(mean)
    if known(row["ci_low"]) and known(row["ci_high"]):
        low, high = (show_plain(row[key], language) for key in ("ci_low", "ci_high"))
        parts.append(translate("interval {low} to {high}", language, low=low, high=high))
    if not has_coefficient(row) and row["statistic"] not in ("proportion", "counts", "means"):
        parts.append(translate(UNSEEN, language))
    if row["p_reported"]:
        label = "p" if row["p_reported"][:1] in "<>=.0" else translate("significance", language)
        parts.append(f"{label}: {row['p_reported']}")
    if known(row["n"]):
        unit = say_word(row["n_unit"], language) if row["n_unit"] != "unclear" else ""
        parts.append(f"n\u00a0=\u00a0{show_count(row['n'], language)} {unit}".strip())
    groups = [
        f"n{i}\u00a0=\u00a0{show_count(row[f'n{i}'], language)}"
        for i in "12"
        if known(row[f"n{i}"])
    ]
    return "; ".join([*parts, *groups])


def say_word(word: str, language: str) -> str:
    """Return a word of the data dictionary in ``language``, underscores as spaces."""
    return translate(word.replace("_", " "), language) if word else ""


def say_direction(row: dict[str, Any], column: str, language: str) -> str:
    """Return the sign a row tells, with its significance where that is stated."""
    words = {"none": "no association", "unstated": "sign not told"}
    told = say_word(words.get(row[column], row[column]), language)
    significance = row.get("significance", "not_stated")
    return told if significance == "not_stated" else f"{told}, {say_word(significance, language)}"


def say_source(row: dict[str, Any], language: str) -> Markup | str:
    """Return what was read: the kind of source, what quotes it, and the place in it."""
    source = say_word(row["source_kind"], language)
    cited = Markup(' <span lang="en">{}</span>').format(row["source_cited_as"])
    source = escape(source) + cited if row["source_cited_as"] else source
    return source + ", " + row["locator"] if row["locator"] else source


def say_second(row: dict[str, Any], language: str) -> str:
    """Return both readings where a second one exists."""
    again = row["second_reading_row"]
    if again is None:
        return translate("not read twice", language)
    if again["found"] != "yes":
        return translate("looked for again and not found", language)
    value = show_plain(again["value"], language) if known(again["value"]) else ""
    parts = [
        say_word(again["statistic"], language) + (f" = {value}" if value else ""),
        say_direction(again, "direction", language) if again["direction"] else "",
        f"n = {show_count(again['n'], language)}" if known(again["n"]) else "",
    ]
    verdict = (
        translate("agrees", language)
        if row["second_reading"] == "agrees"
        else translate(
            "differs in {fields}",
            language,
            fields=", ".join(say_word(word, language) for word in row["second_reading"].split()),
        )
    )
    return f"{verdict}: {'; '.join(part for part in parts if part)}"


def known(value: Any) -> bool:
    """Return whether a value is a number and not missing."""
    return value is not None and isinstance(value, (int, float)) and not math.isnan(value)


def show_count(value: Any, language: str) -> str:
    """Return a whole number, blank where it is missing."""
    return show(value, 0, language) if known(value) else ""


def show_decimal(value: Any, language: str, digits: int = 1) -> str:
    """Return a number with ``digits`` decimals, blank where it is missing."""
    return show(value, digits, language) if known(value) else ""


def show_plain(value: float, language: str) -> str:
    """Return a number with the decimals it was recorded with."""
    text = f"{value:.10g}"
    return show(value, len(text.partition(".")[2]) if "e" not in text else 6, language)


def combine(text: str, more: str) -> str:
    """Return a text with an addition in brackets; either may be blank."""
    return f"{text} ({more})" if text and more and text != more else text or more
