"""Estimators of tau-squared: reference values, estimating equations, batches, limits."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from scipy import stats

from metaworkbook.errors import ConvergenceError, InputError
from metaworkbook.models import roots
from metaworkbook.models.heterogeneity import (
    CLOSED,
    METHODS,
    estimate_tau2,
    estimate_tau2_batch,
    q_profile,
)
from metaworkbook.models.quadratic_forms import Batch

from . import references
from .tolerances import CLOSED_FORM, ITERATIVE, ROUNDING, TWO_ENGINES

NAMES = references.having("pooled")
EXPECTED_SETS = 22
RANDOM = [method for method in METHODS if method != "FE"]

#: Seven studies of Bornmann and others (2007): the likelihood has a maximum at zero, where
#: metafor's Fisher scoring stays, and a higher one at 0.0100.
TWO_MAXIMA = (
    [-0.17096, -0.27131, -0.03353, -0.55585, -0.16188, 0.07257, 0.08573],
    [0.45486, 0.01573, 0.02356, 0.3965, 0.04603, 0.0008, 0.05107],
)


def simulated(k=12, seed=1, tau2=0.05):
    generator = np.random.default_rng(seed)
    vi = np.exp(generator.normal(-3, 1, k))
    return generator.normal(0.3, np.sqrt(vi + tau2)), vi


def dense(yi, vi, tau2, X):
    """P as a whole matrix: the definition, in other arithmetic than the package's."""
    W = np.diag(1 / (vi + tau2))
    return W - W @ X @ np.linalg.solve(X.T @ W @ X, X.T @ W)


def exact_der_simonian_laird(yi, vi, x):
    """tau2 of the line on x, in whole fractions: no rounding at all."""
    y, v, x = ([Fraction(float(value)) for value in values] for values in (yi, vi, x))
    w = [1 / value for value in v]
    total = sum(w)
    centre = sum(a * b for a, b in zip(w, x, strict=True)) / total
    mean = sum(a * b for a, b in zip(w, y, strict=True)) / total
    squares = sum(a * (b - centre) ** 2 for a, b in zip(w, x, strict=True))
    slope = sum(a * (b - centre) * c for a, b, c in zip(w, x, y, strict=True)) / squares
    q = trace = Fraction(0)
    for weight, place, effect in zip(w, x, y, strict=True):
        q += weight * (effect - mean - slope * (place - centre)) ** 2
        trace += weight * (1 - weight / total - weight * (place - centre) ** 2 / squares)
    return float(max(Fraction(0), (q - (len(y) - 2)) / trace))


class TestReference:
    def test_grid_is_complete(self):
        assert len(NAMES) == EXPECTED_SETS
        for name in NAMES:
            assert {f"{method}_z" for method in RANDOM} <= set(references.load(name)["pooled"])

    @pytest.mark.parametrize("method", RANDOM)
    @pytest.mark.parametrize("name", NAMES)
    def test_tau2(self, name, method):
        data = references.load(name)
        tolerance = CLOSED_FORM if method in CLOSED else ITERATIVE
        expected = data["pooled"][f"{method}_z"]["tau2"]
        found = estimate_tau2(data["yi"], data["vi"], method)
        assert found == pytest.approx(expected, abs=tolerance, rel=0)


