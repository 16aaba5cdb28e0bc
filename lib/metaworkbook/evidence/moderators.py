"""The declared moderators: read from the data dictionary, checked, and each row's value.

They stand in ``effects/datapackage.yaml`` under ``moderators``, each with the reason for which it
was declared before looking; those of the demonstration stand beside its data.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from metaworkbook import paths
from metaworkbook.errors import Problem, ProblemsError
from metaworkbook.evidence.demonstration import LEDGER, describe_demonstration
from metaworkbook.evidence.descriptions import describe_effects
from metaworkbook.evidence.dictionary import FILE, load_yaml
from metaworkbook.evidence.ledger import Ledger
from metaworkbook.evidence.selection import Selection
from metaworkbook.results.censored_moderators import Moderator

KINDS = ("category", "number")
ENTRIES = ("name", "column", "kind", "title", "reason", "reference", "blank")
#: Values that tell nothing: such a row compares with nothing.
UNTOLD = ("", "unclear")


def list_moderators(source: str = LEDGER) -> tuple[Moderator, ...]:
    """Return the declared moderators of a source ("ledger" or "demonstration").

    Raises
    ------
    ProblemsError
        With every incomplete or repeated declaration.
    """
    if source == LEDGER:
        text = (paths.effects() / FILE).read_text(encoding="utf-8")
        content, place = load_yaml(text), f"effects/{FILE}"
    else:
        content, place = describe_demonstration(), "demonstration.yaml"
    return read_declarations(content.get("moderators"), place)


def check_moderators(ledger: Ledger) -> None:
    """Check that the declared moderators are complete and that the rows have their columns.

    Raises
    ------
    ProblemsError
        With every declaration that cannot be used.
    """
    _check_columns(list_moderators(), describe_effects(ledger), f"effects/{FILE}")


def read_declarations(declared: Any, place: str) -> tuple[Moderator, ...]:
    """Return the moderators of a list of declarations; ``place`` names the file in messages."""
    problems: list[Problem] = []
    if not isinstance(declared, list):
        found = "no list of moderators"
        raise ProblemsError([Problem(place, 0, "", "moderators", found, "one", "Restore it.")])
    moderators = []
    for entry in declared:
        entry = entry if isinstance(entry, dict) else {}
        key = str(entry.get("name", ""))
        number = entry.get("kind") == "number"
        needed = ENTRIES[:5] if number else ENTRIES[:6]
        before = len(problems)
        for name in needed:
            if not isinstance(entry.get(name), str) or not entry[name].strip():
                found = repr(entry.get(name))
                problems.append(Problem(place, 0, key, name, found, "a text", f"Give {name}."))
        for name in sorted(set(entry) - set(ENTRIES)):
            allowed = ", ".join(ENTRIES)
            problems.append(Problem(place, 0, key, name, f'"{name}"', allowed, "Remove it."))
        if entry.get("kind") not in KINDS:
            found = repr(entry.get("kind"))
            problems.append(Problem(place, 0, key, "kind", found, ", ".join(KINDS), "Correct it."))
        if key in [moderator.name for moderator in moderators]:
            problems.append(Problem(place, 0, key, "name", f'"{key}" twice', "once", "Rename it."))
        if len(problems) == before:
            moderators.append(Moderator(**entry))
    if problems:
        raise ProblemsError(problems)
    return tuple(moderators)


def read_values(selection: Selection, moderators: Sequence[Moderator]) -> dict[str, np.ndarray]:
    """Return each moderator's value of every row that enters, by name.

    Categories are words, blank where the row does not tell; numbers are NaN there.

    Raises
    ------
    ProblemsError
        If a declared column is not among the rows'.
    """
    rows = selection.rows
    _check_columns(moderators, rows, "moderators")
    values = {}
    for each in moderators:
        column = rows[each.column]
        if each.kind == "number":
            values[each.name] = column.to_numpy(float)
            continue
        words = column.astype(str).where(column.notna(), "").to_numpy(object)
        words = np.where(words == "", each.blank, words) if each.blank else words
        values[each.name] = np.where(np.isin(words, UNTOLD), "", words).astype(object)
    return values


def _check_columns(moderators: Sequence[Moderator], rows: pd.DataFrame, place: str) -> None:
    missing = [
        Problem(place, 0, each.name, "column", f'"{each.column}"', "a column of the rows",
                "Correct the declaration.")
        for each in moderators
        if each.column not in rows
    ]  # fmt: skip
    if missing:
        raise ProblemsError(missing)
