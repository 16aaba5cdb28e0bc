"""The ledger: reads the tables of ``effects/`` and refuses them unless every cell is sound.

Cells stay what they are: no word is turned into a missing value, no number is guessed from text.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from metaworkbook import paths
from metaworkbook.errors import LedgerError, Problem
from metaworkbook.evidence.cells import type_cells
from metaworkbook.evidence.columns import Table
from metaworkbook.evidence.dictionary import FILE, read_dictionary
from metaworkbook.evidence.records import read_records, show
from metaworkbook.evidence.rules import check_rules


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
    dictionary = read_dictionary(folder)
    problems: list[Problem] = []
    read = {name: _read_table(table, folder, problems) for name, table in dictionary.items()}
    whole = {name: table for name, table in read.items() if table is not None}
    # A row with an unreadable cell is reported once and not judged by rules as well.
    bad: dict[str, set[int]] = {}
    for problem in problems:
        bad.setdefault(problem.file, set()).add(problem.row)
    sound = {
        name: table[~table.index.isin(bad.get(f"effects/{dictionary[name].path}", set()))]
        for name, table in whole.items()
    }
    problems.extend(_check_foreign_keys(dictionary, sound, whole, problems))
    problems.extend(check_rules(sound, whole))
    return whole, problems


def _read_table(table: Table, folder: Path, problems: list[Problem]) -> pd.DataFrame | None:
    try:
        raw = (folder / table.path).read_bytes()
    except OSError as error:
        found = error.strerror or "no file"
        place = (f"effects/{table.path}", 0, "", "")
        problems.append(Problem(*place, found, "a readable file", "Restore the file."))
        return None
    records = read_records(raw, table, problems)
    return None if records is None else type_cells(records, table, problems)


def _check_foreign_keys(
    dictionary: dict[str, Table],
    sound: dict[str, pd.DataFrame],
    whole: dict[str, pd.DataFrame],
    reported: list[Problem],
) -> list[Problem]:
    # A row left out for its number of cells is reported once, not again by each row that names it.
    left_out = {(problem.file, problem.key) for problem in reported if not problem.column}
    problems = []
    for name, table in dictionary.items():
        for link in table.foreign_keys:
            if name not in sound or link.other not in whole:
                continue
            values = sound[name][link.column]
            unknown = (values != "") & ~values.isin(whole[link.other][link.other_column])
            file = f"effects/{dictionary[link.other].path}"
            for line, value in values[unknown].items():
                if (file, value) in left_out:
                    continue
                key = sound[name].at[line, table.primary_key] if table.primary_key else ""
                place = (f"effects/{table.path}", line, key, link.column)
                remedy = "Correct it, or add the row there."
                problems.append(Problem(*place, show(value), f"an id of {file}", remedy))
    return problems
