"""Which samples hold the ends of a censored interval: whom to leave out where they are many."""

from __future__ import annotations

from typing import Any

import numpy as np

from metaworkbook.models.censored_likelihood import Likelihood
from metaworkbook.models.censored_profile import Profile
from metaworkbook.models.censored_rows import check_rows
from metaworkbook.results.directions import Censored

#: Up to so many samples each is left out in turn. Of more, those whose absence moves an end of the
#: interval farthest, so many upwards and downwards for each end.
ALL, FARTHEST = 100, 10


def choose_left_out(
    fit: Censored | None, lower: Any, upper: Any, ni: Any, outside: Any, cluster: Any
) -> list[int]:
    """Return the places of the samples to leave out in turn, in order of first appearance.

    Every one of up to `ALL`; of more, those that move an end farthest either way, to first order.
    Without a bounded ``fit`` nobody can tell which these are, and every one is.

    Parameters
    ----------
    fit : Censored or None
        Result of `pool_censored` for these rows; the other arguments as there.
    """
    samples = len(set(cluster))
    if samples <= ALL or fit is None or not fit.bounded:
        return list(range(samples))
    return choose_farthest(measure_pulls(fit, lower, upper, ni, outside, cluster))


def choose_farthest(pulls: np.ndarray) -> list[int]:
    """Return the places of the samples with the largest moves of any end either way, in order.

    ``pulls`` as from `measure_pulls`.
    """
    order = np.argsort(pulls, axis=0, kind="stable")
    return sorted({int(place) for place in (*order[:FARTHEST].flat, *order[-FARTHEST:].flat)})


def measure_pulls(
    fit: Censored,
    lower: Any,
    upper: Any,
    ni: Any,
    outside: Any = None,
    cluster: Any = None,
) -> np.ndarray:
    """Return about how far each end of the interval moves when a sample is left out.

    Parameters
    ----------
    fit : Censored
        Bounded result of `pool_censored` for these rows; the other arguments as there.

    Returns
    -------
    ndarray, shape (samples, 2)
        Moves of the lower and of the upper end on the z scale, samples in order of first
        appearance.

    Raises
    ------
    InputError
        For rows that `pool_censored` refuses.

    Notes
    -----
    To first order (the envelope theorem): an end e solves P(e) = P(m) - drop, P being the profile
    and m its maximum, so without sample i it moves by (l_i(e) - l_i(m)) / P'(e), l_i being the
    sample's log-likelihood at the best tau2. The error is of the order of the square.
    """
    evidence = check_rows(lower, upper, ni, outside, cluster)
    likelihood = Likelihood(evidence, fit.rho, fit.reporting)
    ends = np.array([fit.ci_low, fit.ci_high])
    best = Profile(likelihood, evidence).at(ends)
    each = likelihood.each(np.append(ends, fit.estimate), np.append(best.tau2, fit.tau2)).value
    return (each[:2] - each[2]).T / best.slope
