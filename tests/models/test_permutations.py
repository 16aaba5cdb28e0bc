"""Permutation tests: metafor's exact p-values, enumeration by a loop, seeds, limits."""

from __future__ import annotations

from itertools import permutations as orders
from itertools import product

import numpy as np
import pytest

from metaworkbook.errors import InputError
from metaworkbook.models.moderators import code_categorical, meta_regression, permutation_test
from metaworkbook.models.permutations import TIE

from . import references
from .tolerances import ROUNDING

#: The first six BCG trials.
YI, VI = (np.array(references.load("bcg")[name][:6]) for name in ("yi", "vi"))
DESIGNS = {
    "linear": np.column_stack([np.ones(6), np.linspace(-1, -1 / 6, 6)]),
    "factor": code_categorical(["a", "a", "b", "b", "c", "c"])[0],
    "mean": np.ones((6, 1)),
}
#: metafor 3.8-1, permutest(rma(yi, vi, mods, test), exact=TRUE), tau2 to 1e-12: coefficients, QM.
METAFOR = {
    ("linear", "wald"): [0.7416666667, 0.3666666667, 0.3666666667],
    ("linear", "knapp-hartung"): [0.7388888889, 0.3694444444, 0.3694444444],
    ("factor", "wald"): [0.3555555556, 0.8888888889, 0.2888888889, 0.2666666667],
    ("factor", "knapp-hartung"): [0.2888888889, 0.8666666667, 0.2888888889, 0.3333333333],
    ("mean", "wald"): [0.03125, 0.03125],
    ("mean", "knapp-hartung"): [0.03125, 0.03125],
}
#: Distinct arrangements: 6!, 6!/(2! 2! 2!), 2^6.
NUMBER = {"linear": 720, "factor": 90, "mean": 64}
#: metafor's values above are given to ten digits.
PRINTED = 1e-9


class TestExact:
    @pytest.mark.parametrize(("design", "ci"), METAFOR)
    def test_metafor(self, design, ci):
        found = permutation_test(YI, VI, DESIGNS[design], ci=ci)
        assert [*found.p_value, found.qm_p] == pytest.approx(METAFOR[design, ci], abs=PRINTED)
        assert found.exact
        assert found.permutations == NUMBER[design]

    @pytest.mark.parametrize("ci", ["wald", "knapp-hartung", "knapp-hartung-conservative"])
    def test_a_loop_over_all_orders(self, ci):
        yi, vi, X = YI[:5], VI[:5], DESIGNS["linear"][:5]

        def statistic(order):
            fit = meta_regression(yi, vi, X[list(order)], method="DL", ci=ci)
            return np.append(np.abs(fit.estimate / fit.se), fit.qm)

        observed = statistic(range(5))
        drawn = np.array([statistic(order) for order in orders(range(5))])
        expected = (drawn >= observed - TIE).mean(axis=0)
        found = permutation_test(yi, vi, X, method="DL", ci=ci)
        assert [*found.p_value, found.qm_p] == pytest.approx(expected, abs=ROUNDING)

    def test_a_loop_over_all_signs(self):
        def statistic(signs):
            fit = meta_regression(YI * signs, VI, np.ones((6, 1)), method="PM")
            return abs(fit.estimate[0] / fit.se[0])

        drawn = [statistic(np.array(signs)) for signs in product((1, -1), repeat=6)]
        found = permutation_test(YI, VI, np.ones((6, 1)), method="PM")
        expected = np.mean(np.array(drawn) >= statistic(np.ones(6)) - TIE)
        assert found.p_value[0] == pytest.approx(expected, abs=ROUNDING)

    def test_exact_only_if_asked_for_enough(self):
        X = DESIGNS["linear"]
        assert permutation_test(YI, VI, X, permutations=720).exact
        assert not permutation_test(YI, VI, X, permutations=719).exact

    def test_seed_and_row_order_do_not_matter(self):
        order = [4, 2, 0, 5, 1, 3]
        X = DESIGNS["factor"]
        one = permutation_test(YI, VI, X, seed=1)
        other = permutation_test(YI[order], VI[order], X[order], seed=2)
        assert other.p_value == pytest.approx(one.p_value, abs=ROUNDING)
        assert other.qm_p == pytest.approx(one.qm_p, abs=ROUNDING)


