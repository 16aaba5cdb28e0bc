"""What the rows of the censored model leave open: whether they bound mu at all.

A range that reaches 1 leaves mu free upwards, one that reaches -1 downwards; a coefficient and a
range with two inner ends leave it free neither way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metaworkbook.models.censored_rows import Evidence


@dataclass(frozen=True)
class Openness:
    """How many samples leave mu free: upwards only, downwards only, neither way."""

    up: int
    down: int
    closed: int

    def limit(self, side: int) -> float:
        """Return the limit of the profile log-likelihood as mu goes to +infinity or -infinity.

        With mu = c tau and tau large, an open sample has probability Phi(c) or Phi(-c), a closed
        one 0, one that is open both ways 1: the limit is the highest value over c of that sign.
        """
        if self.closed:
            return -np.inf
        with_it, against = (self.up, self.down) if side > 0 else (self.down, self.up)
        share = max(0.5, with_it / (with_it + against)) if with_it + against else 1.0
        return sum(
            count * float(np.log(p))
            for count, p in ((with_it, share), (against, 1 - share))
            if count
        )


def count_openness(evidence: Evidence) -> Openness:
    """Return what the samples leave open; a sample is as closed as its rows together."""
    # Outside its bounds a row is open where a tail is left, within them where they reach 1.
    up = np.where(evidence.outside, evidence.upper < 1, evidence.upper == 1)
    down = np.where(evidence.outside, evidence.lower > -1, evidence.lower == -1)
    size = len(evidence.labels)
    shut_up = np.bincount(evidence.cluster, ~up, minlength=size) > 0
    shut_down = np.bincount(evidence.cluster, ~down, minlength=size) > 0
    return Openness(
        up=int((~shut_up & shut_down).sum()),
        down=int((shut_up & ~shut_down).sum()),
        closed=int((shut_up & shut_down).sum()),
    )
