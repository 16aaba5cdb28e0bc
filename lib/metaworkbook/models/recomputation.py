"""A page's numbers a second time, by independent code; a disagreement stops the page.

Pools of coefficients are fitted again by the second engine of `agreement`, regressions by PyMARE,
the censored model and shares by `second_searches`, sign tests and combined p-values by their
textbook formulas. Each function returns what it compared, so that the page can show it, and
raises `DisagreementError` if any two numbers are too far apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from math import comb
from statistics import NormalDist
from typing import Any

import numpy as np

from metaworkbook.errors import DisagreementError
from metaworkbook.models import _pymare
from metaworkbook.models.agreement import CLOSED_TOLERANCE, ITERATIVE_TOLERANCE, crosscheck
from metaworkbook.models.heterogeneity import CLOSED
from metaworkbook.models.multilevel import aggregate
from metaworkbook.models.second_searches import (
    VALUE_TOLERANCE,
    recompute_censored,
    recompute_share,
    selection_log_likelihood,
)
from metaworkbook.results.agreement import Recomputed
from metaworkbook.results.asymmetry import SmallStudies
from metaworkbook.results.censored_moderators import ModeratorResult
from metaworkbook.results.directions import CombinedP, SignTest
from metaworkbook.results.moderators import MetaRegression
from metaworkbook.results.pooling import Pooled
from metaworkbook.results.proportions import PooledShare
from metaworkbook.results.reviews import ReviewPool
from metaworkbook.results.robustness import CensoredRobustness, Robustness
from metaworkbook.results.synthesis import Synthesis

#: Share of the largest effect by which two engines differ where nothing scatters.
ROUNDING = 1e-10


def recompute_synthesis(synthesis: Synthesis, **rows: Any) -> tuple[Recomputed, ...]:
    """Compute the numbers of `synthesis.synthesise` again.

    Parameters
    ----------
    synthesis : Synthesis
    **rows
        ``lower``, ``upper``, ``ni``, ``outside``, ``cluster`` that it was computed from.

    Returns
    -------
    tuple of Recomputed
        Of the censored model its log-likelihood, estimate, tau2 and finite ends; of the pool of
        coefficients estimate, tau2 and ends; the p-value of the sign test.

    Raises
    ------
    DisagreementError
        Naming every number that differs by more than its tolerance. So do all functions here.
    """
    found = [*recompute_censored(synthesis.main, **rows), *_sign_test(synthesis.signs)]
    if synthesis.classical is not None:
        exact = (rows["lower"] == rows["upper"]) & (np.abs(rows["lower"]) < 1)
        labels = [str(label) for label in rows["cluster"][exact]]
        one = aggregate(
            np.arctanh(rows["lower"][exact]), 1.0 / (rows["ni"][exact] - 3.0), labels,
            synthesis.main.rho,
        )  # fmt: skip
        found += _pool("coefficients", synthesis.classical, one.yi, one.vi)
    return confirm(found)


def recompute_robustness(
    censored: CensoredRobustness, robust: Robustness, **rows: Any
) -> tuple[Recomputed, ...]:
    """Compute the two results again that the page on sensitivity varies; ``rows`` as above."""
    found = recompute_censored(censored.main, **rows)
    if robust.pooled is not None:
        found += _pool("coefficients", robust.pooled, robust.composites.yi, robust.composites.vi)
    return confirm(found)


def recompute_small_studies(checks: SmallStudies) -> tuple[Recomputed, ...]:
    """Compute the pool, the regressions, the filled pools and the selection likelihoods again."""
    if checks.pooled is None:
        return ()
    y, v = checks.composites.yi, checks.composites.vi
    found = _pool("coefficients", checks.pooled, y, v)
    for what, fit, column in (
        ("pet", checks.pet, np.sqrt(v)),
        ("peese", checks.peese, v),
    ):
        if fit is not None:
            found += _regression(what, fit, y, v, column)
    if checks.egger is not None:
        estimate, se, _ = _pymare.fit(y, v, _line(np.sqrt(v)), "REML", "wald")
        statistic = estimate[1] / se[1]
        found.append(Recomputed("egger", "statistic", checks.egger.statistic, statistic, 1e-4))
    for what, filled in (("trim_l0", checks.trim_l0), ("trim_r0", checks.trim_r0)):
        if filled is not None:
            estimate, *_ = crosscheck(filled.yi, filled.vi, "REML", "wald")
            near = ITERATIVE_TOLERANCE * filled.se
            found.append(Recomputed(what, "estimate", filled.estimate, estimate, near))
    for what, model in (("one_step", checks.one_step), ("two_steps", checks.two_steps)):
        if model is not None:
            again = selection_log_likelihood(model, y, v)
            told = model.log_likelihood
            found.append(Recomputed(what, "log_likelihood", told, again, VALUE_TOLERANCE))
    return confirm(found)


def recompute_moderators(found: Sequence[ModeratorResult]) -> tuple[Recomputed, ...]:
    """Compute the regression line of each moderator again that is a number."""
    return confirm(
        number
        for each in found
        if each.regression is not None
        for number in _regression(each.name, each.regression, each.yi, each.vi, each.x)
    )


def recompute_signs(
    signs: SignTest, combined: CombinedP | None, p: Any, sign: Any, weights: Any = None
) -> tuple[Recomputed, ...]:
    """Compute the sign test and the combination of p-values again.

    ``p``, ``sign`` and ``weights`` are what `directions.combine_samples` was given.
    """
    found = _sign_test(signs)
    if combined is not None:
        shares = np.ones(len(p)) if weights is None else np.asarray(weights, dtype=float)
        z = -np.asarray(sign) * [NormalDist().inv_cdf(each / 2.0) for each in np.asarray(p, float)]
        again = float(shares @ z / np.sqrt(shares @ shares))
        found.append(Recomputed("combined", "statistic", combined.z, again, VALUE_TOLERANCE))
    return confirm(found)


def recompute_reviews(pools: Mapping[str, Mapping[str, ReviewPool]]) -> tuple[Recomputed, ...]:
    """Compute each pool of published estimates again from its composites, at every overlap."""
    return confirm(
        number
        for name, by_overlap in pools.items()
        for overlap, each in by_overlap.items()
        if each.pooled is not None
        for number in _pool(f"{name}/{overlap}", each.pooled, each.composites, each.composite_se**2)
    )


def recompute_shares(
    pools: Mapping[str, PooledShare | None], counts: Mapping[str, Mapping[str, Any]]
) -> tuple[Recomputed, ...]:
    """Compute each pooled share again from the counts `proportions.pool_each_share` was given."""
    return confirm(
        number
        for name, share in pools.items()
        if share is not None
        for number in recompute_share(name, share, counts[name]["events"], counts[name]["totals"])
    )


def confirm(found: Iterable[Recomputed]) -> tuple[Recomputed, ...]:
    """Return the numbers if all agree, else raise `DisagreementError` with those that do not."""
    numbers = tuple(found)
    apart = [each for each in numbers if not agrees(each)]
    if apart:
        listed = "; ".join(
            f"{each.what}, {each.quantity}: found {each.first:.10g}, and {each.second:.10g} by the "
            f"second engine; allowed: at most {each.tolerance:.2g} apart"
            for each in apart
        )
        raise DisagreementError(
            f"{listed}. One of the two computations is wrong, so the page is not built. Run the "
            "tests of lib/metaworkbook/models, and compare the installed versions with "
            "requirements.lock."
        )
    return numbers


def agrees(number: Recomputed) -> bool:
    """Tell whether both numbers are within tolerance, the same infinity, or both missing."""
    first, second = number.first, number.second
    if np.isnan(first) or np.isnan(second):
        return bool(np.isnan(first) and np.isnan(second))
    return bool(first == second or abs(first - second) <= number.tolerance)


def _pool(what: str, pooled: Pooled, yi: np.ndarray, vi: np.ndarray) -> list[Recomputed]:
    from scipy.stats import norm, t

    if yi.size == 1:
        estimate, se, tau2 = float(yi[0]), float(np.sqrt(vi[0])), 0.0
    else:
        estimate, se, tau2 = crosscheck(yi, vi, pooled.method, pooled.ci)
    tail = (1.0 - pooled.level) / 2.0
    reach = norm.isf(tail) if np.isinf(pooled.df) else t.isf(tail, pooled.df)
    share = CLOSED_TOLERANCE if pooled.method in CLOSED else ITERATIVE_TOLERANCE
    near = share * pooled.se + ROUNDING * float(np.abs(yi).max())
    spread = share * (pooled.tau2 + float(np.mean(vi)))
    return [
        Recomputed(what, "estimate", pooled.estimate, estimate, near),
        Recomputed(what, "ci_low", pooled.ci_low, estimate - reach * se, 10 * near),
        Recomputed(what, "ci_high", pooled.ci_high, estimate + reach * se, 10 * near),
        Recomputed(what, "tau2", pooled.tau2, tau2, spread),
    ]


def _line(x: np.ndarray) -> np.ndarray:
    return np.column_stack([np.ones(x.size), x])


def _regression(
    what: str, fit: MetaRegression, yi: np.ndarray, vi: np.ndarray, x: np.ndarray
) -> list[Recomputed]:
    estimate, _, _ = _pymare.fit(yi, vi, _line(x), fit.method, fit.ci)
    # Effects on a line leave no standard error to measure by, and rounding in both engines.
    least = ROUNDING * np.abs(yi).max() / np.array([1.0, np.abs(x).max()])
    return [
        Recomputed(what, quantity, fit.estimate[i], estimate[i], 1e-4 * fit.se[i] + least[i])
        for i, quantity in enumerate(("intercept", "slope"))
    ]


def _sign_test(signs: SignTest) -> list[Recomputed]:
    votes, fewer = signs.k_negative + signs.k_positive, min(signs.k_negative, signs.k_positive)
    if votes == 0:  # a test of nobody is no result of the page
        return []
    tail = Fraction(sum(comb(votes, each) for each in range(fewer + 1)), 2**votes)
    again = float(min(1, 2 * tail))
    return [Recomputed("signs", "p_value", signs.p_value, again, VALUE_TOLERANCE)]
