"""Second-order pooling: by hand, its limits, and the checks of printed intervals."""

from __future__ import annotations

import numpy as np
import pytest

from metaworkbook.errors import InputError
from metaworkbook.models.reviews import (
    RHOS,
    check_intervals,
    pool_reviews,
    standard_errors,
    sweep_published,
)

from .tolerances import CLOSED_FORM

NAN = np.nan
#: The normal quantile of a 95 % interval, to the digits of tables.
Q = 1.959963984540054


def test_errors_come_from_the_interval_then_from_print_then_from_numbers():
    found = standard_errors(
        low=[0.1, NAN, NAN, NAN], high=[0.3, NAN, NAN, NAN], se=[0.5, 0.04, NAN, NAN],
        k=[10, 10, 10, NAN], n=[430, 430, 430, 500],
    )  # fmt: skip
    assert found.source.tolist() == ["interval", "printed", "derived", ""]
    np.testing.assert_allclose(found.se[:3], [0.1 / Q, 0.04, 0.05], atol=CLOSED_FORM)
    assert np.isnan(found.se[3])


def test_ends_in_descending_order_give_the_same_error():
    up = standard_errors([0.1], [0.3], [NAN], [NAN], [NAN])
    down = standard_errors([0.3], [0.1], [NAN], [NAN], [NAN])
    assert up.se[0] == down.se[0]


def test_too_few_persons_for_their_studies_give_no_error():
    assert standard_errors([NAN], [NAN], [NAN], [100], [200]).source[0] == ""


def test_an_interval_around_its_estimate_fits():
    z, se = np.arctanh(0.28), 1.5 / np.sqrt(1000 - 30)
    found = check_intervals([z], [z - Q * se], [z + Q * se], [10], [1000])
    assert found.fits[0]
    assert found.order[0]
    assert found.wide_enough[0]
    assert found.inflation[0] == pytest.approx(1.5, abs=CLOSED_FORM)


def test_an_interval_symmetric_in_r_fits_too():
    r = np.array([0.7])
    found = check_intervals(np.arctanh(r), np.arctanh(r - 0.2), np.arctanh(r + 0.2), [NAN], [NAN])
    assert found.fits[0]


def test_an_estimate_far_from_the_middle_does_not_fit():
    found = check_intervals([0.1], [0.2], [0.4], [NAN], [NAN])
    assert not found.fits[0]


def test_an_interval_narrower_than_so_many_persons_allow_is_flagged():
    found = check_intervals([0.2], [0.19], [0.21], [5], [115])
    assert not found.wide_enough[0]


def test_nothing_printed_is_no_oddity():
    found = check_intervals([0.2], [NAN], [NAN], [5], [115])
    assert found.fits[0]
    assert found.order[0]
    assert found.wide_enough[0]
    assert np.isnan(found.se[0])


def test_descending_ends_are_told():
    assert not check_intervals([0.2], [0.3], [0.1], [NAN], [NAN]).order[0]


def test_one_synthesis_speaks_with_its_own_interval():
    found = pool_reviews([0.3], [0.02], ["adults"])
    assert found.pooled.estimate == pytest.approx(0.3, abs=CLOSED_FORM)
    assert found.pooled.ci_low == pytest.approx(0.3 - Q * 0.02, abs=CLOSED_FORM)


def test_two_kinds_of_therapy_stand_side_by_side():
    found = pool_reviews([0.3, 0.2], [0.02, 0.03], ["adults", "youth"])
    assert found.pooled is None
    assert found.clusters == 2
    np.testing.assert_allclose(found.composites, [0.3, 0.2])


def test_overlapping_syntheses_by_hand():
    """Equal errors s at rho: the mean with variance s^2 (1 + rho) / 2."""
    found = pool_reviews([0.2, 0.4], [0.1, 0.1], ["adults", "adults"], rho=0.5)
    assert found.pooled.estimate == pytest.approx(0.3, abs=CLOSED_FORM)
    assert found.composite_se[0] == pytest.approx(0.1 * np.sqrt(0.75), abs=CLOSED_FORM)


def test_a_larger_synthesis_outweighs_the_smaller_one_that_it_shares_studies_with():
    """Errors .1 and .2 at rho = .5 have covariance .005: weights 7/8 and 1/8, variance the
    determinant over the sum of the unnormed weights .035 and .005."""
    found = pool_reviews([0.2, 0.4], [0.1, 0.2], ["adults", "adults"], rho=0.5)
    assert found.pooled.estimate == pytest.approx(0.225, abs=CLOSED_FORM)
    variance = (0.01 * 0.04 - 0.005**2) / 0.04
    assert found.composite_se[0] == pytest.approx(np.sqrt(variance), abs=CLOSED_FORM)


