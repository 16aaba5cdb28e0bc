"""Permutation tests of a meta-regression, all permutations as one array program.

Rearranging the rows of X against the (effect, variance) pairs breaks any tie between moderators and
effects and keeps everything else (Higgins and Thompson 2004, Statistics in Medicine 23, 1663-1682;
Follmann and Proschan 1999, Biometrics 55, 732-737, for the signs of a single mean). Every
rearrangement is refitted, tau2 included.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from metaworkbook.errors import InputError
from metaworkbook.models import arrays
from metaworkbook.models.design import (
    check_design,
    column_names,
    default_names,
    tested_columns,
)
from metaworkbook.models.heterogeneity import METHODS, tau2_of
from metaworkbook.models.pooling import check_interval
from metaworkbook.models.quadratic_forms import Batch
from metaworkbook.models.rounding import SHARE
from metaworkbook.results.moderators import PermutationTest

#: A statistic this far below the observed one (a share of it above 1) still counts as equal:
#: rearrangements that come to the same differ by rounding.
TIE = 1e-8
#: Numbers in one array of a block; bounds memory whatever the number of permutations.
BLOCK = 1 << 20
#: Permutations at most in one call: beyond it the p-value has more digits than meaning.
MOST = 10_000_000


def permutation_test(
    yi: Any,
    vi: Any,
    X: Any,
    method: str = "REML",
    permutations: int = 10_000,
    seed: int = 1,
    ci: str = "knapp-hartung",
    names: Sequence[str] | None = None,
) -> PermutationTest:
    """Test each coefficient and all together against rearranged data.

    Parameters
    ----------
    yi, vi : array_like, shape (k,)
        Effects and sampling variances.
    X : array_like, shape (k, p)
        The whole design matrix. If it is a constant column alone, the signs of the effects are
        flipped instead of the rows rearranged.
    method, ci
        As in `models.pooling.pool`; the statistic is estimate / se of that fit.
    permutations : int
        How many rearrangements to draw. If no more than this exist (the distinct ones; 2^k sign
        patterns for a single mean), all are tried and the test is exact.
    seed : int
        Seed of the generator, 0 or more; unused when exact.
    names : sequence of str, optional
        Names of the columns, for messages and the result.

    Returns
    -------
    PermutationTest
        ``p_value`` (p,): share of rearrangements whose absolute statistic is at least the observed
        one, the observed data being one of them; ``qm_p`` the same for the omnibus statistic.

    Raises
    ------
    InputError
        As `models.moderators.meta_regression`, and for unusable ``permutations`` or ``seed``.

    Notes
    -----
    Limiting cases: with moderators and all effects equal every statistic is undefined and p is
    NaN. A fit through every effect has an infinite statistic, which only other such fits reach:
    a single mean of k equal effects has p = 2 / 2^k. With k distinct rows and k! <= permutations
    the result is exact.
    """
    yi, vi = arrays.check_effects(yi, vi, minimum=2)
    arrays.check_choice("method", method, METHODS)
    check_interval(method, ci)
    permutations = arrays.check_whole("permutations", permutations, minimum=2)
    seed = arrays.check_whole("seed", seed, minimum=0)
    labels = default_names(X) if names is None else names
    X = check_design(X, yi.size, labels)
    k, p = X.shape
    if k == p:
        raise InputError(
            f"X: found {p} columns for {k} effects; allowed: fewer columns than effects. "
            "Use fewer moderators."
        )
    if permutations > MOST:
        raise InputError(f"permutations: found {permutations}; allowed: at most {MOST}. Use fewer.")

    signs_only = p == 1 and bool((X[0] == X).all())
    groups = np.unique(X, axis=0, return_inverse=True)[1].reshape(-1)
    possible = 2**k if signs_only else _arrangements(groups)
    exact = possible <= permutations
    if signs_only:
        blocks = _signs(yi, vi, permutations, seed, exact)
    else:
        # Rows sorted by likeness: an arrangement then says which study meets which row.
        order = np.argsort(groups, kind="stable")
        X, yi, vi, groups = X[order], yi[order], vi[order], groups[order]
        blocks = _orders(yi, vi, groups, permutations, seed, exact)

    tested = tested_columns(X)
    observed, observed_qm = statistics(Batch(yi[None, :], vi, X=X), X, method, ci, tested)
    counted = np.zeros(p)
    reached = np.zeros(p)
    qm_counted = qm_reached = 0
    for number, (Y, V) in enumerate(blocks):
        drawn, qm = statistics(Batch(Y, V, X=X), X, method, ci, tested)
        if number == 0:
            # The first row of the first block is the observed data: it reaches itself, whatever
            # the rounding, so no p-value is zero.
            drawn[0], qm[0] = observed[0], observed_qm[0]
        counted += (~np.isnan(drawn)).sum(axis=0)
        reached += _reaches(np.abs(drawn), np.abs(observed)).sum(axis=0)
        qm_counted += int((~np.isnan(qm)).sum())
        qm_reached += int(_reaches(qm, observed_qm).sum())
    with np.errstate(invalid="ignore"):
        p_value = np.where(np.isnan(observed[0]), np.nan, reached / counted)
    return PermutationTest(
        p_value=p_value,
        qm_p=np.nan if np.isnan(observed_qm[0]) else qm_reached / qm_counted,
        permutations=possible if exact else permutations,
        exact=exact,
        seed=seed,
        names=column_names(labels, p),
    )


def statistics(
    batch: Batch, X: np.ndarray, method: str, ci: str, tested: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return estimate / se of shape (rows, p) and the omnibus chi-squared or F of shape (rows,).

    Where every effect is fitted and se is 0 they are infinite, or NaN for a coefficient of zero;
    NaN altogether where no tested coefficient differs from zero.
    """
    every = np.arange(batch.rows)
    tau2 = tau2_of(batch, method)
    estimate, covariance = batch.coefficients(every, tau2)
    if ci != "wald":
        factor = batch.scatter(every, tau2) / (batch.k - batch.p)
        if ci.endswith("conservative"):
            factor = np.maximum(factor, 1.0)
        covariance = covariance * factor[:, None, None]
    variance = np.diagonal(covariance, axis1=1, axis2=2)
    usable = (variance > 0).all(axis=1)
    statistic = np.full(estimate.shape, np.nan)
    statistic[usable] = estimate[usable] / np.sqrt(variance[usable])
    omnibus = np.full(batch.rows, np.nan)
    if tested.size == 1:
        omnibus[usable] = statistic[usable, tested[0]] ** 2
    else:
        part = covariance[usable][:, tested[:, None], tested]
        right = estimate[usable][:, tested, None]
        omnibus[usable] = (right * np.linalg.solve(part, right)).sum(axis=(1, 2))
    omnibus /= 1 if ci == "wald" else tested.size
    perfect = np.flatnonzero((variance == 0).all(axis=1))
    if perfect.size:
        share = np.abs(estimate[perfect]) * np.abs(X).max(axis=0)
        real = share > SHARE * np.abs(batch.Y[perfect]).max(axis=1, keepdims=True)
        real &= real[:, tested].any(axis=1, keepdims=True)
        statistic[perfect] = np.where(real, np.inf, np.nan)
        omnibus[perfect] = np.where(real.any(axis=1), np.inf, np.nan)
    return statistic, omnibus


