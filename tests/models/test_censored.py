"""The censored model: by hand, against other integrals and software, and its invariants.

An independent likelihood is written here with scipy.stats and adaptive quadrature; everything the
package says is checked against it.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import integrate, interpolate, optimize, special, stats

from metaworkbook.errors import ConvergenceError, InputError
from metaworkbook.evidence import conversions
from metaworkbook.models import censored_posterior, censored_profile, censored_samples
from metaworkbook.models.censored import (
    decide,
    information_share,
    leave_one_cluster_out,
    pool_censored,
    reporting_sweep,
    without_directions,
)
from metaworkbook.models.censored_likelihood import Likelihood
from metaworkbook.models.censored_openness import count_openness
from metaworkbook.models.censored_pieces import critical_z
from metaworkbook.models.censored_profile import Profile
from metaworkbook.models.censored_rows import check_rows
from metaworkbook.models.pooling import pool
from metaworkbook.results import to_json

from . import references
from .tolerances import ITERATIVE, ROUNDING, TWO_ENGINES

#: Probabilities of samples against adaptive quadrature, which stops at about 1e-12.
QUADRATURE = 1e-9
#: scipy's multivariate normal distribution function in three dimensions is a randomised rule with
#: an error of about 1e-8 of its own.
RANDOMISED = 1e-7
#: The profile at an end against a search that uses values of the likelihood only.
AT_END = 1e-7
#: First derivatives by central differences with step 1e-5, second ones from first ones.
DIFFERENCES = 1e-5
#: Posterior summaries with half the step: what the module promises.
REFINED = 1e-6
#: Posterior summaries against a trapezoid rule on a plain grid.
PLAIN_GRID = 1e-5
DROP = 0.5 * stats.chi2.ppf(0.95, 1)
#: Reference data sets that can be read as Fisher z: variances up to 1, effects up to 3.
EXPECTED_SETS = 14

#: Ten samples, one row each: every kind of row.
LOWER = [0.25, -0.3, -0.2, -1.0, 0.4, -1.0, 0.2, -0.25, 0.0, 0.3]
UPPER = [1.0, 0.3, 0.2, 0.0, 0.4, -0.2, 1.0, 0.0, 1.0, 1.0]
SIZES = [50, 46, 100, 30, 60, 95, 99, 60, 40, 50]
OUTSIDE = [False, False, True, False, False, False, False, False, False, False]
TEN = (LOWER, UPPER, SIZES, OUTSIDE)
#: The same rows as five samples of one to three rows.
CLUSTER = ["a", "a", "b", "c", "d", "d", "d", "e", "e", "c"]


def having_z():
    return tuple(
        name
        for name in references.having("pooled")
        if max(references.load(name)["vi"]) <= 1 and np.abs(references.load(name)["yi"]).max() <= 3
    )


def make(lower, upper, ni, outside=None, cluster=None, rho=0.6, reporting=1.0):
    evidence = check_rows(lower, upper, ni, outside, cluster)
    return evidence, Likelihood(evidence, rho, reporting)


def value(likelihood, mu, tau2):
    return float(likelihood.values(np.array([float(mu)]), np.array([float(tau2)]))[0])


def probability(low, high, mean, sd):
    """Probability of an interval, from the side where it is not lost to rounding."""
    a, b = (low - mean) / sd, (high - mean) / sd
    return special.ndtr(-a) - special.ndtr(-b) if a > 0 else special.ndtr(b) - special.ndtr(a)


def tell(low, high, outside, n, mean, sd, reporting):
    """P(what a row tells and that it is reported), and P(it is reported), given its mean."""
    critical = math.atanh(float(conversions.critical_r(n)))
    tails = probability(-np.inf, -critical, mean, sd) + probability(critical, np.inf, mean, sd)
    reported = tails + reporting * (1 - tails)
    if low == high:
        seen = stats.norm.pdf(low, mean, sd) * (1 if abs(low) >= critical else reporting)
        return seen, reported
    spans = [(-np.inf, low), (high, np.inf)] if outside else [(low, high)]
    seen = 0.0
    for start, stop in spans:
        cuts = [start, *(c for c in (-critical, critical) if start < c < stop), stop]
        for left, right in itertools.pairwise(cuts):
            middle = np.clip((left + right) / 2, -1e6, 1e6) if left > -np.inf else right - 1
            middle = left + 1 if right == np.inf and left > -np.inf else middle
            weight = 1 if abs(middle) >= critical else reporting
            seen += weight * probability(left, right, mean, sd)
    return seen, reported


def plain_log_likelihood(rows, mu, tau2, reporting=1.0):
    """The log-likelihood of lone rows, written out."""
    total = 0.0
    for low, high, n, outside in zip(*rows, strict=True):
        with np.errstate(divide="ignore"):
            ends = np.arctanh([low, high])
        seen, reported = tell(*ends, outside, n, mu, math.sqrt(tau2 + 1 / (n - 3)), reporting)
        total += math.log(seen) - (math.log(reported) if reporting < 1 else 0.0)
    return total


def rectangle(lower, upper, mean, covariance):
    """Probability of a rectangle of two normals: the second given the first, integrated."""
    slope = covariance[0, 1] / covariance[0, 0]
    rest = math.sqrt(covariance[1, 1] - slope * covariance[0, 1])
    first = math.sqrt(covariance[0, 0])

    def inner(x):
        given = mean + slope * (x - mean)
        height = math.exp(-0.5 * ((x - mean) / first) ** 2) / first / math.sqrt(2 * math.pi)
        return height * probability(lower[1], upper[1], given, rest)

    start, stop = (float(np.clip(end, mean - 9 * first, mean + 9 * first)) for end in
                   (lower[0], upper[0]))  # fmt: skip
    kinks = [x for x in (lower[1], upper[1]) if start < x < stop] or None
    return integrate.quad(inner, start, stop, points=kinks, epsabs=1e-14, epsrel=1e-11, limit=400)[
        0
    ]


def covariance(sizes, rho, tau2):
    errors = 1 / np.sqrt(np.array(sizes) - 3.0)
    matrix = rho * np.outer(errors, errors)
    np.fill_diagonal(matrix, errors**2)
    return matrix + tau2


class TestLikelihood:
    @pytest.mark.parametrize("reporting", [1.0, 0.4])
    @pytest.mark.parametrize(("mu", "tau2"), [(0.0, 0.0), (0.15, 0.03), (-0.6, 0.5)])
    def test_lone_rows_by_their_formulas(self, mu, tau2, reporting):
        _, likelihood = make(*TEN, reporting=reporting)
        expected = plain_log_likelihood(TEN, mu, tau2, reporting)
        assert value(likelihood, mu, tau2) == pytest.approx(expected, abs=QUADRATURE)

    def test_one_direction_by_hand(self):
        # n = 28: v = 1/25; P(z > 0) at mu = .3, tau2 = 0 is Phi(1.5) = .9331928.
        _, likelihood = make([0], [1], [28])
        assert value(likelihood, 0.3, 0.0) == pytest.approx(math.log(0.9331927987), abs=1e-9)

    def test_far_tails_keep_their_digits(self):
        _, likelihood = make([0.3, -1], [1, -0.3], [4003, 4003])
        bound = math.atanh(0.3)
        distance = (bound + 1.5) * math.sqrt(4000)
        expected = stats.norm.logsf(distance) + stats.norm.logcdf((1.5 - bound) * math.sqrt(4000))
        assert value(likelihood, -1.5, 0.0) == pytest.approx(expected, rel=1e-13)

    @pytest.mark.parametrize("rho", [0.0, 0.3, 0.6, 0.95])
    @pytest.mark.parametrize("sizes", [(50, 50), (50, 80), (20, 400)])
    @pytest.mark.parametrize(("mu", "tau2"), [(0.1, 0.0), (0.1, 0.01), (-0.2, 0.09), (0.3, 0.5)])
    def test_pairs_of_ranges(self, rho, sizes, mu, tau2):
        _, likelihood = make([-0.25, 0.2], [0.25, 1], sizes, cluster=["s", "s"], rho=rho)
        ends = [-math.atanh(0.25), math.atanh(0.2)], [math.atanh(0.25), np.inf]
        expected = rectangle(*ends, mu, covariance(sizes, rho, tau2))
        assert math.exp(value(likelihood, mu, tau2)) == pytest.approx(expected, abs=QUADRATURE)

    @pytest.mark.parametrize("rho", [0.3, 0.6, 0.8])
    @pytest.mark.parametrize("sizes", [(40, 40, 40), (40, 60, 90)])
    @pytest.mark.parametrize(("mu", "tau2"), [(0.1, 0.0), (-0.2, 0.004), (0.3, 0.3)])
    def test_triples_against_scipy(self, rho, sizes, mu, tau2):
        lower, upper = np.array([-0.25, 0.2, -1]), np.array([0.25, 1, 0])
        _, likelihood = make(lower, upper, sizes, cluster=["s"] * 3, rho=rho)
        with np.errstate(divide="ignore"):
            ends = np.clip(np.arctanh([lower, upper]), -20, 20)
        expected = stats.multivariate_normal.cdf(
            ends[1], np.full(3, mu), covariance(sizes, rho, tau2), lower_limit=ends[0],
            abseps=1e-8, releps=1e-8, maxpts=300_000, rng=np.random.default_rng(1),
        )  # fmt: skip
        assert math.exp(value(likelihood, mu, tau2)) == pytest.approx(expected, abs=RANDOMISED)

    @pytest.mark.parametrize("sizes", [(60, 60), (60, 75), (60, 75, 90), (40, 40, 40)])
    @pytest.mark.parametrize("rho", [0.0, 0.6, 0.9])
    def test_finer_quadrature_changes_nothing(self, sizes, rho, monkeypatch):
        m = len(sizes)
        rows = [0.2, -0.24, 0][:m], [0.2, 0.24, 1][:m], sizes, None, ["s"] * m, rho, 0.5
        points = np.array([-0.3, 0.0, 0.2, 0.6]), np.array([0.0, 0.001, 0.05, 1.0])
        coarse = make(*rows)[1].values(*points)
        for name, setting in {"STEP": 0.5, "REACH": 10.0, "EDGE": 16.0, "LEAST": 0.2}.items():
            monkeypatch.setattr(censored_samples, name, setting)
        assert coarse == pytest.approx(make(*rows)[1].values(*points), rel=QUADRATURE)

    @pytest.mark.parametrize("rho", [0.0, 0.6, 0.95])
    @pytest.mark.parametrize("sizes", [(50, 50, 50), (30, 60, 200)])
    @pytest.mark.parametrize("tau2", [0.0, 0.05])
    def test_coefficients_of_a_sample_are_multivariate_normal(self, sizes, rho, tau2):
        r = np.array([0.3, 0.1, 0.25])
        _, likelihood = make(r, r, sizes, cluster=["s"] * 3, rho=rho)
        expected = stats.multivariate_normal.logpdf(
            np.arctanh(r), np.full(3, 0.1), covariance(sizes, rho, tau2)
        )
        assert value(likelihood, 0.1, tau2) == pytest.approx(expected, rel=ROUNDING)

    @pytest.mark.parametrize("sizes", [(50, 50), (40, 90)])
    @pytest.mark.parametrize("tau2", [0.0, 0.002, 0.05])
    def test_a_coefficient_beside_a_range(self, sizes, tau2):
        """The density of the one times the probability of the other given it."""
        _, likelihood = make([0.3, -0.25], [0.3, 0.25], sizes, cluster=["s", "s"])
        matrix, z, bound = covariance(sizes, 0.6, tau2), math.atanh(0.3), math.atanh(0.25)
        given = 0.1 + matrix[0, 1] / matrix[0, 0] * (z - 0.1)
        rest = math.sqrt(matrix[1, 1] - matrix[0, 1] ** 2 / matrix[0, 0])
        expected = stats.norm.logpdf(z, 0.1, math.sqrt(matrix[0, 0]))
        expected += math.log(probability(-bound, bound, given, rest))
        assert value(likelihood, 0.1, tau2) == pytest.approx(expected, abs=QUADRATURE)

    @pytest.mark.parametrize("size", [360, 2_000, 20_000])
    @pytest.mark.parametrize("r", [-0.9, 0.3, 0.7])
    @pytest.mark.parametrize(("mu", "tau2"), [(0.0, 0.05), (0.6, 0.3)])
    def test_rows_that_contradict_one_another(self, size, r, mu, tau2):
        """A large sample with a coefficient and a narrow range far away from it."""
        _, likelihood = make([r, -0.02], [r, 0.02], [size, size], cluster=["s", "s"])
        matrix, z, bound = covariance((size, size), 0.6, tau2), math.atanh(r), math.atanh(0.02)
        given = mu + matrix[0, 1] / matrix[0, 0] * (z - mu)
        rest = math.sqrt(matrix[1, 1] - matrix[0, 1] ** 2 / matrix[0, 0])
        near, far = ((end - abs(given)) / rest for end in (bound, -bound))
        expected = stats.norm.logpdf(z, mu, math.sqrt(matrix[0, 0])) + stats.norm.logcdf(near)
        expected += math.log1p(-math.exp(stats.norm.logcdf(far) - stats.norm.logcdf(near)))
        assert value(likelihood, mu, tau2) == pytest.approx(expected, rel=1e-10)

    def test_reports_of_one_sample_are_conditioned_together(self):
        sizes, share, tau2, mu = (50, 50), 0.4, 0.02, 0.2
        critical = float(critical_z(np.array([50.0]))[0])
        bound = math.tanh(critical)
        _, likelihood = make([bound, -bound], [1, bound], sizes, None, ["s"] * 2, 0.6, share)
        zones = [(-np.inf, -critical), (-critical, critical), (critical, np.inf)]
        matrix = covariance(sizes, 0.6, tau2)
        every = sum(
            (share if one == 1 else 1) * (share if two == 1 else 1)
            * rectangle((zones[one][0], zones[two][0]), (zones[one][1], zones[two][1]), mu, matrix)
            for one, two in itertools.product(range(3), repeat=2)
        )  # fmt: skip
        seen = share * rectangle((critical, -critical), (np.inf, critical), mu, matrix)
        assert value(likelihood, mu, tau2) == pytest.approx(math.log(seen / every), abs=QUADRATURE)

    @pytest.mark.parametrize("cluster", [None, CLUSTER])
    @pytest.mark.parametrize("reporting", [1.0, 0.4])
    @pytest.mark.parametrize(("mu", "tau2"), [(0.15, 0.03), (-0.3, 0.004)])
    def test_derivatives(self, mu, tau2, cluster, reporting):
        _, likelihood = make(*TEN, cluster=cluster, reporting=reporting)

        def at(m, t):
            return likelihood.derivatives(np.array([m]), np.array([t]))

        found, step = at(mu, tau2), 1e-5
        right, left = at(mu + step, tau2), at(mu - step, tau2)
        more, less = at(mu, tau2 + step), at(mu, tau2 - step)
        pairs = {
            "mu": (right.value - left.value, found.mu),
            "tau2": (more.value - less.value, found.tau2),
            "mu_mu": (right.mu - left.mu, found.mu_mu),
            "mu_tau2": (more.mu - less.mu, found.mu_tau2),
            "tau2_tau2": (more.tau2 - less.tau2, found.tau2_tau2),
        }
        for name, (difference, derivative) in pairs.items():
            expected = pytest.approx(float(difference[0]) / (2 * step), rel=DIFFERENCES, abs=1e-5)
            assert float(derivative[0]) == expected, name

    @pytest.mark.parametrize("cluster", [None, CLUSTER])
    @pytest.mark.parametrize("reporting", [1.0, 0.4])
    def test_what_each_sample_adds(self, cluster, reporting):
        """In order of the samples: each one's own likelihood, up to a constant."""
        evidence, likelihood = make(*TEN, cluster=cluster, reporting=reporting)
        points = np.array([0.15, -0.3]), np.array([0.03, 0.2])
        each = likelihood.each(*points)
        for number in range(len(evidence.labels)):
            rows = evidence.cluster == number
            alone = Likelihood(evidence.take(rows), 0.6, reporting).derivatives(*points)
            for name in ("mu", "tau2", "mu_mu", "mu_tau2", "tau2_tau2"):
                assert getattr(each, name)[:, number] == pytest.approx(getattr(alone, name))
            assert np.ptp(each.value[:, number] - alone.value) == pytest.approx(0, abs=ROUNDING)

    def test_critical_value_is_that_of_the_conversions(self):
        sizes = np.array([4.0, 5.0, 30.0, 100.0, 5000.0])
        expected = np.arctanh(conversions.critical_r(sizes))
        assert critical_z(sizes) == pytest.approx(expected, rel=ROUNDING)


