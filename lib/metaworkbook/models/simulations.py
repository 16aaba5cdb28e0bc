"""What the censored model's interval is worth, by simulation of studies whose truth is known.

Each study draws its size, its true effect and its observed correlation; what is told of it is
then cut down as the ledger does: a coefficient, a significant sign, "not significant" with or
without a sign, or a direction alone.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from metaworkbook.errors import ConvergenceError, InputError
from metaworkbook.models.arrays import check_level, check_whole
from metaworkbook.models.censored_likelihood import Likelihood
from metaworkbook.models.censored_pieces import critical_z
from metaworkbook.models.censored_profile import Profile
from metaworkbook.models.censored_rows import check_rows, check_share
from metaworkbook.results.directions import Coverage

#: Of the rows without a coefficient, the share that tells a direction alone.
SHARE_DIRECTION = 0.1
#: Of the rows that were not significant, the share whose sign is told all the same.
SHARE_SIGNED = 0.3
#: Draws of a study at most before one is reported.
MOST_DRAWS = 100_000


def simulate_coverage(
    k: int,
    tau: float,
    mu: float,
    share_exact: float,
    n_range: tuple[int, int],
    replications: int,
    seed: int,
    withheld: float = 0.0,
    reporting: float = 1.0,
    level: float = 0.95,
    jobs: int = 1,
) -> Coverage:
    """Simulate meta-analyses and count how often the censored interval holds the true mean.

    Parameters
    ----------
    k : int
        Reported studies of each meta-analysis, one row each.
    tau, mu : float
        Standard deviation and mean of the true effects, on the z scale.
    share_exact : float
        Probability, 0 to 1, that a study prints its coefficient. Of the others, a tenth tell
        their direction alone, the rest whether they were significant at two-sided .05; significant
        ones tell their sign, others in three cases of ten.
    n_range : tuple of int
        Least and greatest number of persons, all sizes between being equally likely.
    replications : int
        Meta-analyses to simulate.
    seed : int
        Seed; replication i draws from stream i of it, so ``jobs`` changes nothing.
    withheld : float
        Probability, below 1, that a study that was not significant is not reported at all. Another
        is then drawn, until k are reported.
    reporting : float
        What the model assumes of it (see `censored.pool_censored`); 1 - ``withheld`` is the truth.
    level : float
        Level of the interval.
    jobs : int
        Processes.

    Returns
    -------
    Coverage
        ``coverage`` with its standard error sqrt(c (1 - c) / replications); ``below`` and
        ``above`` are the shares of intervals wholly below and above the truth.

    Raises
    ------
    InputError
        For an argument out of range.
    ConvergenceError
        If a fit does not settle, or nearly all studies are withheld.
    """
    k = check_whole("k", k, 1)
    replications = check_whole("replications", replications, 1)
    seed, jobs = check_whole("seed", seed, 0), check_whole("jobs", jobs, 1)
    least, greatest = _check_sizes(n_range)
    tau = check_share("tau", tau, False, 5.0, "Give a standard deviation on the z scale.")
    if isinstance(mu, bool) or not isinstance(mu, (int, float, np.number)) or not abs(mu) <= 5:
        raise InputError(f"mu: found {mu!r}; allowed: -5 to 5. Give a mean on the z scale.")
    share_exact = check_share("share_exact", share_exact, False, 1.0, "Give a proportion.")
    withheld = check_share("withheld", withheld, False, 0.99, "Give a proportion below 1.")
    reporting = check_share("reporting", reporting, True, 1.0, "1 means complete reporting.")
    level = check_level(level)

    truth = (k, tau, float(mu), share_exact, (least, greatest), withheld)
    streams = np.random.SeedSequence(seed).spawn(replications)
    if jobs == 1:
        fits = [_replicate(stream, truth, reporting, level) for stream in streams]
    else:
        from joblib import Parallel, delayed

        batches = np.array_split(np.arange(replications), 4 * jobs)
        found = Parallel(n_jobs=jobs)(
            delayed(_replicate_many)([streams[i] for i in batch], truth, reporting, level)
            for batch in batches
        )
        fits = [fit for batch in found for fit in batch]
    return _summarise(np.array(fits), truth, reporting)


def _replicate_many(
    streams: list[np.random.SeedSequence], truth: tuple[Any, ...], reporting: float, level: float
) -> list[tuple[float, float, float]]:
    return [_replicate(stream, truth, reporting, level) for stream in streams]


def _replicate(
    stream: np.random.SeedSequence, truth: tuple[Any, ...], reporting: float, level: float
) -> tuple[float, float, float]:
    """Simulate one meta-analysis; return estimate and ends."""
    rows = draw_rows(np.random.default_rng(stream), *truth)
    evidence = check_rows(*rows, None, None)
    fit = Profile(Likelihood(evidence, 0.0, reporting), evidence).fit(level)
    return (fit.estimate if fit.bounded else np.nan), fit.low, fit.high


def draw_rows(
    rng: np.random.Generator,
    k: int,
    tau: float,
    mu: float,
    share_exact: float,
    n_range: tuple[int, int],
    withheld: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return lower and upper bounds and sizes of ``k`` reported studies, one row each."""
    lower, upper, ni = np.empty(k), np.empty(k), np.empty(k)
    filled = 0
    for _ in range(MOST_DRAWS):
        n = float(rng.integers(n_range[0], n_range[1], endpoint=True))
        z = rng.normal(rng.normal(mu, tau), 1.0 / np.sqrt(n - 3.0))
        critical = float(critical_z(np.array(n)))
        significant = abs(z) >= critical
        kind, signed, kept = rng.random(3)
        if not significant and kept < withheld:
            continue
        bounds = _tell(z, critical, significant, (kind, signed), share_exact)
        lower[filled], upper[filled] = np.tanh(bounds)
        ni[filled] = n
        filled += 1
        if filled == k:
            return lower, upper, ni
    raise ConvergenceError(
        f"simulate_coverage: {MOST_DRAWS} studies gave fewer than {k} reported ones. "
        "Lower withheld."
    )


