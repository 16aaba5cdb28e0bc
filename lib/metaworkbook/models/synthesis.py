"""One question's rows together: the censored model, its required variants, and what they decide.

A censored result is conditional on complete reporting, so it never stands alone: beside it stand
the same result without half-lines, with non-significant results reported with probability 0.7
and 0.4, with "significant" read as one-sided, with the rows of a sample more or less alike or
counted as one vote, and without each sample in turn (of very many, without those that hold an end
of the interval most). Only what survives all of them is called decided.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from metaworkbook.errors import InputError
from metaworkbook.models.censored import information_share, pool_censored
from metaworkbook.models.censored_influence import ALL, choose_left_out
from metaworkbook.models.directions import sign_test
from metaworkbook.models.gates import gate, headline
from metaworkbook.models.multilevel import aggregate
from metaworkbook.results.directions import Censored
from metaworkbook.results.pooling import Pooled
from metaworkbook.results.synthesis import Synthesis, Variant

REPORTING = (0.7, 0.4)
#: Correlation of sampling errors within a sample, and the values it is varied over.
RHO, RHOS = 0.6, (0.3, 0.8)
#: Correlation at which a sample's further rows add next to nothing.
ONE_VOTE = 0.95
#: Fits remembered, since several readings of a question often take the same rows.
REMEMBERED = 256


def synthesise(
    lower: ArrayLike,
    upper: ArrayLike,
    ni: ArrayLike,
    outside: ArrayLike,
    cluster: ArrayLike,
    rho: float = RHO,
    level: float = 0.95,
    one_sided: Mapping[str, ArrayLike] | None = None,
) -> Synthesis:
    """Return what all rows of a question say together, and whether it survives every variant.

    Parameters
    ----------
    lower, upper, ni, outside : array_like of shape (k,)
        What is known of each observed correlation; see `censored.pool_censored`.
    cluster : array_like of shape (k,)
        Sample of each row.
    rho : float
        Assumed correlation of sampling errors within a sample.
    level : float
        Confidence level.
    one_sided : mapping, optional
        ``lower`` to ``cluster`` as they are if "significant" meant one-sided where no level is
        told; left out where no row rests on that.

    Returns
    -------
    Synthesis
        Estimates on the scale of Fisher z. With fewer than three samples ``main`` is None.

    Raises
    ------
    InputError
        If the arrays differ in length or a row is impossible.
    """
    lower, upper, ni = (np.asarray(a, dtype=float) for a in (lower, upper, ni))
    outside, cluster = np.asarray(outside, dtype=bool), np.asarray(cluster, dtype=object)
    if len({lower.size, upper.size, ni.size, outside.size, cluster.size}) != 1:
        raise InputError("lower, upper, ni, outside, cluster: allowed: arrays of one length.")
    places = {sample: place for place, sample in enumerate(dict.fromkeys(cluster))}
    samples, codes = list(places), np.array([places[sample] for sample in cluster], dtype=int)
    persons = np.zeros(len(samples))
    np.maximum.at(persons, codes, ni)
    allowed = gate(len(samples))

    def fit(
        keep: np.ndarray, rho: float = rho, reporting: float = 1.0, posterior: bool = False
    ) -> Censored | None:
        if not allowed.verdict or not keep.any():
            return None
        # Of so many samples the likelihood has one maximum, and every variant's is near it.
        near = main.estimate if many and main is not None and main.bounded else None
        return _pool_rows(
            *(array[keep].tobytes() for array in (lower, upper, ni, outside)),
            tuple(cluster[keep]), rho, reporting, level, posterior, near,
        )  # fmt: skip

    main, many = None, len(samples) > ALL
    every = np.ones(lower.size, dtype=bool)
    half_line = ((lower == -1) & (upper == 0)) | ((lower == 0) & (upper == 1))
    main = fit(every, posterior=True)
    variants = [Variant("without-directions", "", fit(~half_line))] if half_line.any() else []
    variants += [
        Variant(f"reporting-{share:g}", "", fit(every, reporting=share)) for share in REPORTING
    ]
    if one_sided is not None and allowed.verdict:
        read = pool_censored(**one_sided, rho=rho, level=level, posterior=False)
        variants.append(Variant("one-sided", "", read))
    if len(samples) < lower.size:
        variants += [Variant(f"rho-{other:g}", "", fit(every, other)) for other in RHOS]
        variants.append(Variant("one-vote", "", fit(every, ONE_VOTE)))
    variants += [
        Variant("without-sample", str(samples[place]), fit(codes != place))
        for place in choose_left_out(main, lower, upper, ni, outside, cluster)
    ]
    return Synthesis(
        samples=len(samples),
        rows=lower.size,
        persons=float(persons.sum()),
        main=main,
        variants=tuple(variants) if main is not None else (),
        classical=_pool_exact(lower, upper, ni, cluster, rho, level),
        signs=sign_test(_signs(lower, upper, outside), cluster),
        decision=decide(allowed, main, variants),
        information=None
        if main is None
        else information_share(lower, upper, ni, outside, cluster, rho),
        gate=allowed.sentence,
    )


def synthesise_each(
    variants: dict[str, dict[str, ArrayLike]], rho: float = RHO, level: float = 0.95
) -> dict[str, Synthesis]:
    """Return `synthesise` of each named set of bounds."""
    return {name: synthesise(**bounds, rho=rho, level=level) for name, bounds in variants.items()}


@lru_cache(maxsize=REMEMBERED)
def _pool_rows(
    lower: bytes,
    upper: bytes,
    ni: bytes,
    outside: bytes,
    cluster: tuple,
    rho: float,
    reporting: float,
    level: float,
    posterior: bool,
    near: float | None,
) -> Censored:
    bounds = (np.frombuffer(array) for array in (lower, upper, ni))
    return pool_censored(
        *bounds, np.frombuffer(outside, dtype=bool), np.array(cluster, dtype=object),
        rho=rho, reporting=reporting, level=level, posterior=posterior, near=near,
    )  # fmt: skip


def decide(allowed, main: Censored | None, variants: list[Variant]) -> str:
    """Return the decision of `Synthesis`; a variant without a result leaves it undecided."""
    if main is None:
        return "side_by_side" if allowed.side_by_side else "no_pooling"
    results = [main, *(variant.result for variant in variants)]
    if any(result is None for result in results):
        return "not_decided"
    if all(result.ci_high < 0 for result in results):
        return "negative"
    if all(result.ci_low > 0 for result in results):
        return "positive"
    return "not_decided"


def _signs(lower: np.ndarray, upper: np.ndarray, outside: np.ndarray) -> np.ndarray:
    negative = (upper <= 0) & ~outside & (lower < 0)
    positive = (lower >= 0) & ~outside & (upper > 0)
    return np.where(negative, -1.0, np.where(positive, 1.0, np.nan))


def _pool_exact(
    lower: np.ndarray,
    upper: np.ndarray,
    ni: np.ndarray,
    cluster: np.ndarray,
    rho: float,
    level: float,
) -> Pooled | None:
    """Pool the rows with a coefficient, one composite a sample, where the gate allows a verdict."""
    exact = (lower == upper) & (np.abs(lower) < 1)
    if not gate(len(set(cluster[exact]))).verdict:
        return None
    composite = aggregate(np.arctanh(lower[exact]), 1 / (ni[exact] - 3), cluster[exact], rho)
    return headline(composite.yi, composite.vi, level=level)
