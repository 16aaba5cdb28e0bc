"""The simulated situations of the methods page: what the censored interval is worth in each."""

from __future__ import annotations

from metaworkbook.models.simulations import simulate_coverage
from metaworkbook.results.directions import Coverage

#: Sizes of samples as in this literature, a modest true correlation, spread as reviews find it.
NUMBERS = {"tau": 0.15, "mu": -0.1, "share_exact": 0.2, "n_range": (30, 150)}
#: Samples; probability that a non-significant result is withheld; the reporting that is assumed.
SITUATIONS = (
    (5, 0.0, 1.0),
    (10, 0.0, 1.0),
    (25, 0.0, 1.0),
    (10, 0.6, 1.0),
    (25, 0.6, 1.0),
    (25, 0.6, 0.4),
)


def simulate_situations(replications: int, seed: int) -> tuple[Coverage, ...]:
    """Return the coverage of the censored interval in each of `SITUATIONS`.

    Parameters
    ----------
    replications : int
        Simulated meta-analyses a situation.
    seed : int
        Seed; situation i draws from ``seed`` + i.
    """
    return tuple(
        simulate_coverage(
            k=k, replications=replications, seed=seed + number, withheld=withheld,
            reporting=reporting, **NUMBERS,
        )
        for number, (k, withheld, reporting) in enumerate(SITUATIONS)
    )  # fmt: skip
