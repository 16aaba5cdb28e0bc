"""Pool what is known of each correlation: coefficients, ranges and directions together.

Most studies of this literature print no coefficient; "significantly negative, N = 100" still says
that the observed correlation was below its critical value. By hand, one row known to lie in
[0, 1] with n = 28, so v = 1/25: at tau2 = 0 its probability is Phi(5 mu), .5 at mu = 0, .9332 at
mu = .3; it rises towards 1 without a maximum, so there is no estimate and no upper end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from metaworkbook.errors import InputError
from metaworkbook.models.arrays import check_level
from metaworkbook.models.censored_likelihood import Likelihood
from metaworkbook.models.censored_points import Fit
from metaworkbook.models.censored_posterior import NO_POSTERIOR, sum_posterior
from metaworkbook.models.censored_profile import Profile
from metaworkbook.models.censored_rows import LARGEST_RHO, Evidence, check_rows, check_share
from metaworkbook.results.directions import Censored, InformationShare

#: Probabilities of reporting a non-significant result with which a censored pool is always shown.
PROBABILITIES = (1.0, 0.7, 0.4)


def pool_censored(
    lower: Any,
    upper: Any,
    ni: Any,
    outside: Any = None,
    cluster: Any = None,
    rho: float = 0.6,
    reporting: float = 1.0,
    level: float = 0.95,
    posterior: bool = True,
    near: float | None = None,
) -> Censored:
    """Pool correlations of which some are known exactly, some only by a range or a direction.

    Observed z = artanh r of a sample is N(theta, 1/(n - 3)), theta is N(mu, tau2). A row adds the
    density of its z, or the probability of its range, after Bushman and Wang (1995, Psychological
    Bulletin 117, 530-547; 1996, Psychological Methods 1, 66-80), with heterogeneity.

    Parameters
    ----------
    lower, upper : array_like, shape (k,)
        Bounds of the observed correlation, on the scale of r: equal for a coefficient,
        [crit, 1] or [-1, -crit] for a significant sign, [-crit, crit], [-crit, 0] or [0, crit]
        where it was not significant, [-1, 0] or [0, 1] for a direction alone.
    ni : array_like, shape (k,)
        Persons, at least 4.
    outside : array_like of bool, shape (k,), optional
        True where the correlation lies outside its bounds: significant without a sign.
    cluster : array_like, shape (k,), optional
        Label of the sample of each row; by default each row is a sample.
    rho : float
        Correlation of the sampling errors of rows of one sample, 0 to 0.999999. They share theta.
    reporting : float
        Probability, above 0, that a result not significant at two-sided .05 is reported at all.
        Below 1 the likelihood is that of the reported rows, given that they were reported: each
        sample is divided by the probability of the report of all its rows.
    level : float
        Confidence level.
    posterior : bool
        Whether to sum the posterior, which takes about half of the time; NaN where not.
    near : float, optional
        A mu from which to climb to the estimate, such as that of nearly the same rows. Only for
        many samples, whose likelihood has but one maximum: no other is then looked for. Where a
        sign is untold (``outside``) there may be one on either side of zero, and it is not used.

    Returns
    -------
    Censored
        On the z scale. ``estimate`` and ``tau2`` maximise the likelihood, ``log_likelihood`` is
        its supremum (density on the z scale), the ends are those of the profile likelihood, the
        hull where it gives several parts (as significance without a sign can). ``k_direction``
        counts rows [-1, 0] and [0, 1], ``k_interval`` all other ranges. An end is infinite where
        the profile stays above its threshold all the way; then, or where two values of mu are
        equally likely, ``estimate`` and ``tau2`` are NaN and ``bounded`` is false. The posterior
        has the priors mu ~ N(0, 0.5^2) and tau ~ half-normal(0.2).

    Raises
    ------
    InputError
        For bounds or sizes that no correlation has, naming the rows, and for other arguments out
        of range.
    ConvergenceError
        If a solver does not settle, or rho is so near 1 that ranges of three and more rows of
        unequal n in one sample are out of the integral's reach.

    Notes
    -----
    tau2 has no upper bound. If some sample is closed (its rows leave mu free neither upwards nor
    downwards) the interval is finite. If none is, the profile tends to sup over c of
    n_up log Phi(c) + n_down log Phi(-c) with c >= 0 as mu goes to infinity (c <= 0 downwards),
    which decides. Up to two samples of one direction thus bound mu on neither side, as a
    spread without limit explains any of them.

    Limiting cases: one coefficient a sample gives ordinary maximum likelihood; coefficients of one
    sample have a multivariate normal density, V = rho sqrt(v_i v_j) + tau2 off the diagonal; a
    row repeated within its sample adds nothing as rho nears 1; a narrow range tends to a
    coefficient; [-1, 1] tells nothing. With k = 1 the interval of a coefficient is
    z -+ 4.1 / sqrt(n - 3) at 95 percent, wider than the usual 1.96, as tau2 is free.
    """
    evidence = check_rows(lower, upper, ni, outside, cluster)
    return _pool(evidence, *_check_options(rho, reporting), check_level(level), posterior, near)


def reporting_sweep(
    lower: Any,
    upper: Any,
    ni: Any,
    outside: Any = None,
    cluster: Any = None,
    rho: float = 0.6,
    probabilities: Iterable[float] = PROBABILITIES,
    level: float = 0.95,
    posterior: bool = True,
) -> tuple[Censored, ...]:
    """Return the censored pool at each probability of reporting a non-significant result.

    Arguments and errors as in `pool_censored`; results in the order of ``probabilities``.
    """
    evidence = check_rows(lower, upper, ni, outside, cluster)
    level = check_level(level)
    options = [_check_options(rho, probability) for probability in probabilities]
    return tuple(_pool(evidence, *pair, level, posterior) for pair in options)


def leave_one_cluster_out(
    lower: Any,
    upper: Any,
    ni: Any,
    outside: Any = None,
    cluster: Any = None,
    rho: float = 0.6,
    reporting: float = 1.0,
    level: float = 0.95,
    posterior: bool = True,
) -> tuple[Censored, ...]:
    """Return the censored pool without each sample in turn, in order of first appearance.

    Arguments and errors as in `pool_censored`; with one sample alone nothing would be left, which
    raises InputError.
    """
    evidence = check_rows(lower, upper, ni, outside, cluster)
    options, level = _check_options(rho, reporting), check_level(level)
    samples = len(evidence.labels)
    if samples < 2:
        raise InputError(
            "cluster: found 1 sample; allowed: at least 2. Without it nothing would be left."
        )
    kept = [evidence.take(evidence.cluster != number) for number in range(samples)]
    return tuple(_pool(rows, *options, level, posterior) for rows in kept)


def without_directions(
    lower: Any,
    upper: Any,
    ni: Any,
    outside: Any = None,
    cluster: Any = None,
    rho: float = 0.6,
    reporting: float = 1.0,
    level: float = 0.95,
) -> Censored:
    """Return the censored pool without the rows that tell a direction alone.

    Arguments and errors as in `pool_censored`; raises InputError if there is no other row.
    """
    evidence = check_rows(lower, upper, ni, outside, cluster)
    options, level = _check_options(rho, reporting), check_level(level)
    if evidence.direction.all():
        raise InputError(
            "lower and upper: found directions alone; allowed: at least one other row. "
            "Show the direction plot and the sign test instead."
        )
    return _pool(evidence.take(~evidence.direction), *options, level)


def information_share(
    lower: Any,
    upper: Any,
    ni: Any,
    outside: Any = None,
    cluster: Any = None,
    rho: float = 0.6,
    reporting: float = 1.0,
) -> InformationShare:
    """Return the share of the information on mu from coefficients, ranges and directions.

    A sample's information is minus the second derivative of its log-likelihood in mu at the
    maximum, tau2 held. Rows of one sample divide it in proportion to what each would have alone.
    What is negative (a sign untold makes mu = 0 a low point between two hills) counts as 0.
    Arguments and errors as in `pool_censored`. The shares sum to 1; all are NaN where there is no
    estimate or no information.
    """
    evidence = check_rows(lower, upper, ni, outside, cluster)
    options = _check_options(rho, reporting)
    fit = Profile(Likelihood(evidence, *options), evidence).fit(level=0.95)
    if np.isnan(fit.estimate):
        return InformationShare(np.nan, np.nan, np.nan)
    alone = _information(evidence.part_rows(), options, fit)
    whole = _information(evidence, options, fit)[evidence.cluster]
    together = np.bincount(evidence.cluster, alone)[evidence.cluster]
    share = np.divide(alone, together, out=np.zeros(alone.size), where=together > 0)
    several = np.bincount(evidence.cluster)[evidence.cluster] > 1
    amounts = np.where(several, whole * share, alone)
    total = amounts.sum()
    shares = amounts / total if total > 0 else np.full(amounts.size, np.nan)
    exact, direction = evidence.exact, evidence.direction
    kinds = (exact, ~exact & ~direction, direction)
    return InformationShare(*(float(shares[kind].sum()) for kind in kinds))


def decide(main: Censored, variants: Sequence[Censored]) -> str:
    """Return "negative" or "positive" if every interval lies on that side of zero.

    Else "not_decided": an interval that holds zero in the main analysis or in any variant leaves
    the sign open. An infinite end is on the side it points to.
    """
    every = (main, *variants)
    if all(result.ci_high < 0 for result in every):
        return "negative"
    if all(result.ci_low > 0 for result in every):
        return "positive"
    return "not_decided"


def _pool(
    evidence: Evidence,
    rho: float,
    reporting: float,
    level: float,
    with_posterior: bool = True,
    near: float | None = None,
) -> Censored:
    profile = Profile(Likelihood(evidence, rho, reporting), evidence)
    everywhere = near is None or evidence.outside.any()
    fit = profile.fit(level) if everywhere else profile.fit_near(near, level)
    exact, direction = evidence.exact, evidence.direction
    return Censored(
        estimate=fit.estimate if fit.bounded else np.nan,
        ci_low=fit.low,
        ci_high=fit.high,
        tau2=fit.tau2 if fit.bounded else np.nan,
        log_likelihood=fit.log_likelihood,
        k_exact=int(exact.sum()),
        k_interval=int((~exact & ~direction).sum()),
        k_direction=int(direction.sum()),
        bounded=fit.bounded,
        **(sum_posterior(profile, level) if with_posterior else NO_POSTERIOR),
        k=exact.size,
        clusters=len(evidence.labels),
        reporting=reporting,
        rho=rho,
        level=level,
    )


def _check_options(rho: Any, reporting: Any) -> tuple[float, float]:
    rho = check_share(
        "rho", rho, False, LARGEST_RHO, "Take 0.6, and 0.3 and 0.8 as variants; give 1 as one row."
    )
    remedy = "1 means complete reporting; at 0 a non-significant row could not be there."
    return rho, check_share("reporting", reporting, True, 1.0, remedy)


def _information(evidence: Evidence, options: tuple[float, float], fit: Fit) -> np.ndarray:
    """Return the information of each sample."""
    at = Likelihood(evidence, *options).each(np.array([fit.estimate]), np.array([fit.tau2]))
    return np.maximum(0.0, -at.mu_mu[0])
