"""Coverage of the censored interval, small here, large with `-m slow`.

`pytest -m slow tests/models/test_simulations.py --junitxml=FILE` keeps the numbers of the
large run.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from metaworkbook.errors import ConvergenceError, InputError
from metaworkbook.models import simulations
from metaworkbook.models.censored_pieces import critical_z
from metaworkbook.models.simulations import draw_rows, simulate_coverage

#: Coverage asked of the 95 percent interval under complete reporting.
LEAST, GREATEST = 0.92, 0.98
#: Replications of one cell; at a true coverage of .95 the Monte-Carlo error is .022 and .0069.
SMALL, LARGE = 100, 1000
#: Monte-Carlo errors that the small run may be off.
ERRORS = 3
SIZES = (30, 150)
CELLS = [(k, tau, share) for k in (10, 25) for tau in (0.0, 0.1) for share in (0.0, 0.25, 0.5)]


def run(k, tau, share, replications, **options):
    return simulate_coverage(k, tau, -0.15, share, SIZES, replications, seed=20, **options)


class TestCoverage:
    @pytest.mark.parametrize(("k", "tau", "share"), CELLS[::3] + CELLS[2::6])
    def test_small(self, k, tau, share):
        found = run(k, tau, share, SMALL)
        error = math.sqrt(0.95 * 0.05 / SMALL)
        assert LEAST - ERRORS * error <= found.coverage <= 1
        assert abs(found.bias) < 0.02 + ERRORS * found.bias_se
        assert found.coverage + found.below + found.above == pytest.approx(1, abs=1e-12)

    @pytest.mark.slow
    @pytest.mark.parametrize(("k", "tau", "share"), CELLS)
    def test_large(self, k, tau, share, record_property):
        found = run(k, tau, share, LARGE, jobs=2)
        record_property("coverage", found.to_dict())
        assert found.monte_carlo_se < 0.009
        assert LEAST <= found.coverage <= GREATEST

    @pytest.mark.slow
    @pytest.mark.parametrize("k", [10, 25])
    def test_withheld_results_ruin_it_and_the_right_weight_repairs_it(self, k, record_property):
        ignored = run(k, 0.1, 0.25, LARGE, withheld=0.6, jobs=2)
        modelled = run(k, 0.1, 0.25, LARGE, withheld=0.6, reporting=0.4, jobs=2)
        record_property("ignored", ignored.to_dict())
        record_property("modelled", modelled.to_dict())
        assert ignored.coverage < 0.9
        assert ignored.bias < -0.02
        assert LEAST - 0.01 <= modelled.coverage <= GREATEST

    def test_withheld_results_bias_the_estimate(self):
        found = run(25, 0.0, 0.0, 40, withheld=0.8)
        assert found.bias < -0.03
        assert found.withheld == 0.8

    def test_one_sided_evidence_has_no_end(self):
        found = simulate_coverage(5, 0.0, -1.0, 0.0, (200, 300), 20, seed=1)
        assert found.unbounded == 1
        assert math.isnan(found.mean_width)
        assert found.above == 0


class TestReplication:
    def test_same_seed_same_result(self):
        assert run(6, 0.1, 0.3, 5) == run(6, 0.1, 0.3, 5)
        other = simulate_coverage(6, 0.1, -0.15, 0.3, SIZES, 5, seed=21)
        assert other.mean_width != run(6, 0.1, 0.3, 5).mean_width

    def test_processes_change_nothing(self):
        assert run(4, 0.1, 0.3, 3, jobs=2) == run(4, 0.1, 0.3, 3)

    def test_summary(self):
        fits = np.array([[0.1, 0.0, 0.3], [0.3, 0.2, 0.5], [np.nan, 0.05, np.inf]])
        truth = (3, 0.1, 0.1, 0.5, SIZES, 0.0)
        found = simulations._summarise(fits, truth, 1.0)
        assert found.coverage == pytest.approx(2 / 3)
        assert found.monte_carlo_se == pytest.approx(math.sqrt(2 / 27))
        assert (found.above, found.below) == (pytest.approx(1 / 3), 0)
        assert found.bias == pytest.approx(0.1)
        assert found.mean_width == pytest.approx(0.3)
        assert found.unbounded == pytest.approx(1 / 3)


class TestDraws:
    def draw(self, share_exact, withheld=0.0, k=4000, mu=-0.2):
        rng = np.random.default_rng(5)
        return draw_rows(rng, k, 0.1, mu, share_exact, SIZES, withheld)

    def test_coefficients_have_the_mean_and_spread_asked_for(self):
        lower, upper, ni = self.draw(1.0)
        assert (lower == upper).all()
        z, k = np.arctanh(lower), lower.size
        # Standard errors .0025 and .0018 at 4000 draws.
        assert z.mean() == pytest.approx(-0.2, abs=0.0075)
        assert z.var() == pytest.approx(0.01 + (1 / (ni - 3)).mean(), rel=0.08)
        assert (ni.min(), ni.max(), k) == (30, 150, 4000)

    def test_censored_rows_are_of_the_four_kinds(self):
        lower, upper, ni = self.draw(0.0)
        critical = np.tanh(critical_z(ni))
        kinds = {
            "direction": (np.abs(lower + upper) == 1) & (lower * upper == 0),
            "significant": (np.abs(lower) == 1) & (upper == -critical)
            | (upper == 1) & (lower == critical),
            "signed": (lower == 0) & (upper == critical) | (lower == -critical) & (upper == 0),
            "not significant": (lower == -critical) & (upper == critical),
        }
        counts = {name: int(rows.sum()) for name, rows in kinds.items()}
        assert sum(counts.values()) == 4000
        assert counts["direction"] == pytest.approx(400, abs=60)
        share = counts["signed"] / (counts["signed"] + counts["not significant"])
        assert share == pytest.approx(simulations.SHARE_SIGNED, abs=0.04)

    def test_withholding_leaves_the_significant(self):
        def share(withheld):
            lower, _, ni = self.draw(1.0, withheld, mu=0.0)
            return (np.abs(np.arctanh(lower)) >= critical_z(ni)).mean()

        significant = share(0.0)
        expected = significant / (significant + 0.4 * (1 - significant))
        assert share(0.6) == pytest.approx(expected, abs=0.04)

    def test_hardly_any_report(self, monkeypatch):
        monkeypatch.setattr(simulations, "MOST_DRAWS", 50)
        with pytest.raises(ConvergenceError, match="fewer than 40 reported"):
            draw_rows(np.random.default_rng(1), 40, 0.0, 0.0, 1.0, (5000, 5000), 0.9)


class TestErrors:
    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"k": 0}, "k: found 0"),
            ({"tau": -0.1}, "tau: found -0.1"),
            ({"mu": math.nan}, "mu: found nan"),
            ({"mu": "0"}, "mu: found '0'"),
            ({"share_exact": 1.1}, "share_exact: found 1.1"),
            ({"n_range": (3, 50)}, "n_range"),
            ({"n_range": (50, 30)}, "n_range"),
            ({"n_range": 50}, "n_range: found 50"),
            ({"replications": 0}, "replications"),
            ({"seed": -1}, "seed"),
            ({"withheld": 1.0}, "withheld: found 1.0"),
            ({"reporting": 0}, "reporting"),
            ({"level": 2}, "level"),
            ({"jobs": 0}, "jobs"),
        ],
    )
    def test_arguments(self, change, message):
        arguments = {
            "k": 5, "tau": 0.1, "mu": 0.0, "share_exact": 0.2, "n_range": SIZES,
            "replications": 2, "seed": 1,
        }  # fmt: skip
        with pytest.raises(InputError, match=message):
            simulate_coverage(**(arguments | change))
