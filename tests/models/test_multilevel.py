"""Three-level models, CR2 and composites: by hand, against metafor and clubSandwich, densely."""

from __future__ import annotations

import numpy as np
import pytest

from metaworkbook.errors import InputError, UnequalVarianceError
from metaworkbook.models.multilevel import aggregate, three_level
from metaworkbook.models.pooling import pool

from . import references
from .tolerances import CLOSED_FORM, MULTILEVEL, ROUNDING, TWO_ENGINES

#: Model, rho, and the fields of the reference that are compared.
MODELS = {
    "three_level": (None, ("estimate", "se", "sigma2_between", "sigma2_within", "logLik")),
    "che_rho06": (0.6, ("estimate", "se", "sigma2_between", "sigma2_within")),
}
FIELDS = {"logLik": "log_likelihood"}
ROBUST = {"se": "robust_se", "df": "robust_df", "p": "robust_p"}
#: Entries of the reference's composites and their rho.
RHOS = {"rho_0": 0.0, "rho_0.6": 0.6}
#: Data sets of the reference and comparisons made on them; the grid cannot shrink unnoticed.
EXPECTED_SETS = 6
EXPECTED_COMPARISONS = EXPECTED_SETS * (5 + 4 + 2 * 3 + 2 * 2)

CLUSTERED = references.having("three_level")


def data(name):
    reference = references.load(name)
    return reference["yi"], reference["vi"], reference["cluster"]


def simulated(seed, rho_scale=1.0):
    generator = np.random.default_rng(seed)
    sizes = generator.integers(1, 6, 9)
    cluster = generator.permutation(np.repeat(np.arange(9), sizes))
    vi = np.exp(generator.normal(-3, 0.7, cluster.size)) * rho_scale
    true = generator.normal(0.3, 0.3, 9)[cluster]
    yi = true + generator.normal(0, 1, cluster.size) * np.sqrt(vi + 0.03)
    return yi, vi, cluster


def dense_covariance(vi, cluster, rho, between, within):
    same = cluster[:, None] == cluster[None, :]
    covariance = same * (rho * np.sqrt(np.outer(vi, vi)) + between)
    np.fill_diagonal(covariance, vi + between + within)
    return covariance


def dense_likelihood(yi, vi, cluster, rho, between, within):
    """Return the restricted log-likelihood, mean and standard error from full matrices."""
    covariance = dense_covariance(vi, cluster, rho, between, within)
    inverse = np.linalg.inv(covariance)
    information = inverse.sum()
    mean = (inverse @ yi).sum() / information
    residual = yi - mean
    k = yi.size
    value = -0.5 * (
        (k - 1) * np.log(2 * np.pi)
        - np.log(k)
        + np.linalg.slogdet(covariance)[1]
        + np.log(information)
        + residual @ inverse @ residual
    )
    return value, mean, information**-0.5


def dense_cr2(yi, vi, cluster, rho, between, within):
    """Return the CR2 standard error and Satterthwaite df from full matrices."""
    covariance = dense_covariance(vi, cluster, rho, between, within)
    inverse = np.linalg.inv(covariance)
    spread = 1 / inverse.sum()
    residual_maker = np.eye(yi.size) - spread * inverse.sum(axis=0)
    maker, parts = [], []
    for label in np.unique(cluster):
        rows = cluster == label
        block = covariance[np.ix_(rows, rows)]
        factor = np.linalg.cholesky(block).T
        left = factor @ residual_maker[rows]
        values, vectors = np.linalg.eigh(left @ covariance @ left.T)
        adjustment = factor.T @ (vectors / np.sqrt(values)) @ vectors.T @ factor
        row = spread * np.linalg.inv(block).sum(axis=0) @ adjustment
        maker.append(row @ residual_maker[rows])
        parts.append(row @ (residual_maker @ yi)[rows])
    form = np.array(maker) @ covariance @ np.array(maker).T
    return np.sqrt(np.sum(np.square(parts))), np.trace(form) ** 2 / np.sum(form**2)


