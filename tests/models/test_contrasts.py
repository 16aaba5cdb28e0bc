"""Differences of two estimates from their intervals: by hand, in the limit, by simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest

from metaworkbook.models.contrasts import absolute, closeness, subtract
from metaworkbook.results.verdicts import Reading

from .tolerances import CLOSED_FORM


def reading(estimate, low, high):
    return Reading("main", "", estimate, low, high)


def test_a_difference_by_hand():
    """0.4 (0.1 to 0.7) less 0.1 (-0.3 to 0.5): half widths 0.3 and 0.4 make 0.5."""
    found = subtract(reading(0.4, 0.1, 0.7), reading(0.1, -0.3, 0.5), shared=False)
    assert (found.estimate, found.ci_low, found.ci_high) == pytest.approx((0.3, -0.2, 0.8))


def test_shared_samples_add_the_half_widths():
    found = subtract(reading(0.4, 0.1, 0.7), reading(0.1, -0.3, 0.5), shared=True)
    assert (found.ci_low, found.ci_high) == pytest.approx((-0.4, 1.0))


def test_a_number_known_exactly_only_shifts():
    found = subtract(reading(0.4, 0.2, 0.5), reading(0.1, 0.1, 0.1), shared=False)
    assert (found.ci_low, found.ci_high) == pytest.approx((0.1, 0.4))


def test_swapping_the_sides_turns_the_interval():
    a, b = reading(0.4, 0.0, 0.5), reading(-0.1, -0.5, 0.2)
    one, other = subtract(a, b, shared=False), subtract(b, a, shared=False)
    assert (one.ci_low, one.ci_high) == pytest.approx((-other.ci_high, -other.ci_low))


def test_open_ends_stay_open_and_closed_ones_still_count():
    found = subtract(reading(math.nan, 0.3, math.inf), reading(0.0, -0.1, 0.1), shared=False)
    assert found.ci_low == pytest.approx(0.2)
    assert found.ci_high == math.inf


def test_the_size_of_an_estimate_folds_at_zero():
    assert absolute(reading(-0.3, -0.5, -0.1)).ci_low == pytest.approx(0.1)
    straddling = absolute(reading(-0.1, -0.4, 0.2))
    assert (straddling.estimate, straddling.ci_low, straddling.ci_high) == (0.1, 0.0, 0.4)


def test_closeness_by_hand():
    found = closeness(reading(0.02, -0.04, 0.08), 0.1)
    assert (found.estimate, found.ci_low, found.ci_high) == pytest.approx((0.08, 0.02, 0.1))


@pytest.mark.parametrize(
    ("low", "high", "side"), [(-0.05, 0.09, 1), (0.11, 0.3, -1), (-0.3, -0.11, -1), (0.05, 0.2, 0)]
)
def test_closeness_lies_above_zero_within_the_margin_and_below_outside(low, high, side):
    found = closeness(reading((low + high) / 2, low, high), 0.1)
    assert (found.ci_low > 0) - (found.ci_high < 0) == side


def test_independent_normal_intervals_keep_their_coverage():
    """4,000 differences: the Monte-Carlo error of .95 is .0035."""
    generator = np.random.default_rng(5)
    q, hits = 1.959963984540054, 0
    for a, b in generator.normal((0.3, 0.1), (0.05, 0.12), (4000, 2)):
        found = subtract(
            reading(a, a - q * 0.05, a + q * 0.05), reading(b, b - q * 0.12, b + q * 0.12), False
        )
        hits += found.ci_low <= 0.2 <= found.ci_high
    assert abs(hits / 4000 - 0.95) < 4 * 0.0035


def test_normal_intervals_give_the_pooled_standard_error():
    q = 1.96
    a, b = (
        reading(0.3, 0.3 - q * 0.03, 0.3 + q * 0.03),
        reading(0.1, 0.1 - q * 0.04, 0.1 + q * 0.04),
    )
    found = subtract(a, b, shared=False)
    assert found.ci_high - found.estimate == pytest.approx(q * 0.05, abs=CLOSED_FORM)
