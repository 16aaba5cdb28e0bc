"""Cells: each judged by its column of the dictionary, then typed; no word becomes missing."""

from __future__ import annotations

import re
from unicodedata import category

import numpy as np
import pandas as pd

from metaworkbook.errors import Problem
from metaworkbook.evidence.columns import EXCUSES, HEADS, Column, Table
from metaworkbook.evidence.records import Records, name_row, show

NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
WHOLE = re.compile(r"[+-]?\d+", re.ASCII)
#: "2.126": two thousand in one country, two in another.
THOUSANDS = re.compile(r"[+-]?\d{1,3}\.\d{3}", re.ASCII)
#: What Unicode calls control characters, marks that turn the reading direction, letters of nobody,
#: and spaces that look like a space and are none.
UNSEEN = frozenset(("Cc", "Cf", "Cs", "Co", "Zs", "Zl", "Zp"))
#: Letters and marks without ink, noncharacters, and those that stand where something was misread.
UNPRINTABLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\ufff0-\uffff"
    "\U000e0000-\U000e0fff]"
)
#: Other programs' words for a missing value, or for a formula that failed.
MISSING = frozenset(
    ("na", "n/a", "nan", "null", "#n/a", "#na", "#name?", "#null!", "#num!", "#ref!", "#value!",
     "#div/0!")
)  # fmt: skip
#: Words that are no reason.
NO_REASON = frozenset(("none", "yes", "true", "false", "nil", "nei", "ingen", "not", "missing"))
SHORTEST_REASON = 3
LONGEST_CELL = 5000
#: From here on whole numbers are no longer exact.
LARGEST_INTEGER = 2**53


def type_cells(records: Records, table: Table, problems: list[Problem]) -> pd.DataFrame:
    """Return the typed table, and add each bad cell to ``problems``.

    Text stays as it is, blank where nothing was reported; numbers become floats, NaN where nothing
    was reported or the cell is bad. The index is the line of each record in its file.
    Text has dtype object: pandas keeps all such columns in one block and takes rows of it at once.
    """
    place = f"effects/{table.path}"
    keys = records.cells[table.key]
    lines = pd.Index(records.lines, name="row", dtype=int)
    data = {}
    for column in table.columns:
        cells = records.cells[column.name]
        bad = _judge_all(column, cells, records.lines)
        for index, allowed, remedy in bad:
            where = (place, records.lines[index], name_row(keys[index]), column.name)
            problems.append(Problem(*where, show(cells[index]), allowed, remedy))
        values = _type(column, cells, {index for index, *_ in bad})
        data[column.name] = pd.Series(values, index=lines, dtype=values.dtype)
    return pd.DataFrame(data, index=lines)


def _judge_all(
    column: Column, cells: tuple[str, ...], lines: tuple[int, ...]
) -> list[tuple[int, str, str]]:
    """Return every bad cell: its index, what is allowed and the remedy.

    Each different text is judged once.
    """
    verdicts = {text: why for text in set(cells) if (why := judge(column, text))}
    allowed = column.allowed()
    bad = []
    if verdicts:
        told = enumerate(cells)
        bad = [(index, allowed, verdicts[text]) for index, text in told if text in verdicts]
    if column.unique:
        seen: dict[str, int] = {}
        for index, text in enumerate(cells):
            if text and text in seen:
                remedy = f"Row {seen[text]} has it already: correct one of them, or delete one row."
                bad.append((index, "an id that no other row has", remedy))
            seen.setdefault(text, lines[index])
    return bad


def judge(column: Column, text: str) -> str:
    """Return what to do about a cell's text, or blank if the column may hold it."""
    if text == "":
        return f"Fill the cell: {column.description}." if column.required else ""
    if "\n" in text or "\r" in text:
        return "Keep the record on one line; look for a missing quotation mark."
    if text != text.strip():
        return "Delete the space at the start or end of the cell."
    if not _is_seen(text):
        return "Delete the invisible or broken character, or type a plain space in its place."
    if len(text) > LONGEST_CELL:
        return f"Shorten it to {LONGEST_CELL} characters; look for a missing quotation mark."
    if column.enum:
        return "" if text in column.enum else "Use one of the words allowed."
    if column.type == "string":
        return _judge_text(column, text)
    if not NUMBER.fullmatch(text):
        return "Write the number with a point and nothing else; leave the cell blank if unknown."
    if column.type == "integer" and not WHOLE.fullmatch(text):
        return "Write the whole number in digits alone, thousands without a point."
    if column.name in HEADS and THOUSANDS.fullmatch(text):
        return "Write thousands without a point, and a fraction with two digits at most."
    return "" if _holds(column, float(text)) else "Correct the number."


def _is_seen(text: str) -> bool:
    """Tell whether each character of a text can be seen, plain spaces apart."""
    if text.isascii():
        return text.isprintable()
    if not text.isprintable() and any(category(x) in UNSEEN for x in text if x != " "):
        return False
    return not UNPRINTABLE.search(text)


def _judge_text(column: Column, text: str) -> str:
    word = text.lower()
    if word in MISSING:
        return "Leave the cell blank if nothing is reported, or write what stands there."
    if column.name in EXCUSES and not _is_reason(word):
        return "Give the reason in words, or leave the cell blank: it lets the row off."
    good = not column.pattern or re.fullmatch(column.pattern, text)
    return "" if good else "Write it in the form allowed."


def _is_reason(word: str) -> bool:
    return word.strip(".!") not in NO_REASON and sum(map(str.isalpha, word)) >= SHORTEST_REASON


def _holds(column: Column, value: float) -> bool:
    if not np.isfinite(value):
        return False
    if column.type == "integer" and abs(value) >= LARGEST_INTEGER:
        return False
    low = -np.inf if column.minimum is None else column.minimum
    return low <= value <= (np.inf if column.maximum is None else column.maximum)


def _type(column: Column, cells: tuple[str, ...], bad: set[int]) -> np.ndarray:
    if column.type == "string":
        return np.array(cells, dtype=object)
    return np.array(
        [np.nan if text == "" or i in bad else float(text) for i, text in enumerate(cells)],
        dtype=float,
    )
