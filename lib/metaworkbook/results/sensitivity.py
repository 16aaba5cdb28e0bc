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
    """Case diagnostics as metafor defines them (z-based fit); arrays of shape (k,)."""

    rstudent: np.ndarray
    dffits: np.ndarray
    cook_d: np.ndarray
    cov_r: np.ndarray
    tau2_del: np.ndarray
    qe_del: np.ndarray
    hat: np.ndarray
    weight: np.ndarray
    dfbetas: np.ndarray


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
class Gosh(Result):
    """Estimates of many subsets; arrays of shape (subsets,), ``k`` the size of each subset."""

    estimate: np.ndarray
    tau2: np.ndarray
    i2: np.ndarray
    k: np.ndarray