def _tell(
    z: float, critical: float, significant: bool, chances: tuple[float, float], share_exact: float
) -> tuple[float, float]:
    """Return the bounds of z that a report tells."""
    kind, signed = chances
    if kind < share_exact:
        return z, z
    positive = z > 0
    if kind < share_exact + (1.0 - share_exact) * SHARE_DIRECTION:
        return (0.0, np.inf) if positive else (-np.inf, 0.0)
    if significant:
        return (critical, np.inf) if positive else (-np.inf, -critical)
    if signed < SHARE_SIGNED:
        return (0.0, critical) if positive else (-critical, 0.0)
    return -critical, critical


def _summarise(fits: np.ndarray, truth: tuple[Any, ...], reporting: float) -> Coverage:
    k, tau, mu, share_exact, _, withheld = truth
    estimate, low, high = fits.T
    count = len(fits)
    coverage = float(((low <= mu) & (mu <= high)).mean())
    bounded = np.isfinite(fits).all(axis=1)
    error = estimate[bounded] - mu
    several = error.size > 1
    return Coverage(
        coverage=coverage,
        monte_carlo_se=float(np.sqrt(coverage * (1.0 - coverage) / count)),
        bias=float(error.mean()) if error.size else np.nan,
        bias_se=float(error.std(ddof=1) / np.sqrt(error.size)) if several else np.nan,
        mean_width=float((high - low)[bounded].mean()) if error.size else np.nan,
        unbounded=float(1.0 - bounded.mean()),
        below=float((high < mu).mean()),
        above=float((low > mu).mean()),
        replications=count,
        k=k,
        tau=tau,
        mu=mu,
        share_exact=share_exact,
        withheld=withheld,
        reporting=reporting,
    )


def _check_sizes(n_range: Any) -> tuple[int, int]:
    try:
        least, greatest = n_range
    except (TypeError, ValueError):
        least = greatest = None
    whole = all(
        isinstance(size, (int, np.integer)) and not isinstance(size, bool)
        for size in (least, greatest)
    )
    if not whole or not 4 <= least <= greatest:
        raise InputError(
            f"n_range: found {n_range!r}; allowed: two whole numbers, 4 or more, the least first. "
            "Give the least and the greatest number of persons."
        )
    return int(least), int(greatest)