class TestDrawn:
    data = references.load("bcg")
    X = np.column_stack([np.ones(13), data["metareg_linear"]["x"]])

    def test_seed_repeats(self):
        one = permutation_test(self.data["yi"], self.data["vi"], self.X, permutations=500, seed=7)
        again = permutation_test(self.data["yi"], self.data["vi"], self.X, permutations=500, seed=7)
        other = permutation_test(self.data["yi"], self.data["vi"], self.X, permutations=500, seed=8)
        assert one.p_value.tolist() == again.p_value.tolist()
        assert one.p_value.tolist() != other.p_value.tolist()
        assert (one.exact, one.permutations, one.seed) == (False, 500, 7)

    def test_observed_data_count(self):
        # A perfect line: of 13! orders only its reversal reaches it, and the observed one does.
        yi = 10.0 * self.X[:, 1]
        found = permutation_test(yi, self.data["vi"], self.X, permutations=200)
        assert found.p_value[1] == found.qm_p == 1 / 200

    def test_close_to_the_exact_p(self):
        # Monte-Carlo error: four standard errors of a share of 600 draws.
        for design in ("linear", "factor"):
            exact = permutation_test(YI, VI, DESIGNS[design])
            X = DESIGNS[design]
            number = 600 if design == "linear" else 89
            drawn = permutation_test(YI, VI, X, permutations=number)
            assert not drawn.exact
            error = np.sqrt(exact.p_value * (1 - exact.p_value) / number)
            assert (np.abs(drawn.p_value - exact.p_value) <= 4 * error + 1 / number).all()

    def test_blocks_do_not_matter_for_signs(self, monkeypatch):
        found = permutation_test(YI, VI, np.ones((6, 1)))
        monkeypatch.setattr("metaworkbook.models.permutations.BLOCK", 50)
        assert permutation_test(YI, VI, np.ones((6, 1))).p_value == pytest.approx(found.p_value)


class TestLimits:
    def test_identical_effects(self):
        found = permutation_test([0.0] * 6, VI, DESIGNS["linear"])
        assert np.isnan([*found.p_value, found.qm_p]).all()

    @pytest.mark.parametrize("level", [0.1, 0.3, 0.5, -0.7])
    def test_identical_effects_leave_no_rounding(self, level):
        vi = [0.01, 0.04, 0.02, 0.03, 0.05, 0.06]
        X = np.column_stack([np.ones(6), [1, 2, 3, 4, 5, 7]])
        found = permutation_test([level] * 6, vi, X)
        assert np.isnan([*found.p_value, found.qm_p]).all()
        # Of all signs only their reversal leaves equal effects.
        assert permutation_test([level] * 6, vi, X[:, :1]).p_value == pytest.approx(2 / 64)

    @pytest.mark.parametrize("order", [[0, 2, 1, 3, 4, 5], [0, 1, 2, 3, 4, 5]])
    def test_perfect_lines_among_the_arrangements(self, order):
        """With equal variances the test ranks correlations, of which a perfect one is 1."""
        x, yi = np.arange(6.0), 0.1 + 0.1 * np.array(order)
        observed = abs(np.corrcoef(x, yi)[0, 1])
        reached = [abs(np.corrcoef(x, list(each))[0, 1]) >= observed - 1e-9 for each in orders(yi)]
        found = permutation_test(yi, np.full(6, 0.04), np.column_stack([np.ones(6), x]))
        assert found.exact
        assert found.p_value[1] == found.qm_p == pytest.approx(np.mean(reached))

    def test_names(self):
        assert permutation_test(YI, VI, DESIGNS["linear"]).names == ("intercept", "x1")

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({"permutations": 1}, "permutations: found 1; allowed: a whole number of at least 2"),
            ({"permutations": 1e4}, "permutations: found 10000.0"),
            ({"permutations": 10**9}, "permutations: found 1000000000; allowed: at most"),
            ({"seed": -1}, "seed: found -1"),
            ({"seed": None}, "seed: found None"),
            ({"method": "FE"}, 'pass ci="wald"'),
            ({"ci": "t"}, "ci: found 't'"),
        ],
    )
    def test_options(self, options, words):
        with pytest.raises(InputError, match=words):
            permutation_test(YI, VI, DESIGNS["linear"], **options)

    def test_design(self):
        with pytest.raises(InputError, match="collinear columns"):
            permutation_test(YI, VI, np.ones((6, 2)))
        with pytest.raises(InputError, match="X: found 6 columns for 6 effects"):
            permutation_test(YI, VI, np.eye(6))
