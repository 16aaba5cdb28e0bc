"""Results of `models.change`."""

from __future__ import annotations

from dataclasses import dataclass

from metaworkbook.results.base import Result
from metaworkbook.results.directions import SignTest
from metaworkbook.results.pooling import Pooled


@dataclass(frozen=True)
class Change(Result):
    """Change of one kind: its pooled size where enough samples print one, and all directions.

    ``pooled`` is in SD units, positive is improvement, None below three samples with a size
    (``sized``). ``significant`` and ``not_significant`` count samples by what their rows state.
    """

    pooled: Pooled | None
    sized: int
    samples: int
    persons: float
    signs: SignTest
    significant: int
    not_significant: int
