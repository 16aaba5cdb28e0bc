"""Egger, Begg, PET, PEESE and Henmi-Copas: metafor, by hand, enumeration, another quadrature."""

from __future__ import annotations

import itertools
import json
import math

import numpy as np
import pytest

from metaworkbook.errors import InputError
from metaworkbook.models import small_studies
from metaworkbook.models.moderators import meta_regression
from metaworkbook.models.pooling import pool
from metaworkbook.models.rank_correlation import EXACT_UP_TO, kendall
from metaworkbook.models.small_studies import begg, egger, henmi_copas, peese, pet

from . import references
from .tolerances import CLOSED_FORM, ITERATIVE, ROUNDING, TWO_ENGINES

#: R's quadrature inside the reference, whose error is about 2e-8 of the interval's half width.
HENMI_COPAS = 1e-6
#: The reference's own root finder stops at 1.2e-4 times the half width.
HENMI_COPAS_COARSE = 1e-4

EGGER = {"stat": "statistic", "p": "p_value", "limit": "limit"}
#: Function, names in the reference against the result's fields, tolerance.
ENTRIES = {
    "egger_mixed": (egger, EGGER, ITERATIVE),
    "egger_lm": (lambda yi, vi: egger(yi, vi, model="lm"), EGGER | {"df": "df"}, CLOSED_FORM),
    "begg": (begg, {"tau": "tau", "p": "p_value"}, CLOSED_FORM),
    "pet": (
        pet,
        {"estimate": "estimate", "se": "se", "p": "p_value", "tau2": "tau2"},
        ITERATIVE,
    ),
    "peese": (
        peese,
        {"estimate": "estimate", "se": "se", "p": "p_value", "tau2": "tau2"},
        ITERATIVE,
    ),
    "henmi_copas": (
        henmi_copas,
        {"estimate": "estimate", "se": "se", "tau2": "tau2"},
        CLOSED_FORM,
    ),
}
EXPECTED_SETS = 22
EXPECTED_COMPARISONS = EXPECTED_SETS * (3 + 4 + 2 + 4 + 4 + 3)
NAMES = references.having("egger_mixed")
REFINED = json.loads(
    (references.FOLDER / "refined" / "small_studies.json").read_text(encoding="utf-8")
)


def simulated(k=12, seed=3):
    generator = np.random.default_rng(seed)
    vi = np.exp(generator.normal(-3, 0.8, k))
    return generator.normal(0.3, np.sqrt(vi + 0.05)), vi


class TestReference:
    def test_grid_is_complete(self):
        assert len(NAMES) == EXPECTED_SETS
        count = sum(
            field in references.load(name)[entry]
            for name in NAMES
            for entry, (_, fields, _) in ENTRIES.items()
            for field in fields
        )
        assert count == EXPECTED_COMPARISONS
        assert sorted(REFINED) == sorted(NAMES)
        assert all("henmi_copas" in entries for entries in REFINED.values())

    @pytest.mark.parametrize("entry", ENTRIES)
    @pytest.mark.parametrize("name", NAMES)
    def test_values(self, name, entry):
        reference = references.load(name)
        function, fields, tolerance = ENTRIES[entry]
        result = function(reference["yi"], reference["vi"])
        for theirs, ours in fields.items():
            np.testing.assert_allclose(
                getattr(result, ours),
                reference[entry][theirs],
                atol=tolerance,
                rtol=0,
                err_msg=theirs,
            )

    @pytest.mark.parametrize("name", NAMES)
    def test_henmi_copas_interval(self, name):
        reference = references.load(name)
        result = henmi_copas(reference["yi"], reference["vi"])
        for source, tolerance in (
            (REFINED[name], HENMI_COPAS),
            (reference, HENMI_COPAS_COARSE),
        ):
            expected = source["henmi_copas"]
            assert result.ci_low == pytest.approx(expected["ci_low"], abs=tolerance)
            assert result.ci_high == pytest.approx(expected["ci_high"], abs=tolerance)


