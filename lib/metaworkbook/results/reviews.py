"""Results of `models.reviews`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metaworkbook.results.base import Result
from metaworkbook.results.pooling import Pooled


@dataclass(frozen=True)
class StandardErrors(Result):
    """Standard error of each published estimate (z scale) and what it was taken from.

    ``source`` is "interval", "printed", "derived" (from k and N) or "" (none: listed, not pooled).
    """

    se: np.ndarray
    source: np.ndarray


@dataclass(frozen=True)
class IntervalChecks(Result):
    """What printed intervals say of themselves; arrays of shape (k,), NaN where none is printed.

    ``centre`` is the middle of the interval, ``se`` half its width over the normal quantile,
    ``floor`` the smallest standard error that k and N allow, ``inflation`` their ratio, all on the
    z scale. ``fits`` is false where estimate and interval cannot belong together after rounding;
    ``order`` is false where the ends stand in descending order; ``wide_enough`` is false where the
    interval is narrower than N allows.
    """

    centre: np.ndarray
    se: np.ndarray
    floor: np.ndarray
    inflation: np.ndarray
    fits: np.ndarray
    order: np.ndarray
    wide_enough: np.ndarray


@dataclass(frozen=True)
class ReviewPool(Result):
    """Second-order pool of published estimates, one composite a cluster of overlapping reviews.

    ``pooled`` is None for two clusters (side by side) and for none; for one it is the composite
    with its own normal interval. ``reviews`` and ``clusters`` count what has a standard error.
    """

    pooled: Pooled | None
    reviews: int
    clusters: int
    labels: tuple[str, ...]
    composites: np.ndarray
    composite_se: np.ndarray
    derived: int
    rho: float
