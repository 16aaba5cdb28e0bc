"""A second engine for every pooled number: the same result by independent code.

PyMARE fits FE, DL, HE, ML and REML. The estimators it lacks are computed a second way here: HS and
SJ by dense matrix algebra, EB and PM by a bracketing root finder on a generalised Q written as a
sum over pairs of studies; PyMARE then fits the mean at that tau2. Pages print the agreement, and a
disagreement fails the build.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from metaworkbook.errors import ConvergenceError
from metaworkbook.models import _pymare, arrays
from metaworkbook.models.heterogeneity import CLOSED, METHODS
from metaworkbook.models.pooling import check_interval, typical_variance
from metaworkbook.results.base import Result
from metaworkbook.results.pooling import Pooled

#: Closed forms: the same arithmetic in another order; an effect of 1000 standard errors leaves
#: that much rounding.
CLOSED_TOLERANCE = 1e-8
#: ML and REML in PyMARE minimise by function values, so tau2 is known to about 1e-8 of the total
#: variance, less where the likelihood is flat; EB and PM share the bound for one rule.
ITERATIVE_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Agreement(Result):
    """How far two engines are apart: estimate in standard errors, tau2 as share of tau2 + v."""

    estimate_difference: float
    tau2_difference: float
    tolerance: float
    agrees: bool


def crosscheck(
    yi: Any, vi: Any, method: str = "REML", ci: str = "knapp-hartung"
) -> tuple[float, float, float]:
    """Pool effects with the second engine.

    Parameters
    ----------
    yi, vi : array_like, shape (k,)
        Effects and sampling variances, k at least 2.
    method, ci
        As in `models.pooling.pool`.

    Returns
    -------
    tuple of float
        ``(estimate, se, tau2)``.

    Raises
    ------
    InputError
        As `models.pooling.pool`.
    """
    yi, vi = arrays.check_effects(yi, vi, minimum=2)
    arrays.check_choice("method", method, METHODS)
    check_interval(method, ci)
    known = None if method in _pymare.METHODS else _second_tau2(yi, vi, method)
    estimate, se, tau2 = _pymare.fit(yi, vi, np.ones((yi.size, 1)), method, ci, known)
    return float(estimate[0]), float(se[0]), tau2


def compare_engines(pooled: Pooled, yi: Any, vi: Any) -> Agreement:
    """Compare a pooled result with the second engine's on the same data.

    Parameters
    ----------
    pooled : Pooled
        Result of `models.pooling.pool`.
    yi, vi : array_like, shape (k,)
        The data it was computed from.

    Returns
    -------
    Agreement
        ``estimate_difference`` is in units of the Wald standard error, ``tau2_difference`` a share
        of tau2 plus the typical variance; ``agrees`` if both are within ``tolerance``. With k = 1
        there is nothing to estimate twice, and both differences are 0.
    """
    yi, vi = arrays.check_effects(yi, vi)
    tolerance = CLOSED_TOLERANCE if pooled.method in CLOSED else ITERATIVE_TOLERANCE
    if yi.size == 1:
        estimate, tau2, typical = float(yi[0]), 0.0, float(vi[0])
    else:
        estimate, _, tau2 = crosscheck(yi, vi, pooled.method, pooled.ci)
        typical = typical_variance(vi)
    scale = float(np.sqrt(1.0 / (1.0 / (vi + pooled.tau2)).sum()))
    estimate_difference = abs(pooled.estimate - estimate) / scale
    tau2_difference = abs(pooled.tau2 - tau2) / (pooled.tau2 + typical)
    return Agreement(
        estimate_difference=estimate_difference,
        tau2_difference=tau2_difference,
        tolerance=tolerance,
        agrees=bool(estimate_difference <= tolerance and tau2_difference <= tolerance),
    )


def _second_tau2(yi: np.ndarray, vi: np.ndarray, method: str) -> float:
    """Return tau2 of the methods PyMARE lacks, by other arithmetic than `heterogeneity`."""
    k = yi.size
    if method == "HS":
        weights = np.diag(1.0 / vi)
        return max(0.0, (_dense_q(yi, weights) - k) / float(np.trace(weights)))
    if method == "SJ":
        start = float(np.var(yi))
        return start * _dense_q(yi, np.diag(1.0 / (vi + start))) / (k - 1)
    return _root_of_q(yi, vi, float(k - 1))


def _dense_q(yi: np.ndarray, W: np.ndarray) -> float:
    """Return y'Py with the whole matrix P = W - W1(1'W1)^-1 1'W."""
    ones = np.ones((yi.size, 1))
    P = W - W @ ones @ np.linalg.inv(ones.T @ W @ ones) @ ones.T @ W
    return float(yi @ P @ yi)


def _root_of_q(yi: np.ndarray, vi: np.ndarray, target: float) -> float:
    """Solve Q = target by Brent's method, Q the sum over pairs w_i w_j (y_i - y_j)^2 / sum(w)."""
    from scipy import optimize

    squares = (yi[:, None] - yi[None, :]) ** 2

    def excess(tau2: float) -> float:
        weights = vi.min() / (vi + tau2)
        pairs = 0.5 * float(weights @ squares @ weights) / float(weights.sum())
        return pairs / float(vi.min()) - target

    if excess(0.0) <= 0:
        return 0.0
    high = float(np.var(yi)) * yi.size / target * (1.0 + 1e-9)
    root, state = optimize.brentq(excess, 0.0, high, xtol=1e-300, rtol=1e-14, full_output=True)
    if not state.converged:
        raise ConvergenceError("tau2: the second engine's root finder did not converge.")
    return float(root)
