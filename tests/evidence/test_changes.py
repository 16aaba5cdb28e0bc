"""Sizes of change: what counts as one, its sign, and controlled apart from uncontrolled."""

from __future__ import annotations

import numpy as np
import pytest

from metaworkbook.evidence.changes import PRE_POST, measure_change, select_changes
from metaworkbook.evidence.descriptions import describe_effects

from .synthetic import Writer


def measure(**cells):
    writer = Writer()
    writer.effect(
        writer.sample(),
        "treatment",
        "avoidance_change",
        1.0,
        **({"contrast": "paired", "control": "uncontrolled", "n": 11} | cells),
    )
    return measure_change(describe_effects(writer.ledger()))


def test_a_printed_d_gets_the_correction_for_small_samples():
    """J(10) = Gamma(5) / (sqrt(5) Gamma(4.5)) = .92275, Hedges (1981)."""
    found = measure(statistic="d", value=0.5)
    assert found["yi"][0] == pytest.approx(0.5 * 0.92275, abs=1e-5)
    d = found["yi"][0]
    expected = [2 * (1 - r) / 11 + d**2 / 22 for r in PRE_POST]
    np.testing.assert_allclose(found["vi"][:, 0], expected)


def test_means_are_divided_by_the_spread_before():
    found = measure(statistic="means", mean1=4.0, mean2=3.0, sd1=5.0, sd2=2.0, detail="means")
    assert found["yi"][0] == pytest.approx(0.5 * 0.92275, abs=1e-5)


def test_the_sign_is_that_of_the_direction_as_analysed():
    found = measure(statistic="d", value=0.5, direction="negative", direction_analysed="negative")
    assert found["yi"][0] < 0


@pytest.mark.parametrize(
    "cells",
    [
        {"statistic": "direction_only"},
        {"statistic": "means", "mean1": 4.0, "mean2": 3.0, "detail": "no spread"},
        {"statistic": "d", "value": 0.5, "n": None},
        {"statistic": "d", "value": 0.5, "contrast": "groups"},
    ],
)
def test_nothing_else_is_a_size(cells):
    assert len(measure(**cells)["yi"]) == 0


def test_changes_are_kept_apart_by_control_and_construct():
    writer = Writer()
    for y in ("avoidance_change", "anxiety_change"):
        writer.effect(writer.sample(), "treatment", y, 1.0, contrast="paired",
                      control="uncontrolled")  # fmt: skip
    writer.effect(writer.sample(), "treatment_vs_control", "avoidance_change", 1.0,
                  contrast="groups", control="controlled")  # fmt: skip
    found = select_changes(writer.ledger())
    assert set(found) == {
        "avoidance_change/uncontrolled", "anxiety_change/uncontrolled",
        "avoidance_change/controlled",
    }  # fmt: skip
    assert found["avoidance_change/controlled"]["signs"]["signs"].tolist() == [1.0]


def test_rows_without_a_sign_are_votes_that_are_not_told():
    writer = Writer()
    writer.effect(writer.sample(), "treatment", "avoidance_change", 0.0, contrast="paired",
                  control="uncontrolled", significance="not_significant")  # fmt: skip
    signs = select_changes(writer.ledger())["avoidance_change/uncontrolled"]["signs"]["signs"]
    assert np.isnan(signs).tolist() == [True]


def test_samples_set_apart_come_in_only_when_all_are_asked_for():
    writer = Writer()
    writer.effect(writer.sample(), "treatment", "avoidance_change", 1.0, contrast="paired",
                  control="uncontrolled")  # fmt: skip
    writer.rows["samples"][0]["set_apart"] = "couples"
    assert select_changes(writer.ledger()) == {}
    assert list(select_changes(writer.ledger(), "all")) == ["avoidance_change/uncontrolled"]
