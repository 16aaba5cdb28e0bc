"""Estimators of the heterogeneity variance tau-squared, for one data set or many at once.

| method | equation | source |
|---|---|---|
| FE | tau2 = 0 | common effect |
| DL | (Q - (k - p)) / tr(P), weights 1/v | DerSimonian and Laird (1986) |
| HE | (y'My - tr(MV)) / (k - p), M = I - X(X'X)^-1X' | Hedges (1983) |
| HS | (Q - k) / sum(1/v) | Hunter and Schmidt (1990), Viechtbauer (2005) eq. 9 |
| SJ | t0 Q(t0) / (k - p), t0 = mean squared deviation of y | Sidik and Jonkman (2005) |
| ML | y'PPy = tr(W) | Hardy and Thompson (1996) |
| REML | y'PPy = tr(P) | Viechtbauer (2005) eq. 14 |
| EB, PM | y'Py = k - p (the two share this equation) | Morris (1983), Paule and Mandel (1982) |

`estimate_tau2` takes one data set, `estimate_tau2_batch` many (subsets by a mask, permutations by
rows of their own) as one array program; `q_profile` gives the interval of Viechtbauer (2007). All
negative solutions are set to zero. Where the likelihood has several maxima the highest is
returned. All reach ``tol`` relative to tau2 plus the typical variance, or raise ConvergenceError.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from metaworkbook.errors import InputError
from metaworkbook.models import arrays
from metaworkbook.models.design import check_design
from metaworkbook.models.quadratic_forms import Batch, invert
from metaworkbook.models.roots import maximise, solve_q

METHODS = ("FE", "DL", "HE", "HS", "SJ", "ML", "REML", "EB", "PM")
#: Methods whose tau2 is a closed form; the others iterate.
CLOSED = ("FE", "DL", "HE", "HS", "SJ")

#: Numbers held in one array of a block: small enough to stay in the processor's cache.
BLOCK = 1 << 16


def estimate_tau2(
    yi: Any, vi: Any, method: str = "REML", X: Any = None, tol: float = 1e-12
) -> float:
    """Estimate the heterogeneity variance of one data set.

    Parameters
    ----------
    yi, vi : array_like, shape (k,)
        Effects and sampling variances.
    method : str
        One of FE, DL, HE, HS, SJ, ML, REML, EB, PM (see the module's table).
    X : array_like, shape (k, p), optional
        Whole design matrix; an intercept alone if not given.
    tol : float
        Relative tolerance of the iterative methods.

    Returns
    -------
    float
        tau2 in squared units of ``yi``, never negative; 0 where k does not exceed p.

    Raises
    ------
    InputError
        For unusable arrays, a collinear design or an unknown method.
    ConvergenceError
        If an iterative method does not reach ``tol``.
    """
    yi, vi = arrays.check_effects(yi, vi)
    arrays.check_choice("method", method, METHODS)
    if X is not None:
        X = check_design(X, yi.size)
    return float(tau2_of(Batch(yi, vi, X=X), method, tol)[0])


def estimate_tau2_batch(
    Y: np.ndarray,
    V: np.ndarray,
    method: str = "REML",
    mask: np.ndarray | None = None,
    X: np.ndarray | None = None,
    tol: float = 1e-12,
) -> np.ndarray:
    """Estimate tau2 of many data sets of k effects each, as one array program.

    Parameters
    ----------
    Y, V : ndarray, shape (k,) or (B, k)
        Effects and variances, already checked; one dimension means shared by all rows.
    mask : ndarray of bool, shape (B, k), optional
        True where the row includes the effect.
    method, X, tol
        As in `estimate_tau2`; X of shape (k, p) is shared by all rows.

    Returns
    -------
    ndarray, shape (B,)
        tau2 of each row; 0 where a row has no more effects than coefficients, NaN where its
        part of X is collinear.
    """
    return tau2_of(Batch(Y, V, mask, X), method, tol)


def tau2_of(batch: Batch, method: str, tol: float = 1e-12) -> np.ndarray:
    """Estimate tau2 of every row of a `Batch`, block by block; shape (B,)."""
    tau2 = np.zeros(batch.rows)
    if method == "FE":
        return tau2
    if batch.mask is None and not batch.intercept_only:
        _check_weights(batch)
    size = max(1, BLOCK // batch.k)
    for start in range(0, batch.rows, size):
        rows = np.arange(start, min(start + size, batch.rows))
        rows = rows[batch.counts[rows] > batch.p]
        if rows.size:
            tau2[rows] = _block(batch, rows, method, tol)
    return tau2


def q_profile(
    yi: np.ndarray, vi: np.ndarray, X: np.ndarray | None = None, level: float = 0.95
) -> tuple[float, float]:
    """Interval of tau2 from the profile of the generalised Q.

    The ends solve Q(tau2) = upper and lower chi-squared quantile on k - p degrees of freedom
    (Viechtbauer 2007, Statistics in Medicine 26, 37-52, eq. 5 and 6). An end below zero is zero:
    where even Q(0) lies under the lower quantile no tau2 fits, and the interval is the point 0.

    Returns
    -------
    tuple of float
        ``(low, high)``; NaN where k does not exceed p.
    """
    from scipy import special

    batch = Batch(yi, vi, X=X)
    df = batch.k - batch.p
    if df < 1:
        return np.nan, np.nan
    tail = (1.0 - level) / 2.0
    upper = 2.0 * float(special.gammainccinv(df / 2.0, tail))
    lower = 2.0 * float(special.gammaincinv(df / 2.0, tail))
    row = np.zeros(1, dtype=int)
    low = solve_q(batch, row, np.array([upper]), 1e-13)
    high = solve_q(batch, row, np.array([lower]), 1e-13)
    return float(low[0]), float(high[0])


def _check_weights(batch: Batch) -> None:
    """Raise InputError where a few effects outweigh the others beyond double precision."""
    weights = 1.0 / np.atleast_2d(batch.V)
    if np.isnan(invert(batch.gram(weights))).any():
        raise InputError(
            f"vi: found variances from {batch.V.min():g} to {batch.V.max():g}; allowed: variances "
            "of which no few outweigh all others so far that coefficients hang on these alone. "
            "Check the smallest variances, or leave the moderators out."
        )


def _block(batch: Batch, rows: np.ndarray, method: str, tol: float) -> np.ndarray:
    df = batch.counts[rows] - batch.p
    if method in ("ML", "REML"):
        return maximise(batch, rows, method == "REML", tol)
    if method in ("EB", "PM"):
        return solve_q(batch, rows, df, tol)
    if method == "HE":
        equal = batch.unit_weights(rows)
        variances = equal * (batch.V if batch.V.ndim == 1 else batch.V[rows])
        leverage_free = variances.sum(axis=1) - _trace_of_hat(batch, equal, variances)
        solution = (batch.forms_of(rows, equal).q - leverage_free) / df
    elif method == "SJ":
        start = _mean_square(batch, rows)
        solution = start * batch.forms(rows, start).q / df
    else:
        forms = batch.forms_at(rows, 0.0)
        if method == "DL":
            solution = (forms.q - df) / forms.trace
        else:
            solution = (forms.q - batch.counts[rows]) / forms.sum_w
    return np.maximum(solution, 0.0)


def _mean_square(batch: Batch, rows: np.ndarray) -> np.ndarray:
    """Return the mean squared deviation of the effects from their plain mean."""
    use = batch.unit_weights(rows)
    y = batch.Y if batch.Y.ndim == 1 else batch.Y[rows]
    mean = (use * y).sum(axis=1) / use.sum(axis=1)
    return (use * (y - mean[:, None]) ** 2).sum(axis=1) / use.sum(axis=1)


def _trace_of_hat(batch: Batch, use: np.ndarray, variances: np.ndarray) -> np.ndarray:
    """Return tr(HV) with H the unweighted hat matrix of each row."""
    return (invert(batch.gram(use)) * batch.gram(variances)).sum(axis=(1, 2))
