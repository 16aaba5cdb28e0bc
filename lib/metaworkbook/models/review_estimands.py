"""What published syntheses estimate for a part of a proposition, with the variants it must survive.

The overlap of reviews is varied, errors that had to be derived from k and N are doubled, and each
cluster of overlapping reviews is left out in turn where at least three remain.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from metaworkbook.models.contrasts import absolute, closeness, subtract
from metaworkbook.models.estimands import match_variants, read
from metaworkbook.models.gates import gate
from metaworkbook.models.reviews import RHO, RHOS, pool_reviews, standard_errors
from metaworkbook.results.reviews import ReviewPool
from metaworkbook.results.verdicts import Estimand, Part, Reading


def estimate_reviews(part: Part) -> Estimand:
    """Return the second-order pool of the part's published estimates."""
    return pool_published(part.data)


def estimate_equivalence(part: Part) -> Estimand:
    """Return how far within the margin the sizes of two published correlations lie."""
    sides = pool_published(part.data), pool_published(part.against or {})
    samples = sides[0].samples | sides[1].samples
    first, second = sides[0].main, sides[1].main
    if first is None or second is None:
        return Estimand(None, (), "z", samples, sides[0].lacking or sides[1].lacking)

    def near(a: Reading, b: Reading) -> Reading:
        return closeness(subtract(absolute(a), absolute(b), shared=False), part.margin)

    pairs = match_variants((first, second), (sides[0].variants, sides[1].variants))
    variants = tuple(near(a, b) for a, b in pairs)
    return Estimand(near(first, second), variants, "z", samples, sides=(first, second))


def pool_published(data: dict[str, Any]) -> Estimand:
    """Return the pool of published estimates with its variants.

    Parameters
    ----------
    data : dict
        ``estimate``, ``low``, ``high``, ``se``, ``k``, ``n``, ``review``, ``cluster``, arrays of
        one length as `reviews.standard_errors` and `reviews.pool_reviews` take them. Persons not
        printed count as none, so the sum is a lower bound.
    """
    errors = standard_errors(data["low"], data["high"], data["se"], data["k"], data["n"])
    derived = errors.source == "derived"
    usable = np.isfinite(errors.se) & np.isfinite(data["estimate"])
    samples = {
        str(review): float(n)
        for review, n in zip(data["review"][usable], np.nan_to_num(data["n"][usable]), strict=True)
    }

    def fit(rho: float = RHO, factor: float = 1.0, without: str = "") -> ReviewPool:
        keep = usable & (data["cluster"] != without)
        se = np.where(derived, factor * errors.se, errors.se)[keep]
        return pool_reviews(data["estimate"][keep], se, data["cluster"][keep], rho)

    whole = fit()
    if whole.pooled is None:
        return Estimand(None, (), "z", samples, "reviews" if whole.clusters else "no_review")
    variants = [read(f"overlap-{rho:g}", fit(rho).pooled) for rho in RHOS if rho != RHO]
    if (derived & usable).any():
        variants.append(read("errors-doubled", fit(factor=2.0).pooled))
    if gate(max(whole.clusters - 1, 0)).verdict:
        variants += [
            read("without-cluster", fit(without=label).pooled, label) for label in whole.labels
        ]
    return Estimand(read("main", whole.pooled), tuple(variants), "z", samples)


PUBLISHED: dict[str, Callable[[Part], Estimand]] = {
    "reviews": estimate_reviews,
    "equivalence": estimate_equivalence,
}
