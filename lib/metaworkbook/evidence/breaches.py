"""Breaches: the rows of a table that break a rule, each as a problem at its place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from metaworkbook.errors import Problem
from metaworkbook.evidence.columns import Table
from metaworkbook.evidence.records import name_row, show


class Breach(NamedTuple):
    """The rows of one table that break one rule.

    ``rows`` is true where the rule is broken; ``column`` holds what was found; ``allowed`` is one
    text, or one a row; ``remedy`` says what to do.
    """

    rows: pd.Series | np.ndarray
    column: str
    allowed: str | pd.Series | np.ndarray
    remedy: str


def list_problems(table: Table, cells: pd.DataFrame, breach: Breach) -> Iterator[Problem]:
    """Yield one problem a row of ``cells`` that breaks the rule."""
    broken = np.asarray(breach.rows, dtype=bool)
    if not broken.any():
        return
    rows = cells[broken]
    allowed = breach.allowed
    each = [allowed] * len(rows) if isinstance(allowed, str) else np.asarray(allowed)[broken]
    for line, key, value, words in zip(
        rows.index, rows[table.key], rows[breach.column], each, strict=True
    ):
        place = (f"effects/{table.path}", int(line), name_row(key), breach.column)
        yield Problem(*place, _show_value(value), words, breach.remedy)


def _show_value(value: str | float) -> str:
    if isinstance(value, str):
        return show(value)
    return "blank" if value != value else f"{value:g}"
