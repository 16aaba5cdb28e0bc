"""The likelihood of counts whose log odds vary between samples, by adaptive Gauss-Hermite rules.

x_i ~ Binomial(n_i, p_i), logit(p_i) = eta_i + tau t_i, t_i ~ N(0, 1). The integral over t_i is
taken around the mode of its integrand and scaled by its curvature (Liu and Pierce 1994,
Biometrika 81, 624-629), so that few nodes suffice and zero counts need no correction.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.polynomial.hermite_e import hermegauss

from metaworkbook.errors import ConvergenceError

#: Nodes of the rule: enough for 1e-8 of the log-likelihood where a zero count and a wide spread
#: make the integrand most skewed; 25 leave 1e-6 there.
NODES = 61
#: Newton stops at steps this small, in units of the standard normal t.
STEP = 1e-12
ITERATIONS = 200


def log_likelihood(
    events: np.ndarray, totals: np.ndarray, eta: np.ndarray, tau: float
) -> tuple[float, np.ndarray, float]:
    """Return the log-likelihood and its derivatives.

    Parameters
    ----------
    events, totals, eta : ndarray of shape (k,)
        Counts, persons, and the fixed part of the log odds.
    tau : float
        Standard deviation of the log odds between samples; 0 is the common-effect model.

    Returns
    -------
    tuple
        The log-likelihood without the binomial coefficients, which depend on no parameter; its
        derivative by each eta, shape (k,); its derivative by tau, which is 0 at tau = 0.

    Raises
    ------
    ConvergenceError
        If a mode is not found.
    """
    mode, scale = _modes(events, totals, eta, tau)
    nodes, weights = _rule()
    t = mode[:, None] + scale[:, None] * nodes
    log_odds = eta[:, None] + tau * t
    terms = (
        events[:, None] * log_odds
        - totals[:, None] * np.logaddexp(0, log_odds)
        - t**2 / 2
        + nodes**2 / 2
    )
    top = terms.max(axis=1, keepdims=True)
    mass = np.exp(terms - top) * weights
    total = mass.sum(axis=1)
    value = float((np.log(scale * total) + top[:, 0]).sum()) - events.size * np.log(2 * np.pi) / 2
    residual = events[:, None] - totals[:, None] * _expit(log_odds)
    by_eta = (mass * residual).sum(axis=1) / total
    by_tau = float(((mass * residual * t).sum(axis=1) / total).sum())
    return value, by_eta, by_tau


def _modes(
    events: np.ndarray, totals: np.ndarray, eta: np.ndarray, tau: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the mode of each integrand in t and the normal scale there.

    The slope falls in t from above zero to below it within the first bracket. Where tau is large a
    Newton step can pass the mode, and come back, for ever: it then halves the bracket instead.
    (SciPy's search for many bracketed roots takes some hundred times as long.)
    """
    t = np.zeros(events.size)
    low, high = tau * (events - totals), tau * events
    for _ in range(ITERATIONS):
        p = _expit(eta + tau * t)
        slope = tau * (events - totals * p) - t
        low, high = np.where(slope > 0, t, low), np.where(slope < 0, t, high)
        newton = t + slope / (1 + tau**2 * totals * p * (1 - p))
        near = np.abs(newton - t) < STEP * (1 + np.abs(t))
        after = np.where(near | ((low < newton) & (newton < high)), newton, (low + high) / 2)
        step, t = after - t, after
        if np.abs(step).max() < STEP * (1 + np.abs(t).max()):
            p = _expit(eta + tau * t)
            return t, 1 / np.sqrt(1 + tau**2 * totals * p * (1 - p))
    raise ConvergenceError(f"no mode of the integrand within {ITERATIONS} steps at tau = {tau:g}")


def _expit(x: np.ndarray) -> np.ndarray:
    return 0.5 * (1 + np.tanh(x / 2))


@lru_cache(maxsize=1)
def _rule() -> tuple[np.ndarray, np.ndarray]:
    return hermegauss(NODES)
