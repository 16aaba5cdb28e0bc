"""Standardised mean changes of the same people: one composite a sample, pooled by random effects.

What a change is due to is not in it: without a comparison it holds everything that happens to
people between two measurements, regression to the mean among it.
"""

from __future__ import annotations

from typing import Any

from metaworkbook.models.gates import gate, headline
from metaworkbook.models.multilevel import aggregate
from metaworkbook.results.pooling import Pooled

#: Assumed correlation of the sampling errors of several changes of one sample.
RHO = 0.6


def pool_changes(
    yi: Any, vi: Any, cluster: Any, rho: float = RHO, level: float = 0.95
) -> Pooled | None:
    """Pool standardised mean changes with the wider interval, None below the gate.

    Parameters
    ----------
    yi, vi : array_like of shape (k,)
        Changes in SD units, positive is improvement, and their sampling variances.
    cluster : array_like of shape (k,)
        Sample of each; several of one sample become one composite at ``rho``.

    Returns
    -------
    Pooled or None
        None for fewer than three samples.
    """
    samples = len(set(cluster))
    if not gate(samples).verdict:
        return None
    one = aggregate(yi, vi, cluster, rho)
    return headline(one.yi, one.vi, level=level)
