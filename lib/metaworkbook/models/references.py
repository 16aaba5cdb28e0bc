"""Reference distributions of estimate / se: t with df degrees of freedom, normal if infinite."""

from __future__ import annotations

import numpy as np


def quantile(df: float, level: float) -> float:
    """Return the two-sided critical value at ``level`` under t(df); NaN for no df.

    Parameters
    ----------
    df : float
        Degrees of freedom; infinite for the normal distribution.
    level : float
        Confidence level, such as 0.95.
    """
    from scipy import special

    if not df > 0:
        return np.nan
    tail = (1.0 - level) / 2.0
    return -float(special.ndtri(tail) if np.isinf(df) else special.stdtrit(df, tail))


def p_values(estimate: np.ndarray, se: np.ndarray, df: float) -> np.ndarray:
    """Return two-sided p-values of estimate / se under t(df); NaN where se is not positive.

    Parameters
    ----------
    estimate, se : ndarray, shape (p,)
        Estimates and standard errors; a zero se says nothing about chance, so p is undefined.
    df : float
        Degrees of freedom; infinite for the normal distribution.
    """
    from scipy import special

    estimate, se = np.asarray(estimate, dtype=float), np.asarray(se, dtype=float)
    if not df > 0:
        return np.full(estimate.shape, np.nan)
    statistic = -np.abs(estimate / np.where(se > 0, se, np.nan))
    return 2.0 * (special.ndtr(statistic) if np.isinf(df) else special.stdtr(df, statistic))