class TestReference:
    def test_grid_is_complete(self):
        assert len(CLUSTERED) == EXPECTED_SETS
        count = 0
        for name in CLUSTERED:
            reference = references.load(name)
            for model, (_, fields) in MODELS.items():
                count += sum(field in reference[model] for field in fields)
                count += sum(field in reference[f"{model}_CR2"] for field in ROBUST)
            count += sum(len({"yi", "vi"} & set(reference["aggregate"][r])) for r in RHOS)
        assert count == EXPECTED_COMPARISONS

    @pytest.mark.parametrize("model", MODELS)
    @pytest.mark.parametrize("name", CLUSTERED)
    def test_model_based(self, name, model):
        rho, fields = MODELS[model]
        fit = three_level(*data(name), rho=rho)
        for field in fields:
            found = getattr(fit, FIELDS.get(field, field))
            expected = references.load(name)[model][field]
            assert found == pytest.approx(expected, abs=MULTILEVEL, rel=0), field

    @pytest.mark.parametrize("model", MODELS)
    @pytest.mark.parametrize("name", CLUSTERED)
    def test_robust(self, name, model):
        fit = three_level(*data(name), rho=MODELS[model][0])
        for field, ours in ROBUST.items():
            expected = references.load(name)[f"{model}_CR2"][field]
            assert getattr(fit, ours) == pytest.approx(expected, abs=MULTILEVEL, rel=0), field

    @pytest.mark.parametrize("entry", RHOS)
    @pytest.mark.parametrize("name", CLUSTERED)
    def test_aggregate(self, name, entry):
        composites = aggregate(*data(name), RHOS[entry])
        expected = references.load(name)["aggregate"][entry]
        np.testing.assert_allclose(composites.yi, expected["yi"], rtol=0, atol=CLOSED_FORM)
        np.testing.assert_allclose(composites.vi, expected["vi"], rtol=0, atol=CLOSED_FORM)


class TestDenseAlgebra:
    """The block form against the same quantities from full matrices."""

    @pytest.mark.parametrize("rho", [None, 0.6, 0.95])
    @pytest.mark.parametrize("seed", range(6))
    def test_likelihood_mean_and_error(self, seed, rho):
        yi, vi, cluster = simulated(seed)
        fit = three_level(yi, vi, cluster, rho=rho)
        value, mean, se = dense_likelihood(
            yi, vi, cluster, rho or 0, fit.sigma2_between, fit.sigma2_within
        )
        assert fit.log_likelihood == pytest.approx(value, abs=TWO_ENGINES)
        assert fit.estimate == pytest.approx(mean, abs=TWO_ENGINES)
        assert fit.se == pytest.approx(se, abs=TWO_ENGINES)

    @pytest.mark.parametrize("rho", [None, 0.6, 0.95])
    @pytest.mark.parametrize("seed", range(6))
    def test_robust(self, seed, rho):
        yi, vi, cluster = simulated(seed)
        fit = three_level(yi, vi, cluster, rho=rho)
        se, df = dense_cr2(yi, vi, cluster, rho or 0, fit.sigma2_between, fit.sigma2_within)
        assert fit.robust_se == pytest.approx(se, abs=TWO_ENGINES)
        assert fit.robust_df == pytest.approx(df, abs=TWO_ENGINES)

    @pytest.mark.parametrize("rho", [None, 0.8])
    @pytest.mark.parametrize("seed", range(6))
    def test_no_grid_point_is_higher(self, seed, rho):
        yi, vi, cluster = simulated(seed, rho_scale=3.0)
        fit = three_level(yi, vi, cluster, rho=rho)
        steps = np.concatenate([[0], np.var(yi) * np.geomspace(1e-3, 3, 9)])
        highest = max(
            dense_likelihood(yi, vi, cluster, rho or 0, between, within)[0]
            for between in steps
            for within in steps
        )
        assert highest <= fit.log_likelihood + TWO_ENGINES


