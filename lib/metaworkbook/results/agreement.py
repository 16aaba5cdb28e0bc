"""Results of `models.recomputation`."""

from __future__ import annotations

from dataclasses import dataclass

from metaworkbook.results.base import Result


@dataclass(frozen=True)
class Recomputed(Result):
    """One number of a page and the same number by independent code.

    ``what`` names the result ("all-rows", "coefficients", "signs", "combined", or the group of a
    pooled share or review), ``quantity`` its field; both numbers are on the analysis scale, and
    ``tolerance`` is the largest difference that passes.
    """

    what: str
    quantity: str
    first: float
    second: float
    tolerance: float
