"""The censored model with moderators: its limits, its derivatives, and simulated truth."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import optimize, stats

from metaworkbook.errors import InputError
from metaworkbook.models.censored import pool_censored
from metaworkbook.models.censored_moderators import regress_censored
from metaworkbook.models.censored_search import Model
from metaworkbook.models.regression import meta_regression

from .tolerances import ITERATIVE, TWO_ENGINES


def draw(seed, k=24, b=(-0.1, -0.25), tau=0.12):
    rng = np.random.default_rng(seed)
    n = rng.integers(30, 160, k).astype(float)
    x = np.arange(k) % 2.0
    z = rng.normal(b[0] + b[1] * x, np.sqrt(tau**2 + 1 / (n - 3)))
    return np.tanh(z), n, np.column_stack([np.ones(k), x])


def censor(r, n):
    """What an abstract tells: significance with its sign, or none."""
    crit = np.tanh(1.96 / np.sqrt(n - 3))
    dull = np.abs(r) < crit
    low = np.where(dull, -crit, np.where(r < 0, -1.0, crit))
    high = np.where(dull, crit, np.where(r < 0, -crit, 1.0))
    return low, high


def test_coefficients_give_the_meta_regression_by_maximum_likelihood():
    r, n, X = draw(1)
    ours = regress_censored(r, r, n, X)
    theirs = meta_regression(np.arctanh(r), 1 / (n - 3), X, method="ML", ci="wald")
    assert ours.estimate == pytest.approx(theirs.estimate, abs=ITERATIVE)
    assert ours.tau2 == pytest.approx(theirs.tau2, abs=ITERATIVE)


def test_a_column_of_ones_is_the_pool():
    r, n, _ = draw(2)
    low, high = censor(r, n)
    for reporting in (1.0, 0.6):
        ours = regress_censored(low, high, n, np.ones((r.size, 1)), reporting=reporting)
        pooled = pool_censored(low, high, n, reporting=reporting)
        assert ours.estimate[0] == pytest.approx(pooled.estimate, abs=1e-6)
        assert ours.ci_low[0] == pytest.approx(pooled.ci_low, abs=1e-6)
        assert ours.ci_high[0] == pytest.approx(pooled.ci_high, abs=1e-6)
        assert ours.log_likelihood == pytest.approx(pooled.log_likelihood, abs=TWO_ENGINES)
        assert math.isnan(ours.lrt_p)


def test_means_and_contrasts_are_one_model():
    r, n, X = draw(3)
    low, high = censor(r, n)
    contrast = regress_censored(low, high, n, X)
    means = regress_censored(low, high, n, np.column_stack([1 - X[:, 1], X[:, 1]]))
    assert means.log_likelihood == pytest.approx(contrast.log_likelihood, abs=1e-8)
    assert means.lrt == pytest.approx(contrast.lrt, abs=1e-6)
    assert means.estimate[0] == pytest.approx(contrast.estimate[0], abs=1e-6)
    assert means.estimate[1] == pytest.approx(contrast.estimate.sum(), abs=1e-6)


def test_turning_all_signs_turns_the_result():
    r, n, X = draw(4)
    low, high = censor(r, n)
    there, back = regress_censored(low, high, n, X), regress_censored(-high, -low, n, X)
    assert back.estimate == pytest.approx(-there.estimate, abs=1e-6)
    assert back.ci_low == pytest.approx(-there.ci_high, abs=1e-6)


def test_the_gradient_is_that_of_the_likelihood():
    r, n, X = draw(5, k=10)
    low, high = censor(r, n)
    model = Model(low, high, n, X, None, None, 0.6, 1.0, ("a", "b"))
    b, tau2, h = np.array([-0.05, -0.1]), 0.02, 1e-6
    _, gradient, _ = model.derivatives(b, tau2, model.nothing)
    for place in range(2):
        move = h * np.eye(2)[place]
        up, down = (model.derivatives(b + s * move, tau2, model.nothing)[0] for s in (1, -1))
        assert gradient[place] == pytest.approx((up - down) / (2 * h), rel=1e-5)
    up, down = (model.derivatives(b, tau2 + s * h, model.nothing)[0] for s in (1, -1))
    assert gradient[2] == pytest.approx((up - down) / (2 * h), rel=1e-5)


def test_a_level_open_on_one_side_has_an_end_and_no_estimate():
    r, n, X = draw(6)
    low, high = censor(r, n)
    one = X[:, 1] == 1
    crit = np.tanh(1.96 / np.sqrt(n - 3))
    low, high = np.where(one, -1.0, low), np.where(one, -crit, high)
    fit = regress_censored(low, high, n, np.column_stack([1 - X[:, 1], X[:, 1]]))
    assert np.isfinite([fit.estimate[0], fit.ci_low[0], fit.ci_high[0]]).all()
    assert math.isnan(fit.estimate[1])
    assert fit.ci_low[1] == -math.inf
    assert fit.ci_high[1] < 0
    assert math.isnan(fit.lrt_p)


def test_a_row_of_each_level_in_one_sample_counts_as_two():
    r, n, X = draw(7, k=8)
    fit = regress_censored(r, r, n, X, cluster=np.arange(8) // 2)
    assert fit.clusters == 8
    apart = regress_censored(r, r, n, X)
    assert fit.estimate == pytest.approx(apart.estimate, abs=1e-12)


def test_a_collinear_design_is_refused():
    r, n, X = draw(8)
    with pytest.raises(InputError, match="again"):
        regress_censored(r, r, n, np.column_stack([X, X[:, 1]]), names=("a", "b", "again"))


def test_simulated_contrasts_are_covered():
    """95 % intervals of the contrast over 60 simulations; three standard errors are 8.4 points."""
    hits, estimates = [], []
    for seed in range(60):
        r, n, X = draw(100 + seed, k=20)
        fit = regress_censored(*censor(r, n), n, X)
        hits.append(fit.ci_low[1] <= -0.25 <= fit.ci_high[1])
        estimates.append(fit.estimate[1])
    assert np.mean(hits) >= 0.95 - 0.084
    known = np.array(estimates)[np.isfinite(estimates)]
    assert abs(np.mean(known) + 0.25) < 3 * np.std(known) / np.sqrt(known.size) + 0.02


def test_an_end_beside_a_level_that_runs_away_is_where_the_profile_falls():
    """Nelder and Mead's search over all else is far slower and shares nothing with the steps."""
    low = np.array([-1, -1, -0.3, -1, -1, 0.31, -1, -0.19])
    high = np.array([-0.24, -0.19, 0.3, 0, -0.17, 1, -0.06, 0.19])
    n = np.array([67.0, 103, 43, 263, 136, 40, 967, 105])
    X = np.column_stack([[1.0, 0, 1, 0, 0, 1, 1, 1], [0.0, 1, 0, 1, 1, 0, 0, 0]])
    fit = regress_censored(low, high, n, X)
    assert fit.ci_low[1] == -math.inf
    model = Model(low, high, n, X, None, None, 0.6, 1.0, ("a", "b"))
    drop = 0.5 * stats.norm.ppf(0.975) ** 2

    def fall(end):
        def depth(rest):
            b = np.array([end, rest[0]])
            return fit.log_likelihood - model.derivatives(b, rest[1] ** 2, model.nothing)[0]

        starts = [(mean, tau) for mean in (-8.0, -1.0) for tau in (0.1, 0.5, 1.5)]
        options = {"xatol": 1e-8, "fatol": 1e-10, "maxiter": 4000}
        found = [optimize.minimize(depth, s, method="Nelder-Mead", options=options) for s in starts]
        return min(one.fun for one in found)

    for end in (fit.ci_low[0], fit.ci_high[0]):
        assert fall(end) == pytest.approx(drop, abs=1e-4)


def test_a_difference_from_a_level_that_runs_away_runs_away_too():
    low = np.array([-1, -1, -1, -0.15, -1])
    high = np.array([0, 0, 0, -0.15, -0.21])
    X = np.array([[1.0, 0], [1, 1], [1, 0], [1, 1], [1, 0]])
    fit = regress_censored(low, high, np.array([21.0, 53, 264, 51, 87]), X)
    assert math.isnan(fit.estimate[1])
    assert fit.ci_high[1] == math.inf


def test_two_rows_that_a_wide_spread_explains_bound_their_level_nowhere():
    """With tau2 without limit each has a chance of one half, and 2 log 2 < 1.92."""
    low, high = np.full(5, -1.0), np.array([-0.13, -0.15, -0.13, 0, 0])
    X = np.array([[1.0, 0], [0, 1], [1, 0], [0, 1], [1, 0]])
    fit = regress_censored(low, high, np.array([227.0, 172, 231, 140, 150]), X)
    assert fit.ci_high[1] == math.inf
    # Three rows bound theirs: 3 log 2 > 1.92.
    assert -0.13 < fit.ci_high[0] < 0
