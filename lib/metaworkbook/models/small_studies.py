"""Small-study effects: whether less precise studies report larger effects, and what then.

Tests of funnel asymmetry (`egger`, `begg`), regressions that extrapolate to perfect precision
(`pet`, `peese`), and here under one name with `trim_and_fill`, `selection_model` and
`henmi_copas`. None of them can tell selective publication from real differences between small and
large studies, and below ten effects none is shown (see `gates`). Fail-safe N is left out: it
assumes the unpublished effects average zero, and answers no question about size.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from metaworkbook.errors import InputError
from metaworkbook.models.arrays import check_choice, check_effects, check_level
from metaworkbook.models.henmi_copas import henmi_copas
from metaworkbook.models.moderators import meta_regression
from metaworkbook.models.rank_correlation import kendall
from metaworkbook.models.rounding import residuals
from metaworkbook.models.selection_models import selection_model
from metaworkbook.models.trim_and_fill import check_standard_errors, trim_and_fill, weighted_line
from metaworkbook.results.moderators import MetaRegression
from metaworkbook.results.small_studies import Begg, Egger

__all__ = ["begg", "egger", "henmi_copas", "peese", "pet", "selection_model", "trim_and_fill"]


def egger(yi: Any, vi: Any, model: str = "mixed", level: float = 0.95) -> Egger:
    """Test by regression whether effects change with their standard error.

    Two models of y_i = b0 + b1 sqrt(v_i): "mixed", the mixed-effects meta-regression with REML
    tau2 and a z test of b1 (Sterne and Egger 2005); and "lm", weighted least squares with
    weights 1/v_i and a multiplicative dispersion, tested by t(k - 2) (Egger et al. 1997,
    p. 631, their regression written for y instead of y/se).

    By hand, "lm": effects 1, 2, 4 with standard errors 1, 2, 3 have weights 1, 1/4, 1/9, weighted
    means 70/49 and 66/49, weighted sums of squares 26/49 and of products 5/7; so the slope is
    35/26, the limit -5/13, the dispersion 1/26, and t(1) = 5.

    Parameters
    ----------
    yi, vi : array_like, shape (k,)
        Effects and their sampling variances, k >= 3, the variances not all equal.
    model : {"mixed", "lm"}
        Which regression.
    level : float
        Confidence level of the interval of ``limit``.

    Returns
    -------
    Egger
        ``statistic`` (z or t of the slope), ``df`` (infinite for "mixed"), two-sided
        ``p_value``, and ``limit``, the estimate at a standard error of zero, with its interval.

    Raises
    ------
    InputError
        For unusable effects; for fewer than three or with equal variances, since the slope is
        then undefined; and for "lm" where the effects lie exactly on a line, since the
        dispersion is then zero.
    """
    check_choice("model", model, ("mixed", "lm"))
    level = check_level(level)
    yi, vi = check_effects(yi, vi)
    se = check_standard_errors(vi, "egger", "Leave the test out.")
    if model == "lm":
        return _egger_lm(yi, vi, se, level)
    fit = meta_regression(
        yi,
        vi,
        np.column_stack([np.ones(yi.size), se]),
        method="REML",
        ci="wald",
        names=("intercept", "standard error"),
        level=level,
    )
    return Egger(
        statistic=float(fit.estimate[1] / fit.se[1]),
        df=float("inf"),
        p_value=float(fit.p_value[1]),
        limit=float(fit.estimate[0]),
        limit_ci_low=float(fit.ci_low[0]),
        limit_ci_high=float(fit.ci_high[0]),
        model=model,
    )


def begg(yi: Any, vi: Any) -> Begg:
    """Test by Kendall's rank correlation whether effects change with their variance.

    Correlates (y_i - m) / sqrt(v_i - 1/W) with v_i, where m is the fixed-effect mean and W the
    sum of the weights 1/v_i (Begg and Mazumdar 1994, p. 1090). Without ties the p-value is
    exact (up to 300 effects); with ties, tau is tau-b and the p-value normal, its variance
    corrected for ties (Kendall 1970, ch. 4), without continuity correction.

    By hand: two effects make one pair, so tau is 1 or -1 and p = 1.

    Parameters
    ----------
    yi, vi : array_like, shape (k,)
        Effects and their sampling variances, k >= 2.

    Returns
    -------
    Begg
        ``tau`` and the two-sided ``p_value``.

    Raises
    ------
    InputError
        For unusable effects, fewer than two, or where all effects or all variances are equal:
        a rank correlation with a constant is undefined.
    """
    yi, vi = check_effects(yi, vi, minimum=2)
    for name, values in (("yi", yi), ("vi", vi)):
        if np.all(values == values[0]):
            raise InputError(
                f"{name}: found {values.size} equal values ({values[0]:g}); allowed: values that "
                "differ, for a rank correlation with a constant is undefined. Leave the test out."
            )
    weights = 1 / vi
    scaled = (yi - np.average(yi, weights=weights)) / np.sqrt(_residual_variances(vi))
    return Begg(*kendall(scaled, vi))


def pet(yi: Any, vi: Any, level: float = 0.95) -> MetaRegression:
    """Extrapolate to perfect precision along the standard error (precision-effect test).

    Meta-regression of y_i on 1 and sqrt(v_i), REML with Knapp-Hartung inference; the intercept
    is the estimate at a standard error of zero (Stanley and Doucouliagos 2014, eq. 5).

    Parameters
    ----------
    yi, vi : array_like, shape (k,)
        Effects and their sampling variances, k >= 3, the variances not all equal.
    level : float
        Confidence level.

    Returns
    -------
    MetaRegression
        Coefficients named "intercept" and "standard error".

    Raises
    ------
    InputError
        For unusable effects, fewer than three, or equal variances.
    """
    yi, vi = check_effects(yi, vi)
    se = check_standard_errors(vi, "pet", "Leave the regression out.")
    return _precision_regression(yi, vi, se, "standard error", level)


def peese(yi: Any, vi: Any, level: float = 0.95) -> MetaRegression:
    """Extrapolate to perfect precision along the variance (PEESE).

    As `pet`, with v_i in place of its root (Stanley and Doucouliagos 2014, eq. 6): less biased
    where there is an effect.

    Parameters
    ----------
    yi, vi : array_like, shape (k,)
        Effects and their sampling variances, k >= 3, the variances not all equal.
    level : float
        Confidence level.

    Returns
    -------
    MetaRegression
        Coefficients named "intercept" and "variance".

    Raises
    ------
    InputError
        For unusable effects, fewer than three, or equal variances.
    """
    yi, vi = check_effects(yi, vi)
    check_standard_errors(vi, "peese", "Leave the regression out.")
    return _precision_regression(yi, vi, vi, "variance", level)


def _precision_regression(
    yi: np.ndarray, vi: np.ndarray, predictor: np.ndarray, name: str, level: float
) -> MetaRegression:
    return meta_regression(
        yi,
        vi,
        np.column_stack([np.ones(yi.size), predictor]),
        method="REML",
        ci="knapp-hartung",
        names=("intercept", name),
        level=level,
    )


def _egger_lm(yi: np.ndarray, vi: np.ndarray, se: np.ndarray, level: float) -> Egger:
    """Weighted linear regression with multiplicative dispersion."""
    from scipy.special import stdtr, stdtrit

    weights = 1 / vi
    centre, mean, slope, squares = weighted_line(se, yi, weights)
    left = float((weights * residuals(yi, mean + slope * (se - centre)) ** 2).sum())
    if left == 0:
        raise InputError(
            "yi: found effects that lie exactly on a line in their standard errors; allowed: "
            'some scatter about it, since model="lm" divides by it. Use model="mixed".'
        )
    df = yi.size - 2
    dispersion = left / df
    statistic = slope / np.sqrt(dispersion / squares)
    limit = mean - slope * centre
    half = stdtrit(df, 0.5 + level / 2) * np.sqrt(
        dispersion * (1 / weights.sum() + centre**2 / squares)
    )
    return Egger(
        statistic=float(statistic),
        df=float(df),
        p_value=float(2 * stdtr(df, -abs(statistic))),
        limit=limit,
        limit_ci_low=float(limit - half),
        limit_ci_high=float(limit + half),
        model="lm",
    )


def _residual_variances(vi: np.ndarray) -> np.ndarray:
    """Return v_i - 1/W; from the other weights where one study has nearly all of the weight."""
    weights = 1 / vi
    variances = vi - 1 / weights.sum()
    top = int(np.argmax(weights))
    rest = np.delete(weights, top).sum()
    if rest < 1e-8 * weights[top]:
        # v - 1/(1/v + rest) = v^2 rest / (1 + v rest), which does not cancel
        variances[top] = vi[top] ** 2 * rest / (1 + vi[top] * rest)
    return variances