class TestEquations:
    """Each estimate solves its own equation, written with whole matrices."""

    @pytest.mark.parametrize("columns", [1, 2, 3, 4])
    @pytest.mark.parametrize("method", RANDOM)
    @pytest.mark.parametrize("seed", range(5))
    def test_equation(self, method, columns, seed):
        yi, vi = simulated(seed=seed)
        X = np.vander(np.linspace(-1, 1, yi.size), columns, increasing=True)
        tau2 = estimate_tau2(yi, vi, method, X=X)
        k, p = X.shape
        P, W0 = dense(yi, vi, tau2, X), np.diag(1 / vi)
        P0 = dense(yi, vi, 0.0, X)
        if method == "DL":
            gap = (yi @ P0 @ yi - (k - p)) / np.trace(P0)
        elif method == "HS":
            gap = (yi @ P0 @ yi - k) / np.trace(W0)
        elif method == "HE":
            M = np.eye(k) - X @ np.linalg.pinv(X)
            gap = (yi @ M @ yi - np.trace(M * vi)) / (k - p)
        elif method == "SJ":
            start = np.var(yi)
            gap = start * (yi @ dense(yi, vi, start, X) @ yi) / (k - p)
        else:
            excess = {
                "ML": yi @ P @ P @ yi - (1 / (vi + tau2)).sum(),
                "REML": yi @ P @ P @ yi - np.trace(P),
            }.get(method, yi @ P @ yi - (k - p))
            # On the boundary the score is negative, inside it is zero.
            assert excess <= TWO_ENGINES * np.trace(P)
            assert tau2 == 0 or abs(excess) <= TWO_ENGINES * np.trace(P)
            return
        assert tau2 == pytest.approx(max(0.0, gap), abs=ROUNDING)

    def test_highest_of_two_maxima(self):
        tau2 = estimate_tau2(*TWO_MAXIMA, method="ML")
        yi, vi = map(np.array, TWO_MAXIMA)
        row = np.zeros(1, dtype=int)
        grid = np.concatenate([[0.0], np.geomspace(1e-6, 1.0, 4000)])
        heights = [Batch(yi, vi).log_likelihood(row, np.array([t]), False)[0] for t in grid]
        assert heights[0] > heights[1]
        assert max(heights) > heights[0] + 0.5
        assert tau2 == pytest.approx(grid[int(np.argmax(heights))], rel=5e-3)

    @pytest.mark.parametrize("method", RANDOM)
    def test_equal_variances(self, method):
        # With one variance v every estimator is a multiple of the mean square less v.
        yi, v = np.array([0.1, 0.9, -0.4, 0.5, 0.2]), 0.03
        k, mean_square = yi.size, np.var(yi, ddof=1)
        expected = {
            "ML": mean_square * (k - 1) / k - v,
            "HS": mean_square * (k - 1) / k - v,
            "SJ": mean_square * np.var(yi) / (np.var(yi) + v),
        }.get(method, mean_square - v)
        assert estimate_tau2(yi, np.full(k, v), method) == pytest.approx(expected, abs=ROUNDING)


class TestBatch:
    @pytest.mark.parametrize("method", METHODS)
    def test_masks(self, method):
        yi, vi = simulated(8)
        mask = np.random.default_rng(3).random((60, 8)) < 0.6
        mask[:3] = [[True] * 8, [False] * 8, [True] + [False] * 7]
        found = estimate_tau2_batch(yi, vi, method, mask=mask)
        for row, use in enumerate(mask):
            expected = estimate_tau2(yi[use], vi[use], method) if use.sum() > 1 else 0.0
            assert found[row] == pytest.approx(expected, abs=ROUNDING)

    @pytest.mark.parametrize("method", METHODS)
    @pytest.mark.parametrize("columns", [1, 2, 3])
    def test_rows_of_their_own(self, method, columns):
        data = [simulated(9, seed) for seed in range(20)]
        Y, V = (np.stack(arrays) for arrays in zip(*data, strict=True))
        X = np.vander(np.linspace(-1, 1, 9), columns, increasing=True)
        found = estimate_tau2_batch(Y, V, method, X=X)
        for row, (yi, vi) in enumerate(data):
            assert found[row] == pytest.approx(estimate_tau2(yi, vi, method, X), abs=ROUNDING)

    @pytest.mark.parametrize("method", METHODS)
    def test_masks_with_moderators(self, method):
        yi, vi = simulated(9)
        X = np.column_stack([np.ones(9), np.linspace(-1, 1, 9)])
        mask = ~np.eye(9, dtype=bool)
        found = estimate_tau2_batch(yi, vi, method, mask=mask, X=X)
        for row, use in enumerate(mask):
            expected = estimate_tau2(yi[use], vi[use], method, X[use])
            assert found[row] == pytest.approx(expected, abs=ROUNDING)

    @pytest.mark.parametrize("method", RANDOM)
    @pytest.mark.parametrize("columns", [2, 3])
    def test_a_collinear_part_is_nan_and_spares_the_others(self, method, columns):
        yi, vi = simulated(6)
        X = np.zeros((6, columns))
        X[:, 0] = 1.0
        X[5, -1] = 1.0
        if columns == 3:
            X[:, 1] = np.arange(6)
        mask = np.ones((2, 6), dtype=bool)
        mask[1, 5] = False
        found = estimate_tau2_batch(yi, vi, method, mask=mask, X=X)
        assert found[0] == pytest.approx(estimate_tau2(yi, vi, method, X), abs=ROUNDING)
        assert np.isnan(found[1])

    def test_blocks_do_not_matter(self, monkeypatch):
        yi, vi = simulated(8)
        mask = np.random.default_rng(5).random((50, 8)) < 0.7
        whole = estimate_tau2_batch(yi, vi, mask=mask)
        monkeypatch.setattr("metaworkbook.models.heterogeneity.BLOCK", 24)
        assert estimate_tau2_batch(yi, vi, mask=mask) == pytest.approx(whole, abs=ROUNDING)


