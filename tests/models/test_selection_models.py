"""Selection models: metafor's optimum or better, exact derivatives, known truth, flat corners."""

from __future__ import annotations

import itertools
import json
import math
from functools import cache

import numpy as np
import pytest

from metaworkbook.errors import ConvergenceError, InputError
from metaworkbook.models import selection_search
from metaworkbook.models.pooling import pool
from metaworkbook.models.selection_likelihood import StepLikelihood
from metaworkbook.models.selection_models import selection_model

from . import references
from .tolerances import LOG_LIKELIHOOD, ROUNDING, SELECTION, TWO_ENGINES, VERSIONS

DIRECTIONS = ("greater", "less")
#: Weights of the reference between which it is taken as an optimum and not as a bound.
WELL_INSIDE = (0.01, 50)
#: Where tau2 is zero the reference stops at 2e-7 (dagostino), a thousandth of the weight away.
WEIGHT = 5e-3
#: Central differences of step 1e-5 leave about 1e-10 of the third derivative, here up to 1e3.
DIFFERENCES = 1e-5
#: Fits of the reference where ours is higher by more than LOG_LIKELIHOOD: none.
BETTER_HERE: set[tuple[str, str]] = set()

NAMES = references.having("selection_3psm_greater")
FITS = [(name, direction) for name in NAMES for direction in DIRECTIONS]
REFINED = json.loads(
    (references.FOLDER / "refined" / "small_studies.json").read_text(encoding="utf-8")
)
TWO_STEPS = [
    (name, direction)
    for name in sorted(REFINED)
    for direction in DIRECTIONS
    if f"selection_025_50_{direction}" in REFINED[name]
]


@cache
def fitted(name, direction, steps=(0.025,)):
    reference = references.load(name)
    return selection_model(reference["yi"], reference["vi"], list(steps), direction)


class TestReference:
    def test_grid_is_complete(self):
        assert len(FITS) == 42
        assert len(TWO_STEPS) == 23
        inside = [
            WELL_INSIDE[0] < references.load(name)[f"selection_3psm_{direction}"]["delta"][1] < 50
            for name, direction in FITS
        ]
        assert sum(inside) == 27

    @pytest.mark.parametrize(("name", "direction"), FITS)
    def test_one_step(self, name, direction):
        expected = references.load(name)[f"selection_3psm_{direction}"]
        result = fitted(name, direction)
        gain = result.log_likelihood - expected["log_likelihood"]
        assert gain > -LOG_LIKELIHOOD
        assert (gain > LOG_LIKELIHOOD) == ((name, direction) in BETTER_HERE)
        assert result.weights[0] == 1
        assert result.lrt == pytest.approx(expected["lrt"], abs=2 * LOG_LIKELIHOOD)
        # chi-squared with one degree of freedom; the reference's p has its own, lower lrt
        assert result.lrt_p == pytest.approx(math.erfc(math.sqrt(result.lrt / 2)), abs=ROUNDING)
        if WELL_INSIDE[0] < expected["delta"][1] < WELL_INSIDE[1]:
            assert result.estimate == pytest.approx(expected["estimate"], abs=SELECTION)
            assert result.tau2 == pytest.approx(expected["tau2"], abs=SELECTION)
        if (result.counts > 0).all():
            assert result.weights[1] == pytest.approx(expected["delta"][1], rel=WEIGHT)
            assert result.se == pytest.approx(expected["se"], abs=SELECTION)
            assert not result.at_bound

    @pytest.mark.parametrize(("name", "direction"), TWO_STEPS)
    def test_two_steps(self, name, direction):
        expected = REFINED[name][f"selection_025_50_{direction}"]
        result = fitted(name, direction, (0.025, 0.5))
        assert result.log_likelihood > expected["log_likelihood"] - LOG_LIKELIHOOD
        assert result.estimate == pytest.approx(expected["estimate"], abs=SELECTION)
        assert result.tau2 == pytest.approx(expected["tau2"], abs=SELECTION)
        np.testing.assert_allclose(result.weights, expected["delta"], rtol=SELECTION)
        assert result.lrt_p == pytest.approx(expected["lrt_p"], abs=SELECTION)


