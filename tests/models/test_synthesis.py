"""All rows of a question together, with few samples and with many."""

from __future__ import annotations

import numpy as np
import pytest

from metaworkbook.models import censored_influence, synthesis
from metaworkbook.models.synthesis import synthesise, synthesise_each

from .tolerances import ITERATIVE

SAMPLES = 130


@pytest.fixture(scope="module")
def crowd():
    """One row a sample: a coefficient, or that it was not significant; a few lie far out."""
    rng = np.random.default_rng(5)
    ni = rng.integers(30, 150, SAMPLES).astype(float)
    r = np.tanh(rng.normal(0.05, 0.15, SAMPLES))
    r[[7, 40, 99]] = 0.9, -0.85, 0.8
    limit = np.where((np.arange(SAMPLES) % 2 == 1) & (np.abs(r) < 2 / np.sqrt(ni)), 0.2, 0.0)
    return {
        "lower": np.where(limit > 0, -limit, r),
        "upper": np.where(limit > 0, limit, r),
        "ni": ni,
        "outside": np.zeros(SAMPLES, dtype=bool),
        "cluster": np.array([f"s{number}" for number in range(SAMPLES)], dtype=object),
    }


def without(found):
    return {v.detail: v.result for v in found.variants if v.name == "without-sample"}


def test_of_many_samples_those_that_hold_an_end_are_left_out(crowd, monkeypatch):
    some = synthesise(**crowd)
    monkeypatch.setattr(synthesis, "ALL", SAMPLES)
    monkeypatch.setattr(censored_influence, "ALL", SAMPLES)
    every = synthesise(**crowd)
    few, all_of_them = without(some), without(every)
    assert len(all_of_them) == SAMPLES
    assert 2 * censored_influence.FARTHEST <= len(few) <= 4 * censored_influence.FARTHEST
    assert {"s7", "s40", "s99"} < set(few)
    assert list(few) == [name for name in all_of_them if name in few]
    for name, result in few.items():
        for end in ("estimate", "ci_low", "ci_high", "tau2"):
            expected = pytest.approx(getattr(all_of_them[name], end), abs=ITERATIVE)
            assert getattr(result, end) == expected, (name, end)
    # The widest ends, which decide, are among those refitted.
    for end, widest in (("ci_low", min), ("ci_high", max)):
        ends = [getattr(result, end) for result in all_of_them.values()]
        assert widest(getattr(result, end) for result in few.values()) == pytest.approx(
            widest(ends), abs=ITERATIVE
        )
    assert some.decision == every.decision
    assert some.persons == every.persons == crowd["ni"].sum()


def test_readings_of_the_same_rows_are_fitted_once(crowd, monkeypatch):
    few = {name: values[:12] for name, values in crowd.items()}
    synthesis._pool_rows.cache_clear()
    first, again = synthesise_each({"one": few, "two": few}).values()
    assert first == again
    told = synthesis._pool_rows.cache_info()
    assert told.hits == told.misses > 12
