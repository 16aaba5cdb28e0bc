"""Maxima and profile intervals by plain likelihoods and searches without derivatives.

The second engine for what PyMARE has no model of: the censored model, pooled shares and selection
models. The likelihoods are those of `plain_likelihood`; a maximum is found by the simplex method of
Nelder and Mead from several starts; the ends of a profile interval by one secant step from those
told, where the profile has to have dropped by half the chi-square quantile. Of many samples, whose
likelihood has one maximum, a step by numerical derivatives from the point told has to lead nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from metaworkbook.models.plain_likelihood import PlainLikelihood, share_log_likelihood
from metaworkbook.results.agreement import Recomputed
from metaworkbook.results.directions import Censored
from metaworkbook.results.proportions import PooledShare
from metaworkbook.results.small_studies import SelectionModel

#: Log-likelihoods and p-values: sums of numbers of order one.
VALUE_TOLERANCE = 1e-7
#: Share of the interval's width by which two searches may differ: one by values alone knows a
#: maximum to the root of their rounding, less where the likelihood is flat.
SEARCH_TOLERANCE = 1e-4
#: Standard deviations between samples from which searches start.
SPREADS = (0.0, 0.1, 0.3, 1.0)
#: Step of numerical derivatives, as a share of the interval's width.
STEP = 1e-3
#: Up to so many samples the maximum is searched for; the step beyond, as a share of the width.
FEW, LONG_STEP = 100, 0.02
#: A profile's standard deviation between samples is searched for up to here.
WIDEST = 1e4

Surface = Callable[[float, float], float]


def recompute_censored(main: Censored | None, **rows: Any) -> list[Recomputed]:
    """Return the censored model's numbers beside those of the second engine.

    Without an estimate (the rows bound the mean on one side) the supremum is taken as told, and
    the finite ends are compared.
    """
    if main is None:
        return []
    from scipy.special import chdtri

    surface = PlainLikelihood(**rows, rho=main.rho).value
    ends = [end for end in (main.ci_low, main.ci_high) if np.isfinite(end)]
    width = max(ends) - min(ends) if len(ends) == 2 else 1.0
    near = SEARCH_TOLERANCE * width
    found, top = [], main.log_likelihood
    if main.bounded:
        told = main.estimate, float(np.sqrt(main.tau2))
        starts = [(mu, tau) for mu in (main.estimate, *ends) for tau in SPREADS]
        few = main.clusters <= FEW
        mu, tau, top = (
            _maximise(surface, [told, *starts])
            if few
            else _step_uphill(surface, *told, LONG_STEP * width)
        )
        found = [
            Recomputed("all-rows", "estimate", main.estimate, mu, near),
            Recomputed("all-rows", "tau2", main.tau2, tau**2, near),
            Recomputed("all-rows", "log_likelihood", main.log_likelihood, top, VALUE_TOLERANCE),
        ]
    drop = 0.5 * float(chdtri(1, 1.0 - main.level))
    for quantity, end in (("ci_low", main.ci_low), ("ci_high", main.ci_high)):
        if np.isfinite(end):
            if main.bounded and not few:
                again = _secant_near(surface, end, tau, top - drop, LONG_STEP * width)
            else:
                again = _secant(lambda mu: _profile(surface, mu) - top + drop, end, STEP * width)
            found.append(Recomputed("all-rows", quantity, end, again, near))
    return found


def recompute_share(what: str, share: PooledShare, events: Any, totals: Any) -> list[Recomputed]:
    """Return a pooled share's numbers beside those of the second engine."""
    if np.isnan(share.tau2):
        return []
    x, n = np.asarray(events, dtype=float), np.asarray(totals, dtype=float)

    def surface(log_odds: float, tau: float) -> float:
        return share_log_likelihood(x, n, log_odds, tau)

    start = [(share.estimate, np.sqrt(share.tau2)), *((share.estimate, tau) for tau in SPREADS)]
    log_odds, tau, top = _maximise(surface, start)
    near = SEARCH_TOLERANCE * share.se
    return [
        Recomputed(what, "estimate", share.estimate, log_odds, near),
        Recomputed(what, "tau2", share.tau2, tau**2, SEARCH_TOLERANCE * (share.tau2 + share.se)),
        Recomputed(what, "log_likelihood", share.log_likelihood, top, 10 * VALUE_TOLERANCE),
    ]