class TestEgger:
    def test_by_hand(self):
        result = egger([1, 2, 4], [1, 4, 9], model="lm")
        assert result.statistic == pytest.approx(5, abs=ROUNDING)
        assert result.df == 1
        assert result.limit == pytest.approx(-5 / 13, abs=ROUNDING)
        assert result.p_value == pytest.approx(1 - 2 / math.pi * math.atan(5), abs=ROUNDING)

    def test_limit_and_its_interval_are_the_intercept(self):
        yi, vi = simulated()
        design = np.column_stack([np.ones(yi.size), np.sqrt(vi)])
        result, fit = egger(yi, vi), meta_regression(yi, vi, design, method="REML", ci="wald")
        assert result.df == math.inf
        assert (result.limit, result.limit_ci_low, result.limit_ci_high) == (
            fit.estimate[0],
            fit.ci_low[0],
            fit.ci_high[0],
        )

    def test_lm_interval_is_that_of_least_squares(self):
        from scipy import stats

        yi, vi = simulated()
        root = 1 / np.sqrt(vi)
        # y/se on 1/se and 1: the slope there is the limit here
        line = stats.linregress(root, yi * root)
        result = egger(yi, vi, model="lm", level=0.9)
        half = stats.t.ppf(0.95, yi.size - 2) * line.stderr
        assert result.limit == pytest.approx(line.slope, abs=ROUNDING)
        assert result.limit_ci_low == pytest.approx(line.slope - half, abs=ROUNDING)
        assert result.statistic == pytest.approx(
            line.intercept / line.intercept_stderr, abs=ROUNDING
        )

    @pytest.mark.parametrize("model", ["mixed", "lm"])
    def test_invariants(self, model):
        yi, vi = simulated()
        base = egger(yi, vi, model)
        flipped, moved = egger(-yi, vi, model), egger(yi[::-1], vi[::-1], model)
        scaled = egger(10 * yi, 100 * vi, model)
        assert flipped.statistic == pytest.approx(-base.statistic, abs=TWO_ENGINES)
        assert flipped.limit == pytest.approx(-base.limit, abs=TWO_ENGINES)
        assert moved.statistic == pytest.approx(base.statistic, abs=TWO_ENGINES)
        assert scaled.p_value == pytest.approx(base.p_value, abs=TWO_ENGINES)
        assert scaled.limit == pytest.approx(10 * base.limit, abs=10 * TWO_ENGINES)

    def test_identical_effects_show_no_slope(self):
        result = egger([0.5, 0.5, 0.5, 0.5], [0.1, 0.2, 0.3, 0.4])
        assert result.statistic == pytest.approx(0, abs=ROUNDING)
        assert result.p_value == pytest.approx(1, abs=ROUNDING)
        assert result.limit == pytest.approx(0.5, abs=ROUNDING)

    @pytest.mark.parametrize("function", [pet, peese])
    def test_identical_effects_have_no_scatter(self, function):
        result = function([0.3] * 6, [0.01, 0.04, 0.02, 0.03, 0.05, 0.06])
        assert result.se.tolist() == [0.0, 0.0]
        assert np.isnan(result.p_value).all()

    @pytest.mark.parametrize(
        "yi", [[0.5, 0.5, 0.5, 0.5], list(3 + 0.7 * np.sqrt([0.1, 0.2, 0.3, 0.4]))]
    )
    def test_lm_refuses_effects_on_a_line(self, yi):
        with pytest.raises(InputError, match=r"exactly on a line.*model=\"mixed\""):
            egger(yi, [0.1, 0.2, 0.3, 0.4], model="lm")


