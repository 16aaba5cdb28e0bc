"""Shares of a class: exact intervals for each sample, a random-effects model for all.

Counts enter as counts: the binomial-normal model needs no correction for samples in which nobody,
or everybody, is of the class (Stijnen, Hamza and Ozdemir 2010, Statistics in Medicine 29,
3046-3067). Limiting case: tau = 0 gives the share of all persons together.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from metaworkbook.errors import ConvergenceError, InputError
from metaworkbook.models import arrays
from metaworkbook.models.binomial_normal import log_likelihood
from metaworkbook.models.gates import gate
from metaworkbook.models.references import p_values, quantile
from metaworkbook.results.proportions import ExactShare, PooledShare, SharesCompared

#: Starts of tau: the likelihood has a stationary point at 0 and may have a maximum far from it.
STARTS = (0.1, 0.5, 1.5)
#: Below this tau the boundary is meant; its likelihood is the same to rounding.
SMALLEST_TAU = 1e-4
#: Second derivatives are numerical: nine points, near the ninth root of the rounding error apart.
DIFFERENCE = 6e-3
STENCIL = (
    (-4, 1 / 280), (-3, -4 / 105), (-2, 1 / 5), (-1, -4 / 5),
    (1, 4 / 5), (2, -1 / 5), (3, 4 / 105), (4, -1 / 280),
)  # fmt: skip
INTERVALS = ("t", "wald")


def exact_shares(events: Any, totals: Any, level: float = 0.95) -> ExactShare:
    """Return each share with its exact interval (Clopper and Pearson 1934).

    Parameters
    ----------
    events, totals : array_like of shape (k,)
        Persons of the class, and all persons; whole numbers, 0 <= events <= totals, totals >= 1.
    level : float
        Confidence level.

    Notes
    -----
    By hand: 0 of n has the upper end 1 - (alpha/2)^(1/n); for n = 10 that is .3085.
    """
    from scipy.special import betaincinv

    x, n = check_counts(events, totals, fewest=0)
    tail = (1 - arrays.check_level(level)) / 2
    low, high = np.zeros(x.size), np.ones(x.size)
    some, lacking = x > 0, x < n
    low[some] = betaincinv(x[some], n[some] - x[some] + 1, tail)
    high[lacking] = betaincinv(x[lacking] + 1, n[lacking] - x[lacking], 1 - tail)
    return ExactShare(share=x / n, ci_low=low, ci_high=high, level=level)


def pool_shares(events: Any, totals: Any, level: float = 0.95, ci: str = "t") -> PooledShare:
    """Pool shares under the binomial-normal model by maximum likelihood.

    Parameters
    ----------
    events, totals : array_like of shape (k,)
        As in `exact_shares`.
    level : float
        Confidence level.
    ci : str
        "t" with k - 1 degrees of freedom, or "wald"; on the scale of log odds.

    Returns
    -------
    PooledShare
        The share of the typical sample (the median over samples), not the mean of all shares.
        One sample: its own share with the exact interval.

    Raises
    ------
    InputError
        For impossible counts.
    ConvergenceError
        If the likelihood is not maximised.
    """
    x, n = check_counts(events, totals)
    arrays.check_choice("ci", ci, INTERVALS)
    level = arrays.check_level(level)
    told = {"events": int(x.sum()), "total": int(n.sum()), "k": x.size, "level": level}
    whole = exact_shares([x.sum()], [n.sum()], level)
    if x.size == 1 or x.sum() in (0, n.sum()):
        with np.errstate(divide="ignore"):
            estimate = float(np.log(x.sum()) - np.log(n.sum() - x.sum()))
        bounded = bool(np.isfinite(estimate))
        se = float(np.sqrt(1 / x[0] + 1 / (n[0] - x[0]))) if bounded else np.nan
        return PooledShare(
            estimate=estimate, se=se, df=np.inf, share=float(whole.share[0]),
            ci_low=float(whole.ci_low[0]), ci_high=float(whole.ci_high[0]), tau2=np.nan,
            log_likelihood=np.nan, bounded=bounded, **told,
        )  # fmt: skip
    beta, covariance, tau, value = _fit(x, n, np.ones((x.size, 1)))
    df = np.inf if ci == "wald" else float(x.size - 1)
    se = float(np.sqrt(covariance[0, 0]))
    half = quantile(df, level) * se
    return PooledShare(
        estimate=beta[0], se=se, df=df, share=_share(beta[0]), ci_low=_share(beta[0] - half),
        ci_high=_share(beta[0] + half), tau2=tau**2, log_likelihood=value, bounded=True, **told,
    )  # fmt: skip


def compare_shares(
    events: Any, totals: Any, group: Any, level: float = 0.95, ci: str = "t"
) -> SharesCompared:
    """Return the log odds ratio of a class, samples of group 1 against samples of group 0.

    Parameters
    ----------
    events, totals : array_like of shape (k,)
        As in `exact_shares`.
    group : array_like of shape (k,)
        0 or 1; both must occur.
    level : float
        Confidence level.
    ci : str
        "t" with k - 2 degrees of freedom, or "wald".

    Raises
    ------
    InputError
        For impossible counts, or a group without samples.
    """
    x, n = check_counts(events, totals)
    member = arrays.as_vector("group", group)
    arrays.check_choice("ci", ci, INTERVALS)
    level = arrays.check_level(level)
    if member.size != x.size or set(np.unique(member)) != {0.0, 1.0}:
        raise InputError("group: allowed: 0 and 1, one a sample, both occurring.")
    first = member == 1
    told = {"k": x.size, "k_first": int(first.sum()), "level": level}
    df = np.inf if ci == "wald" else float(x.size - 2)
    sides = [(x[side].sum(), n[side].sum()) for side in (first, ~first)]
    if any(count in (0, total) for count, total in sides) or df < 1:
        nan = dict.fromkeys(
            ("estimate", "se", "p_value", "ci_low", "ci_high", "tau2", "log_likelihood"), np.nan
        )
        return SharesCompared(df=df, bounded=False, **nan, **told)
    beta, covariance, tau, value = _fit(x, n, np.column_stack([np.ones(x.size), member]))
    se = float(np.sqrt(covariance[1, 1]))
    half = quantile(df, level) * se
    return SharesCompared(
        estimate=beta[1], se=se, df=df, p_value=float(p_values(beta[1], se, df)),
        ci_low=beta[1] - half, ci_high=beta[1] + half, tau2=tau**2, log_likelihood=value,
        bounded=True, **told,
    )  # fmt: skip


def pool_each_share(groups: dict[str, dict[str, Any]]) -> dict[str, PooledShare | None]:
    """Return the pooled share of each group of samples, None where the gate allows no pooling.

    ``groups`` holds ``events`` and ``totals`` by name, as `evidence.group_shares` gives them.
    """
    return {
        name: pool_shares(told["events"], told["totals"])
        if gate(len(told["events"])).verdict
        else None
        for name, told in groups.items()
    }


def check_counts(events: Any, totals: Any, fewest: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Return counts and totals as float arrays, else raise InputError."""
    x, n = arrays.as_vector("events", events), arrays.as_vector("totals", totals)
    if x.size != n.size or x.size < fewest:
        raise InputError(
            f"events and totals: found {x.size} and {n.size}; allowed: one of each a sample."
        )
    whole = (x == np.round(x)) & (n == np.round(n))
    if not np.all(whole & (x >= 0) & (x <= n) & (n >= 1)):
        raise InputError(
            "events, totals: allowed: whole numbers, 0 <= events <= totals, totals at least 1. "
            "A share without its count cannot be pooled."
        )
    return x, n


