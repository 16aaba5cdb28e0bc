"""Pool effects under a common-effect or random-effects model.

``pool`` is the workbook's one way to a pooled estimate. By hand, for two studies with
``yi = [0.2, 0.6]`` and ``vi = [0.04, 0.04]``: weights 25 each, mean 0.4, Q = 25 (0.04 + 0.04) = 2,
df = 1; DL tau2 = (2 - 1) / (50 - 1250/50) = 0.04, so each weight is 12.5 and se = sqrt(1/25) = 0.2;
the Knapp-Hartung factor is 12.5 (0.04 + 0.04) / 1 = 1, so se stays 0.2 with t(1).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from metaworkbook.errors import InputError
from metaworkbook.models import arrays
from metaworkbook.models.heterogeneity import METHODS, estimate_tau2, q_profile
from metaworkbook.models.references import p_values, quantile
from metaworkbook.models.traces import mean_trace
from metaworkbook.results.pooling import Pooled

INTERVALS = ("knapp-hartung", "knapp-hartung-conservative", "wald")


def pool(
    yi: Any,
    vi: Any,
    method: str = "REML",
    ci: str = "knapp-hartung",
    level: float = 0.95,
) -> Pooled:
    """Pool effects; estimate, interval, prediction interval and heterogeneity.

    The estimate is the weighted mean with weights 1/(v + tau2). ``ci="wald"`` uses the normal
    distribution and se = sqrt(1/sum(w)); ``"knapp-hartung"`` multiplies that by
    sqrt(sum(w (y - estimate)^2) / (k - 1)) and uses t(k - 1) (Hartung 1999; Knapp and Hartung
    2003, Statistics in Medicine 22, 2693-2710); ``"knapp-hartung-conservative"`` never lets the
    factor fall below 1 (Jackson and others 2017), metafor's "adhoc".

    Parameters
    ----------
    yi : array_like, shape (k,)
        Effects on the analysis scale.
    vi : array_like, shape (k,)
        Sampling variances.
    method : str
        FE, DL, HE, HS, SJ, ML, REML, EB or PM (see `models.heterogeneity`).
    ci : str
        "wald", "knapp-hartung" or "knapp-hartung-conservative"; FE takes "wald" only.
    level : float
        Confidence level of all intervals, between 0 and 1.

    Returns
    -------
    Pooled
        ``df`` is k - 1 under Knapp-Hartung and infinite under Wald. The prediction interval
        estimate -+ crit sqrt(se^2 + tau2) uses t(k - 1) or the normal accordingly, and is NaN for
        FE. i2 = tau2 / (tau2 + typical v) with typical v = (k - 1) / tr(P) (Higgins and Thompson
        2002, eq. 9), for FE max(0, (q - df) / q); h2 = tau2 / typical v + 1, for FE q / df. The
        tau2 interval is by Q-profile and carries over to i2; both are NaN for FE.

    Raises
    ------
    InputError
        For unusable arrays, an unknown method, ci or level, or FE without ``ci="wald"``.

    Notes
    -----
    Limiting cases: with k = 1 the estimate is the effect itself, se = sqrt(v), tau2 = 0, and all
    that rests on a spread between studies is NaN, the Knapp-Hartung interval among it. Identical
    effects give tau2 = 0, q = 0 and, under "knapp-hartung", se = 0 with the interval the estimate
    itself and p NaN. With tau2 = 0 all methods give the FE estimate.
    """
    yi, vi = arrays.check_effects(yi, vi)
    arrays.check_choice("method", method, METHODS)
    check_interval(method, ci)
    level = arrays.check_level(level)

    k = yi.size
    tau2 = estimate_tau2(yi, vi, method)
    mean, model_se = weighted_mean(yi, vi + tau2)
    se = model_se * np.sqrt(_factor(yi, vi + tau2, mean, ci))
    df = np.inf if ci == "wald" else float(k - 1)
    crit, p_value = quantile(df, level), float(p_values(mean, se, df))
    half = np.nan if method == "FE" or k == 1 else crit * np.sqrt(se**2 + tau2)
    return Pooled(
        estimate=mean,
        se=se,
        df=df,
        p_value=p_value,
        ci_low=mean - crit * se,
        ci_high=mean + crit * se,
        pi_low=mean - half,
        pi_high=mean + half,
        tau2=tau2,
        **heterogeneity(yi, vi, tau2, method, level),
        k=k,
        method=method,
        ci=ci,
        level=level,
    )


def weighted_mean(yi: np.ndarray, variances: np.ndarray) -> tuple[float, float]:
    """Return the inverse-variance weighted mean and its model-based standard error."""
    # Weights relative to the largest and effects about their median keep identical effects exact.
    smallest = float(variances.min())
    weights = smallest / variances
    centre = float(np.median(yi))
    mean = centre + float(weights @ (yi - centre)) / float(weights.sum())
    return mean, float(np.sqrt(smallest / weights.sum()))


def check_interval(method: str, ci: str) -> None:
    """Raise InputError unless ``ci`` is known and fits the method."""
    arrays.check_choice("ci", ci, INTERVALS)
    if method == "FE" and ci != "wald":
        raise InputError(
            f'ci: found "{ci}" with method "FE"; allowed: "wald". The common-effect model has no '
            'spread between studies to adjust for: pass ci="wald".'
        )


def heterogeneity(
    yi: np.ndarray, vi: np.ndarray, tau2: float, method: str, level: float
) -> dict[str, Any]:
    """Return q, i2, h2 and the Q-profile intervals as fields of `Pooled`."""
    from scipy import special

    df = yi.size - 1
    names = ("tau2_ci_low", "tau2_ci_high", "i2", "i2_ci_low", "i2_ci_high", "h2", "q_p")
    fields: dict[str, Any] = dict.fromkeys(names, np.nan)
    fields.update(q=0.0, q_df=df)
    if df < 1:
        return fields
    mean, _ = weighted_mean(yi, vi)
    q = float(((yi - mean) ** 2 / vi).sum())
    fields.update(q=q, q_p=float(special.chdtrc(df, q)))
    if method == "FE":
        fields.update(i2=max(0.0, (q - df) / q) if q > 0 else 0.0, h2=q / df)
        return fields
    typical = typical_variance(vi)
    low, high = q_profile(yi, vi, level=level)
    fields.update(
        tau2_ci_low=low,
        tau2_ci_high=high,
        i2=tau2 / (tau2 + typical),
        i2_ci_low=low / (low + typical),
        i2_ci_high=high / (high + typical),
        h2=tau2 / typical + 1.0,
    )
    return fields


def typical_variance(vi: np.ndarray) -> float:
    """Return the typical sampling variance (k - 1) sum(w) / (sum(w)^2 - sum(w^2)), w = 1/v."""
    smallest = float(vi.min())
    return smallest * (vi.size - 1) / float(mean_trace(smallest / vi))


def _factor(yi: np.ndarray, variances: np.ndarray, mean: float, ci: str) -> float:
    """Return the Knapp-Hartung factor on the squared standard error; 1 where there is none."""
    if ci == "wald" or yi.size == 1:
        return 1.0
    factor = float(((yi - mean) ** 2 / variances).sum()) / (yi.size - 1)
    return max(1.0, factor) if ci == "knapp-hartung-conservative" else factor
