"""Which samples hold the ends: the first-order moves against leaving each out."""

from __future__ import annotations

import numpy as np

from metaworkbook.models import censored_influence
from metaworkbook.models.censored import leave_one_cluster_out, pool_censored
from metaworkbook.models.censored_influence import (
    choose_farthest,
    choose_left_out,
    measure_pulls,
)

from .test_censored import draw_many


def test_pulls_are_what_leaving_out_does():
    rows = draw_many(80, 2)
    whole = pool_censored(**rows, posterior=False)
    without = leave_one_cluster_out(**rows, posterior=False)
    moved = np.array([[w.ci_low - whole.ci_low, w.ci_high - whole.ci_high] for w in without])
    pulls = measure_pulls(whole, **rows)
    assert pulls.shape == (80, 2)
    # First order: what is left is of the size of the square, a twentieth of the largest.
    assert np.abs(pulls - moved).max() < 0.05 * np.abs(moved).max()
    assert (pulls.argmax(axis=0) == moved.argmax(axis=0)).all()
    assert (pulls.argmin(axis=0) == moved.argmin(axis=0)).all()


def test_the_farthest_are_chosen_for_both_ends_and_both_ways(monkeypatch):
    monkeypatch.setattr(censored_influence, "FARTHEST", 1)
    pulls = np.array([[0.0, 3.0], [-2.0, 0.1], [0.1, 0.2], [4.0, 0.0], [0.0, -1.0]])
    assert choose_farthest(pulls) == [0, 1, 3, 4]


def test_all_are_left_out_where_they_are_few_or_nothing_is_bounded(monkeypatch):
    rows = draw_many(12, 3) | {"outside": np.zeros(18, dtype=bool)}
    whole = pool_censored(**rows, posterior=False)
    assert choose_left_out(whole, **rows) == list(range(12))
    monkeypatch.setattr(censored_influence, "ALL", 11)
    monkeypatch.setattr(censored_influence, "FARTHEST", 1)
    assert len(choose_left_out(whole, **rows)) <= 4
    assert choose_left_out(None, **rows) == list(range(12))
    upward = {"lower": np.zeros(3), "upper": np.ones(3), "ni": np.full(3, 40.0)}
    upward |= {"outside": np.zeros(3, dtype=bool), "cluster": np.arange(3)}
    monkeypatch.setattr(censored_influence, "ALL", 2)
    assert choose_left_out(pool_censored(**upward, posterior=False), **upward) == [0, 1, 2]
