"""Results of `models.pooling` and `models.multilevel`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metaworkbook.results.base import Result


@dataclass(frozen=True)
class Pooled(Result):
    """Random- or common-effect estimate with its heterogeneity (see `models.pooling.pool`)."""

    estimate: float
    se: float
    df: float
    p_value: float
    ci_low: float
    ci_high: float
    pi_low: float
    pi_high: float
    tau2: float
    tau2_ci_low: float
    tau2_ci_high: float
    i2: float
    i2_ci_low: float
    i2_ci_high: float
    h2: float
    q: float
    q_df: int
    q_p: float
    k: int
    method: str
    ci: str
    level: float


@dataclass(frozen=True)
class ThreeLevel(Result):
    """Effects within clusters: model-based and robust (CR2) inference of the mean.

    ``se`` and the plain intervals are model-based (normal); the ``robust_`` fields use CR2 with
    Satterthwaite df and are NaN for a single cluster. ``robust_p`` is given at any df: whoever
    reports it applies the gate (no p-value where ``robust_df`` is below 4).
    """

    estimate: float
    se: float
    ci_low: float
    ci_high: float
    pi_low: float
    pi_high: float
    sigma2_between: float
    sigma2_within: float
    robust_se: float
    robust_df: float
    robust_p: float
    robust_ci_low: float
    robust_ci_high: float
    log_likelihood: float
    k: int
    clusters: int
    rho: float
    level: float


@dataclass(frozen=True)
class Aggregated(Result):
    """One composite effect a cluster, in order of first appearance."""

    yi: np.ndarray
    vi: np.ndarray
    cluster: np.ndarray
    n_effects: np.ndarray
