"""Shares of variance: known tables, sums, and what exclusions may not change."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from metaworkbook.models.decomposition import decompose, summarise_multiverse
from metaworkbook.results.multiverse import Choice, Choices, Multiverse, Option

from .tolerances import ROUNDING

GRID = np.array(list(itertools.product(range(2), range(3), range(2))))


def make_multiverse(estimate, low, high, options=GRID, row_set=None, k=None):
    size = len(estimate)
    choices = Choices(
        tuple(
            Choice(f"c{i}", "", tuple(Option(f"o{j}", "") for j in range(3)))
            for i in range(options.shape[1])
        )
    )
    return Multiverse(
        choices=choices, options=options, k=np.full(size, 5) if k is None else k,
        estimate=np.asarray(estimate, float), ci_low=np.asarray(low, float),
        ci_high=np.asarray(high, float), tau2=np.zeros(size),
        row_set=np.arange(size) if row_set is None else row_set, combinations=30, fits=size,
    )  # fmt: skip


def test_additive_choices_take_their_variances():
    a, b = np.array([0.0, 2.0]), np.array([0.0, 1.0, 5.0])
    values = a[GRID[:, 0]] + b[GRID[:, 1]]
    shares, interactions = decompose(values, GRID)
    total = a.var() + b.var()
    assert shares == pytest.approx([a.var() / total, b.var() / total, 0.0], abs=ROUNDING * 1e3)
    assert interactions == pytest.approx(0.0, abs=ROUNDING * 1e3)


def test_what_choices_do_together_is_an_interaction():
    values = (-1.0) ** (GRID[:, 0] + GRID[:, 2])
    shares, interactions = decompose(values, GRID)
    assert shares == pytest.approx([0, 0, 0], abs=1e-9)
    assert interactions == pytest.approx(1.0)


def test_shares_and_interactions_add_up_whatever_was_excluded():
    rng = np.random.default_rng(1)
    kept = rng.random(len(GRID)) < 0.7
    shares, interactions = decompose(rng.normal(size=kept.sum()), GRID[kept])
    assert shares.sum() + interactions == pytest.approx(1.0)
    assert (shares >= -1e-12).all()


def test_the_order_of_choices_does_not_matter():
    values = np.random.default_rng(2).normal(size=len(GRID))[:-2]
    there = decompose(values, GRID[:-2])[0]
    back = decompose(values, GRID[:-2, ::-1])[0]
    assert there == pytest.approx(back[::-1], abs=1e-12)


@pytest.mark.parametrize("values", [[], [0.1], [0.1, 0.1, 0.1]])
def test_no_variance_has_no_shares(values):
    shares, interactions = decompose(np.array(values), GRID[: len(values)])
    assert np.isnan(shares).all()
    assert math.isnan(interactions)


def test_shares_of_signs_are_of_the_estimates():
    estimate = [-0.3, -0.1, 0.2, np.nan]
    low, high = [-0.4, -0.2, 0.1, -np.inf], [-0.2, 0.1, 0.3, 0.0]
    told = summarise_multiverse(
        make_multiverse(estimate, low, high, GRID[:4], row_set=np.array([0, 1, 0, 2]))
    )
    assert (told.combinations, told.excluded, told.run, told.estimated) == (30, 26, 4, 3)
    assert told.negative == pytest.approx(2 / 3)
    assert told.positive == pytest.approx(1 / 3)
    assert told.below == pytest.approx(1 / 3)
    assert told.above == pytest.approx(1 / 3)
    assert (told.lowest, told.median, told.highest) == (-0.3, -0.1, 0.2)
    assert (told.row_sets_run, told.row_sets) == (3, 2)
    assert told.failed == 0


def test_nothing_estimated_leaves_shares_blank_and_failures_counted():
    nothing = np.full(3, np.nan)
    told = summarise_multiverse(
        make_multiverse(nothing, nothing, nothing, GRID[:3], k=np.array([2, 3, 4]))
    )
    assert told.estimated == told.row_sets == 0
    assert math.isnan(told.negative)
    assert told.failed == 2
