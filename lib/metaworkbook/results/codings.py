"""Results of `models.codings`."""

from __future__ import annotations

from dataclasses import dataclass

from metaworkbook.results.base import Result


@dataclass(frozen=True)
class CodingAgreement(Result):
    """Agreement of two readers on one field: raw, and beyond chance in two ways.

    ``raw`` has its exact interval; ``kappa`` (Cohen) and ``ac1`` (Gwet) theirs by t(n - 1), cut at
    1. Kappa is NaN where both readers gave one and the same category throughout.
    """

    n: int
    agree: int
    raw: float
    raw_low: float
    raw_high: float
    kappa: float
    kappa_se: float
    kappa_low: float
    kappa_high: float
    ac1: float
    ac1_se: float
    ac1_low: float
    ac1_high: float
    categories: int
