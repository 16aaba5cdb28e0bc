"""The ledger: reads the tables of ``effects/`` and refuses them unless every cell is sound.

Cells stay what they are: no word is turned into a missing value, no number is guessed from text.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from metaworkbook import paths
from metaworkbook.errors import LedgerError, Problem
from metaworkbook.evidence.dictionary import FILE, Column, Table, read_dictionary

NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b-\u200f\u2028-\u202e\ufeff\ufffd]")
LONGEST_CELL = 5000
SHOWN = 60


@dataclass(frozen=True)
class Ledger:
    """The validated tables by name, and the checksum of the files they came from.

    Text columns hold strings, blank where nothing was reported; numeric columns hold floats, NaN
    where nothing was reported. The index of each table is the line of the record in its file.
    """

    tables: dict[str, pd.DataFrame]
    checksum: str

    def __getitem__(self, name: str) -> pd.DataFrame:
        """Return a copy of the table called ``name``."""
        return self.tables[name].copy()


def read_ledger(folder: Path | None = None) -> Ledger:
    """Return the validated ledger.

    Parameters
    ----------
    folder : Path, optional
        The evidence folder; the project's ``effects/`` by default.

    Raises
    ------
    LedgerError
        With every problem of every table, if there is one.
    """
    folder = folder or paths.effects()
    tables, problems = read_tables(folder)
    if problems:
        raise LedgerError(problems)
    return Ledger(tables, compute_checksum(folder))


def check_ledger(folder: Path | None = None) -> list[Problem]:
    """Return every problem of every table, in order of place; an empty list for a sound ledger."""
    try:
        _, problems = read_tables(folder or paths.effects())
    except LedgerError as error:
        problems = error.problems
    return sorted(problems)


def compute_checksum(folder: Path) -> str:
    """Return the SHA-256 of the dictionary and its tables, names and contents, in hexadecimal."""
    digest = hashlib.sha256()
    files = [FILE, *sorted(table.path for table in read_dictionary(folder).values())]
    for name in files:
        content = (folder / name).read_bytes()
        digest.update(f"{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def read_tables(folder: Path) -> tuple[dict[str, pd.DataFrame], list[Problem]]:
    """Return the tables as far as they can be read, and every problem found in them."""
    from metaworkbook.evidence.rules import check_rules

    dictionary = read_dictionary(folder)
    problems: list[Problem] = []
    tables = {
        name: _read_table(table, folder / table.path, problems)
        for name, table in dictionary.items()
    }
    whole = {name: table for name, table in tables.items() if table is not None}
    # A row with an unreadable cell is reported once and not judged by rules as well.
    bad = {(problem.file, problem.row) for problem in problems}
    sound = {
        name: table[[(f"effects/{dictionary[name].path}", line) not in bad for line in table.index]]
        for name, table in whole.items()
    }
    problems.extend(_check_foreign_keys(dictionary, sound, whole))
    problems.extend(check_rules(sound, whole))
    return whole, problems


def _read_table(table: Table, file: Path, problems: list[Problem]) -> pd.DataFrame | None:
    place = f"effects/{table.path}"
    try:
        raw = file.read_bytes()
    except OSError as error:
        problems.append(
            Problem(
                place,
                found=error.strerror or "no file",
                allowed="a readable file",
                remedy="Restore the file.",
            )  # fmt: skip
        )
        return None
    records = _parse_csv(raw, place, problems)
    if records is None or not _check_header(table, records[0][1], place, problems):
        return None
    header = records[0][1]
    rows = []
    for line, cells in records[1:]:
        if len(cells) == len(header):
            rows.append((line, cells))
        else:
            problems.append(
                Problem(
                    place,
                    line,
                    cells[0][:SHOWN] if cells else "",
                    found=f"{len(cells)} cells",
                    allowed=f"{len(header)} cells",
                    remedy="Quote cells that hold a comma; delete stray ones.",
                )  # fmt: skip
            )
    lines = [line for line, _ in rows]
    by_name = (
        dict(zip(header, zip(*(cells for _, cells in rows), strict=True), strict=True))
        if rows
        else {}
    )
    keys = by_name.get(table.primary_key, [""] * len(rows))
    data = {}
    for column in table.columns:
        cells = by_name.get(column.name, ())
        found = _check_cells(column, cells)
        for index, why in found:
            problems.append(
                Problem(
                    place,
                    lines[index],
                    keys[index][:SHOWN],
                    column.name,
                    _show(cells[index]),
                    column.allowed(),
                    why,
                )  # fmt: skip
            )
        data[column.name] = _type_cells(column, cells, {index for index, _ in found})
    return pd.DataFrame(data, index=pd.Index(lines, name="row"))


def _parse_csv(
    raw: bytes, place: str, problems: list[Problem]
) -> list[tuple[int, list[str]]] | None:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        problems.append(
            Problem(
                place,
                line,
                found=f"byte {raw[error.start]:#04x}",
                allowed="text in UTF-8",
                remedy="Save the file as UTF-8.",
            )  # fmt: skip
        )
        return None
    records: list[tuple[int, list[str]]] = []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    start = 1
    try:
        for cells in reader:
            if not cells:
                problems.append(
                    Problem(
                        place,
                        start,
                        found="an empty line",
                        allowed="one record a line",
                        remedy="Delete the line.",
                    )  # fmt: skip
                )
            records.append((start, cells))
            start = reader.line_num + 1
    except csv.Error as error:
        problems.append(
            Problem(
                place,
                start,
                found=str(error),
                allowed="comma-separated cells, quotes doubled",
                remedy="Look for a stray or missing quotation mark here or just above.",
            )  # fmt: skip
        )
        return None
    records = [record for record in records if record[1]]
    if not records:
        problems.append(Problem(place, 1, found="an empty file", allowed="a header and records"))
        return None
    return records


def _check_header(table: Table, header: list[str], place: str, problems: list[Problem]) -> bool:
    names = [column.name for column in table.columns]
    before = len(problems)
    if len(header) == 1 and len(names) > 1:
        problems.append(
            Problem(
                place,
                1,
                found=f"one column, {_show(header[0])}",
                allowed="columns separated by commas",
                remedy="Save the file with commas, not semicolons or tabs.",
            )  # fmt: skip
        )
        return False
    for name in dict.fromkeys(header):
        if header.count(name) > 1:
            problems.append(
                Problem(
                    place,
                    1,
                    column=_show(name),
                    found=f"{header.count(name)} such columns",
                    allowed="one",
                    remedy="Delete the extra column.",
                )  # fmt: skip
            )
        if name not in names:
            problems.append(
                Problem(
                    place,
                    1,
                    column=_show(name),
                    found="an unknown column",
                    allowed="the columns of datapackage.yaml",
                    remedy="Correct the header or describe the column there.",
                )  # fmt: skip
            )
    for name in names:
        if name not in header:
            problems.append(
                Problem(
                    place,
                    1,
                    column=name,
                    found="no such column",
                    allowed="one",
                    remedy="Restore the column; blank cells are fine.",
                )  # fmt: skip
            )
    return len(problems) == before


def _check_cells(column: Column, cells: tuple[str, ...]) -> list[tuple[int, str]]:
    """Return the index of every bad cell with the remedy; each different text is judged once."""
    verdicts = {text: why for text in set(cells) if (why := _judge(column, text))}
    found = [(i, verdicts[text]) for i, text in enumerate(cells) if text in verdicts]
    if column.unique:
        seen: set[str] = set()
        for index, text in enumerate(cells):
            if text and text in seen:
                found.append((index, "It stands in an earlier row; ids are given once."))
            seen.add(text)
    return found


def _judge(column: Column, text: str) -> str:
    if text == "":
        return "Fill the cell." if column.required else ""
    if text != text.strip():
        return "Delete the space at the end of the cell."
    if "\n" in text or "\r" in text:
        return "Keep the record on one line; look for a missing quotation mark."
    if UNPRINTABLE.search(text):
        return "Delete the invisible or broken character."
    if len(text) > LONGEST_CELL:
        return f"Shorten it to {LONGEST_CELL} characters; look for a missing quotation mark."
    if column.enum:
        return "" if text in column.enum else "Use one of the words allowed."
    if column.type == "string":
        ok = not column.pattern or re.fullmatch(column.pattern, text)
        return "" if ok else "Correct the form."
    if not NUMBER.fullmatch(text):
        return "Write the number with a point and nothing else; leave the cell blank if unknown."
    value = float(text)
    if not np.isfinite(value) or (column.type == "integer" and value != int(value)):
        return "Correct the number."
    if (column.minimum is not None and value < column.minimum) or (
        column.maximum is not None and value > column.maximum
    ):
        return "Correct the number."
    return ""


def _type_cells(column: Column, cells: tuple[str, ...], bad: set[int]) -> pd.Series | np.ndarray:
    if column.type == "string":
        return np.array(cells, dtype=object)
    return np.array(
        [np.nan if text == "" or i in bad else float(text) for i, text in enumerate(cells)]
    )


def _check_foreign_keys(
    dictionary: dict[str, Table], sound: dict[str, pd.DataFrame], whole: dict[str, pd.DataFrame]
) -> list[Problem]:
    problems = []
    for name, table in dictionary.items():
        for key in table.foreign_keys:
            if name not in sound or key.other not in whole:
                continue
            values = sound[name][key.column]
            missing = values[(values != "") & ~values.isin(whole[key.other][key.other_column])]
            for line, value in missing.items():
                row_key = sound[name].at[line, table.primary_key] if table.primary_key else ""
                problems.append(
                    Problem(
                        f"effects/{table.path}",
                        line,
                        row_key,
                        key.column,
                        _show(value),
                        f"an id of effects/{dictionary[key.other].path}",
                        "Correct it, or add the row there.",
                    )  # fmt: skip
                )
    return problems


def _show(text: str) -> str:
    shown = text if len(text) <= SHOWN else text[:SHOWN] + "..."
    return f'"{shown}"' if shown.isprintable() else ascii(shown)