@pytest.mark.parametrize("rho", RHOS)
def test_a_composite_lies_among_its_syntheses(rho):
    found = pool_reviews([0.29, 0.27, 0.2], [0.012, 0.036, 0.09], ["adults"] * 3, rho)
    assert 0.2 < found.pooled.estimate < 0.29


def test_an_overlap_of_one_is_refused():
    with pytest.raises(InputError, match="rho"):
        pool_reviews([0.3, 0.3], [0.05, 0.05], ["adults", "adults"], rho=1)


def test_near_full_overlap_a_second_synthesis_adds_nothing():
    one = pool_reviews([0.3], [0.05], ["adults"])
    two = pool_reviews([0.3, 0.3], [0.05, 0.05], ["adults", "adults"], rho=0.999999)
    assert two.composite_se[0] == pytest.approx(one.composite_se[0], abs=1e-6)


def test_overlap_never_narrows_equal_errors():
    told = {"estimate": np.array([0.2, 0.3]), "low": np.array([0.1, 0.2]),
            "high": np.array([0.3, 0.4]), "se": np.full(2, NAN), "k": np.full(2, NAN),
            "n": np.full(2, NAN), "cluster": np.array(["a", "a"], dtype=object)}  # fmt: skip
    swept = sweep_published({"x": told})["x"]
    widths = [swept[f"{rho:g}"].pooled.se for rho in RHOS]
    assert widths == sorted(widths)


def test_estimates_without_an_error_do_not_enter():
    found = pool_reviews([0.3, 0.9], [0.02, NAN], ["adults", "adults"])
    assert found.reviews == 1
    assert found.pooled.estimate == pytest.approx(0.3, abs=CLOSED_FORM)
    assert pool_reviews([0.9], [NAN], ["adults"]).pooled is None


def test_three_kinds_are_pooled_by_random_effects_with_the_wider_interval():
    found = pool_reviews([0.1, 0.2, 0.3], [0.01, 0.01, 0.01], ["a", "b", "c"])
    assert found.pooled.tau2 > 0
    assert found.pooled.ci_high - found.pooled.ci_low > 2 * Q * 0.01 / np.sqrt(3)


def test_arrays_of_different_length_are_refused():
    with pytest.raises(InputError):
        standard_errors([0.1], [0.2, 0.3], [NAN], [1], [2])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"se": [0.0, 0.1]}, "se: found 0 at position 0"),
        ({"se": [0.1, -0.1]}, "se: found -0.1 at position 1"),
        ({"se": [0.1, 1e-200]}, "se: found 1e-200"),
        ({"se": [0.1, np.inf]}, "se: found inf"),
        ({"se": ["0.1", "0.2"]}, "se: found values of type"),
        ({"estimate": [np.inf, 0.2]}, "estimate: found inf at position 0"),
        ({"estimate": [0.2]}, "estimate, se: allowed"),
        ({"cluster": ["a"]}, "cluster: found an array of shape"),
        ({"cluster": ["a", NAN]}, "cluster: found nan"),
        ({"rho": "0.6"}, "rho: found '0.6'"),
        ({"derived": -1}, "derived: found -1"),
        ({"level": 95}, "level: found 95"),
    ],
)
def test_unusable_reviews_are_refused(change, words):
    told = {"estimate": [0.2, 0.3], "se": [0.1, 0.1], "cluster": ["a", "a"]} | change
    with pytest.raises(InputError, match=words):
        pool_reviews(**told)


@pytest.mark.parametrize("function", [standard_errors, check_intervals])
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"k": [-3]}, "k: found -3 at position 0"),
        ({"k": [np.inf]}, "k: found inf"),
        ({"n": [0]}, "n: found 0"),
        ({"low": ["a"]}, "low: found values of type"),
        ({"low": [[0.1]]}, "one-dimensional"),
        ({"level": 0}, "level: found 0"),
    ],
)
def test_unusable_print_is_refused(function, change, words):
    first = {"se": [0.1]} if function is standard_errors else {"estimate": [0.2]}
    with pytest.raises(InputError, match=words):
        function(**(first | {"low": [0.1], "high": [0.3], "k": [3], "n": [90]} | change))


def test_a_negative_error_is_refused_and_none_is_told_by_zero():
    with pytest.raises(InputError, match=r"se: found -0\.1"):
        standard_errors([NAN], [NAN], [-0.1], [10], [430])
    assert standard_errors([NAN], [NAN], [0.0], [10], [430]).source[0] == "derived"


def test_intervals_so_wide_that_r_is_one_at_both_ends():
    found = check_intervals([0.0, 1.0], [-40.0, -400.0], [40.0, 400.0], [NAN] * 2, [NAN] * 2)
    assert found.fits.all()
    assert found.se[0] == pytest.approx(40 / Q, abs=1e-9)
