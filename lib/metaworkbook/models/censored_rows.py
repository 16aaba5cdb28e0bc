"""Checked rows of the censored model: what is known of each observed correlation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from metaworkbook.errors import InputError
from metaworkbook.models.arrays import LISTED, as_vector

#: Largest correlation of sampling errors within a sample; at 1 unequal rows would contradict.
LARGEST_RHO = 0.999999
#: Narrowest range, on the scale of r; the probability of a narrower one is lost to rounding.
NARROWEST = 1e-9


@dataclass(frozen=True)
class Evidence:
    """Checked rows: bounds of the observed correlation, sizes, samples (numbered from 0)."""

    lower: np.ndarray
    upper: np.ndarray
    ni: np.ndarray
    outside: np.ndarray
    cluster: np.ndarray
    labels: tuple[Any, ...]

    @property
    def exact(self) -> np.ndarray:
        """Rows with a coefficient."""
        return self.lower == self.upper

    @property
    def direction(self) -> np.ndarray:
        """Rows that tell a direction and nothing else."""
        low, high = self.lower, self.upper
        return ~self.outside & (((low == -1) & (high == 0)) | ((low == 0) & (high == 1)))

    def take(self, rows: np.ndarray) -> Evidence:
        """Return the rows selected by a boolean mask, samples numbered anew."""
        kept, cluster = np.unique(self.cluster[rows], return_inverse=True)
        labels = tuple(self.labels[i] for i in kept)
        arrays = (self.lower, self.upper, self.ni, self.outside)
        return Evidence(*(array[rows] for array in arrays), cluster, labels)

    def part_rows(self) -> Evidence:
        """Return the same rows, each a sample of its own."""
        rows = np.arange(self.lower.size)
        return Evidence(self.lower, self.upper, self.ni, self.outside, rows, tuple(rows))


def check_rows(lower: Any, upper: Any, ni: Any, outside: Any, cluster: Any) -> Evidence:
    """Return the rows as `Evidence`; raises InputError naming the rows it cannot use."""
    lower, upper, ni = as_vector("lower", lower), as_vector("upper", upper), as_vector("ni", ni)
    k = lower.size
    if not lower.size == upper.size == ni.size:
        raise InputError(
            f"lower, upper and ni: found {lower.size}, {upper.size} and {ni.size} values; "
            "allowed: one of each a row. Drop or add the unmatched values."
        )
    if k == 0:
        raise InputError(
            "lower, upper and ni: found no row; allowed: at least 1. Select more rows or leave "
            "this model out."
        )
    outside = _check_outside(outside, k)
    codes, labels = check_cluster(cluster, k)
    beyond = "correlations between -1 and 1. Give bounds on the scale of r, not of z."
    _refuse("lower", np.abs(lower) > 1, lower, beyond)
    _refuse("upper", np.abs(upper) > 1, upper, beyond)
    _refuse("ni", ni < 4, ni, "at least 4 persons. A row without a usable n has to stay out.")
    both = [f"[{low:g}, {high:g}]" for low, high in zip(lower, upper, strict=True)]
    _refuse("lower and upper", lower > upper, both, "lower <= upper. Swap the bounds of the row.")
    _refuse(
        "lower and upper",
        (lower == upper) & (np.abs(lower) == 1),
        both,
        "a coefficient strictly between -1 and 1. Fisher's z of 1 is infinite; check the source.",
    )
    _refuse(
        "lower and upper",
        ~outside & (lower < upper) & (upper - lower < NARROWEST),
        both,
        "equal bounds or a range of some width. Give a coefficient as two equal bounds.",
    )
    _refuse(
        "outside",
        outside & (lower == upper),
        both,
        "two different bounds for a row that lies outside them. Give [-crit, crit].",
    )
    _refuse(
        "outside",
        outside & (lower == -1) & (upper == 1),
        both,
        "bounds that leave something outside. Give [-crit, crit].",
    )
    return Evidence(lower, upper, ni, outside, codes, labels)


def check_cluster(cluster: Any, k: int) -> tuple[np.ndarray, tuple[Any, ...]]:
    """Return sample numbers in order of first appearance and their labels; None: one row each."""
    if cluster is None:
        return np.arange(k), tuple(range(k))
    array = np.asarray(cluster, dtype=object)
    if array.shape != (k,):
        raise InputError(
            f"cluster: found an array of shape {array.shape} for {k} rows; allowed: one label a "
            "row. Repeat the label of a sample on each of its rows."
        )
    values = array.tolist()
    missing = [value is None or value != value or value == "" for value in values]
    _refuse("cluster", np.array(missing, dtype=bool), values, "a label on every row. Name samples.")
    numbers: dict[Any, int] = {}
    codes = np.array([numbers.setdefault(value, len(numbers)) for value in values], dtype=int)
    return codes, tuple(numbers)


def check_share(name: str, value: Any, low_open: bool, high: float, remedy: str) -> float:
    """Return a number of (0, high] or [0, high] as a float, else raise InputError."""
    real = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
    if not real or not (0 < value <= high if low_open else 0 <= value <= high):
        allowed = f"{'above' if low_open else 'from'} 0 up to {high:g}"
        raise InputError(f"{name}: found {value!r}; allowed: {allowed}. {remedy}")
    return float(value)


def _check_outside(outside: Any, k: int) -> np.ndarray:
    if outside is None:
        return np.zeros(k, dtype=bool)
    array = np.asarray(outside)
    if array.dtype == object and all(isinstance(value, (bool, np.bool_)) for value in array.flat):
        array = array.astype(bool)
    if array.dtype.kind != "b" or array.shape != (k,):
        raise InputError(
            f"outside: found values of type {array.dtype} and shape {array.shape}; allowed: True "
            f"or False for each of {k} rows. Leave it out if no row is significant without a sign."
        )
    return array.copy()


def _refuse(name: str, bad: np.ndarray, values: Sequence[Any], allowed: str) -> None:
    rows = np.flatnonzero(bad)
    if rows.size:
        found = ", ".join(f"{_short(values[i])} in row {i}" for i in rows[:LISTED])
        more = f" and {rows.size - LISTED} more" if rows.size > LISTED else ""
        raise InputError(f"{name}: found {found}{more}; allowed: {allowed}")


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