def _reaches(drawn: np.ndarray, observed: np.ndarray) -> np.ndarray:
    return drawn >= np.minimum(observed - TIE, observed * (1.0 - TIE))


def _arrangements(groups: np.ndarray) -> int:
    """Return the number of distinct arrangements of rows of which some are alike."""
    number = math.factorial(groups.size)
    for alike in np.bincount(groups):
        number //= math.factorial(int(alike))
    return number


def _signs(
    yi: np.ndarray, vi: np.ndarray, permutations: int, seed: int, exact: bool
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield blocks of effects with flipped signs; all patterns, or the observed and random ones."""
    k = yi.size
    size = max(1, BLOCK // k)
    generator = np.random.default_rng(seed)
    number = 2**k if exact else permutations
    for start in range(0, number, size):
        rows = np.arange(start, min(start + size, number))
        if exact:
            flipped = (rows[:, None] >> np.arange(k)) & 1
        else:
            flipped = generator.integers(0, 2, size=(rows.size, k))
            flipped[rows == 0] = 0
        yield np.where(flipped == 1, -yi, yi), vi


def _orders(
    yi: np.ndarray, vi: np.ndarray, groups: np.ndarray, permutations: int, seed: int, exact: bool
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield blocks of rearranged (effect, variance) pairs; all, or the observed and random ones."""
    k = yi.size
    size = max(1, BLOCK // k)
    if exact:
        orders = _all_orders(groups)
        for start in range(0, len(orders), size):
            block = orders[start : start + size]
            yield yi[block], vi[block]
        return
    generator = np.random.default_rng(seed)
    for start in range(0, permutations, size):
        rows = min(size, permutations - start)
        block = generator.permuted(np.tile(np.arange(k), (rows, 1)), axis=1)
        if start == 0:
            block[0] = np.arange(k)
        yield yi[block], vi[block]


def _all_orders(groups: np.ndarray) -> np.ndarray:
    """Return all distinct orders of studies against sorted rows ``groups``, shape (number, k).

    Studies are dealt to the groups of like rows one group after the other; each partial deal is
    continued by every choice from the studies still free.
    """
    k = groups.size
    taken = np.zeros((1, 0), dtype=np.intp)
    free = np.arange(k, dtype=np.intp)[None, :]
    for alike in np.bincount(groups):
        left = free.shape[1]
        choices = np.array(list(combinations(range(left), int(alike))), dtype=np.intp)
        kept = np.array([sorted(set(range(left)) - set(row)) for row in choices.tolist()])
        kept = kept.reshape(len(choices), left - int(alike)).astype(np.intp)
        chosen, rest = free[:, choices], free[:, kept]
        taken = np.concatenate([np.repeat(taken, len(choices), axis=0), _flat(chosen)], axis=1)
        free = _flat(rest)
    return taken


def _flat(array: np.ndarray) -> np.ndarray:
    return array.reshape(array.shape[0] * array.shape[1], array.shape[2])