class TestCoefficients:
    def test_grid_is_complete(self):
        assert len(having_z()) == EXPECTED_SETS

    @pytest.mark.parametrize("name", having_z())
    def test_one_a_sample_gives_maximum_likelihood(self, name):
        data = references.load(name)
        yi, vi = np.array(data["yi"]), np.array(data["vi"])
        found = pool_censored(np.tanh(yi), np.tanh(yi), 1 / vi + 3)
        reference, ours = data["pooled"]["ML_z"], pool(yi, vi, method="ML", ci="wald")
        assert found.estimate == pytest.approx(reference["estimate"], abs=ITERATIVE)
        assert found.tau2 == pytest.approx(reference["tau2"], abs=ITERATIVE)
        assert found.estimate == pytest.approx(ours.estimate, abs=TWO_ENGINES)
        assert (found.k_exact, found.k_interval, found.k_direction) == (yi.size, 0, 0)

    @pytest.mark.parametrize("n", [4, 50, 100_000])
    def test_one_row(self, n):
        # Profiled over tau2 the drop is log(d / s) + 1/2 at distance d > s: d = s exp(DROP - 1/2).
        found = pool_censored([0.3], [0.3], [n])
        se = 1 / math.sqrt(n - 3)
        assert found.estimate == pytest.approx(math.atanh(0.3), abs=ROUNDING)
        assert found.tau2 == 0
        half = se * math.exp(DROP - 0.5)
        assert found.ci_high - found.estimate == pytest.approx(half, rel=TWO_ENGINES)
        assert found.estimate - found.ci_low == pytest.approx(half, rel=TWO_ENGINES)

    def test_identical_rows(self):
        # At tau2 = 0 all along the interval: the usual +-1.96 se.
        found = pool_censored([0.2] * 8, [0.2] * 8, [103] * 8)
        half = stats.norm.ppf(0.975) / math.sqrt(800)
        assert found.tau2 == 0
        assert found.ci_high - found.estimate == pytest.approx(half, rel=TWO_ENGINES)

    def test_repeated_coefficients_add_nothing_near_rho_1(self):
        once = pool_censored([0.3, 0.1, -0.2], [0.3, 0.1, -0.2], [40, 80, 60])
        twice = pool_censored(
            np.repeat([0.3, 0.1, -0.2], 2), np.repeat([0.3, 0.1, -0.2], 2),
            np.repeat([40, 80, 60], 2), cluster=np.repeat(["a", "b", "c"], 2), rho=0.9999,
        )  # fmt: skip
        assert twice.estimate == pytest.approx(once.estimate, abs=1e-4)
        assert twice.ci_low == pytest.approx(once.ci_low, abs=1e-4)
        assert twice.tau2 == pytest.approx(once.tau2, abs=1e-4)


