"""Bounds under another reading of "significant", and what widening lets back in."""

from __future__ import annotations

import numpy as np
import pytest

from metaworkbook.evidence.conversions import critical_r
from metaworkbook.evidence.descriptions import describe_effects
from metaworkbook.evidence.propositions import Ask
from metaworkbook.evidence.rows import bound_one_sided, list_signed_p, select_part, widen

from .synthetic import Writer

ASK = Ask("a part", "synthesis", "attachment_avoidance", "alliance", "negative")


def selected(writer, ask=ASK):
    ledger = writer.ledger()
    return select_part(ledger, describe_effects(ledger), ask)


def one_row(**cells) -> Writer:
    writer = Writer()
    writer.effect(writer.sample(), "attachment_avoidance", "alliance_total", -1.0, **cells)
    return writer


def test_a_significant_row_without_a_level_reaches_nearer_to_zero():
    found = bound_one_sided(selected(one_row(significance="significant", n=100)))
    assert found["lower"][0] == -1
    assert found["upper"][0] == pytest.approx(-float(critical_r(100, 0.10)))


def test_a_row_that_is_not_significant_reaches_less_far():
    found = bound_one_sided(selected(one_row(significance="not_significant", n=100)))
    assert found["upper"][0] == 0
    assert found["lower"][0] == pytest.approx(-float(critical_r(100, 0.10)))


@pytest.mark.parametrize(
    "cells",
    [
        {"significance": "significant", "level": 0.01},
        {"significance": "not_stated"},
        {"statistic": "r", "value": -0.3},
    ],
)
def test_rows_that_do_not_rest_on_the_assumption_stay_as_they_are(cells):
    assert bound_one_sided(selected(one_row(**cells))) is None


def test_widening_lets_in_other_tiers_and_untold_signs_and_nothing_filtered():
    writer = one_row(statistic="r", value=-0.3)
    writer.effect(writer.sample(), "attachment_avoidance", "alliance_total", -1.0,
                  contrast="adjusted", significance="significant")  # fmt: skip
    writer.effect(writer.sample(), "attachment_avoidance", "alliance_total", 0.0,
                  contrast="omnibus")  # fmt: skip
    writer.effect(writer.sample(), "attachment_avoidance", "alliance_total", -1.0,
                  hold_back="misread")  # fmt: skip
    found = selected(writer)
    wide = widen(found, ASK)
    assert (len(found.rows), len(wide.rows)) == (1, 3)
    signs = wide.signs()["signs"]
    assert np.isnan(signs).sum() == 1
    assert wide.left_out["reason"].str.startswith("held back").all()


def test_a_further_column_keeps_only_its_values_and_says_why():
    writer = Writer()
    for family in ("cbt", "psychodynamic", None):
        writer.effect(writer.sample(treatment_family=family), "attachment_avoidance",
                      "alliance_total", -1.0, statistic="r", value=-0.3)  # fmt: skip
    ask = Ask("a part", "synthesis", "attachment_avoidance", "alliance", "negative",
              where={"treatment_family": ("cbt",)})  # fmt: skip
    found = selected(writer, ask)
    assert len(found.rows) == 1
    assert sorted(found.left_out["reason"]) == [
        "asked for another: treatment family not told",
        "asked for another: treatment family psychodynamic",
    ]
    assert len(widen(found, ask).rows) == 1


def test_each_sample_gives_its_largest_exact_p_with_its_sign():
    writer = Writer()
    first, second = writer.sample(), writer.sample()
    for sample, sign, p, relation in (
        (first, -1.0, 0.01, "="), (first, 1.0, 0.20, "="), (second, -1.0, 0.03, "="),
        (second, -1.0, 0.5, "<"), (writer.sample(), 0.0, 0.4, "="),
    ):  # fmt: skip
        writer.effect(sample, "attachment_avoidance", "alliance_total", sign, statistic="p_only",
                      p_value=p, p_relation=relation, p_reported=f"{relation} {p}")  # fmt: skip
    ledger = writer.ledger()
    found = widen(select_part(ledger, describe_effects(ledger), ASK), ASK)
    told = list_signed_p(found)
    assert dict(zip(told["p"], told["sign"], strict=True)) == {0.20: 1.0, 0.03: -1.0}
    assert told["weights"] == pytest.approx(np.sqrt([300, 300]))
