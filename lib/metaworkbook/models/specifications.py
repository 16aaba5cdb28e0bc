"""Specifications of a multiverse and the fits behind them; plain arrays, so that they can travel.

A specification is one option of every choice. Many specifications need the very same fit (the same
rows under settings that make no difference to them), which is then made once. A `Job` holds all
that a fit needs; `fit_jobs` is what a worker runs, here, in another process or on another machine.
"""

from __future__ import annotations

import hashlib
import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from metaworkbook.errors import ConvergenceError, InputError
from metaworkbook.models import pooling
from metaworkbook.models.gates import gate
from metaworkbook.models.heterogeneity import estimate_tau2
from metaworkbook.models.multilevel import aggregate, three_level
from metaworkbook.models.references import quantile
from metaworkbook.results.multiverse import Choices

#: Settings of a fit, what each may be, and what holds where no choice names it.
MODELS = ("censored", "composites", "three-level")
SETTINGS: dict[str, Any] = {
    "model": "censored",
    "rho": 0.6,
    "reporting": 1.0,
    "estimator": "REML",
    "interval": "wider",
}
#: "wider" is the headline's interval: the wider of the other two.
INTERVALS = ("wider", "knapp-hartung", "wald")
LEVEL = 0.95


class Fit(NamedTuple):
    """Estimate, interval and heterogeneity on the scale of Fisher z; NaN where there is none."""

    estimate: float
    ci_low: float
    ci_high: float
    tau2: float


NO_FIT = Fit(math.nan, math.nan, math.nan, math.nan)


@dataclass(frozen=True)
class Job:
    """One fit: bounds of the rows (see `censored.pool_censored`), their samples, the settings.

    ``cluster`` numbers the samples from 0. ``key`` is the digest of everything else.
    """

    key: str
    lower: np.ndarray
    upper: np.ndarray
    ni: np.ndarray
    outside: np.ndarray
    cluster: np.ndarray
    settings: tuple[tuple[str, Any], ...]


def list_specifications(choices: Choices) -> np.ndarray:
    """Return every combination that is not excluded, shape (S, choices), in the file's order.

    The last choice varies fastest. An element is the position of the option taken.
    """
    ranges = [range(len(choice.options)) for choice in choices.choices]
    every = np.array(list(itertools.product(*ranges)), dtype=np.intp)
    keep = np.ones(len(every), dtype=bool)
    for exclusion in choices.exclusions:
        hit = np.ones(len(every), dtype=bool)
        for name, options in exclusion.when.items():
            place = choices.names.index(name)
            taken = [choices.choices[place].option(option) for option in options]
            hit &= np.isin(every[:, place], taken)
        keep &= ~hit
    return every[keep]


def count_combinations(choices: Choices) -> int:
    """Return how many combinations there are, the excluded ones included."""
    return math.prod(len(choice.options) for choice in choices.choices)


def prepare_job(
    lower: np.ndarray,
    upper: np.ndarray,
    ni: np.ndarray,
    outside: np.ndarray,
    cluster: np.ndarray,
    settings: dict[str, Any],
) -> Job:
    """Return the fit of these rows, keeping of the settings only those that can move it.

    rho says nothing where every sample has one row, ``reporting`` only belongs to the censored
    model, ``estimator`` and ``interval`` only to composites, and these and the three-level model
    take the rows with a coefficient alone.
    """
    settings = SETTINGS | settings
    if settings["model"] != "censored":
        exact = (lower == upper) & (np.abs(lower) < 1)
        lower, upper, ni, outside = lower[exact], upper[exact], ni[exact], outside[exact]
        cluster = cluster[exact]
    _, cluster = np.unique(cluster, return_inverse=True)
    used = {"model": settings["model"]}
    if np.bincount(cluster, minlength=1).max(initial=0) > 1:
        used["rho"] = float(settings["rho"])
    if settings["model"] == "censored":
        used["reporting"] = float(settings["reporting"])
    elif settings["model"] == "composites":
        used |= {name: settings[name] for name in ("estimator", "interval")}
    arrays = (lower, upper, ni, outside, cluster)
    digest = hashlib.sha256(repr(sorted(used.items())).encode())
    for array in arrays:
        digest.update(b"%d " % array.size + np.ascontiguousarray(array).tobytes())
    return Job(digest.hexdigest(), *arrays, tuple(sorted(used.items())))