class TestInterval:
    @pytest.mark.parametrize("reporting", [1.0, 0.4])
    def test_against_a_search_without_derivatives(self, reporting):
        found = pool_censored(*TEN, reporting=reporting)

        def profile(mu):
            heights = [plain_log_likelihood(TEN, mu, t**2, reporting) for t in taus]
            best = int(np.argmax(heights))
            near = taus[max(best - 1, 0)], taus[min(best + 1, len(taus) - 1)]
            result = optimize.minimize_scalar(
                lambda t: -plain_log_likelihood(TEN, mu, t**2, reporting),
                bounds=near, method="bounded", options={"xatol": 1e-9},
            )  # fmt: skip
            return max(-result.fun, max(heights))

        taus = [0.0, *np.geomspace(0.02, 3, 12)]
        top = profile(found.estimate)
        assert found.log_likelihood == pytest.approx(top, abs=AT_END)
        for end in (found.ci_low, found.ci_high):
            assert profile(end) == pytest.approx(top - DROP, abs=AT_END)
        for beyond in (found.ci_low - 0.3, found.ci_low - 1, found.ci_high + 0.3):
            assert profile(beyond) < top - DROP
        best = optimize.minimize(
            lambda x: -plain_log_likelihood(TEN, x[0], x[1] ** 2, reporting),
            [found.estimate + 0.05, math.sqrt(found.tau2) + 0.05], method="Nelder-Mead",
            options={"xatol": 1e-8, "fatol": 1e-12},
        )  # fmt: skip
        assert -best.fun == pytest.approx(found.log_likelihood, abs=AT_END)
        assert best.x[0] == pytest.approx(found.estimate, abs=1e-5)

    def test_level_moves_the_ends(self):
        narrow, wide = pool_censored(*TEN, level=0.5), pool_censored(*TEN, level=0.99)
        assert wide.ci_low < narrow.ci_low < narrow.estimate < narrow.ci_high < wide.ci_high
        assert narrow.estimate == pytest.approx(wide.estimate, abs=ROUNDING)
        assert narrow.posterior_low > wide.posterior_low

    def test_the_best_of_two_basins_in_tau2_is_taken(self):
        """One precise and consistent study beside a few coarse and far ones."""
        z, n = np.array([0.0, 0.9, 1.0, 1.1]), np.array([3003.0, 28, 28, 28])
        found = pool_censored(np.tanh(z), np.tanh(z), n)
        _, likelihood = make(np.tanh(z), np.tanh(z), n)
        mu, tau = np.meshgrid(np.linspace(-1, 2, 301), np.linspace(0, 2, 201))
        assert likelihood.values(mu.ravel(), tau.ravel() ** 2).max() <= found.log_likelihood
        end = likelihood.values(np.full(4001, found.ci_low), np.linspace(0, 2, 4001) ** 2).max()
        assert end == pytest.approx(found.log_likelihood - DROP, abs=1e-5)

    def test_not_significant_rows_bound_both_sides(self):
        found = pool_censored([-0.2] * 5, [0.2] * 5, [100] * 5)
        assert found.bounded
        assert found.estimate == pytest.approx(0, abs=ROUNDING)
        assert found.ci_low == pytest.approx(-found.ci_high, abs=ROUNDING)
        assert found.p_negative == pytest.approx(0.5, abs=REFINED)

    @pytest.mark.parametrize("n", [30, 500])
    def test_a_narrow_range_tends_to_a_coefficient(self, n):
        exact = pool_censored([0.3, 0.1, -0.1], [0.3, 0.1, -0.1], [n, n, n])
        low = np.array([0.3, 0.1, -0.1])
        narrow = pool_censored(low - 1e-5, low + 1e-5, [n, n, n])
        assert narrow.estimate == pytest.approx(exact.estimate, abs=1e-7)
        assert narrow.ci_high == pytest.approx(exact.ci_high, abs=1e-7)
        assert narrow.posterior_low == pytest.approx(exact.posterior_low, abs=1e-7)

    def test_repeated_ranges_add_less_and_less_as_rho_nears_1(self):
        rows = np.array([0.25, -0.3, -0.2]), np.array([1, 0.3, 0.1]), np.array([50, 46, 100])
        once = pool_censored(*rows)
        gaps = []
        for rho in (0.6, 0.99, 0.9999, 0.999999):
            twice = pool_censored(
                *(np.repeat(part, 2) for part in rows), cluster=[0, 0, 1, 1, 2, 2], rho=rho
            )
            gaps.append(abs(twice.ci_low - once.ci_low) + abs(twice.estimate - once.estimate))
        # What two reports differ by falls with sqrt(1 - rho).
        assert gaps == sorted(gaps, reverse=True)
        assert gaps[-1] < 5e-4


