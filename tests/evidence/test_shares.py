"""Shares of classes: recovered counts, and which shares may be pooled."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metaworkbook.evidence.shares import (
    NO_COUNT,
    SEVERAL,
    bound_count,
    climb_shares,
    group_shares,
    keep_pooled,
    list_beside,
    list_shares,
    recover_count,
    select_shares,
)

from .synthetic import Writer


@pytest.mark.parametrize(
    ("share", "n", "count"),
    [(0.20, 40, 8), (0.655, 235, 154), (0.592, 103, 61), (1.0, 12, 12), (0.0, 12, 0)],
)
def test_counts_that_only_one_whole_number_explains_are_recovered(share, n, count):
    assert recover_count(share, n) == count


@pytest.mark.parametrize(("share", "n"), [(0.358, 4095), (0.33, 59), (0.5, math.nan)])
def test_other_counts_are_not_guessed(share, n):
    assert math.isnan(recover_count(share, n))


def test_a_share_that_no_count_explains_has_an_empty_range():
    low, high = bound_count(0.33, 59)
    assert low > high


@given(st.integers(1, 400), st.data())
def test_the_true_count_always_lies_between_the_bounds(n, data):
    count = data.draw(st.integers(0, n))
    for decimals in (2, 3):
        low, high = bound_count(round(count / n, decimals), n)
        assert low <= count <= high


@given(st.integers(1, 99), st.data())
def test_below_a_hundred_persons_a_percentage_tells_the_count(n, data):
    count = data.draw(st.integers(0, n))
    low, high = bound_count(round(count / n, 2), n)
    assert high - low <= 1


def filled() -> Writer:
    writer = Writer()
    writer.share("dismissing", "four_way", "clinical", 8, 40)
    writer.share("dismissing", "four_way", "non_clinical", 6, 60)
    writer.share("dismissing", "three_way", "clinical", 21, 41)
    writer.share("dismissing", "self_report", "clinical", 30, 100)
    return writer


def test_shares_are_pooled_within_one_coding_system_only():
    shares = list_shares(filled().ledger())
    assert select_shares(shares, "dismissing", "four_way")["count"].tolist() == [8, 6]
    assert set(group_shares(shares)) == {
        "four_way/dismissing/clinical", "four_way/dismissing/non_clinical",
        "three_way/dismissing/clinical", "self_report/dismissing/clinical",
    }  # fmt: skip


def test_each_share_left_out_has_its_reason():
    writer = filled()
    shares, effects = writer.rows["shares"], writer.rows["effects"]
    shares[0].update(count=None, n=None)
    effects[1]["group"] = None
    effects[2]["hold_back"] = "misread"
    shares[3].update(count=None, share=0.358, n=4095)
    assert list_shares(writer.ledger())["reason"].tolist() == [
        "no number of persons", "group not told", "held back: misread", SEVERAL,
    ]  # fmt: skip
    shares[3].update(share=0.33, n=59)
    assert list_shares(writer.ledger())["reason"].tolist()[3] == NO_COUNT


def test_nearest_counts_come_in_only_when_asked_for():
    writer = Writer()
    writer.share("dismissing", "self_report", "clinical", 1466, 4095)
    writer.rows["shares"][0].update(count=None, share=0.358)
    shares = list_shares(writer.ledger())
    assert group_shares(shares) == {}
    found = group_shares(shares, rounded=True)["self_report/dismissing/clinical"]
    assert found["events"].tolist() == [1466]


def test_a_sample_with_two_reports_counts_once():
    writer = filled()
    for row in writer.rows["effects"][:2]:
        row.update(sample_id="s1", group="clinical")
    shares = list_shares(writer.ledger())
    assert len(select_shares(shares, "dismissing", "four_way")) == 1


def test_the_thesis_and_reviews_stand_beside_and_never_in_the_pools(real_ledger):
    shares = list_shares(real_ledger)
    beside = list_beside(real_ledger, shares)
    thesis = beside[beside["told_by"] == "thesis"]
    # A share of those who got better is none of a class.
    assert set(thesis["share"]) == {0.26, 0.15}
    assert thesis["reason"].ne("").all()
    assert (beside["told_by"] == "review").any()
    pooled = {study for study in shares.loc[shares["reason"] == "", "study_id"]}
    assert not pooled & {"vanijzendoorn1996", "fonagy1996", "bakermans2009"}


def test_the_ladder_counts_samples_from_what_was_read_to_what_was_pooled():
    writer = filled()
    writer.rows["shares"][0].update(count=None, n=None)
    shares = list_shares(writer.ledger())
    groups = group_shares(shares)
    pooled = keep_pooled(groups, dict.fromkeys(groups) | {"self_report/dismissing/clinical": 1})
    ladder = climb_shares(shares, pooled).set_index("step")
    assert ladder["samples"].to_dict() == {
        "read": 4, "with persons": 3, "with a count": 3, "in this pool": 1,
    }  # fmt: skip
    assert ladder.loc["in this pool", "persons"] == 100
