"""Declared moderators: counted as they are, compared only where the gates allow it."""

from __future__ import annotations

import numpy as np
import pytest

from metaworkbook.evidence.demonstration import X, Y, open_source
from metaworkbook.evidence.moderators import list_moderators, read_values
from metaworkbook.evidence.selection import select
from metaworkbook.models.categories import subgroups
from metaworkbook.models.declared_moderators import examine_moderators, regress_together
from metaworkbook.models.regression import meta_regression
from metaworkbook.results.censored_moderators import Moderator

KIND = Moderator("kind", "kind", "category", "Kind", "why", "a")
YEAR = Moderator("year", "year", "number", "Year", "why")


@pytest.fixture(scope="module")
def shown():
    rows = select(open_source("demonstration"), X, Y)
    moderators = list_moderators("demonstration")
    values = read_values(rows, moderators)
    return rows, moderators, values


@pytest.fixture(scope="module")
def found(shown):
    rows, moderators, values = shown
    results = examine_moderators(moderators, values, rows.bounds())
    return {result.name: result for result in results}


def make(k, seed=1):
    rng = np.random.default_rng(seed)
    r = np.tanh(rng.normal(-0.1, 0.15, k))
    return {
        "lower": r, "upper": r.copy(), "ni": rng.integers(40, 90, k).astype(float),
        "outside": np.zeros(k, bool), "cluster": np.array([f"s{i}" for i in range(k)], object),
    }  # fmt: skip


def test_levels_are_compared_with_the_declared_reference(found):
    design = found["design"]
    assert dict(zip(design.levels, design.samples, strict=True)) == {
        "cross_sectional": 5, "prospective": 11,
    }  # fmt: skip
    assert design.reference == design.compared[0] == "cross_sectional"
    contrast = design.means.estimate[1] - design.means.estimate[0]
    assert design.contrasts.estimate[1] == pytest.approx(contrast, abs=1e-6)


def test_coefficients_alone_are_the_subgroups_of_one_model(shown, found):
    rows, _, values = shown
    exact = rows.exact()
    whole = subgroups(exact["yi"], exact["vi"], values["design"], reference="cross_sectional")
    assert found["design"].subgroups.qm_p == pytest.approx(whole.qm_p, abs=1e-9)
    assert found["design"].subgroups.estimate == pytest.approx(whole.estimate, abs=1e-9)


def test_a_number_has_the_line_of_its_regression(shown, found):
    rows, _, values = shown
    exact = rows.exact()
    x = values["mean_age"]
    fit = meta_regression(exact["yi"], exact["vi"], np.column_stack([np.ones(x.size), x]))
    result = found["mean_age"]
    assert result.regression.estimate == pytest.approx(fit.estimate, abs=1e-9)
    assert result.line.estimate[0] == pytest.approx(fit.estimate[0] + fit.estimate[1] * x.min())
    assert (result.at[0], result.at[-1]) == (x.min(), x.max())


def test_all_together_take_what_varies(shown):
    rows, moderators, values = shown
    fit = regress_together(moderators, values, rows.bounds())
    assert fit.k == 16
    assert fit.names[0] == "intercept"
    assert [name.split(":")[0] for name in fit.names[1:]] == [each.name for each in moderators]


def test_a_level_of_two_samples_is_counted_and_not_compared():
    values = {"kind": np.array(["a"] * 4 + ["b"] * 3 + ["c"] * 2 + [""], object)}
    result = examine_moderators([KIND], values, make(10))[0]
    assert result.levels == ("a", "b", "c")
    assert result.samples == (4, 3, 2)
    assert result.compared == ("a", "b")
    assert result.untold == 1
    assert result.means.k == 7


def test_one_level_is_not_compared():
    values = {"kind": np.array(["a"] * 5 + ["b"] * 2, object)}
    result = examine_moderators([KIND], values, make(7))[0]
    assert result.compared == ()
    assert result.means is result.contrasts is result.subgroups is None


def test_a_number_below_ten_samples_is_not_fitted():
    years = {"year": np.append(np.arange(2000.0, 2009.0), np.nan)}
    result = examine_moderators([YEAR], years, make(10))[0]
    assert result.samples == (9,)
    assert result.untold == 1
    assert result.contrasts is result.line is None
    assert regress_together([YEAR], years, make(10)) is None


def test_the_reference_is_another_where_the_declared_one_is_too_small():
    values = {"kind": np.array(["a"] + ["b"] * 4 + ["c"] * 4, object)}
    result = examine_moderators([KIND], values, make(9))[0]
    assert result.reference == "b"