def test_the_posterior_can_be_spared():
    rows = ([0.1, -0.2, -1.0], [0.1, 0.2, 0.0], [40, 60, 80])
    whole, spared = pool_censored(*rows), pool_censored(*rows, posterior=False)
    for name, value in vars(whole).items():
        if name.startswith(("posterior", "p_negative")):
            assert math.isfinite(value)
            assert math.isnan(getattr(spared, name))
        else:
            assert getattr(spared, name) == value


class TestOneSided:
    @pytest.mark.parametrize("row", [(0.3, 1.0), (0.0, 1.0)])
    def test_upwards(self, row):
        found = pool_censored([row[0]] * 5, [row[1]] * 5, [50, 60, 70, 80, 90])
        assert not found.bounded
        assert math.isnan(found.estimate)
        assert math.isnan(found.tau2)
        assert found.ci_high == np.inf
        assert found.log_likelihood == 0
        # At the finite end tau2 is zero, and the five probabilities have the product exp(-DROP).
        z = (found.ci_low - math.atanh(row[0])) * np.sqrt(np.array([50, 60, 70, 80, 90]) - 3.0)
        assert stats.norm.logcdf(z).sum() == pytest.approx(-DROP, abs=TWO_ENGINES)
        assert np.isfinite([found.posterior_mean, found.posterior_low, found.posterior_high]).all()

    def test_downwards_mirrors_upwards(self):
        up = pool_censored([0.2] * 4, [1] * 4, [60] * 4)
        down = pool_censored([-1] * 4, [-0.2] * 4, [60] * 4)
        assert down.ci_low == -np.inf
        assert down.ci_high == pytest.approx(-up.ci_low, abs=ROUNDING)

    def test_result_has_json(self):
        found = to_json(pool_censored([0.2] * 4, [1] * 4, [60] * 4))
        assert (found["ci_high"], found["estimate"], found["bounded"]) == ("inf", None, False)

    @pytest.mark.parametrize("k", [1, 2])
    def test_two_rows_of_one_direction_exclude_nothing(self, k):
        # With tau2 without end their probability is 2^-k anywhere: k log 2 < DROP for k = 1, 2.
        found = pool_censored([0.3] * k, [1] * k, [60] * k)
        assert (found.ci_low, found.ci_high) == (-np.inf, np.inf)

    def test_rows_of_one_sample_count_once(self):
        found = pool_censored([0.3] * 4, [1] * 4, [60] * 4, cluster=["s"] * 4)
        assert (found.ci_low, found.ci_high) == (-np.inf, np.inf)

    def test_signs_untold_bound_nothing(self):
        found = pool_censored([-0.2] * 6, [0.2] * 6, [100] * 6, [True] * 6)
        assert (found.ci_low, found.ci_high) == (-np.inf, np.inf)
        assert found.p_negative == pytest.approx(0.5, abs=REFINED)

    def test_balanced_directions_bound_nothing(self):
        found = pool_censored([0, -1] * 4, [1, 0] * 4, [50] * 8)
        assert (found.ci_low, found.ci_high) == (-np.inf, np.inf)
        assert found.log_likelihood == pytest.approx(8 * math.log(0.5), abs=ROUNDING)

    def test_one_direction_against_many_bounds_one_side(self):
        # The profile tends to 12 log(12/13) + log(1/13) upwards and to 13 log(1/2) downwards.
        found = pool_censored([0] * 12 + [-1], [1] * 12 + [0], [50] * 13)
        assert found.ci_high == np.inf
        assert 0 < found.ci_low < 0.2
        expected = 12 * math.log(12 / 13) + math.log(1 / 13)
        assert found.log_likelihood == pytest.approx(expected, abs=ROUNDING)

    def test_one_closed_row_bounds_both_sides(self):
        found = pool_censored([0.3] * 6 + [-0.3], [1] * 6 + [0.3], [50] * 7)
        assert found.bounded
        assert np.isfinite([found.ci_low, found.estimate, found.ci_high]).all()

    def test_two_equal_hills_have_no_estimate(self):
        found = pool_censored([-0.2] * 4, [0.2] * 4, [50] * 4, [True] * 3 + [False])
        assert math.isnan(found.estimate)
        assert not found.bounded
        # The hull of both hills.
        assert found.ci_low == pytest.approx(-found.ci_high, abs=1e-8)

    def test_openness(self):
        lower, upper = [0.2, -1, -1, -0.2, 0.2, -0.2, -1], [1, 0, 1, 0.2, 1, 0.2, 0.3]
        outside = [False, False, False, False, False, True, True]
        rows = check_rows(lower, upper, [50] * 7, outside, [0, 1, 2, 3, 3, 4, 5])
        found = count_openness(rows)
        assert (found.up, found.down, found.closed) == (2, 1, 1)

    def test_never_the_end_of_a_search(self, monkeypatch):
        """Another scan, another grid: the same ends."""
        few = ([0.3, 0.25, -0.2], [1, 1, 0.2], [50, 70, 100])
        before = pool_censored(*few)
        monkeypatch.setattr(censored_profile, "SCAN", 61)
        after = pool_censored(*few)
        assert after.ci_high == pytest.approx(before.ci_high, rel=TWO_ENGINES)
        assert after.ci_low == pytest.approx(before.ci_low, rel=TWO_ENGINES)