class TestUndefinedSlopes:
    @pytest.mark.parametrize("function", [egger, pet, peese])
    def test_equal_variances(self, function):
        with pytest.raises(InputError, match=r"vi: found variances that are all equal \(0\.1\)"):
            function([0.1, 0.2, 0.4], [0.1, 0.1, 0.1])

    @pytest.mark.parametrize("function", [egger, pet, peese])
    @pytest.mark.parametrize("k", [1, 2])
    def test_too_few(self, function, k):
        with pytest.raises(InputError, match=rf"found {k} effects?; allowed: at least 3"):
            function([0.1, 0.5][:k], [0.1, 0.2][:k])

    @pytest.mark.parametrize("function", [egger, begg, pet, peese, henmi_copas])
    @pytest.mark.parametrize(
        ("yi", "vi", "message"),
        [
            ([], [], "at least"),
            ([0.1, np.nan, 0.3], [0.1, 0.2, 0.3], "yi: found nan at position 1"),
            ([0.1, 0.2, 0.3], [0.1, 0.0, 0.3], "vi: found 0 at position 1"),
            ([0.1, 0.2, 0.3], [0.1, 0.2], "3 effects and 2 variances"),
            (["a", "b", "c"], [0.1, 0.2, 0.3], "yi: found values of type"),
        ],
    )
    def test_unusable_effects(self, function, yi, vi, message):
        with pytest.raises(InputError, match=message):
            function(yi, vi)

    def test_unusable_options(self):
        yi, vi = simulated()
        with pytest.raises(InputError, match="model: found 'ols'; allowed: mixed, lm"):
            egger(yi, vi, model="ols")
        for function in (egger, pet, peese, henmi_copas):
            with pytest.raises(InputError, match="level: found 95"):
                function(yi, vi, level=95)


class TestPrecisionRegressions:
    @pytest.mark.parametrize(("function", "power"), [(pet, 0.5), (peese, 1.0)])
    def test_is_a_meta_regression(self, function, power):
        yi, vi = simulated()
        design = np.column_stack([np.ones(yi.size), vi**power])
        result, fit = function(yi, vi), meta_regression(yi, vi, design)
        np.testing.assert_array_equal(result.estimate, fit.estimate)
        np.testing.assert_array_equal(result.ci_high, fit.ci_high)
        assert result.ci == "knapp-hartung"
        assert result.method == "REML"
        assert result.names[0] == "intercept"

    def test_one_huge_weight_carries_the_limit(self):
        yi, vi = simulated()
        yi[0], vi[0] = 0.2, 1e-10
        assert pet(yi, vi).estimate[0] == pytest.approx(0.2, abs=0.3)
        assert egger(yi, vi).p_value == pytest.approx(egger(-yi, vi).p_value, abs=TWO_ENGINES)


class TestBegg:
    def test_two_effects(self):
        assert begg([0.1, 0.5], [0.1, 0.2]).tau == 1
        assert begg([0.5, 0.1], [0.1, 0.2]).tau == -1
        assert begg([0.5, 0.1], [0.1, 0.2]).p_value == 1

    @pytest.mark.parametrize(
        ("yi", "vi", "name"),
        [([0.5, 0.5, 0.5], [0.1, 0.2, 0.3], "yi"), ([0.1, 0.2, 0.3], [0.1, 0.1, 0.1], "vi")],
    )
    def test_constants_have_no_rank_correlation(self, yi, vi, name):
        with pytest.raises(InputError, match=f"{name}: found 3 equal values"):
            begg(yi, vi)

    def test_one_effect(self):
        with pytest.raises(InputError, match="found 1 effect; allowed: at least 2"):
            begg([0.5], [0.1])

    def test_invariants(self):
        yi, vi = simulated()
        base = begg(yi, vi)
        assert begg(-yi, vi).tau == -base.tau
        assert begg(-yi, vi).p_value == base.p_value
        assert begg(yi[::-1], vi[::-1]) == base
        assert begg(2 * yi + 5, 4 * vi) == base

    def test_a_study_with_nearly_all_the_weight(self):
        # v - 1/W of the first study is far below rounding of v
        yi, vi = np.array([0.3, 0.1, 0.8, 0.5]), np.array([1e-12, 0.2, 0.3, 0.4])
        weights = 1 / vi
        rest = weights[1:].sum()
        # (y1 - m) / sqrt(v1 - 1/W) = sum(w_j (y1 - y_j)) / sqrt(W rest v1)
        first = (weights * (yi[0] - yi)).sum() / np.sqrt(weights.sum() * rest * vi[0])
        others = (yi[1:] - yi[0]) / np.sqrt(vi[1:])
        tau, p_value = kendall(np.concatenate([[first], others]), vi)
        assert begg(yi, vi).tau == tau
        assert begg(yi, vi).p_value == p_value


