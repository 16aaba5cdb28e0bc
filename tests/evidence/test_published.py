"""Published estimates as arrays: scale, polarity, grouping, and our rows on the same question."""

from __future__ import annotations

import numpy as np
import pytest

from metaworkbook.evidence.published import (
    bound_matched,
    group_published,
    list_matched,
    match_published,
    review_arrays,
    select_published,
)

from .synthetic import Writer


def published(*rows):
    writer = Writer()
    for x, y, r, cells in rows:
        writer.review(x, y, r, **cells)
    return writer


def test_correlations_become_fisher_z_and_differences_become_correlations_first():
    writer = published(
        ("alliance_total", "outcome_other", 0.3, {}),
        ("alliance_total", "outcome_other", 0.46, {"statistic": "d", "ci_low": None,
                                                   "ci_high": None}),
    )  # fmt: skip
    told = review_arrays(select_published(writer.ledger(), "alliance", "outcome"))
    by_review = dict(zip(told["review"], told["estimate"], strict=True))
    assert by_review["review1-01"] == pytest.approx(np.arctanh(0.3))
    assert by_review["review2-01"] == pytest.approx(np.arctanh(0.46 / np.sqrt(0.46**2 + 4)))


def test_a_reversed_scale_turns_estimate_and_interval():
    writer = published(("alliance_total", "outcome_symptoms", -0.2, {"y_scored_as": "reversed"}))
    told = review_arrays(select_published(writer.ledger(), "alliance", "outcome"))
    assert told["estimate"][0] == pytest.approx(np.arctanh(0.2))
    assert told["low"][0] < told["estimate"][0] < told["high"][0]


def test_superseded_held_back_and_wordy_rows_stay_out():
    writer = published(
        ("alliance_total", "outcome_other", 0.3, {"superseded_by": "review2-01"}),
        ("alliance_total", "outcome_other", 0.2, {}),
        ("alliance_total", "outcome_other", 0.1, {"hold_back": "part of another"}),
        ("alliance_total", "outcome_other", 0.1, {"statistic": "direction_only"}),
    )
    rows = select_published(writer.ledger(), "alliance", "outcome")
    assert rows["review_id"].tolist() == ["review2-01"]


def test_groups_never_mix_predictors():
    writer = published(
        ("alliance_total", "outcome_other", 0.3, {"modality": "youth"}),
        ("alliance_total", "outcome_other", 0.2, {"modality": "group"}),
        ("alliance_bond", "outcome_other", 0.1, {"modality": "group"}),
    )
    groups = group_published(select_published(writer.ledger(), "alliance", "outcome"))
    assert set(groups) == {
        "alliance_total", "alliance_bond", "alliance_total/modality/youth",
        "alliance_total/modality/group",
    }  # fmt: skip
    assert len(groups["alliance_total"]["estimate"]) == 2


def test_our_rows_are_matched_on_the_rater_of_the_review():
    writer = published(
        ("attachment_avoidance", "alliance_total", -0.1, {"rater": "client"}),
        ("attachment_avoidance", "alliance_total", -0.1, {"rater": "therapist"}),
    )
    writer.effect(writer.sample(), "attachment_avoidance", "alliance_bond", -1.0, statistic="r",
                  value=-0.2, y_rater="client")  # fmt: skip
    ledger = writer.ledger()
    found = bound_matched(
        match_published(ledger, select_published(ledger, "attachment_avoidance", "alliance"))
    )
    assert set(found) == {"review1-01"}
    assert found["review1-01"]["lower"].tolist() == [-0.2]


def test_the_persons_of_an_upper_bound_are_no_number():
    writer = published(("alliance_total", "outcome_other", 0.3, {"n_total": 900,
                                                                 "n_relation": "<"}))  # fmt: skip
    told = review_arrays(select_published(writer.ledger(), "alliance", "outcome"))
    assert np.isnan(told["n"][0])


def test_the_rows_matched_are_listed_once_and_none_give_nothing():
    writer = published(
        ("attachment_avoidance", "alliance_total", -0.1, {"rater": "client"}),
        ("attachment_avoidance", "alliance_total", -0.2, {}),
    )
    writer.effect(writer.sample(), "attachment_avoidance", "alliance_bond", -1.0, statistic="r",
                  value=-0.2, y_rater="client")  # fmt: skip
    ledger = writer.ledger()
    rows = select_published(ledger, "attachment_avoidance", "alliance")
    matched = match_published(ledger, rows)
    assert len(matched) == 2
    entered = ledger.tables["effects"]["effect_id"].tolist()
    assert list_matched(matched) == {"entered": entered, "left_out": []}
    assert list_matched({}) == {}