class TestProfile:
    @pytest.mark.parametrize("level", [0.5, 0.9, 0.99])
    @pytest.mark.parametrize("columns", [1, 2])
    def test_ends_solve_their_equations(self, level, columns):
        yi, vi = simulated(tau2=0.5)
        X = np.vander(np.linspace(-1, 1, yi.size), columns, increasing=True)
        ends = q_profile(yi, vi, X, level)
        for end, tail in zip(ends, ((1 + level) / 2, (1 - level) / 2), strict=True):
            quantile = stats.chi2.ppf(tail, yi.size - columns)
            assert yi @ dense(yi, vi, end, X) @ yi == pytest.approx(quantile, rel=TWO_ENGINES)

    def test_low_end_at_zero(self):
        low, high = q_profile(np.array([0.1, 0.2, 0.3]), np.array([0.02, 0.03, 0.04]))
        assert low == 0.0 < high

    def test_no_tau2_fits(self):
        assert q_profile(np.array([0.1, 0.1001, 0.1]), np.array([1.0, 1.0, 2.0])) == (0.0, 0.0)

    def test_no_degrees_of_freedom(self):
        assert np.isnan(q_profile(np.array([0.1]), np.array([0.2]))).all()

    def test_end_beyond_a_hundred(self):
        # Reference software searches up to 100; the equation's own root lies further out.
        low, high = q_profile(np.array([0.0, 30.0]), np.array([1.0, 1.0]))
        assert 450.0 / (1.0 + high) == pytest.approx(stats.chi2.ppf(0.025, 1), rel=TWO_ENGINES)
        assert low < high


class TestLimits:
    @pytest.mark.parametrize("method", METHODS)
    def test_one_effect(self, method):
        assert estimate_tau2([0.3], [0.1], method) == 0.0

    @pytest.mark.parametrize("method", METHODS)
    def test_as_many_columns_as_effects(self, method):
        assert estimate_tau2([0.3, 0.9], [0.1, 0.1], method, X=[[1, 0], [1, 1]]) == 0.0

    @pytest.mark.parametrize("method", METHODS)
    def test_identical_effects(self, method):
        assert estimate_tau2([0.3] * 4, [0.1, 0.2, 0.1, 3.0], method) == 0.0

    @pytest.mark.parametrize("method", RANDOM)
    @pytest.mark.parametrize("spread", [1e-10, 1e-5, 1e5, 1e10])
    def test_variances_of_very_different_size(self, method, spread):
        yi, vi = simulated(6)
        tau2 = estimate_tau2(yi, vi * np.array([1, 1, 1, 1, 1, spread]), method)
        assert np.isfinite(tau2)
        assert tau2 >= 0

    @pytest.mark.parametrize("tiny", [1e-6, 1e-9, 1e-12])
    @pytest.mark.parametrize("place", [0, 5])
    def test_one_huge_weight_costs_no_digits(self, tiny, place):
        yi, vi = simulated()
        vi[place] = tiny
        x = np.linspace(-1, 2, yi.size) ** 2
        found = estimate_tau2(yi, vi, "DL", np.column_stack([np.ones_like(x), x]))
        assert found == pytest.approx(exact_der_simonian_laird(yi, vi, x), abs=CLOSED_FORM)

    @pytest.mark.parametrize("method", ["DL", "HS", "REML", "PM"])
    def test_weights_beyond_double_precision_are_refused(self, method):
        yi, vi = simulated()
        vi[3] = 1e-25
        X = np.column_stack([np.ones(12), np.arange(12.0)])
        with pytest.raises(InputError, match="vi: found variances from 1e-25 to"):
            estimate_tau2(yi, vi, method, X)
        assert estimate_tau2(yi, vi, method) >= 0

    @pytest.mark.parametrize("method", ["ML", "REML", "EB", "PM"])
    def test_tolerance_not_reached_is_an_error(self, method, monkeypatch):
        monkeypatch.setattr(roots, "ITERATIONS", 1)
        with pytest.raises(ConvergenceError, match="did not converge in 1 steps for 1 data set"):
            estimate_tau2(*simulated(tau2=0.5), method)

    def test_moderator_in_large_units_loses_no_digits(self):
        yi, vi = simulated()
        year = 1990.0 + np.arange(yi.size)
        plain = np.column_stack([np.ones(yi.size), year])
        centred = np.column_stack([np.ones(yi.size), year - year.mean()])
        one, other = estimate_tau2(yi, vi, X=plain), estimate_tau2(yi, vi, X=centred)
        assert one == pytest.approx(other, abs=ROUNDING)

    def test_unknown_method(self):
        with pytest.raises(InputError, match="method: found 'XX'; allowed: FE, DL"):
            estimate_tau2([0.1, 0.2], [0.1, 0.1], "XX")
