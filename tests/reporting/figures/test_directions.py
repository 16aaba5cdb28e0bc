from __future__ import annotations

import re

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


def test_heads_say_what_a_direction_means(several):
    shown = directions.draw_directions(several, "p", "attachment_change").html("nb")
    assert ">mindre trygg<" in shown
    assert ">tryggere<" in shown
    assert ">positiv<" in directions.draw_directions(several, "p").html("nb")


def test_one_sample_is_told_in_the_singular(several):
    assert "1 sample: " in directions.draw_directions(several.iloc[[0]], "p").html("en")


def test_many_samples_are_counted(several):
    """One row a sample would make a picture that no program opens."""
    many = several.iloc[[0] * 90 + [3] * 60 + [4] * 2600].assign(
        sample_id=[f"s{number}" for number in range(2750)],
        confidence=["high"] * 50 + ["low"] * 100 + ["medium"] * 2600,
    )
    shown = directions.draw_directions(many, "p").html("nb")
    assert "2750 utvalg" in shown
    for mark in ("negative-high", "negative-low", "positive-low", "none-medium"):
        assert f"votes-{mark}" in shown
    assert "votes-positive-high" not in shown
    assert float(re.search(r'viewBox="0 0 [\d.]+ ([\d.]+)"', shown)[1]) < 200
    for count in ("90", "60", "2\u00a0600"):
        assert f">{count}<" in shown