def count_samples(job: Job) -> int:
    """Return the number of samples that a fit rests on."""
    return int(np.unique(job.cluster).size)


def fit_jobs(jobs: Iterable[Job]) -> dict[str, Fit]:
    """Return the fit of every job by its key; one that does not converge is NaN throughout."""
    found = {}
    for job in jobs:
        try:
            found[job.key] = fit_job(job)
        except ConvergenceError:
            found[job.key] = NO_FIT
    return found


def fit_job(job: Job) -> Fit:
    """Fit one specification's rows.

    Parameters
    ----------
    job : Job
        From `prepare_job`.

    Returns
    -------
    Fit
        NaN throughout below three samples (see `gates`). The censored model's interval is by
        profile likelihood and may have an infinite end, its estimate then is NaN; composites are
        one inverse-covariance weighted effect a sample, pooled by ``estimator``; the three-level
        model is `multilevel.three_level` with its CR2 interval.

    Raises
    ------
    InputError
        If a setting is unknown.
    ConvergenceError
        If the model has no maximum that the search can find.
    """
    settings = dict(job.settings)
    model = settings["model"]
    if model not in MODELS:
        raise InputError(f"model: found {model!r}; allowed: {', '.join(MODELS)}. Correct it.")
    if not gate(count_samples(job)).verdict:
        return NO_FIT
    rho = settings.get("rho", SETTINGS["rho"])
    if model == "censored":
        return _fit_censored(job, rho, settings["reporting"])
    yi, vi = np.arctanh(job.lower), 1.0 / (job.ni - 3.0)
    if model == "three-level":
        fit = three_level(yi, vi, job.cluster, rho, LEVEL)
        tau2 = fit.sigma2_between + fit.sigma2_within
        return Fit(fit.estimate, fit.robust_ci_low, fit.robust_ci_high, float(tau2))
    composite = aggregate(yi, vi, job.cluster, rho)
    return _fit_composites(composite.yi, composite.vi, settings["estimator"], settings["interval"])


def _fit_composites(yi: np.ndarray, vi: np.ndarray, estimator: str, interval: str) -> Fit:
    """Pool as `pool` and `gates.headline` do, without the intervals of tau2 that take longest."""
    tau2 = estimate_tau2(yi, vi, estimator)
    mean, model_se = pooling.weighted_mean(yi, vi + tau2)
    halves = {
        "wald": quantile(np.inf, LEVEL) * model_se,
        "knapp-hartung": quantile(yi.size - 1.0, LEVEL)
        * model_se
        * np.sqrt(pooling._factor(yi, vi + tau2, mean, "knapp-hartung")),
    }
    half = float(max(halves.values()) if interval == "wider" else halves[interval])
    return Fit(mean, mean - half, mean + half, tau2)


def _fit_censored(job: Job, rho: float, reporting: float) -> Fit:
    """Maximise the censored likelihood; the posterior, which no specification shows, stays out."""
    from metaworkbook.models.censored_likelihood import Likelihood
    from metaworkbook.models.censored_profile import Profile
    from metaworkbook.models.censored_rows import check_rows

    rows = check_rows(job.lower, job.upper, job.ni, job.outside, job.cluster)
    fit = Profile(Likelihood(rows, rho, reporting), rows).fit(LEVEL)
    estimate = fit.estimate if fit.bounded else math.nan
    return Fit(float(estimate), float(fit.low), float(fit.high), float(fit.tau2))
