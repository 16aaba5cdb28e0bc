"""`pool` against metafor on every data set, by hand, and at its limits."""

from __future__ import annotations

import numpy as np
import pytest

from metaworkbook.errors import InputError
from metaworkbook.models.heterogeneity import CLOSED, METHODS
from metaworkbook.models.pooling import INTERVALS, pool, typical_variance

from . import references
from .tolerances import CLOSED_FORM, ITERATIVE, PROFILE, ROUNDING, STORED_DIGITS

#: Names of the reference against the fields of `Pooled`; percentages are divided by 100.
FIELDS = {
    "estimate": "estimate",
    "se": "se",
    "ci_low": "ci_low",
    "ci_high": "ci_high",
    "p": "p_value",
    "tau2": "tau2",
    "Q": "q",
    "Q_df": "q_df",
    "Q_p": "q_p",
    "I2": "i2",
    "H2": "h2",
    "pi_low": "pi_low",
    "pi_high": "pi_high",
}
PERCENT = {"I2"}
UNBOUNDED = {"Q", "H2"}
CI = {
    "": "wald",
    "z": "wald",
    "knha": "knapp-hartung",
    "adhoc": "knapp-hartung-conservative",
}
EXPECTED_SETS = 22
EXPECTED_FITS = EXPECTED_SETS * 19
EXPECTED_COMPARISONS = EXPECTED_FITS * 13
NAMES = references.having("pooled")

YI = np.array([0.12, -0.30, 0.45, 0.26, -0.05, 0.61])
VI = np.array([0.02, 0.05, 0.04, 0.11, 0.03, 0.20])
FITS = [(method, ci) for method in METHODS for ci in INTERVALS if method != "FE" or ci == "wald"]


def fit(name, entry):
    method, _, ci = entry.partition("_")
    data = references.load(name)
    return pool(data["yi"], data["vi"], method, CI[ci])


class TestReference:
    def test_grid_is_complete(self):
        pooled = [references.load(name)["pooled"] for name in NAMES]
        fits = [entry for entries in pooled for entry in entries.values()]
        assert len(NAMES) == EXPECTED_SETS
        assert len(fits) == EXPECTED_FITS
        assert sum(name in entry for entry in fits for name in FIELDS) == EXPECTED_COMPARISONS
        methods = {entry.partition("_")[0] for entries in pooled for entry in entries}
        assert methods == set(METHODS)

    @pytest.mark.parametrize("name", NAMES)
    def test_values(self, name):
        for entry, values in references.load(name)["pooled"].items():
            result = fit(name, entry)
            tolerance = CLOSED_FORM if result.method in CLOSED else ITERATIVE
            for key, expected in values.items():
                found = getattr(result, FIELDS[key])
                if expected is None:
                    assert np.isnan(found), (entry, key)
                    continue
                expected /= 100 if key in PERCENT else 1
                relative = STORED_DIGITS if key in UNBOUNDED else 0.0
                allowed = tolerance + relative * abs(expected)
                assert abs(found - expected) <= allowed, (entry, key, found, expected)

    @pytest.mark.parametrize("name", references.having("tau2_ci_qprofile"))
    def test_q_profile(self, name):
        data = references.load(name)
        result = pool(data["yi"], data["vi"])
        tau2 = [result.tau2_ci_low, result.tau2_ci_high]
        i2 = [result.i2_ci_low, result.i2_ci_high]
        assert tau2 == pytest.approx(data["tau2_ci_qprofile"], abs=PROFILE, rel=0)
        assert i2 == pytest.approx(np.divide(data["I2_ci"], 100), abs=PROFILE, rel=0)

    def test_q_profile_grid_is_complete(self):
        assert len(references.having("tau2_ci_qprofile")) == EXPECTED_SETS
        assert len(references.having("I2_ci")) == EXPECTED_SETS


