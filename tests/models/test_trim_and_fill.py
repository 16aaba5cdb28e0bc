"""Trim and fill: metafor with tight inner fits, by hand, and what it leaves as it is."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from metaworkbook.errors import ConvergenceError, InputError
from metaworkbook.models import trim_and_fill as module
from metaworkbook.models.pooling import pool
from metaworkbook.models.trim_and_fill import trim_and_fill

from . import references
from .tolerances import ROUNDING, TRIM_AND_FILL, TWO_ENGINES

#: The files' own trim and fill stops its inner fits at metafor's default threshold.
COARSE = 2e-5
FIELDS = ("estimate", "se", "ci_low", "ci_high", "tau2")
EXPECTED_SETS = 22
NAMES = references.having("trimfill_L0")
REFINED = json.loads(
    (references.FOLDER / "refined" / "small_studies.json").read_text(encoding="utf-8")
)


class TestReference:
    def test_grid_is_complete(self):
        assert len(NAMES) == EXPECTED_SETS
        for source in (REFINED, {name: references.load(name) for name in NAMES}):
            count = sum(
                field in source[name][f"trimfill_{estimator}"]
                for name in NAMES
                for estimator in ("L0", "R0")
                for field in (*FIELDS, "k0", "side")
            )
            assert count == EXPECTED_SETS * 2 * 7

    @pytest.mark.parametrize("estimator", ["L0", "R0"])
    @pytest.mark.parametrize("name", NAMES)
    def test_values(self, name, estimator):
        data = references.load(name)
        result = trim_and_fill(data["yi"], data["vi"], estimator=estimator)
        for source, tolerance in ((REFINED[name], TRIM_AND_FILL), (data, COARSE)):
            expected = source[f"trimfill_{estimator}"]
            assert result.k0 == expected["k0"]
            assert result.side == expected["side"]
            for field in FIELDS:
                assert getattr(result, field) == pytest.approx(expected[field], abs=tolerance)

    def test_some_sets_lack_effects(self):
        missing = [REFINED[name]["trimfill_L0"]["k0"] for name in NAMES]
        assert sum(k0 > 0 for k0 in missing) >= 10


class TestByHand:
    EFFECTS = (0, 1, 2, 12, 14)

    @pytest.mark.parametrize("estimator", ["L0", "R0"])
    def test_one_is_missing_on_the_left(self, estimator):
        result = trim_and_fill(self.EFFECTS, [1] * 5, estimator=estimator, side="left")
        assert result.k0 == 1
        assert result.yi[-1] == pytest.approx(-6.5, abs=ROUNDING)
        assert result.vi[-1] == 1
        assert result.estimate == pytest.approx(3.75, abs=ROUNDING)

    def test_standard_errors_of_the_count(self):
        # L0 is 6/9 before rounding: 24 var(S) = 330 + 80/27 + 12 + 34/3 - 40 - 60 + 100
        variance = (330 + 80 / 27 + 12 + 34 / 3 - 40 - 60 + 100) / 24
        left = trim_and_fill(self.EFFECTS, [1] * 5, side="left")
        runs = trim_and_fill(self.EFFECTS, [1] * 5, estimator="R0", side="left")
        assert left.k0_se == pytest.approx(4 * math.sqrt(variance) / 9, abs=ROUNDING)
        assert runs.k0_se == pytest.approx(2, abs=ROUNDING)

    def test_a_negative_variance_of_the_count_has_no_root(self):
        # S = 10 of k = 10: L0 = -70/19, 24 var(S) = -1868; metafor's se.k0 is NaN, too
        result = trim_and_fill([*np.arange(9) / 10, 9], [1] * 10, side="left")
        assert result.k0 == 0
        assert math.isnan(result.k0_se)

    def test_the_other_side_is_the_mirror_image(self):
        left = trim_and_fill(self.EFFECTS, [1] * 5, side="left")
        right = trim_and_fill([-effect for effect in self.EFFECTS], [1] * 5, side="right")
        assert right.k0 == left.k0
        assert right.estimate == pytest.approx(-left.estimate, abs=ROUNDING)
        np.testing.assert_allclose(right.yi, -left.yi, atol=ROUNDING)

    def test_nothing_is_missing_on_the_other_side(self):
        assert trim_and_fill(self.EFFECTS, [1] * 5, side="right").k0 == 0


class TestInvariants:
    def data(self):
        reference = references.load("lee2004")
        return np.array(reference["yi"]), np.array(reference["vi"])

    def test_sign_order_and_scale(self):
        yi, vi = self.data()
        base = trim_and_fill(yi, vi)
        flipped, moved = trim_and_fill(-yi, vi), trim_and_fill(yi[::-1], vi[::-1])
        scaled = trim_and_fill(10 * yi, 100 * vi)
        assert base.k0 > 0
        assert (base.side, flipped.side) == ("right", "left")
        assert {fit.k0 for fit in (flipped, moved, scaled)} == {base.k0}
        assert flipped.estimate == pytest.approx(-base.estimate, abs=TWO_ENGINES)
        assert moved.estimate == pytest.approx(base.estimate, abs=TWO_ENGINES)
        assert scaled.estimate == pytest.approx(10 * base.estimate, abs=10 * TWO_ENGINES)

    def test_filled_data_pool_to_the_result(self):
        yi, vi = self.data()
        result = trim_and_fill(yi, vi, level=0.9)
        fit = pool(result.yi, result.vi, method="REML", ci="wald", level=0.9)
        np.testing.assert_array_equal(result.yi[: yi.size], yi)
        assert result.yi.size == yi.size + result.k0
        assert (result.estimate, result.ci_low) == (fit.estimate, fit.ci_low)

    def test_nothing_missing_leaves_the_pooled_mean(self):
        reference = references.load("bcg_or")
        result = trim_and_fill(reference["yi"], reference["vi"])
        fit = pool(reference["yi"], reference["vi"], method="REML", ci="wald")
        assert result.k0 == 0
        assert (result.estimate, result.se) == (fit.estimate, fit.se)


class TestDegenerate:
    @pytest.mark.parametrize("estimator", ["L0", "R0"])
    def test_identical_effects_lack_nothing(self, estimator):
        result = trim_and_fill([0.1] * 6, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6], estimator=estimator)
        assert result.k0 == 0
        assert result.estimate == pytest.approx(0.1, abs=ROUNDING)

    def test_equal_variances_need_a_side(self):
        with pytest.raises(InputError, match=r'variances that are all equal.*Give side="left"'):
            trim_and_fill([0.1, 0.5, 0.6], [0.1, 0.1, 0.1])
        assert trim_and_fill([0.1, 0.5, 0.6], [0.1, 0.1, 0.1], side="left").k0 == 0

    @pytest.mark.parametrize("estimator", ["L0", "R0"])
    def test_ties_of_distance(self, estimator):
        # -1 and 1 lie at one distance from the mean 0; the first in order gets the lower rank
        result = trim_and_fill([-1, 0, 1], [1, 1, 1], estimator=estimator, side="left")
        assert result.k0 == 0

    def test_one_huge_weight(self):
        result = trim_and_fill([0.2, 0.1, 0.9, 1.4, 0.7], [1e-10, 0.2, 0.3, 0.4, 0.1])
        assert math.isfinite(result.estimate)
        assert result.side == "left"

    @pytest.mark.parametrize("k", [1, 2])
    def test_too_few(self, k):
        with pytest.raises(InputError, match=rf"found {k} effects?; allowed: at least 3"):
            trim_and_fill([0.5, 0.7][:k], [0.1, 0.2][:k])

    def test_unusable_options(self):
        yi, vi = [0.1, 0.2, 0.4], [0.1, 0.2, 0.3]
        with pytest.raises(InputError, match="estimator: found 'Q0'; allowed: L0, R0"):
            trim_and_fill(yi, vi, estimator="Q0")
        with pytest.raises(InputError, match="side: found 'up'; allowed: left, right"):
            trim_and_fill(yi, vi, side="up")
        with pytest.raises(InputError, match="level: found 2"):
            trim_and_fill(yi, vi, level=2)
        with pytest.raises(InputError, match="yi: found nan at position 0"):
            trim_and_fill([math.nan, 0.2, 0.4], vi)

    def test_an_unsettled_count_is_an_error(self, monkeypatch):
        monkeypatch.setattr(module, "ROUNDS", 1)
        with pytest.raises(ConvergenceError, match=r"missing effects \(L0\) still changes"):
            trim_and_fill(TestByHand.EFFECTS, [1] * 5, side="left")
