"""Several effects of one sample: three-level models, correlated effects, composites.

`three_level` models them all: true effects vary between clusters and within them, and with ``rho``
the sampling errors of a cluster correlate too (correlated and hierarchical effects, Pustejovsky
and Tipton 2022). `aggregate` makes one composite effect a cluster, the simple check beside it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from metaworkbook.errors import InputError, UnequalVarianceError
from metaworkbook.models.arrays import check_effects, check_level
from metaworkbook.models.blocks import Blocks
from metaworkbook.models.clusters import number_clusters
from metaworkbook.models.references import p_values
from metaworkbook.models.robust import cr2
from metaworkbook.models.rounding import residuals
from metaworkbook.models.variance_components import maximise
from metaworkbook.results.pooling import Aggregated, ThreeLevel

#: Relative spread of variances that still counts as equal for composites at rho = 1.
EQUAL_VARIANCES = 1e-10


def three_level(
    yi: Any, vi: Any, cluster: Any, rho: float | None = None, level: float = 0.95
) -> ThreeLevel:
    """Pool effects nested in clusters by restricted maximum likelihood.

    Effect i of cluster j is y_ij = mu + u_j + w_ij + e_ij, with u_j ~ N(0, sigma2_between),
    w_ij ~ N(0, sigma2_within) and sampling errors of variance v_ij that correlate at ``rho`` within
    a cluster (Konstantopoulos 2011; Pustejovsky and Tipton 2022).

    Parameters
    ----------
    yi : array_like, shape (k,)
        Effects on the analysis scale.
    vi : array_like, shape (k,)
        Sampling variances.
    cluster : array_like, shape (k,)
        Label of each effect's sample; numbers or texts, in any order.
    rho : float, optional
        Correlation of the sampling errors of one cluster, from 0 to below 1; None is 0.
    level : float
        Confidence level of all intervals.

    Returns
    -------
    ThreeLevel
        ``estimate``, model-based ``se`` with normal intervals, ``sigma2_between``,
        ``sigma2_within``, and ``robust_se``, ``robust_df``, ``robust_p`` with the t interval (CR2
        with Satterthwaite degrees of freedom, see `robust.cr2`).

    Raises
    ------
    InputError
        For unusable effects, variances, labels, ``rho`` or ``level``.
    ConvergenceError
        If no start reaches a maximum of the likelihood.

    Notes
    -----
    Both components are found together by Newton steps from the best points of a grid, bounded at
    zero; time is linear in the number of effects (see `variance_components`, `blocks`).

    Limiting cases. One effect a cluster: only the sum of both components is identified; it is
    reported as ``sigma2_between``, and equals the REML tau2 of `pooling.pool`. One cluster: its own
    mean, ``sigma2_between`` 0 because nothing tells it, the model-based ``se`` for that cluster
    alone, robust fields NaN. One effect: the effect and its own standard error, both components 0.
    Effects identical: both components and ``robust_se`` 0, ``robust_p`` NaN.

    By hand: y = (0, 2), v = (1, 1) in two clusters give mu = 1, REML variance 2 = 1 + sigma2,
    hence ``sigma2_between`` = 1, se = sqrt(2 / 2) = 1, and CR2 the same with 1 degree of freedom.
    """
    effects, variances = check_effects(yi, vi)
    correlation = _check_rho(rho, below_one=True)
    level = check_level(level)
    _, clusters = number_clusters(cluster, effects.size)
    center, unit = _scale(effects, variances)
    centered = residuals(effects, center)
    blocks = Blocks(centered / unit, variances / unit**2, clusters, correlation)
    fit, components = maximise(blocks)
    robust_se, robust_df = cr2(blocks, *components)

    from scipy.special import ndtri, stdtrit

    estimate = center + unit * fit.estimate
    se = unit / np.sqrt(fit.information)
    robust_se = unit * robust_se
    tail = (1 + level) / 2
    reach = ndtri(tail)
    robust_reach = stdtrit(robust_df, tail) if robust_df > 0 else np.nan
    spread = unit**2 * components
    prediction = reach * np.sqrt(se**2 + spread.sum())
    return ThreeLevel(
        estimate=estimate,
        se=se,
        ci_low=estimate - reach * se,
        ci_high=estimate + reach * se,
        pi_low=estimate - prediction,
        pi_high=estimate + prediction,
        sigma2_between=spread[0],
        sigma2_within=spread[1],
        robust_se=robust_se,
        robust_df=robust_df,
        robust_p=float(p_values(estimate, robust_se, robust_df)),
        robust_ci_low=estimate - robust_reach * robust_se,
        robust_ci_high=estimate + robust_reach * robust_se,
        log_likelihood=fit.log_likelihood - (effects.size - 1) * np.log(unit),
        k=effects.size,
        clusters=clusters.count,
        rho=correlation,
        level=level,
    )


def aggregate(yi: Any, vi: Any, cluster: Any, rho: float) -> Aggregated:
    """Combine the effects of each cluster into one, weighted by their inverse covariance.

    With V = rho s s' + (1 - rho) diag(v), s = sqrt(v), the composite is 1'V^-1 y / 1'V^-1 1 with
    variance 1 / 1'V^-1 1 (Lipsey and Wilson 2001; `aggregate.escalc` of metafor). Writing
    a = 1 / s and c = y / s, and n for the number of effects,

        1'V^-1 y = sum((a - mean a)(c - mean c)) / (1 - rho)
                   + sum(a) sum(c) / (n (1 - rho + n rho)),

    and 1'V^-1 1 the same with c = a. At a high ``rho`` and unequal variances weights can be
    negative, as in any generalised least squares mean.

    Parameters
    ----------
    yi : array_like, shape (k,)
        Effects on the analysis scale.
    vi : array_like, shape (k,)
        Sampling variances.
    cluster : array_like, shape (k,)
        Label of each effect's sample.
    rho : float
        Correlation of the sampling errors of one cluster, from 0 to 1.

    Returns
    -------
    Aggregated
        ``yi``, ``vi``, ``cluster``, ``n_effects``, one value a cluster by first appearance.

    Raises
    ------
    InputError
        For unusable effects, variances, labels or ``rho``.
    UnequalVarianceError
        At rho = 1 where variances differ within a cluster: no weights minimise the variance there.

    Notes
    -----
    Limiting cases: rho = 0 is the inverse-variance mean; equal variances give the plain mean with
    variance v (1 + (n - 1) rho) / n, which is v itself at rho = 1; a single effect is unchanged.

    By hand: y = (0, 1), v = (1, 1), rho = 0.5 give 0.5 with variance 1 * 1.5 / 2 = 0.75.
    """
    effects, variances = check_effects(yi, vi)
    correlation = _check_rho(rho, below_one=False)
    labels, clusters = number_clusters(cluster, effects.size)
    blocks = Blocks(effects, variances, clusters, correlation)
    if correlation == 1:
        _check_equal_variances(blocks, labels)
    size = clusters.size
    center = blocks.total(blocks.yi) / size
    centered = blocks.yi - blocks.spread(center)
    a, c = 1 / blocks.root, centered / blocks.root
    a_total, c_total = blocks.total(a), blocks.total(c)
    weight = a_total**2 / (size * (1 - correlation + size * correlation))
    score = a_total * c_total / (size * (1 - correlation + size * correlation))
    if correlation < 1:
        a_apart = a - blocks.spread(a_total / size)
        weight = weight + blocks.total(a_apart**2) / (1 - correlation)
        score = score + blocks.total(a_apart * c) / (1 - correlation)
    return Aggregated(
        yi=center + score / weight, vi=1 / weight, cluster=labels[clusters.first], n_effects=size
    )


def _check_rho(rho: float | None, below_one: bool) -> float:
    """Return the correlation of sampling errors as a float."""
    if rho is None and below_one:
        return 0.0
    usable = isinstance(rho, (int, float, np.integer, np.floating)) and not isinstance(rho, bool)
    if not usable or not 0 <= rho <= 1 or (below_one and rho == 1):
        allowed = "0 to below 1, or None" if below_one else "0 to 1"
        raise InputError(
            f"rho: found {rho!r}; allowed: a correlation from {allowed}. "
            "Sampling errors of one sample are usually assumed to correlate at 0.3 to 0.8."
        )
    return float(rho)


def _check_equal_variances(blocks: Blocks, labels: np.ndarray) -> None:
    """Raise where a cluster's variances differ, since rho = 1 then leaves no composite."""
    clusters = blocks.clusters
    low = np.minimum.reduceat(blocks.vi, clusters.start)
    high = np.maximum.reduceat(blocks.vi, clusters.start)
    unequal = np.flatnonzero(high - low > EQUAL_VARIANCES * high)
    if unequal.size:
        number = unequal[0]
        label = labels[clusters.first[number]]
        raise UnequalVarianceError(
            f"rho: found 1 with variances from {low[number]:g} to {high[number]:g} in cluster "
            f"{label}; allowed: rho below 1, or equal variances within each cluster. "
            "Lower rho, for instance to 0.8."
        )


def _scale(effects: np.ndarray, variances: np.ndarray) -> tuple[float, float]:
    """Return center and unit that bring the data near zero and one, so tolerances fit any scale."""
    weights = variances.min() / variances
    center = float(weights @ effects / weights.sum())
    unit = float(np.sqrt(max(np.mean((effects - center) ** 2), np.median(variances))))
    return center, unit
