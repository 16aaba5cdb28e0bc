"""The censored model with moderators: the mean of a sample's true effect is x'b.

An observed z of a sample with moderators x is N(theta, 1/(n - 3)), theta is N(x'b, tau2): the model
of `models.censored` with a regression in place of mu, so that ranges and directions inform a
contrast too. The log-likelihood is the sum, over the different x, of that of `censored_likelihood`
at mu = x'b with a common tau2; its derivatives follow by the chain rule.

Rows of one sample that differ in x (two raters, two phases) are treated as two samples: what they
share would make their contrast more certain, so leaving it out is cautious.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from metaworkbook.models.arrays import check_level
from metaworkbook.models.censored_search import Model
from metaworkbook.models.design import column_names, default_names
from metaworkbook.results.censored_moderators import CensoredRegression


def regress_censored(
    lower: Any,
    upper: Any,
    ni: Any,
    X: Any,
    outside: Any = None,
    cluster: Any = None,
    rho: float = 0.6,
    reporting: float = 1.0,
    level: float = 0.95,
    names: Sequence[str] | None = None,
) -> CensoredRegression:
    """Fit the censored model with moderators by maximum likelihood.

    Parameters
    ----------
    lower, upper, ni, outside, cluster, rho, reporting, level
        As in `censored.pool_censored`.
    X : array_like, shape (k, p)
        The whole design matrix, one row a row of evidence, intercept column included.
    names : sequence of str, optional
        Names of the columns.

    Returns
    -------
    CensoredRegression
        Estimates and intervals by profile likelihood. An end is infinite, and the estimate NaN,
        where the profile does not fall by the required amount before a mean lies beyond 5.

    Raises
    ------
    InputError
        For impossible rows or a collinear design.
    ConvergenceError
        If no start reaches a maximum.

    Notes
    -----
    Limiting cases: X a column of ones is `pool_censored`; coefficients alone, one a sample, give
    the meta-regression by maximum likelihood; a level of its own for each of two sets of rows,
    with tau2 known, would fit them apart.
    """
    from scipy import special

    labels = default_names(X) if names is None else names
    model = Model(lower, upper, ni, X, outside, cluster, rho, reporting, labels)
    level = check_level(level)
    p = model.designs.shape[1]
    best = model.maximise()
    drop = 0.5 * float(special.ndtri(0.5 + level / 2.0)) ** 2
    estimate, low, high = (np.empty(p) for _ in range(3))
    for column in range(p):
        estimate[column], low[column], high[column] = model.profile(column, best, drop)
    common = np.ones((len(model.designs), 1))
    alone = model.replace(common).maximise()
    df = p - 1 if model.has_intercept else 0
    stays = np.isfinite(estimate).all() and not alone.far
    lrt = max(0.0, 2.0 * (best.value - alone.value)) if df and stays else np.nan
    return CensoredRegression(
        names=column_names(labels, p),
        estimate=estimate,
        ci_low=low,
        ci_high=high,
        tau2=best.tau2 if stays else np.nan,
        log_likelihood=best.value,
        lrt=lrt,
        lrt_df=df,
        lrt_p=float(special.chdtrc(df, lrt)) if df and stays else np.nan,
        k=model.k,
        clusters=model.clusters,
        rho=float(rho),
        reporting=float(reporting),
        level=level,
    )
