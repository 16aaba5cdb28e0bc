"""Random-effects fits of many subsets of one set of effects, in one array program.

`refit` serves the few subsets of leave-one-out and cumulative analyses and sums squares about each
subset's own mean, so that an outlier left out leaves no rounding error behind. `refit_many` serves
millions: everything that does not hang on tau2 comes out of one product of the membership matrix
with a few columns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metaworkbook.models.heterogeneity import estimate_tau2_batch
from metaworkbook.models.traces import mean_trace, mean_trace_of_sums


@dataclass(frozen=True)
class Fits:
    """Estimates of B subsets, arrays of shape (B,); ``variance`` is the estimate's (Wald)."""

    estimate: np.ndarray
    variance: np.ndarray
    tau2: np.ndarray
    q: np.ndarray
    i2: np.ndarray
    k: np.ndarray


def refit(yi: np.ndarray, vi: np.ndarray, members: np.ndarray, method: str) -> Fits:
    """Fit each subset of a few.

    Parameters
    ----------
    yi, vi : ndarray, shape (k,)
        Effects and sampling variances, already checked.
    members : ndarray of bool, shape (B, k)
        True where the subset (row) has the effect (column); no row is empty.
    method : str
        Estimator of tau2, see `heterogeneity`.

    Returns
    -------
    Fits
        A subset of one effect has that effect, its variance, and tau2, q and i2 of 0.
    """
    rows = np.broadcast_to(yi, members.shape)
    tau2 = estimate_tau2_batch(rows, vi, method, members)
    inverse = np.where(members, 1 / vi, 0.0)
    common = _mean(inverse, yi)
    q = (inverse * (yi - common[:, None]) ** 2).sum(axis=1)
    k = members.sum(axis=1)
    weights = np.where(members, 1 / (vi + tau2[:, None]), 0.0)
    i2 = _share(tau2, q, k - 1, mean_trace(inverse), method)
    return Fits(_mean(weights, yi), 1 / weights.sum(axis=1), tau2, np.where(k > 1, q, 0.0), i2, k)


def refit_many(yi: np.ndarray, vi: np.ndarray, members: np.ndarray, method: str) -> Fits:
    """Fit each subset of many; arguments and result as in `refit`, subsets of two or more.

    Works on whole arrays of shape (B, k): pass blocks that fit the processor's cache.
    """
    # About the weighted median: where one effect has nearly all the weight, that is the effect.
    inverse = 1 / vi
    order = np.argsort(yi, kind="stable")
    reached = np.cumsum(inverse[order])
    center = float(yi[order[np.searchsorted(reached, reached[-1] / 2)]])
    effects = yi - center
    columns = [np.ones_like(inverse), inverse, inverse * effects, inverse * effects**2, inverse**2]
    included = members.astype(np.float64)
    k, total, first, second, squares = (included @ np.stack(columns, axis=1)).T
    q = np.maximum(second - first**2 / total, 0.0)
    trace = mean_trace_of_sums(total, squares, lambda narrow: included[narrow] * inverse)
    if method == "FE":
        tau2 = np.zeros_like(q)
    elif method == "DL":
        tau2 = np.maximum((q - (k - 1)) / trace, 0.0)
    else:
        tau2 = estimate_tau2_batch(yi, vi, method, included)
    i2 = _share(tau2, q, k - 1, trace, method)
    weights = np.add.outer(tau2, vi)
    np.divide(included, weights, out=weights)
    information, moment = (weights @ np.stack([np.ones_like(effects), effects], axis=1)).T
    return Fits(center + moment / information, 1 / information, tau2, q, i2, k)


def _mean(weights: np.ndarray, yi: np.ndarray) -> np.ndarray:
    """Return the weighted mean of each row, centred twice against rounding."""
    share = weights / weights.sum(axis=1, keepdims=True)
    near = share @ yi
    return near + (share * (yi - near[:, None])).sum(axis=1)


def _share(
    tau2: np.ndarray,
    q: np.ndarray,
    df: np.ndarray,
    trace: np.ndarray,
    method: str,
) -> np.ndarray:
    """Return i2 of each subset: tau2 / (tau2 + typical variance), for FE from Q.

    The typical variance is df / ``trace``, with tr(P) at the weights 1/v (Higgins and Thompson
    2002, eq. 9).
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        if method == "FE":
            return np.where(q > df, (q - df) / q, 0.0)
        typical = df / trace
        return np.where(tau2 > 0, tau2 / (tau2 + typical), 0.0)
