"""The simulated situations of the methods page, at a small size."""

from __future__ import annotations

from metaworkbook.models import scenarios
from metaworkbook.models.scenarios import SITUATIONS, simulate_situations


def test_each_situation_is_run_as_declared_and_repeats_exactly(monkeypatch):
    monkeypatch.setattr(scenarios, "SITUATIONS", SITUATIONS[::2])
    once = simulate_situations(3, 11)
    assert [(one.k, one.withheld, one.reporting) for one in once] == list(SITUATIONS[::2])
    assert all(one.replications == 3 for one in once)
    assert once == simulate_situations(3, 11)


def test_withheld_results_cost_coverage_unless_the_model_knows(monkeypatch):
    """60 meta-analyses each: a difference of .2 lies three Monte-Carlo errors from none."""
    monkeypatch.setattr(scenarios, "SITUATIONS", ((25, 0.6, 1.0), (25, 0.6, 0.4)))
    blind, knowing = simulate_situations(60, 5)
    assert abs(knowing.bias) < abs(blind.bias)
    assert knowing.coverage >= blind.coverage
