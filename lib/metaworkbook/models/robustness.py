"""Sensitivity of one question's result, all at once and no further than the gates allow.

`examine_censored` takes every row, `examine_coefficients` those with a coefficient, one composite a
sample. Both keep samples in the order in which their rows are given, which is that of publication.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from metaworkbook.models.censored import PROBABILITIES, pool_censored, reporting_sweep
from metaworkbook.models.censored_influence import ALL, choose_farthest, choose_left_out
from metaworkbook.models.gates import gate, headline
from metaworkbook.models.heterogeneity import METHODS
from metaworkbook.models.multilevel import aggregate
from metaworkbook.models.pooling import pool
from metaworkbook.models.sensitivity import baujat, cumulative, gosh, influence, leave_one_out
from metaworkbook.results.directions import Censored
from metaworkbook.results.robustness import CensoredRobustness, Robustness

#: Correlations of results of one sample that are tried, the main one among them.
RHOS = (0.3, 0.6, 0.8)
#: Of more samples than `ALL` the result is followed at so many places as they came in.
PLACES = 40
#: Subsets that show the picture; all of them where there are fewer.
SUBSETS = 20_000
#: Seed of the drawn subsets, so that a page is the same on every run.
SEED = 20141


def examine_censored(
    lower: Any, upper: Any, ni: Any, outside: Any, cluster: Any, rho: float = 0.6
) -> CensoredRobustness:
    """Refit the censored model without each sample, as samples came in, and at other assumptions.

    Parameters
    ----------
    lower, upper, ni, outside, cluster
        As in `censored.pool_censored`, rows in order of publication.
    rho : float
        Assumed correlation of sampling errors within a sample.

    Returns
    -------
    CensoredRobustness
        With fewer than three samples only their names.
    """
    rows = dict(lower=lower, upper=upper, ni=ni, outside=outside)
    rows = {name: np.asarray(values) for name, values in rows.items()}
    rows["cluster"] = labels = np.asarray(cluster, dtype=object)
    places = {sample: place for place, sample in enumerate(dict.fromkeys(labels.tolist()))}
    names, count = tuple(map(str, places)), len(places)
    if not gate(count).verdict:
        return CensoredRobustness(names, None)
    numbers = np.array([places[label] for label in labels.tolist()])
    main = pool_censored(**rows, rho=rho)
    near = main.estimate if count > ALL and main.bounded else None

    def fit(kept: np.ndarray, near: float | None = None) -> Censored:
        part = {name: values[kept] for name, values in rows.items()}
        return pool_censored(**part, rho=rho, posterior=False, near=near)

    left_out = set(choose_left_out(main, **rows))
    followed = {place for place in choose_places(count) if gate(place + 1).verdict}
    return CensoredRobustness(
        samples=names,
        main=main,
        without=tuple(
            fit(numbers != place, near) if place in left_out else None for place in range(count)
        ),
        cumulative=tuple(
            fit(numbers <= place) if place in followed else None for place in range(count)
        ),
        rhos=tuple(pool_censored(**rows, rho=value, posterior=False) for value in RHOS),
        reporting=reporting_sweep(**rows, rho=rho, probabilities=PROBABILITIES, posterior=False),
    )


def choose_places(count: int) -> list[int]:
    """Return the places among ``count`` samples at which a result is followed, the last included.

    Every one of up to `ALL`; of more, `PLACES` at equal distances.
    """
    if count <= ALL:
        return list(range(count))
    return np.linspace(count / PLACES - 1, count - 1, PLACES).round().astype(int).tolist()


def examine_coefficients(yi: Any, vi: Any, cluster: Any, rho: float = 0.6) -> Robustness:
    """Refit the pool of coefficients without each sample, in subsets, by estimator and rho.

    Parameters
    ----------
    yi, vi, cluster
        Fisher z, variances and samples, in order of publication.
    rho : float
        Assumed correlation of sampling errors within a sample.

    Returns
    -------
    Robustness
        Below three samples only their names; subsets (GOSH) from five samples on.
    """
    labels = [str(label) for label in np.asarray(cluster, dtype=object)]
    samples = tuple(dict.fromkeys(labels))
    allowed = gate(len(samples))
    if not allowed.verdict:
        return Robustness(samples)
    one = aggregate(yi, vi, labels, rho)
    varied = [aggregate(yi, vi, labels, value) for value in RHOS]
    without, farthest = leave_one_out(one.yi, one.vi), list(range(len(samples)))
    if len(samples) > ALL:
        farthest = choose_farthest(without.estimate[:, None])
    return Robustness(
        samples=samples,
        composites=one,
        pooled=headline(one.yi, one.vi),
        leave_one_out=without,
        influence=influence(one.yi, one.vi),
        baujat=baujat(one.yi, one.vi),
        cumulative=cumulative(one.yi, one.vi),
        gosh=gosh(one.yi, one.vi, SUBSETS, seed=SEED) if allowed.prediction else None,
        estimators=tuple(
            pool(one.yi, one.vi, method, ci)
            for method in METHODS
            for ci in (("wald",) if method == "FE" else ("knapp-hartung", "wald"))
        ),
        farthest=tuple(farthest),
        followed=tuple(choose_places(len(samples))),
        at_rho=RHOS,
        rhos=tuple(headline(each.yi, each.vi) for each in varied),
    )
