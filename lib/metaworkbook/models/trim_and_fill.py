"""Trim and fill: how many effects one side of the funnel seems to lack, and the mean with them."""

from __future__ import annotations

from typing import Any

import numpy as np

from metaworkbook.errors import ConvergenceError, InputError
from metaworkbook.models.arrays import check_choice, check_effects, check_level
from metaworkbook.models.heterogeneity import estimate_tau2
from metaworkbook.models.pooling import pool
from metaworkbook.results.small_studies import TrimAndFill

#: Rounds of trimming before giving up, as in metafor.
ROUNDS = 100
#: Relative spread of the standard errors below which they count as equal.
EQUAL = 1e-7


def trim_and_fill(
    yi: Any, vi: Any, estimator: str = "L0", side: str | None = None, level: float = 0.95
) -> TrimAndFill:
    """Estimate the number of missing effects and the mean after filling them in.

    The k0 most extreme effects on the full side are trimmed, the mean of the rest is estimated
    (REML), and k0 is estimated anew from the ranks of all effects about that mean, until it no
    longer changes; then the trimmed effects are mirrored about the mean (Duval and Tweedie
    2000a, 2000b). With S the sum of the ranks of the effects above the mean, ranked by distance
    from it, and h the largest rank of an effect below it:

        L0 = (4 S - k (k + 1)) / (2 k - 1)        R0 = k - h - 1

    rounded, and not below zero. With k0 = 0 the result is the ordinary REML mean.

    By hand: effects 0, 1, 2, 12, 14 of equal variance have signed ranks -3, -2, -1, 4, 5 about
    their mean 5.8, so S = 9 and h = 3, L0 = 6/9 and R0 = 1. Without the 14 the mean is 3.75, the
    ranks stay, and k0 = 1: the effect filled in is 2 x 3.75 - 14 = -6.5.

    Parameters
    ----------
    yi, vi : array_like, shape (k,)
        Effects and their sampling variances, k >= 3.
    estimator : {"L0", "R0"}
        Which estimator of the number of missing effects.
    side : {"left", "right"}, optional
        Side on which effects are missing. By default it is the one opposite to where small
        studies lie: "right" when the slope of the effects on their standard errors (REML
        mixed-effects model) is negative, else "left".
    level : float
        Confidence level of the interval (normal).

    Returns
    -------
    TrimAndFill
        ``k0`` with its standard error ``k0_se`` (NaN where its formula has a negative variance,
        as in metafor), ``side``, and estimate, se, interval and tau2 of the filled data; ``yi``
        and ``vi`` hold the given effects, then the filled ones.

    Raises
    ------
    InputError
        For unusable effects or fewer than three; or where the side is left open and the
        standard errors are all equal, so that the effects have no slope on them.
    ConvergenceError
        If k0 still changes after 100 rounds.

    Notes
    -----
    Effects at the same distance are ranked in their ascending order (first come, first
    ranked), as in metafor. Identical effects lack nothing: k0 = 0. The result is a sensitivity
    analysis, not an adjusted estimate.
    """
    yi, vi = check_effects(yi, vi, minimum=3)
    check_choice("estimator", estimator, ("L0", "R0"))
    level = check_level(level)
    if side is None:
        side = _empty_side(yi, vi)
    check_choice("side", side, ("left", "right"))
    # Everything below looks for effects missing at the small end.
    sign = -1.0 if side == "right" else 1.0
    order = np.argsort(sign * yi, kind="stable")
    sorted_yi, sorted_vi = sign * yi[order], vi[order]

    k0, k0_se, mean = _count(sorted_yi, sorted_vi, estimator)
    filled_yi = np.concatenate([yi, sign * (2 * mean - sorted_yi[yi.size - k0 :])])
    filled_vi = np.concatenate([vi, sorted_vi[vi.size - k0 :]])
    fit = pool(filled_yi, filled_vi, method="REML", ci="wald", level=level)
    return TrimAndFill(
        k0=k0,
        side=side,
        estimate=fit.estimate,
        se=fit.se,
        ci_low=fit.ci_low,
        ci_high=fit.ci_high,
        tau2=fit.tau2,
        k0_se=k0_se,
        yi=filled_yi,
        vi=filled_vi,
        estimator=estimator,
    )


