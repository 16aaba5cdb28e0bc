"""Results of `models.moderators`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metaworkbook.results.base import Result


@dataclass(frozen=True)
class MetaRegression(Result):
    """Coefficients of shape (p,) and the tests of a mixed-effects meta-regression.

    ``df`` is k - p under Knapp-Hartung (then ``qm`` is an F on qm_df and df degrees of freedom) and
    infinite under Wald (``qm`` is a chi-squared). ``r2`` and ``i2`` are proportions.
    """

    estimate: np.ndarray
    se: np.ndarray
    df: float
    p_value: np.ndarray
    ci_low: np.ndarray
    ci_high: np.ndarray
    covariance: np.ndarray
    tau2: float
    qm: float
    qm_df: int
    qm_p: float
    qe: float
    qe_df: int
    qe_p: float
    r2: float
    i2: float
    k: int
    names: tuple[str, ...]
    method: str
    ci: str
    level: float


@dataclass(frozen=True)
class Subgroups(Result):
    """Estimate of each level from one model with one tau2, and the test of their difference."""

    levels: tuple[str, ...]
    estimate: np.ndarray
    se: np.ndarray
    ci_low: np.ndarray
    ci_high: np.ndarray
    k: np.ndarray
    reference: str
    df: float
    tau2: float
    qm: float
    qm_df: int
    qm_p: float
    r2: float


@dataclass(frozen=True)
class Predictions(Result):
    """Predicted mean with its interval at named moderator values, one element a row asked for."""

    labels: tuple[str, ...]
    estimate: np.ndarray
    se: np.ndarray
    ci_low: np.ndarray
    ci_high: np.ndarray
    pi_low: np.ndarray
    pi_high: np.ndarray


@dataclass(frozen=True)
class PermutationTest(Result):
    """Permutation p-values of each coefficient (p,) and of the omnibus test.

    ``exact`` tells that all distinct rearrangements were tried, ``permutations`` how many.
    """

    p_value: np.ndarray
    qm_p: float
    permutations: int
    exact: bool
    seed: int
    names: tuple[str, ...]
