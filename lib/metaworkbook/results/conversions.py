"""Results of `evidence.conversions`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from metaworkbook.results.base import Result


@dataclass(frozen=True)
class EffectSize(Result):
    """Effect sizes ``yi`` and their sampling variances ``vi``, of the shape of the input.

    It unpacks: ``yi, vi = fisher_z(ri, ni)``.
    """

    yi: np.ndarray
    vi: np.ndarray

    def __iter__(self) -> Iterator[np.ndarray]:
        """Yield ``yi``, then ``vi``."""
        yield self.yi
        yield self.vi
