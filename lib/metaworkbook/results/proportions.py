"""Results of `models.proportions`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metaworkbook.results.base import Result


@dataclass(frozen=True)
class ExactShare(Result):
    """Share of each sample with its exact (Clopper-Pearson) interval; arrays of shape (k,)."""

    share: np.ndarray
    ci_low: np.ndarray
    ci_high: np.ndarray
    level: float


@dataclass(frozen=True)
class PooledShare(Result):
    """Pooled share of a class; ``estimate`` and ``se`` are log odds, the rest shares.

    ``bounded`` is false where no person or every person is of the class: the estimate is then
    infinite and the interval the exact one of all persons together. ``tau2`` is NaN for one sample.
    """

    estimate: float
    se: float
    df: float
    share: float
    ci_low: float
    ci_high: float
    tau2: float
    log_likelihood: float
    events: int
    total: int
    k: int
    bounded: bool
    level: float


@dataclass(frozen=True)
class SharesCompared(Result):
    """Log odds ratio of a class, group 1 against group 0, from one model with one tau2.

    ``bounded`` is false where one group holds nobody or only persons of the class: estimate and
    interval are then NaN.
    """

    estimate: float
    se: float
    df: float
    p_value: float
    ci_low: float
    ci_high: float
    tau2: float
    log_likelihood: float
    k: int
    k_first: int
    bounded: bool
    level: float
