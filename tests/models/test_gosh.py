"""Subsets: complete and without repeats, uniform, and each fitted as `pool` fits it."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from metaworkbook.errors import InputError
from metaworkbook.models.gosh import BLOCK, draw_subsets, unpack
from metaworkbook.models.heterogeneity import METHODS
from metaworkbook.models.pooling import pool
from metaworkbook.models.sensitivity import gosh

from . import references
from .tolerances import CLOSED_FORM, ROUNDING, TWO_ENGINES


def simulated(k, seed=1):
    generator = np.random.default_rng(seed)
    vi = np.exp(generator.normal(-3, 0.8, k))
    return generator.normal(0.3, np.sqrt(vi + 0.05)), vi


def members(result, k):
    return unpack(result.codes, k).astype(bool)


def assert_as_pool(result, yi, vi, method, rows):
    for row in rows:
        chosen = members(result, yi.size)[row]
        fit = pool(yi[chosen], vi[chosen], method, ci="wald")
        for field in ("estimate", "tau2", "i2", "k"):
            found = getattr(result, field)[row]
            assert found == pytest.approx(getattr(fit, field), abs=TWO_ENGINES), field


class TestFits:
    @pytest.mark.parametrize("method", METHODS)
    def test_every_subset_of_six_as_pool_fits_it(self, method):
        yi, vi = simulated(6)
        result = gosh(yi, vi, subsets=10**6, method=method)
        assert result.k.size == 2**6 - 6 - 1
        assert_as_pool(result, yi, vi, method, range(result.k.size))

    @pytest.mark.parametrize("method", ["DL", "REML"])
    @pytest.mark.parametrize("name", ["egger2001", "bangert", "lopez2019"])
    def test_random_subsets_of_real_data(self, name, method):
        reference = references.load(name)
        yi, vi = np.array(reference["yi"]), np.array(reference["vi"])
        result = gosh(yi, vi, subsets=40, method=method, seed=3)
        assert_as_pool(result, yi, vi, method, range(40))

    def test_several_blocks(self):
        yi, vi = simulated(40)
        count = 2 * BLOCK // 40 + 7
        result = gosh(yi, vi, subsets=count, method="DL", seed=2)
        assert_as_pool(result, yi, vi, "DL", [0, BLOCK // 40 - 1, BLOCK // 40, count - 1])


class TestSubsets:
    @pytest.mark.parametrize("k", [2, 3, 5, 8])
    def test_all_are_there_once(self, k):
        codes = draw_subsets(k, 2**k, seed=1)
        found = {tuple(np.flatnonzero(row)) for row in unpack(codes, k)}
        sizes = range(2, k + 1)
        expected = {c for size in sizes for c in itertools.combinations(range(k), size)}
        assert len(codes) == len(found)
        assert found == expected

    def test_sixteen_effects_have_65519(self):
        assert len(draw_subsets(16, 65_519, seed=1)) == 65_519

    @pytest.mark.parametrize(
        ("k", "subsets"),
        [(3, 2), (10, 500), (10, 1012), (13, 1500), (40, 3000), (64, 500), (65, 500), (200, 300)],
    )
    def test_drawn_ones_differ_and_have_two_effects_or_more(self, k, subsets):
        rows = unpack(draw_subsets(k, subsets, seed=5), k)
        assert rows.shape == (subsets, k)
        assert len(np.unique(rows, axis=0)) == subsets
        assert rows.sum(axis=1).min() >= 2

    @pytest.mark.parametrize("k", [9, 11, 30, 70])
    def test_each_effect_is_in_half_of_them(self, k):
        """A share of n = 400 has a standard error below 0.025; five of them are allowed."""
        share = unpack(draw_subsets(k, 400, seed=11), k).mean(axis=0)
        assert np.abs(share - 0.5).max() < 5 * 0.025

    def test_each_subset_is_equally_likely(self):
        """Chi-squared of 2,000 draws of one subset of four effects among the eleven."""
        counts = np.zeros(16)
        for seed in range(2000):
            counts[int(draw_subsets(4, 1, seed)[0, 0])] += 1
        drawn = counts[counts > 0]
        assert drawn.size == 11
        assert np.sum((drawn - 2000 / 11) ** 2 / (2000 / 11)) < 29.6  # 0.999 quantile, 10 df

    def test_seed(self):
        one, same, other = (draw_subsets(30, 50, seed) for seed in (1, 1, 2))
        assert (one == same).all()
        assert (one != other).any()

    def test_contains(self):
        yi, vi = simulated(70)
        result = gosh(yi, vi, subsets=30, method="FE")
        for effect in (0, 63, 64, 69):
            assert (result.contains(effect) == members(result, 70)[:, effect]).all()


class TestLimits:
    def test_two_effects_have_one_subset(self):
        result = gosh([0.1, 0.5], [0.1, 0.1], subsets=100)
        assert result.estimate == pytest.approx([0.3], abs=ROUNDING)
        assert result.k.tolist() == [2]

    @pytest.mark.parametrize("method", METHODS)
    def test_identical_effects(self, method):
        result = gosh([0.5] * 5, [0.1, 0.2, 0.3, 0.4, 0.5], 100, method)
        assert result.estimate == pytest.approx(np.full(26, 0.5), abs=ROUNDING)
        assert result.tau2 == pytest.approx(np.zeros(26), abs=ROUNDING)
        assert result.i2 == pytest.approx(np.zeros(26), abs=ROUNDING)

    def test_common_effect_has_no_tau2(self):
        yi, vi = simulated(6)
        assert not gosh(yi, vi, 100, "FE").tau2.any()

    def test_sign_flip(self):
        yi, vi = simulated(7)
        one, other = gosh(yi, vi, 200), gosh(-yi, vi, 200)
        assert other.estimate == pytest.approx(-one.estimate, abs=TWO_ENGINES)
        assert other.tau2 == pytest.approx(one.tau2, abs=TWO_ENGINES)

    def test_arrays_are_read_only(self):
        result = gosh([0.1, 0.5, 0.2], [0.1, 0.1, 0.2], subsets=4)
        assert not result.estimate.flags.writeable
        assert not result.codes.flags.writeable


class TestRefusals:
    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"subsets": 0}, "subsets: found 0; allowed: a whole number of at least 1"),
            ({"subsets": 10.5}, "subsets: found 10.5"),
            ({"subsets": True}, "subsets: found True"),
            ({"seed": -1}, "seed: found -1"),
            ({"seed": None}, "seed: found None"),
            ({"method": "reml"}, "method: found 'reml'"),
            ({"yi": [0.1], "vi": [0.1]}, "found 1 effect; allowed: at least 2"),
            ({"vi": [0.1, 0.0]}, "vi: found 0 at position 1"),
        ],
    )
    def test_message(self, change, message):
        good = {"yi": [0.1, 0.2], "vi": [0.1, 0.1], "subsets": 10}
        with pytest.raises(InputError, match=message):
            gosh(**{**good, **change})

    def test_too_many(self):
        with pytest.raises(InputError, match="subsets: found 1000000000; allowed: at most"):
            gosh(np.zeros(40), np.ones(40), subsets=10**9)


def test_one_huge_weight_costs_no_digits():
    yi, vi = np.array([0.1, 0.7, 0.4, 0.9]), np.array([0.02, 1e-13, 0.03, 0.05])
    found = gosh(yi, vi, 100, method="DL")
    for row, kept in enumerate(members(found, 4)):
        alone = pool(yi[kept], vi[kept], "DL", "wald")
        assert found.tau2[row] == pytest.approx(alone.tau2, abs=CLOSED_FORM)
        assert found.i2[row] == pytest.approx(alone.i2, abs=CLOSED_FORM)
