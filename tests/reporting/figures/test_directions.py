from __future__ import annotations

import pytest

from metaworkbook.reporting.figures import directions


@pytest.fixture
def several(rows):
    rows["sample_id"] = ["s1", "s1", "s1", "s2", "s3"]
    rows["direction_analysed"] = ["negative", "negative", "positive", "positive", "none"]
    return rows


def test_a_sample_votes_once_by_majority(several):
    votes = directions.vote_by_sample(several)
    assert votes["direction"].to_dict() == {"s1": "negative", "s2": "positive", "s3": "none"}


def test_a_tie_tells_no_sign(several):
    votes = directions.vote_by_sample(several.iloc[[0, 2]])
    assert votes["direction"].tolist() == ["none"]


def test_plot_has_one_mark_a_sample_and_counts_them_in_words(several):
    shown = directions.draw_directions(several, "p").html("en")
    assert "3 samples: 1 negative, 1 positive, 1 without a direction." in shown
