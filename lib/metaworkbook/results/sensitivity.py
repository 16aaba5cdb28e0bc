"""Results of `models.sensitivity`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metaworkbook.results.base import Result


@dataclass(frozen=True)
class LeaveOneOut(Result):
    """Refits without each effect in turn; arrays of shape (k,)."""

    estimate: np.ndarray
    se: np.ndarray
    ci_low: np.ndarray
    ci_high: np.ndarray
    tau2: np.ndarray
    q: np.ndarray
    i2: np.ndarray


@dataclass(frozen=True)
class Influence(Result):
    """Case diagnostics as metafor defines them (z-based fit); arrays of shape (k,).

    ``hat`` and ``weight`` are proportions; ``influential`` is true where a diagnostic passes its
    threshold.
    """

    rstudent: np.ndarray
    dffits: np.ndarray
    cook_d: np.ndarray
    cov_r: np.ndarray
    tau2_del: np.ndarray
    qe_del: np.ndarray
    hat: np.ndarray
    weight: np.ndarray
    dfbetas: np.ndarray
    influential: np.ndarray


@dataclass(frozen=True)
class Cumulative(Result):
    """Estimates as effects are added one by one in the given order; arrays of shape (k,)."""

    estimate: np.ndarray
    se: np.ndarray
    ci_low: np.ndarray
    ci_high: np.ndarray
    tau2: np.ndarray


@dataclass(frozen=True)
class Baujat(Result):
    """Contribution to Q (x) and influence on the estimate (y), arrays of shape (k,)."""

    x: np.ndarray
    y: np.ndarray


@dataclass(frozen=True)
class Shrunken(Result):
    """Predicted true effect of each study with its normal interval; arrays of shape (k,)."""

    pred: np.ndarray
    se: np.ndarray
    pi_low: np.ndarray
    pi_high: np.ndarray


@dataclass(frozen=True)
class Gosh(Result):
    """Estimates of many subsets; arrays of shape (subsets,), ``k`` the size of each subset.

    ``codes`` (subsets, words) says which effects each has: bit i modulo 64 of word i // 64.
    """

    estimate: np.ndarray
    tau2: np.ndarray
    i2: np.ndarray
    k: np.ndarray
    codes: np.ndarray

    def contains(self, effect: int) -> np.ndarray:
        """Return which subsets include the effect at this position, booleans (subsets,)."""
        word, bit = divmod(effect, 64)
        return (self.codes[:, word] >> np.uint64(bit)) & np.uint64(1) == 1
