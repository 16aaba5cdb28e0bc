"""What rounding leaves where exact arithmetic leaves nothing: one rule for all fits."""

from __future__ import annotations

import numpy as np

#: Share of the largest effect below which a residual is rounding. Fits leave some 1e-16 of it, and
#: more where a moderator such as a year is far from zero; no effect is printed with twelve digits.
SHARE = 1e-12


def residuals(yi: np.ndarray, fitted: np.ndarray) -> np.ndarray:
    """Return yi - fitted, zero where rounding alone keeps them apart.

    A fit through every effect then has no scatter at all, instead of a standard error and a
    p-value made of the last digits.

    Parameters
    ----------
    yi, fitted : ndarray of shape (..., k)
        Effects, and what the fit expects of them.
    """
    left = yi - fitted
    left[np.abs(left) <= SHARE * np.abs(yi).max(axis=-1, keepdims=True)] = 0.0
    return left
