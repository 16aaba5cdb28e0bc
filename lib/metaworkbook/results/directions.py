"""Results of `models.censored` and `models.directions`."""

from __future__ import annotations

from dataclasses import dataclass

from metaworkbook.results.base import Result


@dataclass(frozen=True)
class Censored(Result):
    """What exact, interval and direction-only rows say together (z scale).

    ``bounded`` is false where no row bounds the mean on one side: ``estimate`` is then NaN and one
    end infinite. The posterior is finite all the same, and then driven by its prior.
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
class SignTest(Result):
    """Exact two-sided sign test with its bounds over samples whose sign is untold."""

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