class TestByHandAndLimits:
    def test_two_clusters_by_hand(self):
        fit = three_level([0, 2], [1, 1], ["a", "b"])
        assert fit.estimate == pytest.approx(1, abs=ROUNDING)
        assert fit.sigma2_between == pytest.approx(1, abs=ROUNDING)
        assert fit.sigma2_within == 0
        assert fit.se == pytest.approx(1, abs=ROUNDING)
        assert fit.robust_se == pytest.approx(1, abs=ROUNDING)
        assert fit.robust_df == pytest.approx(1, abs=ROUNDING)
        assert fit.robust_p == pytest.approx(0.5, abs=ROUNDING)

    def test_one_effect_a_cluster_is_reml(self):
        yi, vi, _ = simulated(3)
        fit = three_level(yi, vi, np.arange(yi.size), rho=0.6)
        pooled = pool(yi, vi, method="REML", ci="wald")
        assert fit.sigma2_within == 0
        assert fit.sigma2_between == pytest.approx(pooled.tau2, abs=TWO_ENGINES)
        assert fit.estimate == pytest.approx(pooled.estimate, abs=TWO_ENGINES)
        assert fit.ci_low == pytest.approx(pooled.ci_low, abs=TWO_ENGINES)

    def test_equal_variances_one_effect_each_give_the_ordinary_standard_error(self):
        yi = np.array([0.1, 0.9, 0.4, 1.6])
        fit = three_level(yi, np.full(4, 0.2), np.arange(4))
        assert fit.robust_se == pytest.approx(yi.std(ddof=1) / 2, abs=ROUNDING)
        assert fit.robust_df == pytest.approx(3, abs=ROUNDING)

    def test_one_effect(self):
        fit = three_level([0.3], [0.04], ["a"])
        assert (fit.estimate, fit.sigma2_between, fit.sigma2_within) == (0.3, 0, 0)
        assert fit.se == pytest.approx(0.2, abs=ROUNDING)
        assert np.isnan([fit.robust_se, fit.robust_df, fit.robust_p, fit.robust_ci_low]).all()

    def test_one_cluster_has_no_variance_between(self):
        yi, vi = [0.3, 0.5, 0.9], [0.04, 0.04, 0.01]
        fit = three_level(yi, vi, [1, 1, 1])
        pooled = pool(yi, vi, method="REML", ci="wald")
        assert fit.sigma2_between == 0
        assert fit.sigma2_within == pytest.approx(pooled.tau2, abs=TWO_ENGINES)
        assert fit.se == pytest.approx(pooled.se, abs=TWO_ENGINES)
        assert np.isnan(fit.robust_se)

    @pytest.mark.parametrize("value", [0.1, 0.3, -0.7, 1e-6, 4000.0])
    @pytest.mark.parametrize("vi", [[0.04] * 6, [0.01, 0.04, 0.02, 0.03, 0.05, 0.06]])
    def test_identical_effects_leave_no_rounding(self, value, vi):
        fit = three_level([value] * 6, vi, [1, 1, 2, 2, 3, 3], rho=0.6)
        assert fit.robust_se == 0
        assert np.isnan(fit.robust_p)
        assert fit.robust_ci_low == fit.robust_ci_high == fit.estimate

    @pytest.mark.parametrize("value", [0.5, 1e6])
    def test_identical_effects(self, value):
        fit = three_level([value] * 6, [0.04] * 6, [1, 1, 2, 2, 3, 3], rho=0.6)
        assert fit.estimate == value
        assert (fit.sigma2_between, fit.sigma2_within, fit.robust_se) == (0, 0, 0)
        assert fit.se == pytest.approx(np.sqrt(0.04 * 1.6 / 6), abs=ROUNDING)

    @pytest.mark.parametrize("rho", [None, 0.9])
    def test_one_huge_weight(self, rho):
        yi, vi = [0.5, 0.1, 0.2, 0.9, 0.4, 0.1], [1e-12, 0.1, 0.1, 0.1, 0.1, 0.1]
        fit = three_level(yi, vi, [1, 1, 2, 2, 3, 3], rho=rho)
        assert np.isfinite([fit.estimate, fit.se, fit.robust_se, fit.robust_df]).all()
        assert min(yi) < fit.estimate < max(yi)

    def test_tiny_variances_beside_large_differences(self):
        """Two effects of their own clusters: the components are the variance of the effects."""
        yi = np.array([-373270.9, 126439.3])
        fit = three_level(yi, [6.5e-8, 4.7e-2], [0, 1], rho=0.6)
        assert fit.sigma2_between == pytest.approx(yi.var(ddof=1), rel=1e-6)
        assert fit.estimate == pytest.approx(yi.mean(), rel=1e-6)

    def test_rho_none_is_zero(self):
        yi, vi, cluster = simulated(1)
        assert three_level(yi, vi, cluster) == three_level(yi, vi, cluster, rho=0.0)


class TestInvariants:
    def fits(self, change):
        yi, vi, cluster = simulated(2)
        return three_level(yi, vi, cluster, rho=0.6), three_level(*change(yi, vi, cluster), rho=0.6)

    def test_row_order(self):
        order = np.random.default_rng(1).permutation(simulated(2)[0].size)
        one, other = self.fits(lambda yi, vi, cluster: (yi[order], vi[order], cluster[order]))
        for field in ("estimate", "se", "sigma2_between", "robust_se", "robust_df"):
            assert getattr(one, field) == pytest.approx(getattr(other, field), abs=TWO_ENGINES)

    def test_labels_do_not_matter(self):
        one, other = self.fits(lambda yi, vi, cluster: (yi, vi, [f"s{label}" for label in cluster]))
        assert one == other

    def test_sign_flip(self):
        one, other = self.fits(lambda yi, vi, cluster: (-yi, vi, cluster))
        assert other.estimate == pytest.approx(-one.estimate, abs=TWO_ENGINES)
        assert other.robust_p == pytest.approx(one.robust_p, abs=TWO_ENGINES)

    @pytest.mark.parametrize("scale", [1e-6, 1e6])
    def test_scale(self, scale):
        one, other = self.fits(lambda yi, vi, cluster: (yi * scale, vi * scale**2, cluster))
        assert other.sigma2_within == pytest.approx(one.sigma2_within * scale**2, rel=1e-8)
        assert other.robust_se == pytest.approx(one.robust_se * scale, rel=1e-8)
        assert other.robust_df == pytest.approx(one.robust_df, rel=1e-8)

    def test_shift(self):
        one, other = self.fits(lambda yi, vi, cluster: (yi + 1000, vi, cluster))
        assert other.estimate - 1000 == pytest.approx(one.estimate, abs=TWO_ENGINES)
        assert other.sigma2_between == pytest.approx(one.sigma2_between, abs=TWO_ENGINES)


