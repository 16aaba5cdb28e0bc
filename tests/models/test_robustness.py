"""How results hang on single samples: of many samples some, chosen so that none matters more."""

from __future__ import annotations

import numpy as np
import pytest

from metaworkbook.models import censored_influence, robustness
from metaworkbook.models.robustness import choose_places, examine_censored, examine_coefficients

from .test_censored import draw_many
from .tolerances import ITERATIVE

SAMPLES = 110


@pytest.fixture(scope="module")
def crowd():
    rows = draw_many(SAMPLES, 6)
    return rows | {"outside": np.zeros(rows["ni"].size, dtype=bool)}


def test_of_many_samples_some_are_fitted_and_agree_with_all(crowd, monkeypatch):
    some = examine_censored(**crowd)
    for module in (robustness, censored_influence):
        monkeypatch.setattr(module, "ALL", SAMPLES)
    every = examine_censored(**crowd)
    assert None not in every.without
    for name in ("without", "cumulative"):
        few, whole = getattr(some, name), getattr(every, name)
        assert len(few) == len(whole) == SAMPLES
        fitted = [place for place, result in enumerate(few) if result is not None]
        assert 20 <= len(fitted) <= 40
        for place in fitted:
            for end in ("estimate", "ci_low", "ci_high", "tau2"):
                expected = pytest.approx(getattr(whole[place], end), abs=ITERATIVE)
                assert getattr(few[place], end) == expected, (name, place, end)
    for end, widest in (("ci_low", min), ("ci_high", max)):
        ends = [getattr(result, end) for result in every.without]
        found = [getattr(result, end) for result in some.without if result is not None]
        assert widest(found) == pytest.approx(widest(ends), abs=ITERATIVE)
    assert some.cumulative[-1] is not None


def test_of_many_coefficients_the_farthest_are_named(crowd):
    rng = np.random.default_rng(3)
    yi, labels = rng.normal(0.1, 0.2, SAMPLES), [f"s{i}" for i in range(SAMPLES)]
    yi[17] = 2.5
    found = examine_coefficients(yi, np.full(SAMPLES, 0.02), labels)
    moves = np.abs(found.leave_one_out.estimate - found.pooled.estimate)
    assert 17 in found.farthest
    assert len(found.farthest) == 2 * censored_influence.FARTHEST
    assert moves[list(found.farthest)].min() >= np.sort(moves)[-2 * len(found.farthest)]
    assert len(found.followed) == robustness.PLACES
    few = examine_coefficients(yi[:5], np.full(5, 0.02), labels[:5])
    assert few.farthest == few.followed == (0, 1, 2, 3, 4)


@pytest.mark.parametrize("count", [101, 109, 1000, 20_000])
def test_places_are_apart_and_end_with_the_last(count):
    places = choose_places(count)
    assert len(set(places)) == robustness.PLACES
    assert (places[0] >= 0, places[-1]) == (True, count - 1)
    assert choose_places(100) == list(range(100))
