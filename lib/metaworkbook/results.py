"""Results that pass between the wings: frozen dataclasses of floats and read-only arrays.

Estimates, intervals and variances are on the analysis scale of the data given (Fisher z for
correlations); proportions (i2, r2, weights) lie between 0 and 1. A number that does not exist is
NaN; an unbounded end is infinite. `to_dict` gives JSON values, `save` writes a page's results.
"""

from __future__ import annotations

import json
import math
import os
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np

from metaworkbook import paths
from metaworkbook.errors import WorkbookError


class Result:
    """Base of all results: makes arrays read-only and knows its JSON form."""

    def __post_init__(self) -> None:
        """Copy every array field and lock it; scalars of NumPy become plain Python ones."""
        for field in fields(self):  # type: ignore[arg-type]
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                value = value.copy()
                value.flags.writeable = False
            elif isinstance(value, np.generic):
                value = value.item()
            object.__setattr__(self, field.name, value)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON values; NaN becomes None, infinite ends "inf" and "-inf"."""
        return {field.name: to_json(getattr(self, field.name)) for field in fields(self)}  # type: ignore[arg-type]


@dataclass(frozen=True)
class Pooled(Result):
    """Random- or common-effect estimate with its heterogeneity (see `models.pooling.pool`)."""

    estimate: float
    se: float
    df: float
    p_value: float
    ci_low: float
    ci_high: float
    pi_low: float
    pi_high: float
    tau2: float
    tau2_ci_low: float
    tau2_ci_high: float
    i2: float
    i2_ci_low: float
    i2_ci_high: float
    h2: float
    q: float
    q_df: int
    q_p: float
    k: int
    method: str
    ci: str
    level: float


@dataclass(frozen=True)
class ThreeLevel(Result):
    """Effects within clusters: model-based and robust (CR2) inference of the mean.

    ``se``, ``ci_low``, ``ci_high`` are model-based (normal); the ``robust_`` fields use CR2 with
    Satterthwaite df; ``robust_p`` and the robust interval are NaN where robust_df < 4 by the gate.
    """

    estimate: float
    se: float
    ci_low: float
    ci_high: float
    sigma2_between: float
    sigma2_within: float
    robust_se: float
    robust_df: float
    robust_p: float
    robust_ci_low: float
    robust_ci_high: float
    log_likelihood: float
    k: int
    clusters: int
    rho: float


@dataclass(frozen=True)
class Aggregated(Result):
    """One composite effect a cluster, in order of first appearance."""

    yi: np.ndarray
    vi: np.ndarray
    cluster: np.ndarray
    n_effects: np.ndarray


@dataclass(frozen=True)
class MetaRegression(Result):
    """Coefficients of shape (p,) and the tests of a mixed-effects meta-regression."""

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
    """Estimate of each level from one model with a common tau2, and the test of their difference."""

    levels: tuple[str, ...]
    estimate: np.ndarray
    se: np.ndarray
    ci_low: np.ndarray
    ci_high: np.ndarray
    k: np.ndarray
    reference: str
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
    """Permutation p-values of each coefficient (p,) and of the omnibus test."""

    p_value: np.ndarray
    qm_p: float
    permutations: int
    exact: bool
    seed: int


@dataclass(frozen=True)
class Egger(Result):
    """Regression test of funnel asymmetry; ``limit`` is the estimate at a standard error of zero."""

    statistic: float
    df: float
    p_value: float
    limit: float
    limit_ci_low: float
    limit_ci_high: float
    model: str


@dataclass(frozen=True)
class Begg(Result):
    """Rank correlation test of funnel asymmetry."""

    tau: float
    p_value: float


@dataclass(frozen=True)
class TrimAndFill(Result):
    """Estimate after filling ``k0`` mirrored effects on one side; ``yi``, ``vi`` include them last."""

    k0: int
    side: str
    estimate: float
    se: float
    ci_low: float
    ci_high: float
    tau2: float
    k0_se: float
    yi: np.ndarray
    vi: np.ndarray
    estimator: str


@dataclass(frozen=True)
class SelectionModel(Result):
    """Step-function selection model; ``weights`` are relative to the first p interval (1)."""

    estimate: float
    se: float
    ci_low: float
    ci_high: float
    tau2: float
    weights: np.ndarray
    steps: np.ndarray
    counts: np.ndarray
    log_likelihood: float
    lrt: float
    lrt_p: float
    at_bound: bool
    alternative: str


@dataclass(frozen=True)
class HenmiCopas(Result):
    """Fixed-effect estimate with an interval that allows for heterogeneity (Henmi, Copas 2010)."""

    estimate: float
    se: float
    ci_low: float
    ci_high: float
    tau2: float


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


def to_json(value: Any) -> Any:
    """Return ``value`` as JSON knows it; NaN becomes None, infinities "inf" and "-inf".

    Raises
    ------
    TypeError
        For a value without a JSON form, so that no object's address reaches a result file.
    """
    if isinstance(value, Result):
        return value.to_dict()
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in value]
    if isinstance(value, np.ndarray):
        return [to_json(item) for item in value.tolist()]
    if isinstance(value, np.generic):
        return to_json(value.item())
    if hasattr(value, "to_dict") and hasattr(value, "columns"):
        return [to_json(row) for row in value.to_dict("records")]
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else ("inf" if value > 0 else "-inf")
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(f"a result cannot hold a {type(value).__name__}")


def save(page: str, results: Any, **details: Any) -> None:
    """Write a page's results to ``build/results/<page>.json``, whole or not at all.

    Parameters
    ----------
    page : str
        The page's name in ``pages.toml``: lower-case letters, digits and hyphens.
    results : dict or list
        Results by name; dataclasses, arrays and tables become JSON values.
    **details
        Further top-level entries, such as ``parameters`` or ``selected``.
    """
    if not page or not all(letter.isdigit() or letter == "-" or "a" <= letter <= "z" for letter in page):
        raise WorkbookError(
            f'page: found "{page}"; allowed: lower-case letters, digits and hyphens. '
            "Rename the page in notebooks/pages.toml."
        )
    folder = paths.results()
    folder.mkdir(parents=True, exist_ok=True)
    content = {"page": page, **to_json(details), "results": to_json(results)}
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False, sort_keys=True)
    unfinished = folder / f".{page}.json.{os.getpid()}"
    unfinished.write_text(text + "\n", encoding="utf-8")
    unfinished.replace(folder / f"{page}.json")