class TestInvariants:
    @pytest.mark.parametrize("cluster", [None, CLUSTER])
    @pytest.mark.parametrize("reporting", [1.0, 0.7])
    def test_order_of_rows(self, cluster, reporting):
        order = np.random.default_rng(1).permutation(10)
        labels = None if cluster is None else np.array(cluster)[order]
        found = pool_censored(*TEN, cluster, reporting=reporting)
        moved = pool_censored(*(np.array(p)[order] for p in TEN), labels, reporting=reporting)
        for name in ("estimate", "ci_low", "ci_high", "posterior_low", "p_negative"):
            assert getattr(moved, name) == pytest.approx(getattr(found, name), abs=TWO_ENGINES)

    @pytest.mark.parametrize("cluster", [None, CLUSTER])
    def test_sign(self, cluster):
        found = pool_censored(*TEN, cluster)
        mirrored = pool_censored(-np.array(UPPER), -np.array(LOWER), SIZES, OUTSIDE, cluster)
        assert mirrored.estimate == pytest.approx(-found.estimate, abs=TWO_ENGINES)
        assert mirrored.ci_low == pytest.approx(-found.ci_high, abs=TWO_ENGINES)
        assert mirrored.tau2 == pytest.approx(found.tau2, abs=TWO_ENGINES)
        assert mirrored.p_negative == pytest.approx(1 - found.p_negative, abs=REFINED)

    def test_a_row_that_tells_nothing(self):
        found = pool_censored(LOWER, UPPER, SIZES)
        more = pool_censored([*LOWER, -1], [*UPPER, 1], [*SIZES, 40])
        assert more.estimate == pytest.approx(found.estimate, abs=TWO_ENGINES)
        assert more.ci_high == pytest.approx(found.ci_high, abs=TWO_ENGINES)

    def test_samples_of_one_row_do_not_know_rho(self):
        one, other = pool_censored(*TEN, rho=0.0), pool_censored(*TEN, rho=0.9)
        assert one.estimate == other.estimate

    def test_outside_is_the_rest(self):
        """Rows of both signs apart are the row without a sign, summed."""
        _, untold = make([-0.2], [0.2], [100], [True])
        _, up = make([0.2], [1], [100])
        _, down = make([-1], [-0.2], [100])
        _, between = make([-0.2], [0.2], [100])
        parts = [math.exp(value(part, 0.1, 0.02)) for part in (up, down)]
        assert math.exp(value(untold, 0.1, 0.02)) == pytest.approx(sum(parts), abs=ROUNDING)
        rest = 1 - math.exp(value(between, 0.1, 0.02))
        assert sum(parts) == pytest.approx(rest, abs=ROUNDING)

    def test_more_rows_of_a_kind_narrow_the_interval(self):
        few = pool_censored([-0.25, 0.25] * 3, [0.25, 1] * 3, [60] * 6)
        many = pool_censored([-0.25, 0.25] * 12, [0.25, 1] * 12, [60] * 24)
        assert many.ci_high - many.ci_low < few.ci_high - few.ci_low