def selection_log_likelihood(model: SelectionModel, yi: np.ndarray, vi: np.ndarray) -> float:
    """Return a selection model's log-likelihood at its own parameters, by normal areas."""
    from scipy.stats import norm

    sign = 1.0 if model.alternative == "greater" else -1.0
    y, mu, sd = sign * yi, sign * model.estimate, np.sqrt(vi + model.tau2)
    # bounds of y at which the p-value crosses a step, descending as p ascends
    cuts = norm.isf(model.steps) * np.sqrt(vi)[:, None]
    edges = np.column_stack([np.full(y.size, np.inf), cuts, np.full(y.size, -np.inf)])
    above = norm.sf(edges, mu, sd[:, None])
    weight = model.weights[(y[:, None] < cuts).sum(axis=1)]
    area = np.diff(above, axis=1) @ model.weights
    with np.errstate(divide="ignore"):
        return float((norm.logpdf(y, mu, sd) + np.log(weight / area)).sum())


def _maximise(
    surface: Surface, starts: Iterable[tuple[float, float]]
) -> tuple[float, float, float]:
    """Return mean, standard deviation and height of the highest point found."""
    from scipy.optimize import minimize

    def depth(point: np.ndarray) -> float:
        return -surface(point[0], abs(point[1]))

    first, *others = ((depth(np.array(start)), start) for start in starts)
    # the point told, and the best of the others
    best = None
    for _, start in (first, min(others)):
        found = minimize(
            depth, start, method="Nelder-Mead",
            options={
                "initial_simplex": np.add(start, [[0.0, 0.0], [0.02, 0.0], [0.0, 0.02]]),
                "xatol": 1e-9, "fatol": 1e-13, "maxiter": 600, "maxfev": 600,
            },
        )  # fmt: skip
        if best is None or found.fun < best.fun:
            best = found
    return float(best.x[0]), abs(float(best.x[1])), -float(best.fun)


def _profile(surface: Surface, mu: float) -> float:
    """Return the height at a mean, the standard deviation between samples free."""
    from scipy.optimize import minimize_scalar

    grid = [0.0, *np.geomspace(0.01, 4.0, 12)]
    heights = [surface(mu, tau) for tau in grid]
    # Far from what the rows say the best spread is wide; one-sided rows may know no widest.
    while heights[-1] == max(heights) and grid[-1] < WIDEST:
        grid.append(2.0 * grid[-1])
        heights.append(surface(mu, grid[-1]))
    top = int(np.argmax(heights))
    found = minimize_scalar(
        lambda tau: -surface(mu, tau), method="bounded", options={"xatol": 1e-7},
        bounds=(grid[max(top - 1, 0)], grid[min(top + 1, len(grid) - 1)]),
    )  # fmt: skip
    return max(heights[top], -float(found.fun))


def _secant(height: Callable[[float], float], at: float, step: float) -> float:
    """Return where ``height`` is zero by one secant step from ``at``."""
    here = height(at)
    slope = (height(at + step) - height(at - step)) / (2 * step)
    return at - here / slope


def _step_uphill(
    surface: Surface, mu: float, tau: float, step: float
) -> tuple[float, float, float]:
    """Return Newton's step from a point by central differences, and the height where it leads.

    The height is an even function of ``tau``, so that zero needs no rule of its own.
    """
    heights = np.array(
        [[surface(mu + a * step, abs(tau + b * step)) for b in (-1, 0, 1)] for a in (-1, 0, 1)]
    )
    slope = np.array([heights[2, 1] - heights[0, 1], heights[1, 2] - heights[1, 0]]) / (2 * step)
    across = (heights[2, 2] - heights[2, 0] - heights[0, 2] + heights[0, 0]) / 4
    bends = [heights[2, 1] + heights[0, 1], heights[1, 2] + heights[1, 0]]
    bend = np.diag(np.array(bends) - 2 * heights[1, 1]) + across * (1 - np.eye(2))
    mu, tau = np.array([mu, tau]) - np.linalg.solve(bend / step**2, slope)
    return float(mu), abs(float(tau)), surface(mu, abs(tau))


def _secant_near(surface: Surface, mu: float, tau: float, target: float, step: float) -> float:
    """Return where the profile is ``target`` by one secant step, its best tau being near ``tau``.

    That tau is the top of parabolas, each narrower; there the profile has the slope of the surface.
    """
    width = max(tau, step) / 4
    for _ in range(3):
        heights = [surface(mu, abs(tau + move)) for move in (-width, 0.0, width)]
        bend = heights[0] - 2 * heights[1] + heights[2]
        tau = abs(tau + (heights[0] - heights[2]) / (2 * bend) * width) if bend < 0 else tau
        width /= 6
    slope = (surface(mu + step, tau) - surface(mu - step, tau)) / (2 * step)
    return mu - (surface(mu, tau) - target) / slope