class TestByHand:
    def test_two_studies(self):
        result = pool([0.2, 0.6], [0.04, 0.04], method="DL")
        assert result.estimate == pytest.approx(0.4, abs=ROUNDING)
        assert result.q == pytest.approx(2.0, abs=ROUNDING)
        assert result.tau2 == pytest.approx(0.04, abs=ROUNDING)
        assert result.se == pytest.approx(0.2, abs=ROUNDING)
        assert result.df == 1
        # t(1) is Cauchy: its upper 2.5 percent point is tan(pi 0.475), and P(|t| > 2) follows.
        assert result.ci_high == pytest.approx(0.4 + 0.2 * np.tan(np.pi * 0.475), abs=1e-9)
        assert result.p_value == pytest.approx(1 - 2 * np.arctan(2) / np.pi, abs=ROUNDING)
        assert result.i2 == pytest.approx(0.5, abs=ROUNDING)
        assert result.h2 == pytest.approx(2.0, abs=ROUNDING)

    def test_common_effect(self):
        result = pool([0.0, 1.0], [0.25, 1.0], method="FE", ci="wald")
        assert result.estimate == pytest.approx(0.2, abs=ROUNDING)
        assert result.se == pytest.approx(np.sqrt(0.2), abs=ROUNDING)
        assert result.q == pytest.approx(4 * 0.04 + 0.64, abs=ROUNDING)
        assert result.i2 == 0.0
        assert result.df == np.inf

    def test_typical_variance_beside_one_huge_weight(self):
        # Weights 1e20, 1, 1: sum(w)^2 - sum(w^2) = 4e20 + 2, whose parts differ by less than
        # rounding; the typical variance tends to 2 (1e20) / 4e20.
        assert typical_variance(np.array([1e-20, 1.0, 1.0])) == pytest.approx(0.5, rel=1e-12)


class TestInvariants:
    @pytest.mark.parametrize(("method", "ci"), FITS)
    def test_row_order(self, method, ci):
        order = [3, 0, 5, 1, 4, 2]
        assert_same(pool(YI, VI, method, ci), pool(YI[order], VI[order], method, ci))

    @pytest.mark.parametrize(("method", "ci"), FITS)
    def test_sign_flip(self, method, ci):
        plain, flipped = pool(YI, VI, method, ci), pool(-YI, VI, method, ci)
        assert flipped.estimate == pytest.approx(-plain.estimate, abs=ROUNDING)
        assert flipped.ci_low == pytest.approx(-plain.ci_high, abs=ROUNDING)
        assert flipped.pi_low == pytest.approx(-plain.pi_high, abs=ROUNDING, nan_ok=True)
        assert flipped.tau2 == pytest.approx(plain.tau2, abs=ROUNDING)

    @pytest.mark.parametrize("scale", [1e-8, 1e-3, 1e6])
    @pytest.mark.parametrize(("method", "ci"), FITS)
    def test_scale(self, method, ci, scale):
        plain, scaled = pool(YI, VI, method, ci), pool(scale * YI, scale**2 * VI, method, ci)
        assert scaled.estimate / scale == pytest.approx(plain.estimate, abs=ROUNDING)
        assert scaled.tau2 / scale**2 == pytest.approx(plain.tau2, abs=ROUNDING)
        assert scaled.i2_ci_high == pytest.approx(plain.i2_ci_high, abs=ROUNDING, nan_ok=True)
        assert scaled.p_value == pytest.approx(plain.p_value, abs=ROUNDING)

    @pytest.mark.parametrize("method", METHODS)
    def test_shift(self, method):
        plain, shifted = pool(YI, VI, method, "wald"), pool(YI + 1000.0, VI, method, "wald")
        assert shifted.estimate - 1000.0 == pytest.approx(plain.estimate, abs=1e-9)
        assert shifted.tau2 == pytest.approx(plain.tau2, abs=1e-9)

    @pytest.mark.parametrize("method", [method for method in METHODS if method != "FE"])
    def test_conservative_is_never_narrower_in_se(self, method):
        for yi in (YI, 0.01 * YI):
            wald = pool(yi, VI, method, "wald")
            adjusted = pool(yi, VI, method, "knapp-hartung")
            conservative = pool(yi, VI, method, "knapp-hartung-conservative")
            assert conservative.se == max(wald.se, adjusted.se)

    def test_level(self):
        narrow, wide = pool(YI, VI, level=0.8), pool(YI, VI, level=0.99)
        assert wide.ci_low < narrow.ci_low < narrow.ci_high < wide.ci_high
        assert wide.tau2_ci_high > narrow.tau2_ci_high
        assert wide.p_value == narrow.p_value


