"""Shares: by hand, against metafor's rma.glmm on public data, densely, and by simulation."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import minimize
from scipy.stats import binom, norm

from metaworkbook.errors import InputError
from metaworkbook.models.binomial_normal import _modes, log_likelihood
from metaworkbook.models.plain_likelihood import share_log_likelihood
from metaworkbook.models.proportions import compare_shares, exact_shares, pool_shares

from .tolerances import CLOSED_FORM, VERSIONS

FILE = Path(__file__).parents[1] / "reference" / "refined" / "proportions.json"
SETS = ("pritz1997", "nielweise2007_control", "nielweise2007_treated")
COMPARED = ("nielweise2007_both", "bcg_allocation")
#: lme4's bobyqa stops where its trust region, 1e-10 of log odds, no longer improves the deviance.
ESTIMATE = 5e-6
#: lme4 takes second derivatives by finite differences of the deviance, good to four digits.
STANDARD_ERROR = 1e-3
#: SciPy's adaptive quadrature against 25 nodes.
QUADRATURE = 1e-8


@cache
def reference():
    return json.loads(FILE.read_text(encoding="utf-8"))


def log_odds(share):
    return np.log(share / (1 - share))


def test_the_reference_holds_every_set():
    assert set(reference()["sets"]) == {*SETS, *COMPARED}


@pytest.mark.parametrize("name", SETS)
def test_pools_agree_with_metafor(name):
    told = reference()["sets"][name]
    wald = pool_shares(told["events"], told["totals"], ci="wald")
    student = pool_shares(told["events"], told["totals"])
    assert wald.estimate == pytest.approx(told["estimate"], abs=ESTIMATE)
    assert wald.tau2 == pytest.approx(told["tau2"], abs=ESTIMATE)
    assert wald.se == pytest.approx(told["se"], abs=STANDARD_ERROR)
    assert log_odds(wald.ci_low) == pytest.approx(told["wald_low"], abs=2 * STANDARD_ERROR)
    assert log_odds(student.ci_high) == pytest.approx(told["t_high"], abs=2 * STANDARD_ERROR)


@pytest.mark.parametrize("name", COMPARED)
def test_comparisons_agree_with_metafor(name):
    told = reference()["sets"][name]
    found = compare_shares(told["events"], told["totals"], told["group"])
    assert found.estimate == pytest.approx(told["estimate"][1], abs=ESTIMATE)
    assert found.tau2 == pytest.approx(told["tau2"], abs=ESTIMATE)
    assert found.ci_low == pytest.approx(told["t_low"][1], abs=2 * STANDARD_ERROR)
    assert found.ci_high == pytest.approx(told["t_high"][1], abs=2 * STANDARD_ERROR)


def test_shares_far_apart():
    """Where tau is large a Newton step passes the mode; the maximum of a plain sum, and metafor."""
    x = np.array([22.0, 24, 5, 0, 72, 11, 0])
    n = np.array([157.0, 71, 81, 75, 147, 85, 59])
    best = minimize(
        lambda at: -share_log_likelihood(x, n, at[0], at[1]), [-2, 1],
        method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-11},
    )  # fmt: skip
    found = pool_shares(x, n)
    assert found.log_likelihood == pytest.approx(-best.fun, abs=1e-7)
    assert (found.estimate, found.tau2**0.5) == pytest.approx(tuple(best.x), abs=1e-5)
    assert (found.estimate, found.tau2) == pytest.approx((-2.507431, 3.783383), abs=1e-4)


def test_groups_of_shares_far_apart():
    x, n, group = np.array([8.0, 84, 4, 0]), np.array([147.0, 89, 52, 91]), np.array([0, 1, 0, 1])

    def depth(at):
        sides = (share_log_likelihood(x[group == g], n[group == g], at[g], at[2]) for g in (0, 1))
        return -sum(sides)

    best = minimize(
        depth, [-2, -2, 2], method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-11}
    )
    found = compare_shares(x, n, group)
    assert found.log_likelihood == pytest.approx(-best.fun, abs=1e-6)
    assert found.estimate == pytest.approx(best.x[1] - best.x[0], abs=1e-4)
    assert (found.estimate, found.tau2) == pytest.approx((0.901295, 11.99343), abs=1e-4)


@pytest.mark.parametrize("tau", [0.5, 3.0, 30.0])
def test_modes_are_found_wherever_counts_lie(tau):
    n = np.repeat([1.0, 9.0, 5000.0], 3)
    x = np.concatenate([[0, total // 2, total] for total in (1.0, 9.0, 5000.0)])
    for eta in (-20.0, -2.0, 0.0, 7.0):
        mode, _ = _modes(x, n, np.full(9, eta), tau)
        slope = tau * (x - n / (1 + np.exp(-eta - tau * mode))) - mode
        np.testing.assert_allclose(slope / (1 + tau * n), 0, atol=1e-12)


def test_exact_intervals_agree_with_binom_test():
    told = reference()["exact"]
    found = exact_shares([one["events"] for one in told], [one["total"] for one in told])
    np.testing.assert_allclose(found.ci_low, [one["low"] for one in told], atol=CLOSED_FORM)
    np.testing.assert_allclose(found.ci_high, [one["high"] for one in told], atol=CLOSED_FORM)


def test_exact_intervals_by_hand():
    found = exact_shares([0, 10], [10, 10])
    assert found.ci_high[0] == pytest.approx(1 - 0.025**0.1, abs=CLOSED_FORM)
    assert (found.ci_low[0], found.ci_high[1]) == (0.0, 1.0)


@pytest.mark.parametrize(("x", "n", "eta", "tau"), [(3, 40, -2.0, 0.7), (0, 25, -1.0, 2.5)])
def test_the_likelihood_agrees_with_dense_quadrature(x, n, eta, tau):
    def integrand(t):
        log_odds = eta + tau * t
        return np.exp(x * log_odds - n * np.logaddexp(0, log_odds)) * norm.pdf(t)

    area = quad(integrand, -12, 12, epsabs=0, epsrel=1e-12)[0]
    value = log_likelihood(np.array([x]), np.array([n]), np.array([eta]), tau)[0]
    assert value == pytest.approx(np.log(area), abs=QUADRATURE)


def test_without_spread_the_likelihood_is_binomial():
    x, n, p = np.array([3.0, 7.0]), np.array([10.0, 12.0]), np.array([0.2, 0.4])
    value, by_eta, by_tau = log_likelihood(x, n, np.log(p / (1 - p)), 0.0)
    expected = binom.logpmf(x, n, p).sum() - binom.logpmf(x, n, x / n).sum()
    own = (x * np.log(x / n) + (n - x) * np.log(1 - x / n)).sum()
    assert value == pytest.approx(expected + own, abs=1e-10)
    np.testing.assert_allclose(by_eta, x - n * p, atol=1e-10)
    assert by_tau == pytest.approx(0, abs=1e-10)


def test_derivatives_are_those_of_the_value():
    x, n = np.array([2.0, 9.0]), np.array([30.0, 31.0])
    eta, tau, step = np.array([-1.2, -0.7]), 0.6, 1e-6
    _, by_eta, by_tau = log_likelihood(x, n, eta, tau)
    for i in range(2):
        shift = step * (np.arange(2) == i)
        ahead, behind = (log_likelihood(x, n, eta + s * shift, tau)[0] for s in (1, -1))
        assert by_eta[i] == pytest.approx((ahead - behind) / (2 * step), abs=1e-6)
    ahead, behind = (log_likelihood(x, n, eta, tau + s * step)[0] for s in (1, -1))
    assert by_tau == pytest.approx((ahead - behind) / (2 * step), abs=1e-6)


def test_equal_shares_give_that_share_without_spread():
    found = pool_shares([20, 40, 10], [100, 200, 50])
    assert found.share == pytest.approx(0.2, abs=1e-9)
    assert found.tau2 == 0.0
    assert found.se == pytest.approx(np.sqrt(1 / (350 * 0.2 * 0.8)), abs=1e-6)


def test_classes_and_their_complements_mirror_each_other():
    x, n = np.array([3, 11, 0, 8]), np.array([30, 40, 25, 60])
    one, other = pool_shares(x, n), pool_shares(n - x, n)
    assert one.estimate == pytest.approx(-other.estimate, abs=1e-7)
    assert one.ci_low == pytest.approx(1 - other.ci_high, abs=1e-7)
    assert one.tau2 == pytest.approx(other.tau2, abs=1e-6)


def test_order_does_not_matter():
    x, n = np.array([3, 11, 0, 8]), np.array([30, 40, 25, 60])
    order = [2, 0, 3, 1]
    base, moved = pool_shares(x, n), pool_shares(x[order], n[order])
    for quantity in ("estimate", "se", "ci_low", "ci_high", "tau2"):
        assert getattr(moved, quantity) == pytest.approx(getattr(base, quantity), abs=VERSIONS)


def test_one_sample_gives_its_own_exact_interval():
    found = pool_shares([8], [40])
    exact = exact_shares([8], [40])
    assert (found.share, found.ci_low, found.ci_high) == (0.2, exact.ci_low[0], exact.ci_high[0])
    assert np.isnan(found.tau2)


def test_nobody_of_the_class_has_an_upper_bound_and_no_estimate():
    found = pool_shares([0, 0, 0], [10, 20, 30])
    assert not found.bounded
    assert found.estimate == -np.inf
    assert (found.share, found.ci_low) == (0.0, 0.0)
    assert found.ci_high == pytest.approx(1 - 0.025 ** (1 / 60), abs=CLOSED_FORM)


def test_a_group_without_anybody_of_the_class_cannot_be_compared():
    found = compare_shares([0, 0, 5, 6], [20, 20, 20, 20], [0, 0, 1, 1])
    assert not found.bounded
    assert np.isnan(found.estimate)


def test_swapping_the_groups_turns_the_sign():
    x, n, group = [3, 5, 11, 14], [30, 41, 30, 44], np.array([0, 0, 1, 1])
    one, other = compare_shares(x, n, group), compare_shares(x, n, 1 - group)
    assert one.estimate == pytest.approx(-other.estimate, abs=1e-7)
    assert one.ci_low == pytest.approx(-other.ci_high, abs=1e-6)


@pytest.mark.parametrize(
    ("events", "totals"),
    [
        ([1.5], [10]),
        ([11], [10]),
        ([-1], [10]),
        ([1], [0]),
        ([], []),
        ([1, 2], [10]),
        ([np.nan], [3]),
    ],
)
def test_impossible_counts_are_refused(events, totals):
    with pytest.raises(InputError):
        pool_shares(events, totals)


def test_groups_other_than_0_and_1_are_refused():
    with pytest.raises(InputError, match="group"):
        compare_shares([1, 2, 3], [9, 9, 9], [1, 1, 1])


def test_intervals_cover_the_truth_about_as_often_as_they_say():
    """60 intervals of k = 6: the Monte-Carlo error of a coverage of .95 is .028."""
    generator = np.random.default_rng(20)
    mu, tau, hits = -1.0, 0.4, 0
    for _ in range(60):
        n = generator.integers(30, 120, 6)
        p = 1 / (1 + np.exp(-(mu + tau * generator.normal(size=6))))
        found = pool_shares(generator.binomial(n, p), n)
        hits += found.ci_low <= 1 / (1 + np.exp(-mu)) <= found.ci_high
    assert hits / 60 > 0.95 - 3 * 0.028
