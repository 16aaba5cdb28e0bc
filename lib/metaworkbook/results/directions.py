"""Results of `models.censored`, `models.simulations` and `models.directions`."""

from __future__ import annotations

from dataclasses import dataclass

from metaworkbook.results.base import Result


@dataclass(frozen=True)
class Censored(Result):
    """What exact, interval and direction-only rows say together (z scale).

    ``bounded`` is false where the rows do not bound the mean on both sides, or fit two means
    equally well: ``estimate`` and ``tau2`` are then NaN, and an end may be infinite. The posterior
    is finite all the same, and then driven by its prior; NaN where it was not asked for.
    """

    estimate: float
    ci_low: float
    ci_high: float
    tau2: float
    log_likelihood: float
    k_exact: int
    k_interval: int
    k_direction: int
    bounded: bool
    posterior_mean: float
    posterior_low: float
    posterior_high: float
    p_negative: float
    k: int
    clusters: int
    reporting: float
    rho: float
    level: float


@dataclass(frozen=True)
class InformationShare(Result):
    """Shares of the information on the mean by kind of row; they sum to 1, or are NaN."""

    exact: float
    interval: float
    direction: float


@dataclass(frozen=True)
class Coverage(Result):
    """How the censored model's interval fares on simulated studies of known truth (z scale).

    ``coverage`` counts intervals that hold the true mean, an infinite end as holding all beyond;
    ``monte_carlo_se`` is its standard error. ``bias`` and ``mean_width`` are means over the
    replications with a bounded interval, ``unbounded`` is the share of the others.
    """

    coverage: float
    monte_carlo_se: float
    bias: float
    bias_se: float
    mean_width: float
    unbounded: float
    below: float
    above: float
    replications: int
    k: int
    tau: float
    mu: float
    share_exact: float
    withheld: float
    reporting: float


@dataclass(frozen=True)
class SignTest(Result):
    """Exact two-sided sign test with its bounds over samples whose sign is untold.

    ``p_low`` and ``p_high`` are the least and the greatest p-value over all ways in which the
    unsigned samples may have voted.
    """

    p_value: float
    k_negative: int
    k_positive: int
    k_unsigned: int
    p_low: float
    p_high: float


@dataclass(frozen=True)
class CombinedP(Result):
    """Signed combination of p-values; ``z`` is negative where the evidence points down."""

    z: float
    p_value: float
    k: int