class TestKendall:
    def test_exact_p_by_enumeration(self):
        x = np.arange(6.0)
        orders = [np.array(order, dtype=float) for order in itertools.permutations(range(6))]
        found = [kendall(x, order) for order in orders]
        taus = np.array([tau for tau, _ in found])
        for tau, p_value in found[::37]:
            share = np.mean(np.abs(taus) >= abs(tau) - ROUNDING)
            assert p_value == pytest.approx(share, abs=ROUNDING)

    def test_against_scipy(self):
        from scipy import stats

        generator = np.random.default_rng(8)
        for k, ties, method in ((30, False, "exact"), (45, True, "asymptotic")):
            x, y = generator.normal(size=k), generator.normal(size=k)
            if ties:
                x, y = np.round(x, 1), np.round(y, 1)
            expected = stats.kendalltau(x, y, method=method)
            tau, p_value = kendall(x, y)
            assert tau == pytest.approx(expected.statistic, abs=ROUNDING)
            assert p_value == pytest.approx(expected.pvalue, abs=ROUNDING)

    def test_exact_and_normal_meet_where_one_takes_over(self):
        generator = np.random.default_rng(9)
        x = generator.normal(size=EXACT_UP_TO + 1)
        y = x + generator.normal(scale=12, size=x.size)
        _, normal = kendall(x, y)
        _, exact = kendall(x[:-1], np.argsort(np.argsort(y[:-1])).astype(float))
        from scipy import stats

        approximate = stats.kendalltau(x[:-1], y[:-1], method="asymptotic").pvalue
        # one of 45,000 pairs more or less changes p by less than the normal approximation does
        assert exact == pytest.approx(approximate, abs=1e-3)
        assert 0 < normal < 1


def henmi_copas_ends(yi, vi):
    """Return the interval by adaptive quadrature of the formulas as published."""
    from scipy import integrate, optimize, stats

    yi, vi = np.array(yi), np.array(vi)
    w, k = 1 / vi, len(yi)
    w1 = w.sum()
    w2, w3, w4 = ((w**power).sum() / w1 for power in (2, 3, 4))
    mean = (w * yi).sum() / w1
    t = max(0, ((w * (yi - mean) ** 2).sum() - (k - 1)) / (w1 - w2))
    vr = 1 + t * w2
    spread = np.sqrt(vr)

    def moments(r):
        b = r**2 / vr**2 - 1 / vr
        expected = (k - 1) + t * (w1 - w2) + t**2 * b * (w3 - w2**2)
        variance = (
            2 * (k - 1)
            + 4 * t * (w1 - w2)
            + 2 * t**2 * (w1 * w2 - 2 * w3 + w2**2)
            + 4 * t**2 * b * (w3 - w2**2)
            + 4 * t**3 * b * (w4 - 2 * w2 * w3 + w2**3)
            + 2 * t**4 * (1 / vr**2 - 2 * r**2 / vr**3) * (w3 - w2**2) ** 2
        )
        return expected, variance

    def integrand(r, x):
        expected, variance = moments(spread * r)
        limit = (w1 / w2 - 1) * ((r / x) ** 2 - 1) + k - 1
        inside = stats.gamma.cdf(limit, expected**2 / variance, scale=variance / expected)
        return inside * stats.norm.pdf(r)

    def excess(x):
        pieces = ((x, x + 0.5), (x + 0.5, x + 2), (x + 2, x + 9))
        return (
            sum(
                integrate.quad(integrand, low, high, args=(x,), epsabs=1e-13, epsrel=1e-12)[0]
                for low, high in pieces
            )
            - 0.025
        )

    half = optimize.brentq(excess, 1e-6, 1.97, xtol=1e-12) * spread * np.sqrt(vr / w1)
    return mean - half, mean + half