def example():
    """Return a likelihood of nine effects, one at least in each of four intervals."""
    from scipy.special import ndtr, ndtri

    steps = np.array([0.01, 0.05, 0.4])
    vi = np.array([0.3, 0.6, 1.0, 1.5, 2.2, 0.8, 0.4, 3.0, 0.9])
    z = np.array([3.1, 2.6, 2.0, 1.7, 1.1, 0.5, 0.1, -0.4, -1.3])
    group = np.searchsorted(steps, ndtr(-z))
    assert set(group) == {0, 1, 2, 3}
    return StepLikelihood(z * np.sqrt(vi), vi, -ndtri(steps), group)


class TestLikelihood:
    WEIGHTS = np.log([1, 0.6, 1.7, 0.2])

    @pytest.mark.parametrize("mu", [-3.0, 0.4, 2.5])
    @pytest.mark.parametrize("t", [0.0, 0.3, 5.0])
    def test_derivatives_by_differences(self, mu, t):
        likelihood, step = example(), 1e-5
        theta = np.concatenate([[mu, t], self.WEIGHTS])

        def at(point):
            return likelihood.derivatives(point[0], point[1], point[2:])

        value, gradient, hessian = at(theta)
        assert value == pytest.approx(likelihood.value(mu, t, self.WEIGHTS), abs=ROUNDING)
        np.testing.assert_allclose(hessian, hessian.T, atol=0)
        for i in range(theta.size):
            moved = step * (np.arange(theta.size) == i)
            up, down = at(theta + moved), at(theta - moved)
            assert gradient[i] == pytest.approx((up[0] - down[0]) / (2 * step), abs=DIFFERENCES)
            np.testing.assert_allclose(hessian[i], (up[1] - down[1]) / (2 * step), atol=DIFFERENCES)

    def test_masses_of_the_intervals_sum_to_one(self):
        masses = np.exp(example().log_masses(np.array([-4.0, 0.3, 9.0]), np.array([0.0, 1.0, 0.1])))
        np.testing.assert_allclose(masses.sum(axis=-1), 1, atol=ROUNDING)

    def test_far_from_the_data_nothing_overflows(self):
        value, gradient, hessian = example().derivatives(-1e4, 0.0, self.WEIGHTS)
        assert math.isfinite(value)
        assert np.isfinite(gradient).all()
        assert np.isfinite(hessian).all()

    def test_density_integrates_to_one(self):
        # one effect of variance 1, mu = 0.5, tau2 = 0.44: total variance 1.2^2
        from scipy.integrate import quad
        from scipy.special import ndtri

        critical, weights = -ndtri(np.array([0.025, 0.5])), np.log([1, 0.4, 0.1])

        def density(y):
            group = np.array([int((y < critical).sum())])
            one = StepLikelihood(np.array([y]), np.ones(1), critical, group)
            return math.exp(one.value(0.5, 0.44, weights))

        edges = [-9, 0, float(critical[0]), 10]
        pieces = [quad(density, low, high)[0] for low, high in itertools.pairwise(edges)]
        assert sum(pieces) == pytest.approx(1, abs=1e-8)

    def test_equal_weights_leave_the_random_effects_likelihood(self):
        from scipy import stats

        likelihood = example()
        expected = stats.norm.logpdf(likelihood.yi, 0.7, np.sqrt(likelihood.vi + 0.2)).sum()
        assert likelihood.value(0.7, 0.2, np.zeros(4)) == pytest.approx(expected, abs=ROUNDING)


