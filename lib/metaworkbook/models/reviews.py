"""Second-order pooling of published pooled estimates (tier R), on the scale of Fisher z.

A published estimate enters with the standard error that its own interval implies, else with the
printed one, else with 1 / sqrt(N - 3k), the least that k correlations of N persons allow (Fisher
1921). Reviews of one kind of therapy share primary studies and become one composite. Two reviews
with errors s_1 < s_2 have the covariance rho s_1^2: the larger rests on all that both know, and rho
is the share of the smaller review's studies that it holds too. No weight is then negative, as one
is where a covariance exceeds s_1^2. Composites are pooled by random effects. At rho = 0 overlap is
ignored, near 1 a smaller review adds nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from metaworkbook.errors import InputError
from metaworkbook.models import arrays
from metaworkbook.models.censored_rows import LARGEST_RHO, check_cluster, check_share
from metaworkbook.models.gates import gate, headline
from metaworkbook.models.pooling import pool
from metaworkbook.results.reviews import IntervalChecks, ReviewPool, StandardErrors

#: Overlap assumed in the main analysis, and the values it is varied over.
RHO, RHOS = 0.6, (0.0, 0.3, 0.6, 0.9)
#: Half a unit of the second decimal, the rounding of most printed correlations.
ROUNDING = 0.005
#: An interval may be narrower than N allows by this much before it is called too narrow: N - 3k
#: counts every study as one correlation, and rounding moves the ends.
NARROWER = 0.8


def standard_errors(
    low: Any, high: Any, se: Any, k: Any, n: Any, level: float = 0.95
) -> StandardErrors:
    """Return the standard error of each published estimate, and what it rests on.

    Parameters
    ----------
    low, high : array_like of shape (m,)
        Ends of the printed interval on the z scale, NaN where none is printed; an infinite end (a
        correlation of 1) tells no width.
    se : array_like of shape (m,)
        Printed standard error, taken as on the z scale; NaN where none, and 0 tells none.
    k, n : array_like of shape (m,)
        Studies and persons behind the estimate, at least 1; NaN where not printed.
    level : float
        Level of the printed intervals.

    Raises
    ------
    InputError
        For arrays of other lengths, what is no number, a negative error, or counts below 1.

    Notes
    -----
    By hand: k = 10, N = 430 give 1 / sqrt(430 - 30) = .05. That is the error without spread
    between studies and therefore too small; variants double it.
    """
    low, high, se, k, n = _vectors(low=low, high=high, se=se, k=k, n=n)
    _refuse("se", se, (se < 0) | np.isinf(se), "finite, 0 or above, or NaN where none is printed")
    from_interval = np.abs(high - low) / 2 / _quantile(level)
    derived = _floor(k, n)
    known = [
        (np.isfinite(from_interval) & (from_interval > 0), from_interval, "interval"),
        (np.isfinite(se) & (se > 0), se, "printed"),
        (np.isfinite(derived), derived, "derived"),
    ]
    value, source = np.full(low.size, np.nan), np.full(low.size, "", dtype=object)
    for mask, numbers, name in known:
        free = mask & (source == "")
        value[free], source[free] = numbers[free], name
    return StandardErrors(se=value, source=source)


def check_intervals(
    estimate: Any, low: Any, high: Any, k: Any, n: Any, level: float = 0.95
) -> IntervalChecks:
    """Reconstruct printed intervals: is the estimate in the middle, is the width possible.

    Parameters
    ----------
    estimate, low, high, k, n : array_like of shape (m,)
        As in `standard_errors`; all on the z scale.

    Raises
    ------
    InputError
        As `standard_errors`.

    Notes
    -----
    Pooled correlations have intervals symmetric in z. An estimate further from the middle than
    rounding of all three printed numbers explains does not fit, unless it was pooled on the scale
    of r: there the middle of tanh(low) and tanh(high) has to be the printed r.
    """
    estimate, low, high, k, n = _vectors(estimate=estimate, low=low, high=high, k=k, n=n)
    told = np.isfinite(low) & np.isfinite(high)
    order = ~told | (low <= high)
    low, high = np.minimum(low, high), np.maximum(low, high)
    centre = (low + high) / 2
    se = (high - low) / 2 / _quantile(level)
    r, ends = np.tanh(estimate), (np.tanh(low), np.tanh(high))
    # Rounding moves each printed r by up to half a unit, z by that over 1 - r^2 = 1 / cosh(z)^2.
    with np.errstate(over="ignore"):
        slack = 2 * ROUNDING * np.cosh(np.maximum(np.abs(low), np.abs(high))) ** 2
    fits = ~told | (np.abs(estimate - centre) <= slack)
    fits |= np.abs(r - (ends[0] + ends[1]) / 2) <= 2 * ROUNDING
    floor = _floor(k, n)
    wide = ~told | ~np.isfinite(floor) | (se + ROUNDING >= NARROWER * floor)
    return IntervalChecks(
        centre=centre, se=se, floor=floor, inflation=se / floor, fits=fits, order=order,
        wide_enough=wide,
    )  # fmt: skip


def pool_reviews(
    estimate: Any, se: Any, cluster: Any, rho: float = RHO, derived: int = 0, level: float = 0.95
) -> ReviewPool:
    """Pool published estimates; estimates without a standard error do not enter.

    Parameters
    ----------
    estimate, se : array_like of shape (m,)
        On the z scale; NaN in either leaves the estimate out. A standard error is above 0.
    cluster : array_like of shape (m,)
        Which reviews overlap; a label each.
    rho : float
        Assumed share of a smaller review's studies that a larger one holds too, 0 to below 1.
    derived : int
        How many standard errors were derived from k and N, for the record.

    Returns
    -------
    ReviewPool
        One cluster: its composite with a normal interval, since a published synthesis is one
        already. Two: side by side. Three and more: random effects, the wider interval.

    Raises
    ------
    InputError
        For arrays of other lengths, what is no number or infinite, a standard error not above 0,
        missing labels, or unknown options.
    """
    estimate, se = _vectors(estimate=estimate, se=se)
    _refuse("estimate", estimate, np.abs(estimate) > arrays.LARGEST, "finite, or NaN")
    least = arrays.LARGEST**-0.5
    usable = np.isnan(se) | ((se >= least) & (se <= 1 / least))
    _refuse("se", se, ~usable, f"from {least:g} to {1 / least:g}, or NaN where none is known")
    rho = check_share("rho", rho, False, LARGEST_RHO, "Take 0.6, and others of RHOS as variants.")
    derived = arrays.check_whole("derived", derived, minimum=0)
    level = arrays.check_level(level)
    codes, names = check_cluster(cluster, estimate.size)
    keep = np.isfinite(estimate) & np.isfinite(se)
    told = {"reviews": int(keep.sum()), "derived": derived, "rho": rho}
    if not keep.any():
        none = np.zeros(0)
        return ReviewPool(
            pooled=None, clusters=0, labels=(), composites=none, composite_se=none, **told
        )
    members = [keep & (codes == code) for code in dict.fromkeys(codes[keep].tolist())]
    labels = [names[codes[one][0]] for one in members]
    composites = np.array([_combine(estimate[one], se[one], rho) for one in members])
    yi, vi = composites.T
    pooled = None
    if len(labels) == 1:
        pooled = pool(yi, vi, method="FE", ci="wald", level=level)
    elif gate(len(labels)).verdict:
        pooled = headline(yi, vi, level=level)
    return ReviewPool(
        pooled=pooled, clusters=len(labels), labels=tuple(str(label) for label in labels),
        composites=yi, composite_se=np.sqrt(vi), **told,
    )  # fmt: skip


def sweep_published(
    groups: dict[str, dict[str, Any]], level: float = 0.95
) -> dict[str, dict[str, ReviewPool]]:
    """Return the pool of each group of published estimates at each overlap of `RHOS`.

    Parameters
    ----------
    groups : dict
        By name ``estimate``, ``low``, ``high``, ``se``, ``k``, ``n``, ``cluster``, as
        `evidence.group_published` gives them.

    Returns
    -------
    dict
        By name and overlap as text, such as "0.6".
    """
    found = {}
    for name, told in groups.items():
        errors = standard_errors(told["low"], told["high"], told["se"], told["k"], told["n"], level)
        derived = int((errors.source == "derived").sum())
        found[name] = {
            f"{rho:g}": pool_reviews(
                told["estimate"], errors.se, told["cluster"], rho, derived, level
            )
            for rho in RHOS
        }
    return found


def check_published(told: dict[str, Any], level: float = 0.95) -> IntervalChecks:
    """Return `check_intervals` of published estimates as `evidence.review_arrays` gives them."""
    names = ("estimate", "low", "high", "k", "n")
    return check_intervals(*(told[name] for name in names), level=level)


def _combine(estimate: np.ndarray, se: np.ndarray, rho: float) -> tuple[float, float]:
    """Return the generalised least squares mean of overlapping reviews, and its variance.

    By hand: errors .1 and .2 at rho = .5 have covariance .005, so weights .035 and .005 of .04:
    7/8 and 1/8.
    """
    covariance = rho * np.minimum.outer(se, se) ** 2
    np.fill_diagonal(covariance, se**2)
    weights = np.linalg.solve(covariance, np.ones(se.size))
    return float(weights @ estimate / weights.sum()), float(1 / weights.sum())


def _vectors(**given: Any) -> list[np.ndarray]:
    found = [arrays.as_numbers(name, value) for name, value in given.items()]
    if len({array.shape for array in found}) != 1 or found[0].ndim != 1:
        raise InputError(f"{', '.join(given)}: allowed: one-dimensional arrays of one length.")
    for name, values in zip(given, found, strict=True):
        if name in ("k", "n"):
            bad = np.isinf(values) | (values < 1)
            _refuse(name, values, bad, "at least 1, or NaN where not printed")
    return found


def _refuse(name: str, values: np.ndarray, bad: np.ndarray, allowed: str) -> None:
    if bad.any():
        place = int(np.argmax(bad))
        raise InputError(
            f"{name}: found {values[place]:g} at position {place}; allowed: {allowed}. Compare "
            "the row with its source."
        )


def _floor(k: np.ndarray, n: np.ndarray) -> np.ndarray:
    free = n - 3 * k
    usable = np.isfinite(free) & (free > 0)
    return np.where(usable, 1 / np.sqrt(np.where(usable, free, 1.0)), np.nan)


def _quantile(level: float) -> float:
    from scipy.special import ndtri

    return float(ndtri((1 + arrays.check_level(level)) / 2))
