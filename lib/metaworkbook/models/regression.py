"""Mixed-effects meta-regression on a whole design matrix.

By hand, three studies with
``yi = [0, 1, 2]``, equal ``vi = 1`` and ``X = [[1, -1], [1, 0], [1, 1]]``: the fit is perfect, so
qe = 0 and tau2 = 0, the coefficients are 1 and 1, with Wald standard errors sqrt(1/3), sqrt(1/2).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from metaworkbook.errors import InputError
from metaworkbook.models import arrays
from metaworkbook.models.design import (
    check_design,
    column_names,
    default_names,
    intercept_columns,
    tested_columns,
)
from metaworkbook.models.heterogeneity import METHODS, tau2_of
from metaworkbook.models.pooling import check_interval
from metaworkbook.models.quadratic_forms import Batch
from metaworkbook.models.references import p_values, quantile
from metaworkbook.models.rounding import residuals
from metaworkbook.results.moderators import MetaRegression


def meta_regression(
    yi: Any,
    vi: Any,
    X: Any,
    method: str = "REML",
    ci: str = "knapp-hartung",
    level: float = 0.95,
    names: Sequence[str] | None = None,
) -> MetaRegression:
    """Fit a mixed-effects meta-regression.

    Weighted least squares with weights 1/(v + tau2), tau2 estimated about the regression.
    ``ci="knapp-hartung"`` scales the covariance by y'Py / (k - p) and uses t(k - p) and F (Knapp
    and Hartung 2003, Statistics in Medicine 22, 2693-2710, eq. 9); ``"wald"`` uses the normal and
    chi-squared distributions.

    Parameters
    ----------
    yi : array_like, shape (k,)
        Effects on the analysis scale.
    vi : array_like, shape (k,)
        Sampling variances.
    X : array_like, shape (k, p)
        The whole design matrix, intercept column included if there is one.
    method, ci, level
        As in `models.pooling.pool`.
    names : sequence of str, optional
        Names of the p columns; "intercept" for a constant one and x0, x1, ... otherwise.

    Returns
    -------
    MetaRegression
        Arrays of shape (p,); ``qm`` tests all coefficients but the intercept (all if there is no
        intercept, or nothing else): chi-squared under Wald, F = chi-squared / qm_df under
        Knapp-Hartung. ``qe`` is the residual Q at tau2 = 0. r2 = max(0, 1 - tau2 / tau2 without
        moderators) (Raudenbush 2009), for FE the adjusted R-squared of the weighted regression; NaN
        without an intercept or without moderators. i2 = tau2 / (tau2 + typical v), typical
        v = (k - p) / tr(P), for FE max(0, (qe - df) / qe).

    Raises
    ------
    InputError
        For unusable arrays, a collinear design (its columns are named), too few effects for the
        columns (k > p is needed, k = p under FE), or unknown options.

    Notes
    -----
    Limiting case: with X a column of ones this is `pool`. A perfect fit has tau2 = 0 and, under
    "knapp-hartung", standard errors of zero and p-values that are NaN.
    """
    yi, vi = arrays.check_effects(yi, vi)
    arrays.check_choice("method", method, METHODS)
    check_interval(method, ci)
    level = arrays.check_level(level)
    labels = default_names(X) if names is None else names
    X = check_design(X, yi.size, labels)
    k, p = X.shape
    if k == p and method != "FE":
        raise InputError(
            f"X: found {p} columns for {k} effects; allowed: fewer columns than effects, as tau2 "
            'is estimated beside them. Use fewer moderators or method="FE".'
        )

    tau2 = float(tau2_of(Batch(yi, vi, X=X), method)[0])
    estimate, covariance, scatter = weighted_fit(yi, vi + tau2, X)
    if ci != "wald":
        factor = scatter / (k - p)
        covariance = covariance * (max(1.0, factor) if ci.endswith("conservative") else factor)
    df = np.inf if ci == "wald" else float(k - p)
    se = np.sqrt(np.diag(covariance))
    half = quantile(df, level) * se
    qm, qm_df, qm_p = _omnibus(estimate, covariance, tested_columns(X), df)
    return MetaRegression(
        estimate=estimate,
        se=se,
        df=df,
        p_value=p_values(estimate, se, df),
        ci_low=estimate - half,
        ci_high=estimate + half,
        covariance=covariance,
        tau2=tau2,
        qm=qm,
        qm_df=qm_df,
        qm_p=qm_p,
        **_residual_heterogeneity(yi, vi, X, tau2, method),
        r2=_r2(yi, vi, X, tau2, method),
        k=k,
        names=column_names(labels, p),
        method=method,
        ci=ci,
        level=level,
    )


def weighted_fit(
    yi: np.ndarray, variances: np.ndarray, X: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float]:
    """Weighted least squares by QR: coefficients, (X'WX)^-1 and the weighted residual scatter.

    Columns are scaled first, so that moderators in large units (a year) lose no digits.
    """
    lengths = np.sqrt((X**2).sum(axis=0))
    root = np.sqrt(variances.min() / variances)
    Q, R = np.linalg.qr(root[:, None] * (X / lengths))
    inverse = np.linalg.inv(R) / lengths[:, None]
    estimate = inverse @ (Q.T @ (root * yi))
    residual = root * residuals(yi, X @ estimate)
    smallest = float(variances.min())
    return estimate, smallest * (inverse @ inverse.T), float(residual @ residual) / smallest


def _omnibus(
    estimate: np.ndarray, covariance: np.ndarray, tested: np.ndarray, df: float
) -> tuple[float, int, float]:
    """Return the statistic of the test that all ``tested`` coefficients are zero, m and p."""
    from scipy import special

    m = tested.size
    part = covariance[np.ix_(tested, tested)]
    scale = np.sqrt(np.diag(part))
    if not (scale > 0).all():
        return np.nan, m, np.nan
    z = estimate[tested] / scale
    chi2 = float(z @ np.linalg.solve(part / np.outer(scale, scale), z))
    if np.isinf(df):
        return chi2, m, float(special.chdtrc(m, chi2))
    return chi2 / m, m, float(special.fdtrc(m, df, chi2 / m))


def _residual_heterogeneity(
    yi: np.ndarray, vi: np.ndarray, X: np.ndarray, tau2: float, method: str
) -> dict[str, Any]:
    """Return qe, its test and i2 as fields of `MetaRegression`."""
    from scipy import special

    df = X.shape[0] - X.shape[1]
    if df == 0:
        return {"qe": 0.0, "qe_df": 0, "qe_p": np.nan, "i2": np.nan}
    qe = weighted_fit(yi, vi, X)[2]
    if method == "FE":
        i2 = max(0.0, (qe - df) / qe) if qe > 0 else 0.0
    else:
        trace = float(Batch(yi, vi, X=X).forms_at(np.zeros(1, dtype=int), 0.0).trace[0])
        i2 = tau2 / (tau2 + df / trace)
    return {"qe": qe, "qe_df": df, "qe_p": float(special.chdtrc(df, qe)), "i2": i2}


def _r2(yi: np.ndarray, vi: np.ndarray, X: np.ndarray, tau2: float, method: str) -> float:
    """Return the share of heterogeneity the moderators account for; NaN where undefined."""
    constant = intercept_columns(X)
    k, p = X.shape
    if not constant.any() or p == 1 or (method == "FE" and k == p):
        return np.nan
    if method == "FE":
        total = weighted_fit(yi, vi, np.ones((k, 1)))[2]
        left = weighted_fit(yi, vi, X)[2]
        return max(0.0, 1.0 - (left / (k - p)) / (total / (k - 1))) if total > 0 else 0.0
    total = float(tau2_of(Batch(yi, vi), method)[0])
    return max(0.0, 1.0 - tau2 / total) if total > 0 else 0.0