class TestInvariants:
    @pytest.mark.parametrize("name", ["pritz1997", "craft_ac"])
    def test_sign_order_and_scale(self, name):
        reference = references.load(name)
        yi, vi = np.array(reference["yi"]), np.array(reference["vi"])
        base = selection_model(yi, vi, [0.025], "greater")
        flipped = selection_model(-yi, vi, [0.025], "less")
        moved = selection_model(yi[::-1], vi[::-1], [0.025], "greater")
        scaled = selection_model(10 * yi, 100 * vi, [0.025], "greater")
        for other, factor in ((flipped, -1), (moved, 1), (scaled, 10)):
            assert other.estimate == pytest.approx(factor * base.estimate, abs=1e-6)
            assert other.lrt == pytest.approx(base.lrt, abs=TWO_ENGINES)
            np.testing.assert_allclose(other.weights, base.weights, rtol=1e-6)
        assert flipped.ci_low == pytest.approx(-base.ci_high, abs=1e-6)
        assert scaled.log_likelihood == pytest.approx(
            base.log_likelihood - yi.size * math.log(10), abs=TWO_ENGINES
        )

    @pytest.mark.parametrize("name", ["bangert", "dagostino"])
    def test_the_maximum_is_reached_to_the_last_digits(self, name):
        reference = references.load(name)
        yi, vi = np.array(reference["yi"]), np.array(reference["vi"])
        base = selection_model(yi, vi, [0.025, 0.5], "greater")
        order = np.random.default_rng(1).permutation(yi.size)
        moved = selection_model(yi[order], vi[order], [0.025, 0.5], "greater")
        for quantity in ("estimate", "se", "ci_low", "ci_high", "tau2"):
            assert getattr(moved, quantity) == pytest.approx(getattr(base, quantity), abs=VERSIONS)
        np.testing.assert_allclose(moved.weights, base.weights, rtol=0, atol=VERSIONS)

    def test_a_final_step_of_one_is_implied(self):
        base = fitted("craft_ac", "greater")
        assert fitted("craft_ac", "greater", (0.025, 1)).estimate == base.estimate
        np.testing.assert_array_equal(base.steps, [0.025])

    def test_never_below_the_plain_model(self):
        for name, direction in FITS[::5]:
            reference = references.load(name)
            plain = pool(reference["yi"], reference["vi"], method="ML", ci="wald")
            spread = np.array(reference["vi"]) + plain.tau2
            squares = (np.array(reference["yi"]) - plain.estimate) ** 2 / spread
            height = -0.5 * (np.log(2 * np.pi * spread) + squares).sum()
            result = fitted(name, direction)
            assert result.log_likelihood >= height - ROUNDING
            assert result.lrt == pytest.approx(2 * (result.log_likelihood - height), abs=1e-8)

    def test_interval_is_normal(self):
        wide = fitted("pritz1997", "greater")
        reference = references.load("pritz1997")
        narrow = selection_model(reference["yi"], reference["vi"], [0.025], "greater", level=0.5)
        assert wide.ci_high - wide.estimate == pytest.approx(1.959963985 * wide.se, abs=1e-9)
        assert narrow.ci_high - narrow.estimate == pytest.approx(0.674489750 * wide.se, abs=1e-9)


class TestSearch:
    @pytest.mark.parametrize(
        ("name", "direction"),
        [("egger2001", "less"), ("li2007", "less")],
    )
    def test_no_start_reaches_higher(self, name, direction):
        """A few precise studies make a maximum of their own, which single starts miss."""
        from scipy.special import ndtr, ndtri

        reference = references.load(name)
        sign = 1 if direction == "greater" else -1
        yi, vi = sign * np.array(reference["yi"]), np.array(reference["vi"])
        group = np.searchsorted([0.025], ndtr(-yi / np.sqrt(vi)))
        likelihood = StepLikelihood(yi, vi, -ndtri(np.array([0.025])), group)
        search = selection_search._Search(likelihood)
        generator = np.random.default_rng(1)
        heights = [
            search.climb(
                np.array(
                    [generator.normal(scale=2), generator.exponential(0.5) * (draw % 3), weight]
                )
            ).value
            for draw, weight in enumerate(generator.uniform(-4, 4, 20))
        ]
        assert max(heights) - min(heights) > 0.01
        assert fitted(name, direction).log_likelihood >= max(heights) - 1e-6

    def test_known_selection_is_recovered(self):
        """Half of the non-significant results withheld: estimates within 4 standard errors."""
        generator = np.random.default_rng(12)
        vi = np.exp(generator.normal(-3, 0.6, 1500))
        yi = generator.normal(0.2, np.sqrt(vi + 0.02))
        kept = (yi > 1.959964 * np.sqrt(vi)) | (generator.random(1500) < 0.5)
        yi, vi = yi[kept], vi[kept]
        result = selection_model(yi, vi, [0.025], "greater")
        plain = pool(yi, vi, method="ML", ci="wald")
        assert abs(result.estimate - 0.2) < 4 * result.se
        assert abs(plain.estimate - 0.2) > 4 * plain.se
        assert result.tau2 == pytest.approx(0.02, abs=0.01)
        assert result.weights[1] == pytest.approx(0.5, abs=0.15)
        assert result.lrt_p < 1e-6

    def test_an_unreached_maximum_is_an_error(self, monkeypatch):
        monkeypatch.setattr(selection_search, "RISE_LEFT", -1.0)
        reference = references.load("craft_ac")
        with pytest.raises(ConvergenceError, match="no maximum of the likelihood reached"):
            selection_model(reference["yi"], reference["vi"], [0.025], "greater")