def _fit(x: np.ndarray, n: np.ndarray, design: np.ndarray):
    """Return coefficients, their covariance, tau and the log-likelihood at the maximum."""
    from scipy.optimize import minimize

    def negative(theta: np.ndarray) -> tuple[float, np.ndarray]:
        value, by_eta, by_tau = log_likelihood(x, n, design @ theta[:-1], abs(theta[-1]))
        return -value, -np.append(design.T @ by_eta, np.copysign(by_tau, by_tau * theta[-1]))

    raw = np.log((x + 0.5) / (n - x + 0.5))
    start = np.linalg.lstsq(design, raw, rcond=None)[0]
    bounds = [(None, None)] * design.shape[1] + [(0.0, None)]
    best = None
    for tau in (0.0, *STARTS):
        found = minimize(
            negative, np.append(start, tau), jac=True, method="L-BFGS-B", bounds=bounds,
            options={"ftol": 1e-15, "gtol": 1e-9, "maxiter": 500},
        )  # fmt: skip
        if np.isfinite(found.fun) and (best is None or found.fun < best.fun - 1e-10):
            best = found
    if best is None:
        raise ConvergenceError("the likelihood of the shares has no maximum that was found")
    theta = _polish(negative, best.x)
    tau = theta[-1]
    free = theta.size if tau > SMALLEST_TAU else theta.size - 1
    information = _information(negative, theta, free)
    covariance = np.linalg.inv(information)[: design.shape[1], : design.shape[1]]
    tau = tau if tau > SMALLEST_TAU else 0.0
    return theta[:-1], covariance, float(tau), -float(best.fun)


def _polish(negative, theta: np.ndarray) -> np.ndarray:
    """Return the maximum after Newton steps: L-BFGS stops at about the root of the rounding."""
    for _ in range(20):
        free = theta.size if theta[-1] > SMALLEST_TAU else theta.size - 1
        gradient = negative(theta)[1][:free]
        step = np.linalg.solve(_information(negative, theta, free), gradient)
        theta = theta.copy()
        theta[:free] -= step
        theta[-1] = max(theta[-1], 0.0)
        if np.abs(step).max() < 1e-11:
            break
    return theta


def _information(negative, theta: np.ndarray, free: int) -> np.ndarray:
    """Return the observed information of the first ``free`` parameters by differences."""
    information = np.zeros((free, free))
    for i in range(free):
        for place, weight in STENCIL:
            moved = theta.copy()
            moved[i] += place * DIFFERENCE
            information[i] += weight * negative(moved)[1][:free] / DIFFERENCE
    return (information + information.T) / 2


def _share(log_odds: float) -> float:
    return float(0.5 * (1 + np.tanh(log_odds / 2)))
