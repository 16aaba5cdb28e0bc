"""The design matrix of a meta-regression: its checks, its names, its intercept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from metaworkbook.errors import InputError
from metaworkbook.models import arrays

#: A column whose share in a null vector of the scaled design is below this is not part of it.
NULL_SHARE = 1e-6
#: Smallest singular value of the design with columns of length one that counts as full rank;
#: a year beside the intercept has about 5e-3, rounding about 1e-16.
RANK_TOLERANCE = 1e-10


def check_design(X: Any, k: int, names: Sequence[str] | None = None) -> np.ndarray:
    """Return the design matrix as float64 of shape (k, p) and of full column rank.

    Parameters
    ----------
    X : array_like, shape (k, p)
        The whole design matrix, intercept column included.
    k : int
        Number of effects.
    names : sequence of str, optional
        Names of the columns, for messages; ``x0``, ``x1``, ... otherwise.

    Raises
    ------
    InputError
        If X is not numeric, not two-dimensional, has not k rows, holds NaN or infinity, has more
        columns than rows, or its columns are collinear; the message names the columns.
    """
    design = arrays.as_numbers("X", X)
    if design.ndim != 2 or design.shape[1] < 1:
        raise InputError(
            f"X: found an array of shape {design.shape}; allowed: (k, p), one row an effect and "
            "one column a coefficient, intercept included. Use numpy.column_stack."
        )
    if design.shape[0] != k:
        raise InputError(
            f"X: found {design.shape[0]} rows for {k} effects; allowed: one row an effect. "
            "Build X from the same selection as yi."
        )
    rows, columns = np.nonzero(~np.isfinite(design))
    if rows.size:
        raise InputError(
            f"X: found {design[rows[0], columns[0]]} in row {rows[0]}, column {columns[0]}; "
            "allowed: finite numbers. Leave out effects without the moderator."
        )
    labels = column_names(names, design.shape[1])
    if design.shape[1] > k:
        raise InputError(
            f"X: found {design.shape[1]} columns for {k} effects; allowed: no more columns than "
            "effects. Use fewer moderators."
        )
    involved = collinear_columns(design)
    if involved.size:
        listed = ", ".join(labels[column] for column in involved)
        raise InputError(
            f"X: found collinear columns ({listed}); allowed: columns none of which is a "
            "combination of the others. Drop one of them, or an empty or constant level."
        )
    return design


def collinear_columns(X: np.ndarray) -> np.ndarray:
    """Return the indices of columns that take part in a linear dependence; empty if none.

    Columns are scaled to length one, so the units of a moderator do not matter.
    """
    lengths = np.sqrt((X**2).sum(axis=0))
    if (lengths == 0).any():
        return np.flatnonzero(lengths == 0)
    _, singular, right = np.linalg.svd(X / lengths, full_matrices=True)
    rank = int((singular > RANK_TOLERANCE * singular[0]).sum())
    shares = np.abs(right[rank:])
    return np.flatnonzero((shares > NULL_SHARE).any(axis=0))


def column_names(names: Sequence[str] | None, p: int) -> tuple[str, ...]:
    """Return p distinct column names: ``names`` as given, or ``x0``, ``x1``, ..."""
    if names is None:
        return tuple(f"x{column}" for column in range(p))
    if isinstance(names, str) or len(tuple(names)) != p or len(set(names)) != p:
        raise InputError(
            f"names: found {names!r}; allowed: {p} different names, one a column of X. "
            "Give them in the order of the columns."
        )
    return tuple(str(name) for name in names)


def intercept_columns(X: np.ndarray) -> np.ndarray:
    """Return which columns are constant and not zero, shape (p,)."""
    return (X[:1] == X).all(axis=0) & (X[0] != 0)


def tested_columns(X: np.ndarray) -> np.ndarray:
    """Return the indices of the coefficients that the omnibus test covers."""
    constant = intercept_columns(X)
    return np.flatnonzero(~constant) if (~constant).any() else np.arange(X.shape[1])


def default_names(X: Any) -> list[str] | None:
    """Return "intercept" for a constant column and x0, x1, ... else; None for an unusable X."""
    try:
        design = np.asarray(X, dtype=float)
    except (TypeError, ValueError):
        return None
    if design.ndim != 2 or not design.size:
        return None
    constant = np.flatnonzero(intercept_columns(design))[:1]
    return ["intercept" if column in constant else f"x{column}" for column in range(len(design.T))]