class TestEmptyIntervals:
    def test_none_in_the_first(self):
        result = fitted("bcg", "greater")
        np.testing.assert_array_equal(result.counts, [0, 13])
        assert result.weights[1] == 100
        assert result.at_bound

    def test_none_in_a_later_one(self):
        yi, vi = [2.5, 3.0, 3.6, 2.9, 4.0], [1.0, 1.1, 0.9, 1.0, 1.2]
        result = selection_model(yi, vi, [0.025, 0.5], "greater")
        np.testing.assert_array_equal(result.counts, [5, 0, 0])
        np.testing.assert_array_equal(result.weights, [1, 0, 0])
        assert result.at_bound
        assert result.estimate < np.mean(yi)

    def test_a_mean_that_runs_away_is_reported_at_the_edge(self):
        """Effects that pile up above the critical value: the likelihood has no maximum."""
        generator = np.random.default_rng(4)
        vi = np.exp(generator.normal(-2, 0.3, 30))
        yi = np.sqrt(vi) * (1.9600 + generator.exponential(1.0, 30) ** 2)
        result = selection_model(yi, vi, [0.025], "greater")
        assert result.at_bound
        assert math.isnan(result.se)
        assert math.isnan(result.ci_low)
        assert result.estimate < yi.min() - 900 * np.ptp(yi)
        assert math.isfinite(result.log_likelihood)


class TestDegenerate:
    def test_identical_effects(self):
        result = selection_model(
            [0.3] * 6, [0.01, 0.02, 0.03, 0.04, 0.05, 0.06], [0.025], "greater"
        )
        assert result.tau2 == 0
        assert math.isfinite(result.estimate)

    def test_equal_variances(self):
        result = selection_model([0.1, 0.3, 0.7, 0.8], [0.1] * 4, [0.025], "greater")
        assert 0 <= result.lrt_p <= 1
        assert math.isfinite(result.estimate)

    def test_one_huge_weight(self):
        result = selection_model([0.2, 0.5, 0.9, 1.1], [1e-9, 0.1, 0.1, 0.2], [0.025], "greater")
        assert math.isfinite(result.estimate)
        assert result.counts.sum() == 4

    @pytest.mark.parametrize("scale", [1e-8, 1e8])
    def test_extreme_units(self, scale):
        reference = references.load("craft_ac")
        yi, vi = np.array(reference["yi"]), np.array(reference["vi"])
        result = selection_model(scale * yi, scale**2 * vi, [0.025], "greater")
        assert result.estimate / scale == pytest.approx(
            fitted("craft_ac", "greater").estimate, abs=1e-6
        )

    @pytest.mark.parametrize(("steps", "least"), [([0.025], 3), ([0.025, 0.5], 4)])
    def test_too_few(self, steps, least):
        yi, vi = np.linspace(0.1, 0.6, least), np.linspace(0.1, 0.3, least)
        assert selection_model(yi, vi, steps, "greater").counts.sum() == least
        with pytest.raises(InputError, match=rf"at least {least} for {len(steps)} step"):
            selection_model(yi[1:], vi[1:], steps, "greater")

    @pytest.mark.parametrize(
        "steps",
        [[], [0], [1], [0.5, 0.025], [0.025, 0.025], [-0.1], [1.2], [math.nan], "x", [[0.1]], None],
    )
    def test_unusable_steps(self, steps):
        with pytest.raises(InputError, match=r"steps: found .*between 0 and 1"):
            selection_model([0.1, 0.2, 0.3], [0.1, 0.1, 0.1], steps, "greater")

    @pytest.mark.parametrize("alternative", ["two-sided", "", None, 1])
    def test_unusable_alternative(self, alternative):
        with pytest.raises(InputError, match=r"alternative: found .*allowed: greater, less"):
            selection_model([0.1, 0.2, 0.3], [0.1, 0.1, 0.1], [0.025], alternative)

    def test_alternative_has_no_default(self):
        with pytest.raises(TypeError, match="alternative"):
            selection_model([0.1, 0.2, 0.3], [0.1, 0.1, 0.1], [0.025])

    def test_unusable_effects(self):
        with pytest.raises(InputError, match="vi: found -1 at position 2"):
            selection_model([0.1, 0.2, 0.3], [0.1, 0.1, -1], [0.025], "greater")
        with pytest.raises(InputError, match="at least 1"):
            selection_model([], [], [0.025], "greater")