class TestScale:
    def test_smallest_samples(self):
        found = pool_censored([-0.95, -0.95, 0.95], [0.95, 0.95, 1], [4, 4, 4])
        assert found.bounded
        assert found.ci_low < found.estimate < found.ci_high

    def test_huge_samples(self):
        z = np.random.default_rng(2).normal(0.1, 0.0012, 12)
        found = pool_censored(np.tanh(z), np.tanh(z), [1_000_003] * 12)
        assert found.estimate == pytest.approx(z.mean(), abs=1e-9)
        assert 0 < found.ci_high - found.ci_low < 0.005
        assert found.posterior_mean == pytest.approx(z.mean(), abs=1e-4)

    def test_three_hundred_rows(self):
        rng = np.random.default_rng(3)
        ni = rng.integers(20, 200, 300).astype(float)
        z = rng.normal(rng.normal(-0.15, 0.1, 300), 1 / np.sqrt(ni - 3))
        critical = critical_z(ni)
        lower = np.where(z > critical, critical, np.where(z < -critical, -np.inf, -critical))
        upper = np.where(z > critical, np.inf, np.where(z < -critical, -critical, critical))
        found = pool_censored(np.tanh(lower), np.tanh(upper), ni)
        coefficients = pool(z, 1 / (ni - 3), method="ML", ci="wald")
        assert found.estimate == pytest.approx(coefficients.estimate, abs=0.02)
        assert found.ci_high - found.ci_low > coefficients.ci_high - coefficients.ci_low

    def test_extremes_of_size_and_effect_together(self):
        found = pool_censored([-0.9, 0.999], [0.9, 0.999], [5, 900_000])
        assert found.bounded

    def test_a_spread_that_is_best_between_zero_and_where_the_likelihood_turns_up_again(self):
        rows = ([-0.95, 0.00196, -0.5], [0.95, 1.0, -0.5], [4, 1_000_000, 6], [False] * 3)
        found = pool_censored(*rows)
        assert found.tau2 == 0
        top = plain_log_likelihood(rows, found.estimate, 0.0)
        assert found.log_likelihood == pytest.approx(top, abs=AT_END)
        for end in (found.ci_low, found.ci_high):
            heights = [plain_log_likelihood(rows, end, t) for t in np.geomspace(0.003, 10.0, 400)]
            assert top - max(heights) == pytest.approx(DROP, abs=1e-3)

    def test_a_large_sample_of_many_rows(self):
        found = pool_censored(
            [-0.2, 0.2, -0.15, 0.0, 0.1, -1.0], [0.2, 1.0, 0.15, 1.0, 0.1, 0.0],
            [100, 100, 170, 60, 60, 80], cluster=["s"] * 5 + ["t"],
        )  # fmt: skip
        assert found.bounded
        assert (found.k, found.clusters) == (6, 2)

    def test_rows_too_alike_to_integrate(self):
        with pytest.raises(ConvergenceError, match="Lower rho"):
            pool_censored([-0.2, 0, -1], [0.2, 1, 0.3], [50, 90, 140], cluster=[0] * 3, rho=0.9999)

    def test_tables_too_long_are_refused(self, monkeypatch):
        monkeypatch.setattr(censored_samples, "MOST_NODES", 8)
        with pytest.raises(ConvergenceError, match="keep one row"):
            pool_censored([-0.2, 0.2, -0.2], [0.2, 1, 0.2], [50, 50, 50], cluster=[0, 0, 1])


class TestPosterior:
    @pytest.mark.parametrize("reporting", [1.0, 0.4])
    @pytest.mark.parametrize("cluster", [None, CLUSTER])
    def test_half_the_step_changes_nothing(self, reporting, cluster):
        self.check(*TEN, cluster, reporting=reporting)

    @pytest.mark.parametrize(
        "rows",
        [
            ([0.3], [0.3], [50]),
            ([0.3], [0.3], [100_000]),
            ([0.99], [0.99], [5000]),
            ([-1], [0], [30]),
            ([0.3] * 5, [1] * 5, [50] * 5),
            ([-0.1] * 6, [0.1] * 6, [500] * 6, [True] * 6),
            ([-0.03] * 20, [0.03] * 20, [5000] * 20),
        ],
    )
    def test_the_same_at_the_extremes(self, rows):
        self.check(*rows)

    @staticmethod
    def check(*rows, **options):
        evidence, likelihood = make(*rows, **options)
        profile = Profile(likelihood, evidence)
        coarse = censored_posterior.sum_posterior(profile, 0.95)
        fine = censored_posterior.sum_posterior(profile, 0.95, refine=2.0)
        for name, number in fine.items():
            assert coarse[name] == pytest.approx(number, abs=REFINED), name

    def test_against_a_plain_grid(self):
        found = pool_censored(*TEN)
        _, likelihood = make(*TEN)
        mu, tau = np.linspace(-1.5, 2, 701), np.linspace(0, 1.4, 141)
        height = likelihood.values(np.repeat(mu, tau.size), np.tile(tau**2, mu.size))
        height = height.reshape(mu.size, tau.size) + stats.norm.logpdf(mu, 0, 0.5)[:, None]
        height += stats.halfnorm.logpdf(tau, 0, 0.2)
        marginal = integrate.trapezoid(np.exp(height - height.max()), tau, axis=1)
        share = integrate.cumulative_simpson(marginal, x=mu, initial=0)
        share /= share[-1]
        mean = integrate.simpson(mu * marginal, x=mu) / integrate.simpson(marginal, x=mu)
        assert found.posterior_mean == pytest.approx(mean, abs=PLAIN_GRID)
        below = interpolate.CubicSpline(mu, share)
        assert float(below(found.posterior_low)) == pytest.approx(0.025, abs=PLAIN_GRID)
        assert float(below(found.posterior_high)) == pytest.approx(0.975, abs=PLAIN_GRID)
        assert found.p_negative == pytest.approx(float(below(0)), abs=PLAIN_GRID)

    def test_nothing_known_gives_the_prior_back(self):
        found = pool_censored([-1], [1], [50])
        assert found.posterior_mean == pytest.approx(0, abs=REFINED)
        assert found.posterior_high == pytest.approx(0.5 * stats.norm.ppf(0.975), abs=REFINED)
        assert found.p_negative == pytest.approx(0.5, abs=REFINED)

    @pytest.mark.parametrize("spread", [0.0, 0.02, 0.3])
    def test_many_samples_give_the_same_step_by_step_as_at_once(self, monkeypatch, spread):
        rng = np.random.default_rng(9)
        z = rng.normal(-0.1, np.hypot(spread, 0.1), 400)
        lower = np.where(np.arange(400) % 2, np.tanh(z), np.where(z < 0, -1.0, 0.0))
        upper = np.where(np.arange(400) % 2, np.tanh(z), np.where(z < 0, 0.0, 1.0))
        evidence, likelihood = make(lower, upper, [103] * 400)
        profile = Profile(likelihood, evidence)
        steps = censored_posterior.sum_posterior(profile, 0.95)
        monkeypatch.setattr(censored_posterior, "MANY", 400)
        at_once = censored_posterior.sum_posterior(profile, 0.95)
        for name, number in at_once.items():
            assert steps[name] == pytest.approx(number, abs=1e-9), name

    def test_much_evidence_gives_the_likelihood(self):
        z = np.random.default_rng(4).normal(0.2, 0.15, 200)
        found = pool_censored(np.tanh(z), np.tanh(z), [103] * 200)
        assert found.posterior_mean == pytest.approx(found.estimate, abs=1e-3)
        assert found.posterior_low == pytest.approx(found.ci_low, abs=1e-3)