def check_standard_errors(vi: np.ndarray, what: str, remedy: str) -> np.ndarray:
    """Return the standard errors, or raise InputError where asymmetry cannot be seen in them.

    A regression on the standard error needs at least three effects (two always lie on a line)
    and standard errors that differ.
    """
    if vi.size < 3:
        raise InputError(
            f"yi and vi: found {vi.size} effect{'s' if vi.size != 1 else ''}; allowed: at least 3 "
            f"for {what}, since two effects always lie on a line. {remedy}"
        )
    se = np.sqrt(vi)
    if np.ptp(se) <= EQUAL * se.max():
        raise InputError(
            f"vi: found variances that are all equal ({vi[0]:g}); allowed: variances that differ, "
            f"for {what} asks whether effects change with precision. {remedy}"
        )
    return se


def weighted_line(
    x: np.ndarray, yi: np.ndarray, weights: np.ndarray
) -> tuple[float, float, float, float]:
    """Return mean of x, mean of y, slope and weighted sum of squares of x, by least squares."""
    centre, mean = np.average(x, weights=weights), np.average(yi, weights=weights)
    squares = float((weights * (x - centre) ** 2).sum())
    slope = float((weights * (x - centre) * (yi - mean)).sum()) / squares
    return float(centre), float(mean), slope, squares


def _empty_side(yi: np.ndarray, vi: np.ndarray) -> str:
    """Return the side of the funnel opposite to where its small studies lie."""
    se = check_standard_errors(vi, "the choice of a side", 'Give side="left" or side="right".')
    tau2 = estimate_tau2(yi, vi, method="REML", X=np.column_stack([np.ones(yi.size), se]))
    _, _, slope, _ = weighted_line(se, yi, 1 / (vi + tau2))
    return "right" if slope < 0 else "left"


def _count(yi: np.ndarray, vi: np.ndarray, estimator: str) -> tuple[int, float, float]:
    """Return k0, its standard error and the trimmed mean, for ascending effects."""
    k = yi.size
    if yi[0] == yi[-1]:
        return 0, _standard_error(0.0, k, estimator), float(yi[0])
    k0 = 0
    for _ in range(ROUNDS):
        kept = slice(0, k - k0)
        tau2 = estimate_tau2(yi[kept], vi[kept], method="REML")
        mean = float(np.average(yi[kept], weights=1 / (vi[kept] + tau2)))
        deviations = yi - mean
        ranks = np.empty(k)
        ranks[np.argsort(np.abs(deviations), kind="stable")] = np.arange(1, k + 1)
        if estimator == "R0":
            raw = k - ranks[deviations < 0].max(initial=0.0) - 1
        else:
            raw = (4 * ranks[deviations > 0].sum() - k * (k + 1)) / (2 * k - 1)
        before, k0 = k0, max(0, round(float(raw)))
        if k0 == before:
            return k0, _standard_error(float(raw), k, estimator), mean
    raise ConvergenceError(
        f"trim_and_fill: the number of missing effects ({estimator}) still changes after {ROUNDS} "
        "rounds. Use the other estimator."
    )


def _standard_error(raw: float, k: int, estimator: str) -> float:
    """Return the standard error of the unrounded k0 (Duval and Tweedie 2000a, section 4)."""
    if estimator == "R0":
        return float(np.sqrt(2 * max(0.0, raw) + 2))
    variance = (
        k * (k + 1) * (2 * k + 1)
        + 10 * raw**3
        + 27 * raw**2
        + 17 * raw
        - 18 * k * raw**2
        - 18 * k * raw
        + 6 * k**2 * raw
    ) / 24
    return float(4 * np.sqrt(variance) / (2 * k - 1)) if variance >= 0 else np.nan
