"""Sensitivity of one question's result, all at once and no further than the gates allow.

`examine_censored` takes every row, `examine_coefficients` those with a coefficient, one composite a
sample. Both keep samples in the order in which their rows are given, which is that of publication.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from metaworkbook.models.censored import (
    PROBABILITIES,
    leave_one_cluster_out,
    pool_censored,
    reporting_sweep,
)
from metaworkbook.models.gates import gate, headline
from metaworkbook.models.heterogeneity import METHODS
from metaworkbook.models.multilevel import aggregate
from metaworkbook.models.pooling import pool
from metaworkbook.models.sensitivity import baujat, cumulative, gosh, influence, leave_one_out
from metaworkbook.results.robustness import CensoredRobustness, Robustness

#: Correlations of results of one sample that are tried, the main one among them.
RHOS = (0.3, 0.6, 0.8)
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
    labels = np.asarray(cluster, dtype=object)
    samples = tuple(dict.fromkeys(labels.tolist()))
    names = tuple(str(sample) for sample in samples)
    if not gate(len(samples)).verdict:
        return CensoredRobustness(names, None)
    rows = dict(lower=lower, upper=upper, ni=ni, outside=outside, cluster=labels)
    rows = {name: np.asarray(values) for name, values in rows.items()}
    reached = [np.isin(labels, samples[: place + 1]) for place in range(len(samples))]
    return CensoredRobustness(
        samples=names,
        main=pool_censored(**rows, rho=rho),
        without=leave_one_cluster_out(**rows, rho=rho, posterior=False),
        cumulative=tuple(
            pool_censored(
                **{name: values[kept] for name, values in rows.items()}, rho=rho, posterior=False
            )
            if gate(place).verdict
            else None
            for place, kept in enumerate(reached, 1)
        ),
        rhos=tuple(pool_censored(**rows, rho=value, posterior=False) for value in RHOS),
        reporting=reporting_sweep(**rows, rho=rho, probabilities=PROBABILITIES, posterior=False),
    )


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
    return Robustness(
        samples=samples,
        composites=one,
        pooled=headline(one.yi, one.vi),
        leave_one_out=leave_one_out(one.yi, one.vi),
        influence=influence(one.yi, one.vi),
        baujat=baujat(one.yi, one.vi),
        cumulative=cumulative(one.yi, one.vi),
        gosh=gosh(one.yi, one.vi, SUBSETS, seed=SEED) if allowed.prediction else None,
        estimators=tuple(
            pool(one.yi, one.vi, method, ci)
            for method in METHODS
            for ci in (("wald",) if method == "FE" else ("knapp-hartung", "wald"))
        ),
        at_rho=RHOS,
        rhos=tuple(headline(each.yi, each.vi) for each in varied),
    )