class TestReporting:
    def test_complete_reporting_is_the_plain_model(self):
        assert reporting_sweep(*TEN)[0] == pool_censored(*TEN)

    def test_a_sweep_is_its_single_fits(self):
        swept = reporting_sweep(*TEN, probabilities=(0.7, 0.4))
        assert [result.reporting for result in swept] == [0.7, 0.4]
        assert swept[1] == pool_censored(*TEN, reporting=0.4)

    def test_missing_results_pull_the_estimate_towards_zero(self):
        lower, upper = [0.3, 0.25, 0.28, -0.2, 0.3, -0.25], [1, 1, 1, 0.2, 1, 0.25]
        swept = reporting_sweep(lower, upper, [50, 65, 55, 100, 50, 65])
        estimates = [result.estimate for result in swept]
        assert estimates[0] > estimates[1] > estimates[2]

    def test_significant_rows_of_any_size_hardly_bound_mu(self):
        """Under selective reporting a significant result could have come from anywhere."""
        complete = pool_censored([0.3] * 5, [1] * 5, [50] * 5)
        selective = pool_censored([0.3] * 5, [1] * 5, [50] * 5, reporting=0.05)
        assert selective.ci_high == np.inf
        assert selective.ci_low < complete.ci_low

    def test_bounds_that_went_through_rounding_stay_whole(self):
        """A critical value printed with 15 digits is the model's own."""
        critical = conversions.critical_r(np.array([50.0, 60.0, 70.0]))
        lower, upper = (
            np.array([critical[0], -1, -critical[2]]),
            np.array([1, -critical[1], critical[2]]),
        )
        exact = pool_censored(lower, upper, [50, 60, 70], reporting=0.5)
        moved = pool_censored(lower * (1 - 1e-14), upper * (1 - 1e-14), [50, 60, 70], reporting=0.5)
        assert moved.estimate == pytest.approx(exact.estimate, abs=1e-8)


class TestVariants:
    def test_leave_one_out(self):
        found = leave_one_cluster_out(*TEN, CLUSTER)
        assert len(found) == 5
        kept = np.array(CLUSTER) != "d"
        alone = pool_censored(*(np.array(part)[kept] for part in TEN), np.array(CLUSTER)[kept])
        assert found[3] == alone
        assert [result.clusters for result in found] == [4] * 5

    def test_leave_one_out_of_one_sample(self):
        with pytest.raises(InputError, match="at least 2"):
            leave_one_cluster_out([0.1, 0.2], [0.1, 0.2], [50, 50], cluster=["a", "a"])

    def test_without_directions(self):
        kept = [i for i in range(10) if i not in (3, 8)]
        found = without_directions(*TEN)
        assert found == pool_censored(*(np.array(part)[kept] for part in TEN))
        assert found.k_direction == 0

    def test_without_directions_when_there_is_nothing_else(self):
        with pytest.raises(InputError, match="directions alone"):
            without_directions([0, -1], [1, 0], [50, 50])

    def test_counts(self):
        found = pool_censored(*TEN)
        counts = found.k, found.clusters, found.k_exact, found.k_interval, found.k_direction
        assert counts == (10, 10, 1, 7, 2)

    def test_decide(self):
        up, down = (
            pool_censored([0.3] * 5, [1] * 5, [50] * 5),
            pool_censored([-1] * 5, [-0.3] * 5, [50] * 5),
        )
        open_ = pool_censored(*TEN)
        assert decide(up, [up, up]) == "positive"
        assert decide(down, [down]) == "negative"
        assert decide(down, []) == "negative"
        assert decide(down, [down, open_]) == "not_decided"
        assert decide(open_, [down, down]) == "not_decided"
        assert decide(down, [up]) == "not_decided"


class TestInformation:
    def test_coefficients_alone(self):
        found = information_share([0.2, 0.3], [0.2, 0.3], [50, 60])
        assert (found.exact, found.interval, found.direction) == (1, 0, 0)

    def test_by_differences(self):
        found = information_share(*TEN)
        fit = pool_censored(*TEN)
        step, amounts = 1e-4, []
        for row in range(10):
            rows = [[part[row]] for part in TEN]
            heights = [
                plain_log_likelihood(rows, fit.estimate + move, fit.tau2)
                for move in (-step, 0, step)
            ]
            amounts.append(max(0.0, -(heights[0] - 2 * heights[1] + heights[2]) / step**2))
        exact, direction = amounts[4], amounts[3] + amounts[8]
        assert found.exact == pytest.approx(exact / sum(amounts), abs=1e-5)
        assert found.direction == pytest.approx(direction / sum(amounts), abs=1e-5)

    @pytest.mark.parametrize("cluster", [None, CLUSTER])
    @pytest.mark.parametrize("reporting", [1.0, 0.4])
    def test_shares_sum_to_one(self, cluster, reporting):
        found = information_share(*TEN, cluster, reporting=reporting)
        shares = np.array([found.exact, found.interval, found.direction])
        assert shares.sum() == pytest.approx(1, abs=ROUNDING)
        assert (shares >= 0).all()

    def test_a_coefficient_tells_most(self):
        found = information_share([0.3, 0.29, 0.0], [0.3, 1, 1], [50, 50, 50])
        assert found.exact > found.interval > found.direction > 0

    def test_none_without_an_estimate(self):
        found = information_share([0.2] * 4, [1] * 4, [60] * 4)
        assert math.isnan(found.exact)


