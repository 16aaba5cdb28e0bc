"""Candidates of the explorer: the page's own pool is what is ticked within its tiers."""

from __future__ import annotations

import numpy as np
import pytest

from metaworkbook.evidence.candidates import list_candidates
from metaworkbook.evidence.ledger import read_ledger
from metaworkbook.evidence.selection import select

QUESTIONS = [
    {"x": "attachment_avoidance", "y": "alliance"},
    {"x": "attachment_avoidance", "y": "outcome"},
    {"x": "attachment_anxiety", "y": "alliance", "rater": "client"},
    {"x": "security", "y": "alliance", "tiers": "A C"},
    {"x": "attachment_anxiety", "y": "alliance", "population": "all"},
]


@pytest.fixture(scope="module")
def ledger():
    """The real evidence."""
    return read_ledger()


@pytest.mark.parametrize("asked", QUESTIONS)
def test_the_ticked_rows_of_the_tiers_are_the_pool(ledger, asked):
    selection = select(ledger, **asked)
    rows = list_candidates(selection)
    tiers = asked.get("tiers", "A C D").split()
    pool = rows[rows["ticked"] & rows["tier"].isin(tiers)]
    assert sorted(pool["effect_id"]) == sorted(selection.rows["effect_id"])
    expected = dict(zip(selection.rows["effect_id"], selection.bounds()["ni"], strict=True))
    assert dict(zip(pool["effect_id"], pool["ni"], strict=True)) == expected


@pytest.mark.parametrize("asked", QUESTIONS)
def test_every_candidate_has_bounds_and_is_no_duplicate(ledger, asked):
    rows = list_candidates(select(ledger, **asked))
    assert not rows["effect_id"].duplicated().any()
    assert (rows["duplicate_of"] == "").all()
    assert (rows["hold_back"] == "").all()
    assert np.isfinite(rows[["lower", "upper", "ni"]].to_numpy(float)).all()
    assert (rows["lower"] <= rows["upper"]).all()


def test_samples_set_apart_are_offered_and_not_ticked(ledger):
    rows = list_candidates(select(ledger, x="attachment_avoidance", y="alliance"))
    apart = rows[rows["set_apart"] != ""]
    assert len(apart)
    assert not apart["ticked"].any()
