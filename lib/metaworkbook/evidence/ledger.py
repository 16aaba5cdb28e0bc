"""The ledger: reads the tables of ``effects/`` and refuses them unless every cell is sound.

Cells stay what they are: no word is turned into a missing value, no number is guessed from text.
"""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from metaworkbook import paths
from metaworkbook.errors import LedgerError, Problem
from metaworkbook.evidence.breaches import Breach, list_problems
from metaworkbook.evidence.cells import type_cells
from metaworkbook.evidence.columns import Table
from metaworkbook.evidence.dictionary import FILE, read_dictionary
from metaworkbook.evidence.records import Records, read_records
from metaworkbook.evidence.rules import check_rules

# The last ledger of `read_ahead`, by its checksum.
_AHEAD: dict[str, Ledger] = {}


@dataclass(frozen=True)
class Ledger:
    """The validated tables by name, and the checksum of the files they came from.

    Text columns hold strings, blank where nothing was reported; numeric columns hold floats, NaN
    where nothing was reported. The index of each table is the line of the record in its file.
    """

    tables: dict[str, pd.DataFrame]
    checksum: str

    def __getitem__(self, name: str) -> pd.DataFrame:
        """Return the table called ``name``; what is done to it leaves the ledger as it is."""
        return self.tables[name].copy(deep=False)


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
    if _AHEAD:
        with contextlib.suppress(OSError, LedgerError):
            known = _AHEAD.get(compute_checksum(folder))
            if known:
                return known
    tables, problems = read_tables(folder)
    if problems:
        raise LedgerError(problems)
    return Ledger(tables, compute_checksum(folder))


def read_ahead(folder: Path | None = None) -> Ledger:
    """Return the validated ledger; `read_ledger` gives it again while its files are the same.

    For a process whose forked children each read the ledger once: all of them share these tables,
    so whoever reads more than once must not rely on tables of its own. Arguments and errors as in
    `read_ledger`.
    """
    ledger = read_ledger(folder)
    _AHEAD.clear()
    _AHEAD[ledger.checksum] = ledger
    return ledger


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
    problems = _list_strangers(dictionary, folder)
    files = {name: _read_file(table, folder, problems) for name, table in dictionary.items()}
    records = {name: found for name, found in files.items() if found is not None}
    whole = {name: type_cells(records[name], dictionary[name], problems) for name in records}
    # A row with an unreadable cell is reported once and not judged by rules as well.
    bad: dict[str, dict[int, set[str]]] = {name: {} for name in whole}
    by_file = {f"effects/{dictionary[name].path}": bad[name] for name in whole}
    for problem in problems:
        by_file.get(problem.file, {}).setdefault(problem.row, set()).add(problem.column)
    sound = {name: table[~table.index.isin(bad[name])] for name, table in whole.items()}
    left_out = {name: records[name].left_out for name in records if records[name].left_out}
    problems.extend(_check_foreign_keys(dictionary, whole, bad, left_out))
    problems.extend(check_rules(dictionary, sound, whole, set(left_out)))
    return whole, problems


def _list_strangers(dictionary: dict[str, Table], folder: Path) -> list[Problem]:
    """Return a problem for each table that lies there and that nobody reads, as a copy may."""
    known = sorted(table.path for table in dictionary.values())
    allowed = f"the tables of {FILE}: {', '.join(known)}"
    remedy = f"Move it out of effects/, or add it to {FILE}."
    return [
        Problem(f"effects/{file.name}", found="a table that nobody reads", allowed=allowed,
                remedy=remedy)
        for file in sorted(folder.iterdir())
        if file.suffix.lower() == ".csv" and file.name not in known and file.name[0] != "."
    ]  # fmt: skip


def _read_file(table: Table, folder: Path, problems: list[Problem]) -> Records | None:
    try:
        file = folder / table.path
        # Reading from a pipe would wait for ever.
        if file.is_fifo():
            raise OSError(0, "a pipe")
        raw = file.read_bytes()
    except OSError as error:
        found = error.strerror or "no file"
        place = (f"effects/{table.path}", 0, "", "")
        problems.append(Problem(*place, found, "a readable file", "Restore the file."))
        return None
    return read_records(raw, table, problems)


def _check_foreign_keys(
    dictionary: dict[str, Table],
    whole: dict[str, pd.DataFrame],
    bad: dict[str, dict[int, set[str]]],
    left_out: dict[str, frozenset[str]],
) -> list[Problem]:
    """Return what names nothing, in all rows; a cell that is bad itself is not reported again."""
    problems = []
    for name, table in dictionary.items():
        for link in table.foreign_keys:
            if name not in whole or link.other not in whole:
                continue
            cells = whole[name]
            # A row left out for its number of cells is not reported again by each that names it.
            known = {*whole[link.other][link.other_column], *left_out.get(link.other, ()), ""}
            told = [row for row, columns in bad[name].items() if link.column in columns]
            allowed = f"an id of effects/{dictionary[link.other].path}"
            remedy = "Correct it, or add the row there."
            unknown = ~cells[link.column].isin(known) & ~cells.index.isin(told)
            breach = Breach(unknown, link.column, allowed, remedy)
            problems.extend(list_problems(table, cells, breach))
    return problems
