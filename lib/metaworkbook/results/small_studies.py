"""Results of `models.small_studies`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metaworkbook.results.base import Result


@dataclass(frozen=True)
class Egger(Result):
    """Regression test of funnel asymmetry; ``limit`` is the estimate at a standard error of zero.

    ``df`` is infinite for the mixed model, whose statistic is a z.
    """

    statistic: float
    df: float
    p_value: float
    limit: float
    limit_ci_low: float
    limit_ci_high: float
    model: str


@dataclass(frozen=True)
class Begg(Result):
    """Rank correlation test of funnel asymmetry."""

    tau: float
    p_value: float


@dataclass(frozen=True)
class TrimAndFill(Result):
    """Estimate after filling ``k0`` mirrored effects on one side; ``yi``, ``vi`` hold them last."""

    k0: int
    side: str
    estimate: float
    se: float
    ci_low: float
    ci_high: float
    tau2: float
    k0_se: float
    yi: np.ndarray
    vi: np.ndarray
    estimator: str


@dataclass(frozen=True)
class SelectionModel(Result):
    """Step-function selection model; ``weights`` are relative to the first p interval (1).

    ``counts`` are the effects in each interval; ``at_bound`` says that a weight or the mean ended
    at the edge of what the search allows, so that the estimate is not to be interpreted.
    """

    estimate: float
    se: float
    ci_low: float
    ci_high: float
    tau2: float
    weights: np.ndarray
    steps: np.ndarray
    counts: np.ndarray
    log_likelihood: float
    lrt: float
    lrt_p: float
    at_bound: bool
    alternative: str


@dataclass(frozen=True)
class HenmiCopas(Result):
    """Fixed-effect estimate with an interval that allows for heterogeneity (Henmi, Copas 2010)."""

    estimate: float
    se: float
    ci_low: float
    ci_high: float
    tau2: float
