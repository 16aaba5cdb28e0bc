"""Specifications: complete, without the excluded, and each fitted as the engine fits it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from metaworkbook.errors import InputError
from metaworkbook.models.censored import pool_censored
from metaworkbook.models.gates import headline
from metaworkbook.models.multilevel import aggregate, three_level
from metaworkbook.models.pooling import pool
from metaworkbook.models.specifications import (
    NO_FIT,
    count_combinations,
    fit_job,
    fit_jobs,
    list_specifications,
    prepare_job,
)
from metaworkbook.results.multiverse import Choice, Choices, Exclusion, Option

from .tolerances import TWO_ENGINES

ROWS = {
    "lower": np.array([-0.3, -0.1, -1.0, -0.25, 0.12, -0.2]),
    "upper": np.array([-0.3, -0.1, -0.2, 0.25, 0.12, -0.2]),
    "ni": np.array([60.0, 60.0, 90.0, 50.0, 80.0, 120.0]),
    "outside": np.zeros(6, dtype=bool),
    "cluster": np.array([3, 3, 1, 2, 0, 4]),
}
EXACT = ROWS["lower"] == ROWS["upper"]


def make_choices(*sizes, exclusions=()):
    return Choices(
        tuple(
            Choice(f"c{i}", "", tuple(Option(f"o{j}", "") for j in range(size)))
            for i, size in enumerate(sizes)
        ),
        tuple(exclusions),
    )


def test_all_combinations_in_order():
    choices = make_choices(2, 3)
    assert list_specifications(choices).tolist() == [
        [0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2],
    ]  # fmt: skip
    assert count_combinations(choices) == 6


def test_an_exclusion_takes_what_it_names_and_nothing_else():
    out = Exclusion({"c0": ("o1",), "c1": ("o0", "o2")}, "why")
    rows = list_specifications(make_choices(2, 3, 2, exclusions=[out])).tolist()
    assert len(rows) == 12 - 4
    assert not [row for row in rows if row[0] == 1 and row[1] in (0, 2)]


def test_censored_is_pool_censored():
    for reporting in (1.0, 0.7):
        settings = {"model": "censored", "rho": 0.3, "reporting": reporting}
        fit = fit_job(prepare_job(**ROWS, settings=settings))
        whole = pool_censored(**ROWS, rho=0.3, reporting=reporting)
        assert fit.estimate == pytest.approx(whole.estimate, abs=TWO_ENGINES)
        assert fit.ci_low == pytest.approx(whole.ci_low, abs=TWO_ENGINES)
        assert fit.ci_high == pytest.approx(whole.ci_high, abs=TWO_ENGINES)
        assert fit.tau2 == pytest.approx(whole.tau2, abs=TWO_ENGINES)


@pytest.mark.parametrize("interval", ["wider", "knapp-hartung", "wald"])
@pytest.mark.parametrize("estimator", ["REML", "DL"])
def test_composites_are_pooled_coefficients(interval, estimator):
    settings = {"model": "composites", "interval": interval, "estimator": estimator}
    fit = fit_job(prepare_job(**ROWS, settings=settings))
    yi, vi = np.arctanh(ROWS["lower"][EXACT]), 1 / (ROWS["ni"][EXACT] - 3)
    one = aggregate(yi, vi, ROWS["cluster"][EXACT], 0.6)
    if interval == "wider":
        whole = headline(one.yi, one.vi, estimator)
    else:
        whole = pool(one.yi, one.vi, estimator, ci=interval)
    # Composites stand in another order, hence the rounding.
    assert fit == pytest.approx(
        (whole.estimate, whole.ci_low, whole.ci_high, whole.tau2), abs=TWO_ENGINES
    )


def test_three_level_takes_coefficients_alone():
    fit = fit_job(prepare_job(**ROWS, settings={"model": "three-level", "rho": 0.8}))
    yi, vi = np.arctanh(ROWS["lower"][EXACT]), 1 / (ROWS["ni"][EXACT] - 3)
    whole = three_level(yi, vi, ROWS["cluster"][EXACT], rho=0.8)
    assert fit.estimate == pytest.approx(whole.estimate, abs=TWO_ENGINES)
    assert fit.ci_low == pytest.approx(whole.robust_ci_low, abs=TWO_ENGINES)


def test_settings_that_cannot_move_a_fit_do_not_make_another():
    alone = {name: values[1:] for name, values in ROWS.items()}

    def key(rows, **settings):
        return prepare_job(**rows, settings=settings).key

    assert key(alone, rho=0.3) == key(alone, rho=0.8)
    assert key(ROWS, rho=0.3) != key(ROWS, rho=0.8)
    assert key(ROWS, estimator="DL") == key(ROWS, estimator="PM")
    assert key(ROWS, reporting=0.7) != key(ROWS)
    model = {"model": "composites"}
    assert key(ROWS, reporting=0.7, **model) == key(ROWS, **model)
    assert key(ROWS, estimator="DL", **model) != key(ROWS, **model)
    assert key(ROWS, interval="wald", **model) != key(ROWS, **model)


def test_two_samples_are_not_pooled():
    two = {name: values[2:4] for name, values in ROWS.items()}
    assert all(math.isnan(value) for value in fit_job(prepare_job(**two, settings={})))
    none = {name: values[:0] for name, values in ROWS.items()}
    assert all(math.isnan(value) for value in fit_job(prepare_job(**none, settings={})))


def test_rows_open_on_one_side_have_an_interval_and_no_estimate():
    rows = ROWS | {"lower": np.full(6, -1.0), "upper": np.zeros(6), "cluster": np.arange(6)}
    fit = fit_job(prepare_job(**rows, settings={}))
    assert math.isnan(fit.estimate)
    assert math.isinf(fit.ci_low)


def test_an_unknown_model_is_refused():
    with pytest.raises(InputError, match="composites"):
        fit_job(prepare_job(**ROWS, settings={"model": "guess"}))


def test_a_fit_that_does_not_converge_stops_no_other(monkeypatch):
    from metaworkbook.errors import ConvergenceError
    from metaworkbook.models import specifications

    good = prepare_job(**ROWS, settings={"model": "composites"})
    bad = prepare_job(**ROWS, settings={})

    def stuck(*_):
        raise ConvergenceError("stuck")

    monkeypatch.setattr(specifications, "_fit_censored", stuck)
    found = fit_jobs([bad, good])
    assert found[bad.key] is NO_FIT
    assert np.isfinite(found[good.key]).all()
