"""Standardised mean changes of the same people: one composite a sample, pooled by random effects.

What a change is due to is not in it: without a comparison it holds everything that happens to
people between two measurements, regression to the mean among it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from metaworkbook.models.directions import sign_test
from metaworkbook.models.gates import gate, headline
from metaworkbook.models.multilevel import aggregate
from metaworkbook.results.change import Change
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


def summarise_changes(found: dict[str, dict[str, Any]]) -> dict[str, Change]:
    """Return size and directions of each kind of change.

    Parameters
    ----------
    found : dict
        By kind, ``sizes`` (yi, vi of shape (3, k), cluster, ni), ``signs`` (signs, cluster),
        ``significance`` and ``persons`` by row, as `evidence.select_changes` gives them. The middle
        row of ``vi`` is taken.
    """
    return {name: _summarise(**told) for name, told in found.items()}


def _summarise(sizes: dict, signs: dict, significance: Any, persons: Any) -> Change:
    cluster = signs["cluster"]
    by_sample: dict[str, float] = {}
    for sample, n in zip(cluster, np.nan_to_num(persons), strict=True):
        by_sample[sample] = max(by_sample.get(sample, 0.0), float(n))
    significant = set(cluster[significance == "significant"])
    return Change(
        pooled=pool_changes(sizes["yi"], sizes["vi"][1], sizes["cluster"]),
        sized=len(set(sizes["cluster"])), samples=len(by_sample), persons=sum(by_sample.values()),
        signs=sign_test(**signs), significant=len(significant),
        not_significant=len(set(cluster[significance == "not_significant"]) - significant),
    )  # fmt: skip
