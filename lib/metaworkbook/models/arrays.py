"""Checks of the arrays that every model takes; one wording for one mistake.

`check_effects` is the door of the engine: behind it, effects and variances are float64 arrays of
one length, finite, the variances positive. `check_choice`, `check_level` and `check_whole` guard
the other arguments, `models.design` the design matrix. All raise `InputError`, never a NumPy error.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from metaworkbook.errors import InputError

#: Positions of bad values that a message lists before it says "and more".
LISTED = 5
#: Largest effect and variance, and inverse of the smallest variance: the cubes of weights times
#: squares of effects, which the solvers need, then stay within double precision.
LARGEST = 1e50


def check_effects(yi: Any, vi: Any, minimum: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Return effects and sampling variances as float64 arrays of one length.

    Parameters
    ----------
    yi : array_like, shape (k,)
        Effect sizes on the analysis scale.
    vi : array_like, shape (k,)
        Their sampling variances, in squared units of ``yi``; finite and above zero.
    minimum : int
        Fewest effects the caller can use.

    Returns
    -------
    tuple of ndarray
        ``(yi, vi)``, fresh float64 arrays.

    Raises
    ------
    InputError
        If either is not numeric, not one-dimensional, of another length than the other, empty,
        shorter than ``minimum``, holds NaN or infinity, or a variance is not above zero. The
        message names the argument and the first positions (counted from 0).
    """
    effects = as_vector("yi", yi)
    variances = as_vector("vi", vi)
    if effects.size != variances.size:
        raise InputError(
            f"yi and vi: found {effects.size} effects and {variances.size} variances; "
            "allowed: one variance an effect. Drop or add the unmatched values."
        )
    if effects.size < minimum:
        raise InputError(
            f"yi and vi: found {effects.size} effect{'s' if effects.size != 1 else ''}; "
            f"allowed: at least {minimum}. Select more studies or leave this model out."
        )
    bad = np.flatnonzero(~(variances > 0))
    if bad.size:
        raise InputError(
            f"vi: found {_listed(variances, bad)}; allowed: finite variances above zero. "
            "A study without a usable variance has to stay out."
        )
    for name, array in (("yi", effects), ("vi", variances)):
        bad = np.flatnonzero(np.abs(array) > LARGEST)
        if name == "vi":
            bad = np.union1d(bad, np.flatnonzero(array < 1.0 / LARGEST))
        if bad.size:
            raise InputError(
                f"{name}: found {_listed(array, bad)}; allowed: magnitudes up to {LARGEST:g}, "
                f"variances from {1.0 / LARGEST:g}. Express effects and variances in other units."
            )
    return effects, variances


def as_vector(name: str, values: Any, dtype: type = float) -> np.ndarray:
    """Return ``values`` as a finite one-dimensional array of ``dtype``.

    Raises
    ------
    InputError
        If ``values`` is not numeric, not one-dimensional, or holds NaN or infinity.
    """
    array = as_numbers(name, values)
    if array.ndim != 1:
        raise InputError(
            f"{name}: found an array of shape {array.shape}; allowed: one dimension, "
            "a value for each effect. Flatten it or select one column."
        )
    bad = np.flatnonzero(~np.isfinite(array))
    if bad.size:
        raise InputError(
            f"{name}: found {_listed(array, bad)}; allowed: finite numbers. "
            "Remove these effects before fitting; nothing is dropped silently."
        )
    return array.astype(dtype)


def as_numbers(name: str, values: Any) -> np.ndarray:
    """Return ``values`` as a float64 array of any shape, else raise InputError.

    Text, gaps, truth values and complex numbers are refused, not converted.
    """
    if isinstance(values, np.ma.MaskedArray) and np.ma.getmaskarray(values).any():
        raise InputError(
            f"{name}: found a masked array with gaps; allowed: real numbers. "
            "Remove the masked values from all arguments first."
        )
    try:
        array = np.asarray(values)
    except ValueError:
        array = np.asarray(None)
    if array.dtype == object:
        array = _from_objects(array)
    if array.dtype.kind not in "iuf" and array.size:
        raise InputError(
            f"{name}: found values of type {array.dtype}; allowed: real numbers in a regular "
            "array. Convert text and gaps before fitting."
        )
    return array.astype(np.float64)


def check_choice(name: str, value: Any, allowed: Iterable[str]) -> str:
    """Return ``value`` if it is one of ``allowed``, else raise InputError."""
    choices = tuple(allowed)
    if not isinstance(value, str) or value not in choices:
        raise InputError(
            f"{name}: found {value!r}; allowed: {', '.join(choices)}. Spell it as listed."
        )
    return value


def check_level(level: Any, name: str = "level") -> float:
    """Return the confidence level as a float strictly between 0 and 1, else raise InputError."""
    usable = isinstance(level, (int, float, np.integer, np.floating)) and not isinstance(
        level, bool
    )
    if not usable or not 0.0 < float(level) < 1.0:
        raise InputError(
            f"{name}: found {level!r}; allowed: a proportion between 0 and 1. "
            "Write 0.95 for 95 percent."
        )
    return float(level)


def check_whole(name: str, value: Any, minimum: int) -> int:
    """Return ``value`` as an int of at least ``minimum``, else raise InputError."""
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not whole or value < minimum:
        raise InputError(
            f"{name}: found {value!r}; allowed: a whole number of at least {minimum}. Give an int."
        )
    return int(value)


def _from_objects(array: np.ndarray) -> np.ndarray:
    """Turn an object array of real numbers into floats; leave anything else for the refusal."""
    numbers = (int, float, np.integer, np.floating)
    if array.ndim and all(
        isinstance(value, numbers) and not isinstance(value, bool) for value in array.flat
    ):
        return array.astype(np.float64)
    return array


def _listed(array: np.ndarray, bad: np.ndarray) -> str:
    """Return the first bad values with their positions, for a message."""
    shown = ", ".join(f"{array[i]:g} at position {i}" for i in bad[:LISTED])
    return shown + (f" and {bad.size - LISTED} more" if bad.size > LISTED else "")