class TestLimits:
    @pytest.mark.parametrize(("method", "ci"), FITS)
    def test_one_study(self, method, ci):
        result = pool([0.3], [0.04], method, ci)
        assert (result.estimate, result.se, result.tau2) == (0.3, 0.2, 0.0)
        assert (result.k, result.q, result.q_df) == (1, 0.0, 0)
        for field in ("pi_low", "pi_high", "i2", "h2", "q_p", "tau2_ci_low", "tau2_ci_high"):
            assert np.isnan(getattr(result, field)), field
        if ci == "wald":
            assert result.ci_low == pytest.approx(0.3 - 1.959963984540054 * 0.2, abs=ROUNDING)
        else:
            assert np.isnan([result.p_value, result.ci_low, result.ci_high]).all()

    @pytest.mark.parametrize(("method", "ci"), FITS)
    @pytest.mark.parametrize("k", [2, 3, 7])
    def test_identical_effects(self, method, ci, k):
        result = pool([0.1] * k, np.linspace(0.01, 0.3, k), method, ci)
        assert (result.estimate, result.tau2, result.q) == (0.1, 0.0, 0.0)
        assert result.q_p == 1.0
        if method != "FE":
            # Even Q(0) = 0 lies under the lower quantile: the interval is the point zero.
            assert (result.tau2_ci_low, result.tau2_ci_high) == (0.0, 0.0)
        if ci == "knapp-hartung":
            assert (result.se, result.ci_low, result.ci_high) == (0.0, 0.1, 0.1)
            assert np.isnan(result.p_value)
        else:
            wald = pool([0.1] * k, np.linspace(0.01, 0.3, k), "FE", "wald")
            assert result.se == pytest.approx(wald.se, abs=ROUNDING)

    @pytest.mark.parametrize("method", ["DL", "HE", "HS", "ML", "REML", "EB", "PM"])
    def test_no_heterogeneity_is_the_common_effect(self, method):
        yi = 0.2 + 0.01 * np.array([1.0, -1.0, 1.0, -1.0, 0.5, -0.5])
        random, common = pool(yi, VI, method, "wald"), pool(yi, VI, "FE", "wald")
        assert random.tau2 == 0.0
        assert random.estimate == pytest.approx(common.estimate, abs=ROUNDING)
        assert random.se == pytest.approx(common.se, abs=ROUNDING)
        assert (random.pi_low, random.pi_high) == (random.ci_low, random.ci_high)

    @pytest.mark.parametrize(("method", "ci"), FITS)
    def test_one_huge_weight(self, method, ci):
        vi = VI.copy()
        vi[2] = 1e-14
        result = pool(YI, vi, method, ci)
        numbers = [result.estimate, result.se, result.tau2, result.i2, result.q, result.h2]
        assert np.isfinite(numbers).all()
        if method == "FE":
            assert result.estimate == pytest.approx(YI[2], abs=ROUNDING)

    def test_one_huge_weight_by_hand(self):
        # Weights 1e20, 1, 1: the mean is the first effect and Q = 1 + 9; tr(P), the sum of the
        # products of two different weights over the sum of weights, tends to 1 + 1 + 2 = 4.
        assert pool([0, 1, 3], [1e-20, 1, 1], "DL", "wald").tau2 == pytest.approx(
            (10 - 2) / 4, rel=1e-12
        )

    @pytest.mark.parametrize(("method", "ci"), FITS)
    def test_extreme_units(self, method, ci):
        for scale in (1e-20, 1e20):
            result = pool(YI * scale, VI * scale**2, method, ci)
            assert result.i2 == pytest.approx(pool(YI, VI, method, ci).i2, abs=ROUNDING)


class TestInput:
    def test_common_effect_needs_wald(self):
        with pytest.raises(InputError, match='pass ci="wald"'):
            pool(YI, VI, method="FE")

    @pytest.mark.parametrize(
        ("options", "argument"),
        [
            ({"method": "reml"}, "method"),
            ({"method": None}, "method"),
            ({"ci": "z"}, "ci"),
            ({"level": 95}, "level"),
            ({"level": -0.95}, "level"),
        ],
    )
    def test_options(self, options, argument):
        with pytest.raises(InputError, match=f"^{argument}: found"):
            pool(YI, VI, **options)

    def test_arrays(self):
        with pytest.raises(InputError, match="vi: found 0 at position 0"):
            pool(YI, np.zeros(6))

    def test_data_are_left_alone(self):
        yi, vi = YI.copy(), VI.copy()
        pool(yi, vi)
        assert (yi == YI).all()
        assert (vi == VI).all()


def assert_same(one, other):
    for field, value in one.to_dict().items():
        expected = other.to_dict()[field]
        if isinstance(value, float) and expected is not None:
            assert value == pytest.approx(expected, abs=ROUNDING), field
        else:
            assert value == expected, field
