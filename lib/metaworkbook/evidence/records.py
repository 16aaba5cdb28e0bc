"""Records of a CSV file: bytes to cells under the columns of a table, and nothing guessed."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

from metaworkbook.errors import Problem
from metaworkbook.evidence.columns import Table

SHOWN = 60


@dataclass(frozen=True)
class Records:
    """The records of one file: their first lines as an editor counts them, and cells by column.

    ``left_out`` holds the first cell of each record that has too many or too few.
    """

    lines: tuple[int, ...]
    cells: dict[str, tuple[str, ...]]
    left_out: frozenset[str]


def read_records(raw: bytes, table: Table, problems: list[Problem]) -> Records | None:
    """Return the records of a file, in the order of the table's columns.

    Parameters
    ----------
    raw : bytes
        The file: UTF-8 with or without a byte order mark, commas, any line ends.
    table : Table
        What the header must name, in any order.
    problems : list of Problem
        What is wrong is added here; records with too many or too few cells are left out.

    Returns
    -------
    Records or None
        None where the file is no CSV text or its header is not the table's.
    """
    place = f"effects/{table.path}"
    text = _decode(raw, place, problems)
    records = None if text is None else _parse(text, place, problems)
    if records is None or not _check_header(table, records[0][1], place, problems):
        return None
    header = records[0][1]
    whole = [record for record in records[1:] if len(record[1]) == len(header)]
    torn = [record for record in records[1:] if len(record[1]) != len(header)]
    for line, cells in torn:
        found, allowed = f"{len(cells)} cells", f"{len(header)} cells"
        remedy = "Quote cells that hold a comma; delete stray ones."
        problems.append(Problem(place, line, name_row(cells[0]), "", found, allowed, remedy))
    lines = tuple(line for line, _ in whole)
    by_column = zip(*(cells for _, cells in whole), strict=True) if whole else ((),) * len(header)
    named = dict(zip(header, by_column, strict=True))
    ordered = {column.name: named[column.name] for column in table.columns}
    return Records(lines, ordered, frozenset(cells[0] for _, cells in torn))


def name_row(key: str) -> str:
    """Return a row's id for a message: its start, with unprintable characters spelt out."""
    return key[:SHOWN] if key[:SHOWN].isprintable() else ascii(key[:SHOWN])[1:-1]


def show(text: str) -> str:
    """Return the start of a cell in quotes, with unprintable characters spelt out."""
    if text == "":
        return "blank"
    shown = text if len(text) <= SHOWN else text[:SHOWN] + "..."
    return f'"{shown}"' if shown.isprintable() else ascii(shown)


def _decode(raw: bytes, place: str, problems: list[Problem]) -> str | None:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        found, remedy = f"byte {raw[error.start]:#04x}", "Save the file as UTF-8."
        problems.append(Problem(place, line, "", "", found, "text in UTF-8", remedy))
        return None


def _parse(text: str, place: str, problems: list[Problem]) -> list[tuple[int, list[str]]] | None:
    records: list[tuple[int, list[str]]] = []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    start = 1
    try:
        for cells in reader:
            if cells:
                records.append((start, cells))
            else:
                found, remedy = "an empty line", "Delete the line."
                problems.append(Problem(place, start, "", "", found, "one record a line", remedy))
            start = reader.line_num + 1
    except csv.Error as error:
        allowed = "comma-separated cells, quotes doubled"
        remedy = "Look for a stray or missing quotation mark here or just above."
        problems.append(Problem(place, start, "", "", str(error), allowed, remedy))
        return None
    if not records:
        found, allowed, remedy = "an empty file", "a header and records", "Restore the file."
        problems.append(Problem(place, 1, "", "", found, allowed, remedy))
        return None
    return records


def _check_header(table: Table, header: list[str], place: str, problems: list[Problem]) -> bool:
    names = [column.name for column in table.columns]
    if header[0].lower().startswith("sep="):
        found, allowed = show(header[0]), "the names of the columns"
        remedy = "Delete the first line, which a spreadsheet program wrote for itself."
        problems.append(Problem(place, 1, "", "", found, allowed, remedy))
        return False
    if len(header) == 1 and len(names) > 1:
        found, allowed = f"one column, {show(header[0])}", "columns separated by commas"
        remedy = "Save the file with commas, not semicolons or tabs."
        problems.append(Problem(place, 1, "", "", found, allowed, remedy))
        return False
    wrong: list[tuple[str, str, str, str]] = []
    absent = {name.lower(): name for name in names if name not in header}
    for name in dict.fromkeys(header):
        if header.count(name) > 1:
            found = f"{header.count(name)} such columns"
            wrong.append((show(name), found, "one of this name", "Delete the extra column."))
        if name not in names and (meant := absent.pop(name.lower(), "")):
            remedy = "Write capitals and small letters as they stand there."
            wrong.append((show(name), "the wrong case", meant, remedy))
        elif name not in names:
            remedy = "Correct the header or describe the column there."
            allowed = "the columns of datapackage.yaml"
            wrong.append((show(name), "an unknown column", allowed, remedy))
    for name in absent.values():
        remedy = "Restore the column; its cells may be blank where blank is allowed."
        wrong.append((name, "no such column", "one of this name", remedy))
    problems.extend(Problem(place, 1, "", *words) for words in wrong)
    return not wrong
