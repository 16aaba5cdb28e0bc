"""Sign test and combined p: by hand, scipy, and every assignment of the unsigned."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from metaworkbook.errors import InputError
from metaworkbook.models.directions import combine_p, combine_samples, sign_test

from .tolerances import ROUNDING

#: z of 1.959964 and the like are quoted with six decimals in the arithmetic by hand.
BY_HAND = 1e-6


class TestSignTest:
    def test_by_hand(self):
        # 2 (1 + 6) / 2^6 with 5 against 1; the bounds over 7:1, 6:2 and 5:3 of 8 votes.
        found = sign_test([-1, -1, -1, -1, -1, 1, 0, np.nan])
        assert found.p_value == pytest.approx(14 / 64, abs=ROUNDING)
        assert (found.k_negative, found.k_positive, found.k_unsigned) == (5, 1, 2)
        assert found.p_low == pytest.approx(18 / 256, abs=ROUNDING)
        assert found.p_high == pytest.approx(186 / 256, abs=ROUNDING)

    @pytest.mark.parametrize("k", range(1, 21))
    def test_against_scipy(self, k):
        for negative in range(k + 1):
            found = sign_test([-1] * negative + [1] * (k - negative))
            expected = stats.binomtest(negative, k).pvalue
            assert found.p_value == pytest.approx(expected, abs=ROUNDING)
            assert found.p_low == found.p_value == found.p_high

    @pytest.mark.parametrize(
        ("negative", "positive", "unsigned"), [(3, 1, 4), (0, 6, 3), (2, 2, 5)]
    )
    def test_bounds_over_every_assignment(self, negative, positive, unsigned):
        signs = [-1] * negative + [1] * positive
        found = sign_test(signs + [0] * unsigned)
        every = [
            stats.binomtest(signs.count(-1) + votes.count(-1), len(signs) + unsigned).pvalue
            for votes in itertools.product([-1, 1], repeat=unsigned)
        ]
        assert found.p_low == pytest.approx(min(every), abs=ROUNDING)
        assert found.p_high == pytest.approx(max(every), abs=ROUNDING)

    def test_one_vote_a_sample(self):
        signs = [-1, -1, -1, -1, 1, 1, -1]
        labels = ["a", "a", "a", "a", "b", "c", "d"]
        found = sign_test(signs, labels)
        assert (found.k_negative, found.k_positive, found.k_unsigned) == (2, 2, 0)

    def test_the_majority_of_signed_rows_decides(self):
        found = sign_test([-1, -1, 1, 0, 1, np.nan, 0], ["a", "a", "a", "a", "b", "b", "b"])
        assert (found.k_negative, found.k_positive, found.k_unsigned) == (1, 1, 0)

    def test_a_tie_within_a_sample_is_unsigned(self):
        found = sign_test([-1, 1, -1, 0], ["a", "a", "b", "c"])
        assert (found.k_negative, found.k_positive, found.k_unsigned) == (1, 0, 2)

    def test_without_any_sign(self):
        found = sign_test([0, np.nan, 0])
        assert (found.p_value, found.k_unsigned) == (1, 3)
        assert found.p_low == pytest.approx(0.25, abs=ROUNDING)
        assert found.p_high == 1

    def test_without_any_result(self):
        found = sign_test([])
        assert (found.p_value, found.p_low, found.p_high) == (1, 1, 1)
        assert (found.k_negative, found.k_positive, found.k_unsigned) == (0, 0, 0)

    def test_mirrored_and_reordered(self):
        signs, labels = np.array([-1, -1, 1, 0, -1, -1]), np.array(list("aabcde"))
        found, mirrored = sign_test(signs, labels), sign_test(-signs, labels)
        assert (mirrored.k_negative, mirrored.k_positive) == (found.k_positive, found.k_negative)
        assert (mirrored.p_value, mirrored.p_low) == (found.p_value, found.p_low)
        order = [3, 5, 0, 2, 1, 4]
        assert sign_test(signs[order], labels[order]) == found

    def test_many_samples(self):
        assert sign_test([-1] * 300).p_value == pytest.approx(2.0**-299, rel=1e-12)

    @pytest.mark.parametrize(
        ("signs", "cluster", "message"),
        [
            ([[1, -1]], None, r"shape \(1, 2\)"),
            ([1, 2, -0.5], None, "2 in row 1, -0.5 in row 2"),
            ([1, np.inf], None, "inf in row 1"),
            (["negative"], None, "signs: found values of type"),
            ([1, -1], ["a"], "one label a row"),
            ([1, -1], ["a", None], "None in row 1"),
        ],
    )
    def test_errors(self, signs, cluster, message):
        with pytest.raises(InputError, match=message):
            sign_test(signs, cluster)


class TestCombineP:
    def test_by_hand(self):
        found = combine_p([0.05, 0.05], [-1, -1])
        assert found.z == pytest.approx(-2 * 1.959964 / math.sqrt(2), abs=BY_HAND)
        assert found.p_value == pytest.approx(0.005575, abs=BY_HAND)
        assert found.k == 2

    def test_opposite_signs_cancel(self):
        found = combine_p([0.05, 0.05], [-1, 1])
        assert found.z == pytest.approx(0, abs=ROUNDING)
        assert found.p_value == pytest.approx(1, abs=ROUNDING)

    @pytest.mark.parametrize("p", [1.0, 0.4, 0.03, 1e-12, 1e-300])
    @pytest.mark.parametrize("sign", [-1, 1])
    def test_one_comes_back(self, p, sign):
        found = combine_p([p], [sign])
        assert found.p_value == pytest.approx(p, rel=1e-9)
        assert p == 1 or np.sign(found.z) == sign

    def test_weights_are_those_of_liptak(self):
        p, sign, weights = np.array([0.2, 0.01, 0.6]), np.array([1, -1, -1]), np.sqrt([30, 90, 60])
        z = sign * stats.norm.isf(p / 2)
        expected = (weights * z).sum() / math.sqrt((weights**2).sum())
        assert combine_p(p, sign, weights).z == pytest.approx(expected, abs=ROUNDING)
        assert combine_p(p, sign, 1e-200 * weights).z == pytest.approx(expected, abs=ROUNDING)

    def test_against_scipy(self):
        p = np.array([0.2, 0.01, 0.6, 0.04])
        expected = stats.combine_pvalues(p / 2, method="stouffer", weights=[1, 2, 3, 4])
        found = combine_p(p, np.ones(4), [1, 2, 3, 4])
        assert found.z == pytest.approx(expected.statistic, abs=ROUNDING)
        assert found.p_value == pytest.approx(2 * expected.pvalue, abs=ROUNDING)

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (([], []), "p: found no value"),
            (([0.1], [1, 1]), "found 1, 2 and 1 values"),
            (([0.1, 0.0], [1, 1]), "p: found 0 in row 1"),
            (([0.1, 1.5], [1, 1]), "p: found 1.5 in row 1"),
            (([0.1, np.nan], [1, 1]), "nan at position 1"),
            (([0.1, 0.2], [1, 0]), "sign: found 0 in row 1"),
            (([0.1, 0.2], [1, 1], [1, 0]), "weights: found 0 in row 1"),
            (([0.1, 5e-324], [1, -1]), "p: found .* in row 1; allowed: from 1e-300 to 1"),
            (([0.1, 0.2], [1, 1], [1e-300, 1e300]), "weights: found 1e-300 in row 0"),
            (([0.1, 0.2], [1, 1], [1]), "found 2, 2 and 1 values"),
        ],
    )
    def test_errors(self, arguments, message):
        with pytest.raises(InputError, match=message):
            combine_p(*arguments)


def test_one_sample_alone_has_no_p_to_combine_with():
    assert combine_samples([0.05], [-1]) is None
    assert combine_samples([0.05, 0.05], [-1, -1]).z == pytest.approx(-2.7718, abs=1e-4)
