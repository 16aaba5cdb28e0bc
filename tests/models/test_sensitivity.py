"""Leave-one-out, cumulative, Baujat and shrinkage: metafor, a loop over `pool`, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from metaworkbook.errors import InputError
from metaworkbook.models.heterogeneity import METHODS
from metaworkbook.models.pooling import pool
from metaworkbook.models.sensitivity import baujat, cumulative, leave_one_out, shrunken

from . import references
from .tolerances import CLOSED_FORM, ITERATIVE, ROUNDING, STORED_DIGITS, TWO_ENGINES

#: Function, entry of the reference, and its names against the result's fields.
ENTRIES = {
    "leave1out": (
        leave_one_out,
        {"estimate": "estimate", "se": "se", "tau2": "tau2", "Q": "q"},
    ),
    "cumulative": (cumulative, {"estimate": "estimate", "se": "se", "tau2": "tau2"}),
    "baujat_fe": (baujat, {"x": "x", "y": "y"}),
    "blup": (
        shrunken,
        {"pred": "pred", "se": "se", "pi_low": "pi_low", "pi_high": "pi_high"},
    ),
}
#: Closed forms among them; Q and x are sums of squares without bound.
CLOSED = {("leave1out", "Q"), ("baujat_fe", "x"), ("baujat_fe", "y")}
#: Shares of Q that the reference itself loses: its Q is a difference of sums of squares. Exact
#: rational arithmetic on the worst case (lopez2019, Q = 112,466) puts the reference off by 5.8e-10
#: and this package by 1.5e-11.
REFERENCE_CANCELLATION = STORED_DIGITS
EXPECTED_SETS = 22
EXPECTED_COMPARISONS = EXPECTED_SETS * (4 + 3 + 2 + 4)

NAMES = references.having("leave1out")


def simulated(k=9, seed=1):
    generator = np.random.default_rng(seed)
    vi = np.exp(generator.normal(-3, 0.8, k))
    return generator.normal(0.3, np.sqrt(vi + 0.05)), vi


class TestReference:
    def test_grid_is_complete(self):
        assert len(NAMES) == EXPECTED_SETS
        count = sum(
            field in references.load(name)[entry]
            for name in NAMES
            for entry, (_, fields) in ENTRIES.items()
            for field in fields
        )
        assert count == EXPECTED_COMPARISONS

    @pytest.mark.parametrize("entry", ENTRIES)
    @pytest.mark.parametrize("name", NAMES)
    def test_values(self, name, entry):
        reference = references.load(name)
        function, fields = ENTRIES[entry]
        result = function(reference["yi"], reference["vi"])
        for theirs, ours in fields.items():
            closed = (entry, theirs) in CLOSED
            np.testing.assert_allclose(
                getattr(result, ours),
                np.array(reference[entry][theirs], dtype=float),
                atol=CLOSED_FORM if closed else ITERATIVE,
                rtol=REFERENCE_CANCELLATION if closed else 0,
                err_msg=theirs,
            )


class TestLoopOverPool:
    """Every method against one call of `pool` a subset."""

    @pytest.mark.parametrize("method", METHODS)
    def test_leave_one_out(self, method):
        yi, vi = simulated()
        result = leave_one_out(yi, vi, method, level=0.9)
        for i in range(yi.size):
            fit = pool(np.delete(yi, i), np.delete(vi, i), method, ci="wald", level=0.9)
            for field in ("estimate", "se", "ci_low", "ci_high", "tau2", "q", "i2"):
                found = getattr(result, field)[i]
                assert found == pytest.approx(getattr(fit, field), abs=TWO_ENGINES), field

    @pytest.mark.parametrize("method", METHODS)
    def test_cumulative(self, method):
        yi, vi = simulated()
        result = cumulative(yi, vi, method, level=0.9)
        for i in range(yi.size):
            fit = pool(yi[: i + 1], vi[: i + 1], method, ci="wald", level=0.9)
            for field in ("estimate", "se", "ci_low", "ci_high", "tau2"):
                found = getattr(result, field)[i]
                assert found == pytest.approx(getattr(fit, field), abs=TWO_ENGINES), field

    @pytest.mark.parametrize("method", METHODS)
    def test_baujat(self, method):
        yi, vi = simulated()
        result, full = baujat(yi, vi, method), pool(yi, vi, method, ci="wald")
        for i in range(yi.size):
            fit = pool(np.delete(yi, i), np.delete(vi, i), method, ci="wald")
            x = (yi[i] - full.estimate) ** 2 / (vi[i] + full.tau2)
            y = (full.estimate - fit.estimate) ** 2 / fit.se**2
            assert result.x[i] == pytest.approx(x, abs=TWO_ENGINES)
            assert result.y[i] == pytest.approx(y, abs=TWO_ENGINES)


class TestLimits:
    def test_baujat_by_hand(self):
        result = baujat([0, 2], [1, 1])
        assert result.x == pytest.approx([1, 1], abs=ROUNDING)
        assert result.y == pytest.approx([1, 1], abs=ROUNDING)

    def test_baujat_parts_add_up_to_q(self):
        yi, vi = simulated()
        assert baujat(yi, vi).x.sum() == pytest.approx(pool(yi, vi, "FE", ci="wald").q)

    def test_leave_one_out_of_two_leaves_each_alone(self):
        result = leave_one_out([0.1, 0.7], [0.04, 0.09])
        assert result.estimate == pytest.approx([0.7, 0.1], abs=ROUNDING)
        assert result.se == pytest.approx([0.3, 0.2], abs=ROUNDING)
        assert not np.any([result.tau2, result.q, result.i2])

    def test_cumulative_of_one(self):
        result = cumulative([0.4], [0.09])
        assert (result.estimate[0], result.tau2[0]) == (0.4, 0)
        assert result.se[0] == pytest.approx(0.3, abs=ROUNDING)

    def test_cumulative_ends_with_all(self):
        yi, vi = simulated()
        assert cumulative(yi, vi).estimate[-1] == pytest.approx(
            pool(yi, vi, "REML", ci="wald").estimate, abs=TWO_ENGINES
        )

    def test_shrunken_without_heterogeneity_is_the_mean(self):
        result, fit = shrunken([0.3] * 4, [0.1, 0.2, 0.3, 0.4]), pool([0.3] * 4, [0.1] * 4)
        assert result.pred == pytest.approx([fit.estimate] * 4, abs=ROUNDING)
        assert np.ptp(result.se) == 0

    def test_shrunken_by_hand(self):
        """With v = (1, 1): REML tau2 = 2 - 1 = 1, mu = 1, each effect halfway to it."""
        result = shrunken([0, 2], [1, 1])
        assert result.pred == pytest.approx([0.5, 1.5], abs=ROUNDING)
        assert result.se == pytest.approx([np.sqrt(0.5 + 0.25)] * 2, abs=ROUNDING)

    def test_large_heterogeneity_shrinks_nothing(self):
        yi = np.array([-1e4, 0, 1e4])
        assert shrunken(yi, [0.1] * 3).pred == pytest.approx(yi, abs=1e-4)

    @pytest.mark.parametrize("method", METHODS)
    def test_identical_effects(self, method):
        result = leave_one_out([0.5] * 5, [0.1, 0.2, 0.3, 0.4, 0.5], method)
        assert result.estimate == pytest.approx([0.5] * 5, abs=ROUNDING)
        assert not np.any([result.tau2, result.i2])

    def test_an_outlier_left_out_leaves_no_rounding_error(self):
        yi, vi = simulated()
        result = leave_one_out(np.append(yi, 1e7), np.append(vi, 0.1))
        fit = pool(yi, vi, "REML", ci="wald")
        assert result.q[-1] == pytest.approx(fit.q, abs=1e-6)
        assert result.tau2[-1] == pytest.approx(fit.tau2, abs=1e-6)


class TestInvariants:
    def test_row_order(self):
        yi, vi = simulated()
        order = np.random.default_rng(2).permutation(yi.size)
        for function in (leave_one_out, baujat, shrunken):
            one, other = function(yi, vi), function(yi[order], vi[order])
            for field in one.__dataclass_fields__:
                np.testing.assert_allclose(
                    getattr(one, field)[order], getattr(other, field), atol=TWO_ENGINES
                )

    def test_sign_flip(self):
        yi, vi = simulated()
        one, other = leave_one_out(yi, vi), leave_one_out(-yi, vi)
        assert other.estimate == pytest.approx(-one.estimate, abs=TWO_ENGINES)
        assert other.ci_low == pytest.approx(-one.ci_high, abs=TWO_ENGINES)
        assert other.tau2 == pytest.approx(one.tau2, abs=TWO_ENGINES)

    @pytest.mark.parametrize("scale", [1e-5, 1e5])
    def test_scale(self, scale):
        yi, vi = simulated()
        one, other = shrunken(yi, vi), shrunken(yi * scale, vi * scale**2)
        assert other.pred == pytest.approx(one.pred * scale, rel=1e-8)
        assert other.se == pytest.approx(one.se * scale, rel=1e-8)


class TestRefusals:
    @pytest.mark.parametrize("function", [leave_one_out, baujat])
    def test_one_effect_cannot_be_left_out(self, function):
        with pytest.raises(InputError, match="found 1 effect; allowed: at least 2"):
            function([0.1], [0.2])

    @pytest.mark.parametrize("function", [leave_one_out, cumulative, baujat, shrunken])
    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (([0.1, 0.2], [0.1]), "2 effects and 1 variance"),
            (([0.1, np.inf], [0.1, 0.1]), "yi: found inf at position 1"),
            (([0.1, 0.2], [0.1, -0.1]), "vi: found -0.1 at position 1"),
            ((["a", "b"], [0.1, 0.1]), "yi: found values of type"),
            (([], []), "found 0 effects"),
            (([0.1, 0.2], [0.1, 0.1], "reml"), "method: found 'reml'"),
        ],
    )
    def test_unusable_data(self, function, arguments, message):
        with pytest.raises(InputError, match=message):
            function(*arguments)

    @pytest.mark.parametrize("function", [leave_one_out, cumulative, shrunken])
    def test_level(self, function):
        with pytest.raises(InputError, match="level: found 95"):
            function([0.1, 0.2], [0.1, 0.1], level=95)