class TestAggregate:
    def test_by_hand(self):
        composite = aggregate([0, 1], [1, 1], ["a", "a"], 0.5)
        assert composite.yi == pytest.approx([0.5], abs=ROUNDING)
        assert composite.vi == pytest.approx([0.75], abs=ROUNDING)
        assert composite.n_effects.tolist() == [2]

    def test_order_of_first_appearance(self):
        composite = aggregate([1, 2, 3, 5], [1, 1, 1, 1], ["z", "a", "z", "m"], 0.0)
        assert composite.cluster.tolist() == ["z", "a", "m"]
        assert composite.yi.tolist() == [2, 2, 5]
        assert composite.n_effects.tolist() == [2, 1, 1]

    @pytest.mark.parametrize("rho", [0.0, 0.3, 0.6, 0.99])
    def test_full_matrices(self, rho):
        yi, vi, cluster = simulated(4)
        composite = aggregate(yi, vi, cluster, rho)
        for place, label in enumerate(composite.cluster):
            rows = cluster == label
            root = np.sqrt(vi[rows])
            covariance = rho * np.outer(root, root) + (1 - rho) * np.diag(vi[rows])
            weights = np.linalg.inv(covariance).sum(axis=0)
            assert composite.yi[place] == pytest.approx(
                weights @ yi[rows] / weights.sum(), abs=TWO_ENGINES
            )
            assert composite.vi[place] == pytest.approx(1 / weights.sum(), abs=TWO_ENGINES)

    def test_rho_one_with_equal_variances_is_the_mean(self):
        composite = aggregate([0, 1, 4], [0.2, 0.2, 0.5], [1, 1, 2], 1)
        assert composite.yi == pytest.approx([0.5, 4], abs=ROUNDING)
        assert composite.vi == pytest.approx([0.2, 0.5], abs=ROUNDING)

    def test_rho_one_with_unequal_variances_names_the_cluster(self):
        with pytest.raises(UnequalVarianceError, match=r"0\.2 to 0\.3 in cluster north"):
            aggregate([0, 1, 4], [0.5, 0.2, 0.3], ["south", "north", "north"], 1)

    def test_single_effects_are_unchanged(self):
        composite = aggregate([0.3, -0.2], [0.1, 0.4], [7, 3], 0.6)
        assert composite.yi == pytest.approx([0.3, -0.2], abs=ROUNDING)
        assert composite.vi == pytest.approx([0.1, 0.4], abs=ROUNDING)


GOOD = {"yi": [0.1, 0.2, 0.4], "vi": [0.1, 0.1, 0.2], "cluster": [1, 1, 2]}


class TestRefusals:
    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"cluster": [1, 2]}, "cluster: found 2 labels for 3 effects"),
            ({"cluster": [1, None, 2]}, "cluster: found no label at position 1"),
            ({"cluster": [1.0, np.nan, 2.0]}, "cluster: found no label at position 1"),
            ({"cluster": ["a", "", "b"]}, "cluster: found no label at position 1"),
            ({"cluster": "abc"}, "cluster: found 'abc'"),
            ({"cluster": None}, "cluster: found None"),
            ({"cluster": [[1], [2], [3]]}, "cluster: found a label of type list"),
            ({"cluster": np.ones((3, 1))}, r"cluster: found an array of shape \(3, 1\)"),
            ({"rho": 1.0}, "rho: found 1.0; allowed: a correlation from 0 to below 1"),
            ({"rho": -0.1}, "rho: found -0.1"),
            ({"rho": np.nan}, "rho: found nan"),
            ({"rho": "0.6"}, "rho: found '0.6'"),
            ({"level": 95}, "level: found 95"),
            ({"yi": [0.1, np.nan, 0.4]}, "yi: found nan at position 1"),
            ({"vi": [0.1, 0.0, 0.2]}, "vi: found 0 at position 1"),
            ({"yi": [], "vi": [], "cluster": []}, "found 0 effects"),
        ],
    )
    def test_three_level(self, change, message):
        with pytest.raises(InputError, match=message):
            three_level(**{**GOOD, **change})

    @pytest.mark.parametrize("rho", [None, 1.1, -0.2, np.inf, "high", True])
    def test_aggregate(self, rho):
        with pytest.raises(InputError, match="rho: found"):
            aggregate(**GOOD, rho=rho)

    def test_several_missing_labels_are_listed(self):
        with pytest.raises(InputError, match="position 0, 1, 2, 3, 4 and 1 more"):
            three_level([0.1] * 6, [0.1] * 6, [None] * 6)