class TestHenmiCopas:
    @pytest.mark.parametrize("name", ["bcg", "egger2001", "hart1999", "lopez2019"])
    def test_another_quadrature(self, name):
        reference = references.load(name)
        result = henmi_copas(reference["yi"], reference["vi"])
        low, high = henmi_copas_ends(reference["yi"], reference["vi"])
        assert result.ci_low == pytest.approx(low, abs=TWO_ENGINES)
        assert result.ci_high == pytest.approx(high, abs=TWO_ENGINES)

    def test_without_heterogeneity_it_is_the_fixed_effect_mean(self):
        yi, vi = [0.3, 0.31, 0.29, 0.3], [0.1, 0.2, 0.05, 0.3]
        result, fixed = henmi_copas(yi, vi), pool(yi, vi, method="FE", ci="wald")
        assert result.tau2 == 0
        assert result.estimate == pytest.approx(fixed.estimate, abs=ROUNDING)
        assert result.se == pytest.approx(fixed.se, abs=ROUNDING)

    def test_k_2_by_hand(self):
        # equal variances 1, effects 0 and 4: Q = 8, W1 = 2, W2 = 1, tau2 = 7, se^2 = 8/2
        result = henmi_copas([0, 4], [1, 1])
        assert result.tau2 == pytest.approx(7, abs=ROUNDING)
        assert result.estimate == pytest.approx(2, abs=ROUNDING)
        assert result.se == pytest.approx(2, abs=ROUNDING)

    def test_invariants(self):
        yi, vi = simulated()
        base = henmi_copas(yi, vi)
        flipped, moved = henmi_copas(-yi, vi), henmi_copas(yi[::-1], vi[::-1])
        scaled = henmi_copas(1e4 * yi, 1e8 * vi)
        assert flipped.ci_low == pytest.approx(-base.ci_high, abs=ROUNDING)
        assert moved.ci_low == pytest.approx(base.ci_low, abs=ROUNDING)
        assert scaled.ci_low / 1e4 == pytest.approx(base.ci_low, abs=ROUNDING)
        assert scaled.tau2 / 1e8 == pytest.approx(base.tau2, abs=ROUNDING)

    def test_higher_levels_are_wider(self):
        yi, vi = simulated()
        half = [
            (fit.ci_high - fit.ci_low) / 2
            for fit in (henmi_copas(yi, vi, level=level) for level in (0.5, 0.8, 0.95, 0.999))
        ]
        assert half == sorted(half)

    def test_one_huge_weight(self):
        yi, vi = simulated()
        yi[0], vi[0] = 0.2, 1e-12
        result = henmi_copas(yi, vi)
        assert result.estimate == pytest.approx(0.2, abs=1e-9)
        assert result.ci_low < 0.2 < result.ci_high

    def test_identical_effects(self):
        result = henmi_copas([0.5, 0.5, 0.5], [0.1, 0.2, 0.3])
        assert result.estimate == pytest.approx(0.5, abs=ROUNDING)
        assert result.tau2 == 0

    def test_one_effect(self):
        with pytest.raises(InputError, match="found 1 effect; allowed: at least 2"):
            henmi_copas([0.5], [0.1])


def test_all_of_the_family_under_one_name():
    assert set(small_studies.__all__) == {
        "begg",
        "egger",
        "henmi_copas",
        "peese",
        "pet",
        "selection_model",
        "trim_and_fill",
    }
    assert all(callable(getattr(small_studies, name)) for name in small_studies.__all__)