class TestErrors:
    @pytest.mark.parametrize(
        ("rows", "message"),
        [
            (([], [], []), "no row"),
            (([0.1], [0.2, 0.3], [50]), "found 1, 2 and 1 values"),
            (([0.1, 0.5], [0.2, 0.3], [50, 50]), r"\[0.5, 0.3\] in row 1"),
            (([0.1, np.nan], [0.2, 0.3], [50, 50]), "nan at position 1"),
            (([0.1, -1.2], [0.2, 0.3], [50, 50]), "lower: found -1.2 in row 1"),
            (([0.1, 0.2], [0.2, 1.3], [50, 50]), "upper: found 1.3 in row 1"),
            (([0.1, 0.2], [0.2, 0.3], [50, 3]), "ni: found 3 in row 1"),
            (([0.1, 0.2], [0.2, 0.3], [50, np.inf]), "ni: found inf"),
            (([0.1, 1.0], [0.2, 1.0], [50, 50]), r"\[1, 1\] in row 1.*Fisher"),
            (([0.1, 0.2], [0.2, 0.2 + 1e-12], [50, 50]), "row 1.*some width"),
            ((["a"], [0.2], [50]), "lower: found values of type"),
            (([[0.1]], [[0.2]], [[50]]), "one dimension"),
            (([0.2], [0.2], [50], [True]), r"outside: found \[0.2, 0.2\] in row 0"),
            (([-1], [1], [50], [True]), r"outside: found \[-1, 1\] in row 0"),
            (([0.1], [0.2], [50], [True, False]), "outside"),
            (([0.1], [0.2], [50], [1]), "True or False"),
            (([0.1], [0.2], [50], None, ["a", "b"]), "one label a row"),
            (([0.1, 0.1], [0.2, 0.2], [50, 50], None, ["a", None]), "None in row 1"),
            (([0.1, 0.1], [0.2, 0.2], [50, 50], None, ["a", np.nan]), "nan in row 1"),
            (([0.1, 0.1], [0.2, 0.2], [50, 50], None, ["a", ""]), "Name samples"),
        ],
    )
    def test_rows(self, rows, message):
        with pytest.raises(InputError, match=message):
            pool_censored(*rows)

    @pytest.mark.parametrize(
        ("option", "message"),
        [
            ({"rho": 1.0}, "rho: found 1.0; allowed: from 0 up to 0.999999"),
            ({"rho": -0.1}, "rho"),
            ({"rho": np.nan}, "rho: found nan"),
            ({"rho": "0.6"}, "rho: found '0.6'"),
            ({"reporting": 0.0}, "reporting: found 0.0; allowed: above 0"),
            ({"reporting": 1.2}, "reporting"),
            ({"reporting": True}, "reporting: found True"),
            ({"level": 1.0}, "level"),
            ({"level": -0.95}, "level"),
        ],
    )
    def test_options(self, option, message):
        with pytest.raises(InputError, match=message):
            pool_censored(*TEN, **option)

    def test_many_bad_rows_are_cut_short(self):
        with pytest.raises(InputError, match="and 4 more"):
            pool_censored([0.5] * 9, [0.2] * 9, [50] * 9)

    def test_the_sweep_refuses_a_bad_probability(self):
        with pytest.raises(InputError, match="reporting: found 0"):
            reporting_sweep(*TEN, probabilities=(1.0, 0))


def draw_many(samples, seed):
    """Rows of many samples, every other of two rows: coefficients, ranges and directions."""
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(samples), 1 + np.arange(samples) % 2)
    ni = rng.integers(20, 200, samples)[cluster]
    r = np.tanh(rng.normal(0.1, 0.2, samples)[cluster] + rng.normal(0, 1 / np.sqrt(ni - 3)))
    limit = 2 / np.sqrt(ni)
    kind = rng.integers(0, 3, cluster.size)
    within = np.abs(r) < limit
    kinds = [kind == 0, (kind == 1) & within, r > 0]
    told = limit * (kind == 1)
    lower = np.select(kinds, [r, -limit, told], -1)
    upper = np.select(kinds, [r, limit, 1], -told)
    return {"lower": lower, "upper": upper, "ni": ni.astype(float), "cluster": cluster}


class TestManySamples:
    def test_from_nearby_the_fit_is_the_same(self):
        rows = draw_many(120, 1)
        whole = pool_censored(**rows)
        near = pool_censored(**rows, near=whole.estimate + 0.05)
        for name in ("estimate", "tau2", "ci_low", "ci_high", "log_likelihood", "p_negative"):
            assert getattr(near, name) == pytest.approx(getattr(whole, name), abs=ITERATIVE), name

    def test_from_nearby_rows_without_a_maximum_are_still_told(self):
        found = pool_censored([0.0, 0.0, 0.2], [1, 1, 1], [40, 50, 60], near=0.3)
        assert (found.bounded, found.ci_high) == (False, np.inf)


@pytest.mark.parametrize("seed", range(8))
def test_a_sign_told_too_early_is_taken_back(seed, monkeypatch):
    """Steps may be taken while tau2 is still on its way; a bracket may be wrong, a result not."""
    rows = draw_many(9, seed)
    careful = pool_censored(**rows, posterior=False)
    monkeypatch.setattr(censored_profile, "TRUSTED", 0.3)
    hasty = pool_censored(**rows, posterior=False)
    for name in ("estimate", "tau2", "ci_low", "ci_high"):
        assert getattr(hasty, name) == pytest.approx(getattr(careful, name), abs=ITERATIVE), name


@pytest.mark.parametrize(("rows", "positive"), [(110, 2), (110, 3), (40, 2), (12, 3)])
def test_untold_signs_leave_an_end_on_either_side(rows, positive):
    """Two hills in mu, and two in tau2: both ends lie on the profile of the higher one."""
    bounds = np.array([[-0.25, 0.25]] * rows)
    bounds[:positive], bounds[positive] = 0.35, -0.35
    outside = np.arange(rows) > positive
    arguments = (*bounds.T, np.full(rows, 60), outside)
    found = pool_censored(*arguments, posterior=False)
    _, likelihood = make(*arguments)
    tau2 = np.geomspace(1e-3, 1e4, 20_001)
    for end in (found.ci_low, found.ci_high):
        profile = likelihood.values(np.full(tau2.size, end), tau2).max()
        assert profile == pytest.approx(found.log_likelihood - DROP, abs=1e-5)
    assert found.ci_low < 0 < found.ci_high
    near = pool_censored(*arguments, posterior=False, near=found.estimate)
    assert (near.ci_low, near.ci_high) == (found.ci_low, found.ci_high)
