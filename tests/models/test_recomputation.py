"""The second engine of a page's numbers: both agree, and a difference stops the page."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import chdtri

from metaworkbook.errors import DisagreementError
from metaworkbook.models import _pymare, plain_likelihood, recomputation, second_searches
from metaworkbook.models.asymmetry import examine_small_studies
from metaworkbook.models.censored_likelihood import Likelihood
from metaworkbook.models.censored_rows import check_rows
from metaworkbook.models.directions import combine_samples, sign_test
from metaworkbook.models.plain_likelihood import PlainLikelihood
from metaworkbook.models.proportions import pool_each_share
from metaworkbook.models.reviews import pool_reviews
from metaworkbook.models.robustness import examine_censored, examine_coefficients
from metaworkbook.models.synthesis import synthesise

from . import references
from .tolerances import TWO_ENGINES

#: Every kind of row, and samples of one to three rows; coefficients in three samples.
ROWS = {
    "lower": np.array([0.25, -0.3, -0.2, -1.0, 0.4, -1.0, 0.2, -0.25, 0.0, 0.3, 0.1, 0.3]),
    "upper": np.array([1.0, 0.3, 0.2, 0.0, 0.4, -0.2, 1.0, 0.0, 1.0, 1.0, 0.1, 0.3]),
    "ni": np.array([50.0, 46, 100, 30, 60, 95, 99, 60, 40, 50, 45, 70]),
    "outside": np.arange(12) == 2,
    "cluster": np.array(list("aabcdddeecfg"), dtype=object),
}
DATA = references.load("bangert")


@pytest.fixture(scope="module")
def synthesis():
    return synthesise(**ROWS)


@pytest.mark.parametrize("rho", [0.0, 0.3, 0.6, 0.8])
@pytest.mark.parametrize(("mu", "tau"), [(0.1, 0.0), (-0.2, 0.1), (0.4, 0.8)])
def test_plain_likelihood_is_the_fast_one(rho, mu, tau):
    fast = Likelihood(check_rows(**ROWS), rho, 1.0).values(np.array([mu]), np.array([tau**2]))[0]
    assert PlainLikelihood(**ROWS, rho=rho).value(mu, tau) == pytest.approx(fast, abs=TWO_ENGINES)


def test_synthesis(synthesis):
    found = recomputation.recompute_synthesis(synthesis, **ROWS)
    assert [(each.what, each.quantity) for each in found] == [
        *(
            ("all-rows", name)
            for name in ("estimate", "tau2", "log_likelihood", "ci_low", "ci_high")
        ),
        ("signs", "p_value"),
        *(("coefficients", name) for name in ("estimate", "ci_low", "ci_high", "tau2")),
    ]


@pytest.mark.parametrize("name", ["estimate", "tau2", "log_likelihood", "ci_low", "ci_high"])
def test_a_wrong_censored_number_is_seen(synthesis, name):
    wrong = replace(synthesis.main, **{name: getattr(synthesis.main, name) + 1e-3})
    with pytest.raises(DisagreementError, match=rf"all-rows, {name}: found .* by the second"):
        recomputation.recompute_synthesis(replace(synthesis, main=wrong), **ROWS)


@pytest.fixture(scope="module")
def crowd():
    rng = np.random.default_rng(3)
    samples = np.repeat(np.arange(110), 1 + np.arange(110) % 2)
    ni = rng.integers(30, 90, 110).astype(float)[samples]
    r = np.tanh(rng.normal(-0.2, 0.2, 110)[samples])
    told = np.arange(r.size) % 3 > 0
    limit = np.where(told, 0.0, 0.25)
    return {
        "lower": np.where(told, r, -limit), "upper": np.where(told, r, limit), "ni": ni,
        "outside": np.zeros(r.size, dtype=bool), "cluster": samples.astype(object),
    }  # fmt: skip


def test_many_samples(crowd):
    found = synthesise(**crowd)
    assert len(recomputation.recompute_synthesis(found, **crowd)) == 10
    for name in ("estimate", "tau2", "log_likelihood", "ci_low", "ci_high"):
        wrong = replace(found.main, **{name: getattr(found.main, name) + 1e-4})
        with pytest.raises(DisagreementError, match=rf"all-rows, {name}: found .* by the second"):
            recomputation.recompute_synthesis(replace(found, main=wrong), **crowd)


def test_a_broken_second_engine_is_seen(synthesis, monkeypatch):
    fit = _pymare.fit

    def perturbed(*arguments):
        estimate, se, tau2 = fit(*arguments)
        return estimate + 1e-4, se, tau2

    monkeypatch.setattr(_pymare, "fit", perturbed)
    with pytest.raises(DisagreementError, match=r"coefficients, estimate: .*page is not built"):
        recomputation.recompute_synthesis(synthesis, **ROWS)


def test_rows_that_bound_one_side():
    rows = {name: values[[0, 6, 8, 9]] for name, values in ROWS.items()}
    rows["cluster"] = np.array(list("abcd"), dtype=object)
    synthesis = synthesise(**rows)
    assert not synthesis.main.bounded
    found = recomputation.recompute_synthesis(synthesis, **rows)
    assert all(np.isfinite(each.second) for each in found)


def test_rows_so_wide_that_the_far_end_needs_a_wide_spread():
    """At the upper end the best spread is above 4; the profile by a search of its own."""
    rows = {
        "lower": np.array([0.361, 0.2542, -0.1]), "upper": np.array([1.0, 1.0, -0.1]),
        "ni": np.array([30.0, 60, 400]), "outside": np.zeros(3, dtype=bool),
        "cluster": np.array(list("abc"), dtype=object),
    }  # fmt: skip
    found = synthesise(**rows).main
    surface = PlainLikelihood(**rows, rho=0.6).value
    spreads = np.geomspace(0.01, 100.0, 4000)
    profile = max(surface(found.ci_high, tau) for tau in spreads)
    assert found.log_likelihood - profile == pytest.approx(chdtri(1, 0.05) / 2, abs=1e-5)
    again = recomputation.recompute_censored(found, **rows)
    assert again[-1].quantity == "ci_high"
    assert again[-1].second == pytest.approx(found.ci_high, abs=again[-1].tolerance)
    one_sided = {name: values[:2] for name, values in rows.items()}
    low = PlainLikelihood(**one_sided, rho=0.6).value
    # The wider the spread, the nearer both come to an even chance of a positive result.
    assert second_searches._profile(low, -3.0) == pytest.approx(2 * np.log(0.5), abs=1e-3)


def test_nothing_pooled():
    rows = {name: values[:2] for name, values in ROWS.items()}
    found = recomputation.recompute_synthesis(synthesise(**rows), **rows)
    assert [each.what for each in found] == ["signs"]


def test_robustness():
    exact = ROWS["lower"] == ROWS["upper"]
    yi, vi = np.arctanh(ROWS["lower"][exact]), 1 / (ROWS["ni"][exact] - 3)
    robust = examine_coefficients(yi, vi, ROWS["cluster"][exact])
    found = recomputation.recompute_robustness(examine_censored(**ROWS), robust, **ROWS)
    assert {each.what for each in found} == {"all-rows", "coefficients"}


def test_small_studies():
    checks = examine_small_studies(DATA["yi"], DATA["vi"], range(DATA["k"]), "positive")
    found = recomputation.recompute_small_studies(checks)
    assert {each.what for each in found} == {
        "coefficients", "pet", "peese", "egger", "trim_l0", "trim_r0", "one_step", "two_steps"
    }  # fmt: skip
    wrong = replace(checks.one_step, tau2=checks.one_step.tau2 + 1e-2)
    with pytest.raises(DisagreementError, match="one_step, log_likelihood"):
        recomputation.recompute_small_studies(replace(checks, one_step=wrong))


@pytest.mark.parametrize("level", [0.1, 0.3, -0.7])
def test_small_studies_of_identical_effects(level):
    vi = np.linspace(0.01, 0.1, 12)
    checks = examine_small_studies([level] * 12, vi, range(12), "negative")
    found = recomputation.recompute_small_studies(checks)
    assert {"pet", "peese"} <= {each.what for each in found}
    wrong = replace(checks.pet, estimate=checks.pet.estimate + 1e-6)
    with pytest.raises(DisagreementError, match="pet, intercept"):
        recomputation.recompute_small_studies(replace(checks, pet=wrong))


def test_signs():
    told = {"p": [0.01, 0.3, 0.04], "sign": [-1, 1, -1]}
    signs, combined = sign_test([-1, -1, 1, -1]), combine_samples(**told)
    found = recomputation.recompute_signs(signs, combined, **told)
    assert [each.what for each in found] == ["signs", "combined"]
    with pytest.raises(DisagreementError, match="signs, p_value"):
        recomputation.recompute_signs(replace(signs, p_value=0.5), combined, **told)
    assert recomputation.recompute_signs(sign_test([0, 0]), None, p=[], sign=[]) == ()


def test_reviews():
    pool = pool_reviews([0.2, 0.3, 0.25], [0.05, 0.04, 0.06], ["a", "b", "c"])
    found = recomputation.recompute_reviews({"alliance": {"0.6": pool}})
    assert {each.what for each in found} == {"alliance/0.6"}


def test_shares():
    counts = {"aai/secure": {"events": [3, 9, 0, 20], "totals": [20, 30, 12, 41]}}
    pools = pool_each_share(counts)
    found = recomputation.recompute_shares(pools, counts)
    assert [each.quantity for each in found] == ["estimate", "tau2", "log_likelihood"]
    wrong = {"aai/secure": replace(pools["aai/secure"], estimate=0.0)}
    with pytest.raises(DisagreementError, match="aai/secure, estimate"):
        recomputation.recompute_shares(wrong, counts)


def test_shares_on_a_finer_grid(monkeypatch):
    told = np.array([3.0, 9, 0, 20]), np.array([20.0, 30, 12, 41]), -0.7, 0.6
    coarse = plain_likelihood.share_log_likelihood(*told)
    monkeypatch.setattr(plain_likelihood, "SHARE_STEP", 1 / 1024)
    assert plain_likelihood.share_log_likelihood(*told) == pytest.approx(coarse, abs=TWO_ENGINES)
