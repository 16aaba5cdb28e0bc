"""Step-function selection models: what the mean would be if publication depended on p.

One-sided p-values are cut at given steps; each interval has a probability of publication relative
to the first (most significant) one. The likelihood is in `selection_likelihood` and
is maximised over mean, tau2 and weights. It may have several maxima, so the search starts from a
grid of means and variances, with the weights (in which it is concave) fitted at each; that search
is in `selection_search`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from metaworkbook.errors import InputError
from metaworkbook.models.arrays import check_choice, check_effects, check_level
from metaworkbook.models.heterogeneity import estimate_tau2
from metaworkbook.models.selection_likelihood import StepLikelihood
from metaworkbook.models.selection_search import LARGEST_WEIGHT, maximise
from metaworkbook.results.small_studies import SelectionModel


def selection_model(
    yi: np.ndarray,
    vi: np.ndarray,
    steps: Sequence[float],
    alternative: str,
    level: float = 0.95,
) -> SelectionModel:
    """Fit a random-effects model with step-function selection on one-sided p-values.

    The density of y_i is w(p_i) phi(y_i; mu, v_i + tau2) / A_i, where p_i is the one-sided
    p-value of y_i, w is constant between steps (w = 1 in the first interval), and A_i makes it
    integrate to one (Hedges 1992, eq. 3; Vevea and Hedges 1995, eq. 5 to 8). One step at .025
    is the three-parameter selection model. With all weights 1 it is the ordinary
    random-effects model by maximum likelihood, with which it is compared (likelihood ratio,
    one degree of freedom a weight).

    Parameters
    ----------
    yi, vi : array_like of shape (k,)
        Effects and their sampling variances; k is at least 2 plus the number of steps.
    steps : sequence of float
        Ascending one-sided p-values between 0 and 1 that bound the intervals, such as
        ``[0.025]``; an effect whose p equals a step is in the lower interval. A final 1 is
        implied and may be given.
    alternative : {"greater", "less"}
        The direction that is favoured: "greater" when small p-values mean large positive
        effects, "less" when they mean large negative ones. There is no default: it comes from
        the expected sign, before the data are seen.
    level : float
        Confidence level of the interval of the mean.

    Returns
    -------
    SelectionModel
        ``estimate``, ``se``, ``ci_low``, ``ci_high`` (normal, from the observed information) and
        ``tau2`` on the scale of ``yi``; ``weights`` of shape (number of steps + 1,), the first
        1; ``counts``, the effects in each interval; ``log_likelihood`` of the full density,
        constants included; ``lrt`` and ``lrt_p``; ``at_bound``.

    Raises
    ------
    InputError
        For unusable effects, steps or alternative, or too few effects.
    ConvergenceError
        If no start reaches a maximum.

    Notes
    -----
    Weights are bounded to [0, 100]. An interval without effects says only that its weight is
    as extreme as allowed: 0 for a later interval; and where the first interval is empty, the
    others grow until one reaches 100. Where all effects lie in the first interval there may be
    no maximum at all: the likelihood keeps rising, ever more slowly, as the mean runs away, and
    the search ends at its edge, 1,000 ranges from the data. In each of these cases ``at_bound``
    is true and the estimate is not to be interpreted; parameters at a bound, tau2 = 0 among
    them, count as known in the standard error, which is NaN where the information is not
    positive definite.
    """
    yi, vi = check_effects(yi, vi)
    level = check_level(level)
    steps = _check_steps(steps)
    check_choice("alternative", alternative, ("greater", "less"))
    if yi.size < 2 + steps.size:
        raise InputError(
            f"yi: found {yi.size} effects; allowed: at least {2 + steps.size} for "
            f"{steps.size} step(s), one for each parameter. Use fewer steps or no selection model."
        )
    from scipy.special import chdtrc, ndtr, ndtri

    sign = 1.0 if alternative == "greater" else -1.0
    unit = float(np.exp(0.5 * np.log(vi).mean()))
    y, v = sign * yi / unit, vi / unit**2
    group = np.searchsorted(steps, ndtr(-y / np.sqrt(v)), side="left")
    likelihood = StepLikelihood(y, v, -ndtri(steps), group)

    t_plain = estimate_tau2(y, v, method="ML")
    mu_plain = float(np.average(y, weights=1 / (v + t_plain)))
    plain = float(likelihood.density(np.float64(mu_plain), np.float64(t_plain)))
    fit = maximise(likelihood, mu_plain, t_plain)

    lrt = max(0.0, 2 * (fit.value - plain))
    half = -ndtri((1 - level) / 2) * fit.se * unit
    estimate = sign * fit.mu * unit
    return SelectionModel(
        estimate=estimate,
        se=fit.se * unit,
        ci_low=estimate - half,
        ci_high=estimate + half,
        tau2=fit.t * unit**2,
        weights=np.minimum(np.exp(fit.log_weights), LARGEST_WEIGHT),
        steps=steps,
        counts=likelihood.counts,
        log_likelihood=fit.value - yi.size * float(np.log(unit)),
        lrt=lrt,
        lrt_p=float(chdtrc(steps.size, lrt)),
        at_bound=fit.at_bound,
        alternative=alternative,
    )


def _check_steps(steps: Sequence[float]) -> np.ndarray:
    """Return the inner steps as an ascending array, without a final 1."""
    try:
        found = np.atleast_1d(np.asarray(steps, dtype=float))
    except (TypeError, ValueError):
        found = np.array([np.nan])
    inner = found[:-1] if found.ndim == 1 and found.size and found[-1] == 1 else found
    if (
        inner.ndim != 1
        or inner.size == 0
        or not np.all((inner > 0) & (inner < 1))
        or np.any(np.diff(inner) <= 0)
    ):
        raise InputError(
            f"steps: found {steps!r}; allowed: ascending one-sided p-values between 0 and 1. "
            "Use for instance steps=[0.025]."
        )
    return inner
