"""Case diagnostics: metafor, the definitions applied to a loop over `pool`, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from metaworkbook.errors import InputError
from metaworkbook.models.heterogeneity import METHODS
from metaworkbook.models.pooling import pool
from metaworkbook.models.sensitivity import influence

from . import references
from .tolerances import INFLUENCE, ROUNDING, STORED_DIGITS, TWO_ENGINES

#: Name in the reference against the field here and the unit of the reference.
FIELDS = {
    "rstudent": ("rstudent", 1),
    "dffits": ("dffits", 1),
    "cook_d": ("cook_d", 1),
    "cov_r": ("cov_r", 1),
    "tau2_del": ("tau2_del", 1),
    "QE_del": ("qe_del", 1),
    "hat": ("hat", 1),
    "weight": ("weight", 0.01),
    "dfbetas": ("dfbetas", 1),
}
EXPECTED_SETS = 22
NAMES = references.having("influence")


class TestReference:
    def test_grid_is_complete(self):
        assert len(NAMES) == EXPECTED_SETS
        for name in NAMES:
            assert set(references.load(name)["influence"]) == set(FIELDS)

    @pytest.mark.parametrize("name", NAMES)
    def test_values(self, name):
        reference = references.load(name)
        result = influence(reference["yi"], reference["vi"])
        for theirs, (ours, unit) in FIELDS.items():
            expected = np.array(reference["influence"][theirs], dtype=float) * unit
            np.testing.assert_allclose(
                getattr(result, ours), expected, rtol=STORED_DIGITS, atol=INFLUENCE, err_msg=theirs
            )


@pytest.mark.parametrize("method", METHODS)
def test_definitions_on_a_loop_over_pool(method):
    generator = np.random.default_rng(4)
    vi = np.exp(generator.normal(-3, 0.8, 8))
    yi = generator.normal(0.3, np.sqrt(vi + 0.05))
    result, full = influence(yi, vi, method), pool(yi, vi, method, ci="wald")
    hat = 1 / (vi + full.tau2) / np.sum(1 / (vi + full.tau2))
    for i in range(yi.size):
        left = pool(np.delete(yi, i), np.delete(vi, i), method, ci="wald")
        moved = full.estimate - left.estimate
        expected = {
            "rstudent": (yi[i] - left.estimate) / np.sqrt(vi[i] + left.tau2 + left.se**2),
            "dffits": moved / np.sqrt(hat[i] * (vi[i] + left.tau2)),
            "cook_d": moved**2 / full.se**2,
            "cov_r": left.se**2 / full.se**2,
            "tau2_del": left.tau2,
            "qe_del": left.q,
            "hat": hat[i],
            "weight": hat[i],
            "dfbetas": moved * np.sqrt(np.sum(1 / (vi + left.tau2))),
        }
        for field, value in expected.items():
            assert getattr(result, field)[i] == pytest.approx(value, abs=TWO_ENGINES), field


class TestLimits:
    def test_by_hand(self):
        result = influence([0, 2], [1, 1], "FE")
        assert result.rstudent == pytest.approx([-np.sqrt(2), np.sqrt(2)], abs=ROUNDING)
        assert result.cook_d == pytest.approx([2, 2], abs=ROUNDING)
        assert result.cov_r == pytest.approx([2, 2], abs=ROUNDING)
        assert result.hat == pytest.approx([0.5, 0.5], abs=ROUNDING)
        assert result.dfbetas == pytest.approx([-np.sqrt(2), np.sqrt(2)], abs=ROUNDING)

    @pytest.mark.parametrize("method", METHODS)
    def test_identical_effects_move_nothing(self, method):
        result = influence([0.5] * 5, [0.1, 0.2, 0.3, 0.4, 0.5], method)
        for field in ("rstudent", "dffits", "cook_d", "dfbetas", "tau2_del"):
            assert getattr(result, field) == pytest.approx(np.zeros(5), abs=ROUNDING), field

    def test_weights_are_proportions(self):
        assert influence([0.1, 0.5, 0.2], [0.1, 0.2, 0.3]).weight.sum() == pytest.approx(1)

    def test_one_huge_weight(self):
        result = influence([0.1, 0.5, 0.2, 0.3], [1e-9, 0.2, 0.3, 0.2], "FE")
        assert result.hat[0] == pytest.approx(1, abs=1e-7)
        assert result.influential.tolist() == [True, False, False, False]

    def test_an_outlier_is_influential(self):
        generator = np.random.default_rng(1)
        yi = np.append(generator.normal(0, 0.2, 12), 4.0)
        flags = influence(yi, np.full(13, 0.04)).influential
        assert flags.dtype == bool
        assert np.flatnonzero(flags).tolist() == [12]

    def test_row_order_and_sign(self):
        yi, vi = np.array([0.1, 0.9, 0.3, -0.2]), np.array([0.1, 0.05, 0.2, 0.1])
        one, other = influence(yi, vi), influence(-yi[::-1], vi[::-1])
        assert other.rstudent[::-1] == pytest.approx(-one.rstudent, abs=TWO_ENGINES)
        assert other.cook_d[::-1] == pytest.approx(one.cook_d, abs=TWO_ENGINES)


class TestRefusals:
    def test_one_effect(self):
        with pytest.raises(InputError, match="found 1 effect; allowed: at least 2"):
            influence([0.1], [0.2])

    def test_method(self):
        with pytest.raises(InputError, match="method: found 'XX'"):
            influence([0.1, 0.2], [0.2, 0.1], "XX")

    def test_variance(self):
        with pytest.raises(InputError, match="vi: found nan at position 0"):
            influence([0.1, 0.2], [np.nan, 0.1])
