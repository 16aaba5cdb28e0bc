"""Meta-regression, subgroups and predictions: metafor, by hand, and limits."""

from __future__ import annotations

import numpy as np
import pytest

from metaworkbook.errors import InputError
from metaworkbook.models import _pymare
from metaworkbook.models.moderators import (
    code_categorical,
    meta_regression,
    predict,
    subgroups,
)
from metaworkbook.models.pooling import INTERVALS, pool

from . import references
from .tolerances import CLOSED_FORM, ITERATIVE, ROUNDING, STORED_DIGITS

FIELDS = {
    "estimate": "estimate",
    "se": "se",
    "p": "p_value",
    "tau2": "tau2",
    "QM": "qm",
    "QMp": "qm_p",
    "QE": "qe",
    "R2": "r2",
    "I2": "i2",
}
PERCENT = {"R2", "I2"}
UNBOUNDED = {"QM", "QE"}
#: Entries, with their number of fields and their interval.
ENTRIES = {
    "pet": (4, "knapp-hartung"),
    "peese": (4, "knapp-hartung"),
    "metareg_linear": (9, "knapp-hartung"),
    "metareg_factor": (8, "wald"),
}
EXPECTED_SETS = 22
EXPECTED_COMPARISONS = EXPECTED_SETS * 25
NAMES = references.having("metareg_linear")

YI = np.array([0.12, -0.30, 0.45, 0.26, -0.05, 0.61, 0.33, 0.70])
VI = np.array([0.02, 0.05, 0.04, 0.11, 0.03, 0.20, 0.06, 0.02])
DOSE = np.array([1.0, 0.5, 2.0, 2.5, 1.0, 3.0, 2.0, 3.5])
RATER = ["client", "observer", "client", "therapist", "observer", "client", "therapist", "client"]
LINEAR = np.column_stack([np.ones(8), DOSE])


def design(name, entry):
    data = references.load(name)
    ones = np.ones(data["k"])
    if entry == "metareg_factor":
        groups = data[entry]["g"]
        return code_categorical(groups, reference=groups[0])[0]
    column = {
        "pet": lambda: np.sqrt(data["vi"]),
        "peese": lambda: np.array(data["vi"]),
        "metareg_linear": lambda: np.array(data[entry]["x"]),
    }[entry]()
    return np.column_stack([ones, column])


class TestReference:
    def test_grid_is_complete(self):
        assert len(NAMES) == EXPECTED_SETS
        count = 0
        for entry, (fields, _) in ENTRIES.items():
            assert references.having(entry) == NAMES
            for name in NAMES:
                found = sum(key in FIELDS for key in references.load(name)[entry])
                assert found == fields, (name, entry)
                count += found
        assert count == EXPECTED_COMPARISONS

    @pytest.mark.parametrize("entry", ENTRIES)
    @pytest.mark.parametrize("name", NAMES)
    def test_values(self, name, entry):
        data = references.load(name)
        fit = meta_regression(data["yi"], data["vi"], design(name, entry), ci=ENTRIES[entry][1])
        for key, expected in data[entry].items():
            if key not in FIELDS:
                continue
            found = np.asarray(getattr(fit, FIELDS[key]))
            expected = np.asarray(expected) / (100 if key in PERCENT else 1)
            relative = STORED_DIGITS if key in UNBOUNDED else 0.0
            allowed = ITERATIVE + relative * np.abs(expected)
            assert (np.abs(found - expected) <= allowed).all(), (key, found, expected)

    @pytest.mark.parametrize("name", NAMES)
    def test_levels_of_one_model(self, name):
        data = references.load(name)
        entry = data["metareg_factor"]
        groups = entry["g"]
        found = subgroups(data["yi"], data["vi"], groups, reference=groups[0], ci="wald")
        first = entry["estimate"][0]
        means = [first, *(first + np.array(entry["estimate"][1:]))]
        assert found.estimate == pytest.approx(means, abs=ITERATIVE)
        assert found.se[0] == pytest.approx(entry["se"][0], abs=ITERATIVE)
        assert found.qm_p == pytest.approx(entry["QMp"], abs=ITERATIVE)
        assert found.levels[0] == groups[0] == found.reference
        assert found.k.sum() == data["k"]


class TestSecondEngine:
    @pytest.mark.parametrize("ci", INTERVALS)
    @pytest.mark.parametrize("method", ["DL", "HE", "ML", "REML"])
    @pytest.mark.parametrize("name", NAMES)
    def test_pymare(self, name, method, ci):
        data = references.load(name)
        X = design(name, "metareg_linear")
        fit = meta_regression(data["yi"], data["vi"], X, method=method, ci=ci)
        yi, vi = np.array(data["yi"]), np.array(data["vi"])
        estimate, se, tau2 = _pymare.fit(yi, vi, X, method, ci)
        tolerance = CLOSED_FORM if method in ("DL", "HE") else ITERATIVE
        assert fit.estimate == pytest.approx(estimate, abs=tolerance)
        assert fit.se == pytest.approx(se, abs=tolerance)
        assert fit.tau2 == pytest.approx(tau2, abs=tolerance)


class TestByHand:
    def test_perfect_fit(self):
        fit = meta_regression([0, 1, 2], [1, 1, 1], [[1, -1], [1, 0], [1, 1]], ci="wald")
        assert fit.estimate == pytest.approx([1, 1], abs=ROUNDING)
        assert fit.se == pytest.approx(np.sqrt([1 / 3, 1 / 2]), abs=ROUNDING)
        assert (fit.tau2, fit.qe_df, fit.qm_df) == (0.0, 1, 1)
        assert fit.qe == pytest.approx(0.0, abs=ROUNDING)
        assert fit.qm == pytest.approx(2.0, abs=ROUNDING)

    def test_two_groups_under_the_common_effect(self):
        # Means 0 and 1 with variances 1/2: the difference has variance 1, so QM = 1; adjusted
        # R2 = 1 - (4/2) / (5/3) is below zero and counts as zero.
        fit = meta_regression(
            [-1, 1, 0, 2], [1] * 4, [[1, 0], [1, 0], [1, 1], [1, 1]], method="FE", ci="wald"
        )
        assert fit.qm == pytest.approx(1.0, abs=ROUNDING)
        assert fit.qe == pytest.approx(4.0, abs=ROUNDING)
        assert fit.r2 == 0.0
        assert fit.i2 == pytest.approx(0.5, abs=ROUNDING)

    def test_adjusted_r2_of_the_common_effect(self):
        # Residual 4 on 2 df, total 4 + 16 on 3 df: 1 - 2 / (20/3) = 0.7.
        fit = meta_regression(
            [-1, 1, 3, 5], [1] * 4, [[1, 0], [1, 0], [1, 1], [1, 1]], method="FE", ci="wald"
        )
        assert fit.r2 == pytest.approx(0.7, abs=ROUNDING)


class TestOmnibus:
    def test_leaves_out_the_intercept_wherever_it_stands(self):
        one = meta_regression(YI, VI, LINEAR)
        other = meta_regression(YI, VI, LINEAR[:, ::-1])
        assert one.qm == pytest.approx(other.qm, abs=ROUNDING)
        assert one.qm_df == other.qm_df == 1
        # One coefficient: F(1, df) is the square of t(df).
        assert one.qm_p == pytest.approx(one.p_value[1], abs=ROUNDING)

    def test_without_intercept_covers_all(self):
        cells = np.column_stack([[float(r == level) for r in RATER] for level in set(RATER)])
        fit = meta_regression(YI, VI, cells)
        assert fit.qm_df == 3
        assert np.isnan(fit.r2)

    def test_does_not_depend_on_the_reference_level(self):
        fits = [subgroups(YI, VI, RATER, reference=level) for level in sorted(set(RATER))]
        for fit in fits[1:]:
            assert fit.qm == pytest.approx(fits[0].qm, abs=1e-9)
            assert fit.tau2 == pytest.approx(fits[0].tau2, abs=ROUNDING)
            assert dict(zip(fit.levels, fit.estimate, strict=True)) == pytest.approx(
                dict(zip(fits[0].levels, fits[0].estimate, strict=True)), abs=ROUNDING
            )


class TestInvariants:
    @pytest.mark.parametrize("ci", INTERVALS)
    @pytest.mark.parametrize("method", ["DL", "HE", "HS", "SJ", "ML", "REML", "EB", "PM"])
    def test_intercept_alone_is_pool(self, method, ci):
        fit = meta_regression(YI, VI, np.ones((8, 1)), method=method, ci=ci)
        pooled = pool(YI, VI, method, ci)
        for field in ("estimate", "se", "p_value", "ci_low", "ci_high"):
            assert getattr(fit, field)[0] == pytest.approx(getattr(pooled, field), abs=ROUNDING)
        assert fit.i2 == pytest.approx(pooled.i2, abs=ROUNDING)
        assert (fit.df, fit.qe_df) == (pooled.df, pooled.q_df)
        assert np.isnan(fit.r2)

    def test_row_order(self):
        order = [3, 0, 5, 1, 7, 4, 2, 6]
        one = meta_regression(YI, VI, LINEAR)
        other = meta_regression(YI[order], VI[order], LINEAR[order])
        assert other.estimate == pytest.approx(one.estimate, abs=ROUNDING)
        assert other.se == pytest.approx(one.se, abs=ROUNDING)
        assert other.qm == pytest.approx(one.qm, abs=1e-9)

    @pytest.mark.parametrize(("factor", "shift"), [(1e6, 0.0), (1e-6, 0.0), (1.0, 2000.0)])
    def test_units_of_a_moderator(self, factor, shift):
        plain = meta_regression(YI, VI, LINEAR)
        X = np.column_stack([np.ones(8), shift + factor * DOSE])
        scaled = meta_regression(YI, VI, X)
        assert scaled.estimate[1] * factor == pytest.approx(plain.estimate[1], abs=1e-9)
        assert scaled.p_value[1] == pytest.approx(plain.p_value[1], abs=1e-9)
        assert scaled.tau2 == pytest.approx(plain.tau2, abs=ROUNDING)

    def test_conservative_is_the_larger_se(self):
        for yi in (YI, 0.01 * YI):
            wald, adjusted, conservative = (
                meta_regression(yi, VI, LINEAR, ci=ci).se
                for ci in ("wald", "knapp-hartung", "knapp-hartung-conservative")
            )
            assert conservative == pytest.approx(np.maximum(wald, adjusted), abs=ROUNDING)


class TestCoding:
    def test_columns(self):
        X, names = code_categorical(["b", "a", "c", "a"], reference="b", name="rater")
        assert names == ("intercept", "rater = a against b", "rater = c against b")
        assert X.tolist() == [[1, 0, 0], [1, 1, 0], [1, 0, 1], [1, 1, 0]]

    def test_whole_numbers_are_levels(self):
        X, names = code_categorical(np.array([2, 1, 2]), reference=2)
        assert names == ("intercept", "level = 1 against 2")
        assert X[:, 1].tolist() == [0, 1, 0]

    @pytest.mark.parametrize(
        ("levels", "reference", "words"),
        [
            (["a", "a"], None, "levels: found only 'a'"),
            (["a", "b"], "c", "reference: found 'c'; allowed: a, b"),
            (["a", None], None, "levels: found None at position 1"),
            (["a", float("nan")], None, "levels: found nan at position 1"),
            (["a", " "], None, "levels: found ' ' at position 1"),
            ([], None, "levels: found an array of shape"),
        ],
    )
    def test_input(self, levels, reference, words):
        with pytest.raises(InputError, match=words):
            code_categorical(levels, reference)

    def test_one_level_an_effect(self):
        with pytest.raises(InputError, match="levels: found 7 values for 8 effects"):
            subgroups(YI, VI, RATER[:7])


class TestPredict:
    fit = meta_regression(YI, VI, LINEAR, names=["intercept", "dose"])

    def test_straight_line(self):
        found = predict(self.fit, {"dose": [0, 2]})
        a, b = self.fit.estimate
        assert found.labels == ("dose = 0", "dose = 2")
        assert found.estimate == pytest.approx([a, a + 2 * b], abs=ROUNDING)
        assert found.se[0] == pytest.approx(self.fit.se[0], abs=ROUNDING)
        assert found.ci_low[0] == pytest.approx(self.fit.ci_low[0], abs=ROUNDING)
        crit = (found.ci_high - found.estimate) / found.se
        spread = (found.pi_high - found.estimate) / np.sqrt(found.se**2 + self.fit.tau2)
        assert spread == pytest.approx(crit, abs=ROUNDING)

    def test_levels_by_name_equal_the_subgroups(self):
        X, names = code_categorical(RATER, reference="observer", name="rater")
        fit = meta_regression(YI, VI, X, names=names)
        table = subgroups(YI, VI, RATER, reference="observer")
        found = predict(fit, {"rater": list(table.levels)})
        for field in ("estimate", "se", "ci_low", "ci_high"):
            assert getattr(found, field) == pytest.approx(getattr(table, field), abs=ROUNDING)

    def test_mixed_table_repeats_single_values(self):
        X, names = code_categorical(RATER, name="rater")
        fit = meta_regression(YI, VI, np.column_stack([X, DOSE]), names=[*names, "dose"])
        found = predict(fit, {"rater": "client", "dose": [1, 3]})
        assert found.labels == ("rater = client, dose = 1", "rater = client, dose = 3")
        assert np.diff(found.estimate) == pytest.approx(2 * fit.estimate[3], abs=ROUNDING)

    def test_intercept_alone_is_the_pooled_prediction(self):
        found = predict(meta_regression(YI, VI, np.ones((8, 1))), {})
        pooled = pool(YI, VI)
        assert found.pi_low[0] == pytest.approx(pooled.pi_low, abs=ROUNDING)
        assert len(found.labels) == 1

    def test_level_and_common_effect(self):
        wide = predict(self.fit, {"dose": 1}, level=0.99)
        assert wide.ci_low[0] < predict(self.fit, {"dose": 1}).ci_low[0]
        common = meta_regression(YI, VI, LINEAR, method="FE", ci="wald")
        assert np.isnan(predict(common, {"x1": 1}).pi_low).all()

    @pytest.mark.parametrize(
        ("rows", "words"),
        [
            ({}, "found no moderators; allowed: values for dose"),
            ({"dosis": 1}, "found dosis; allowed: values for dose"),
            ({"dose": 1, "year": 2}, "found dose, year; allowed: values for dose"),
            ({"dose": []}, "found numbers of values dose 0"),
            ({"dose": "much"}, r"rows\['dose'\]: found values of type"),
            ({"dose": [np.nan]}, r"rows\['dose'\]: found nan"),
            ([1, 2], "rows: found a list"),
        ],
    )
    def test_input(self, rows, words):
        with pytest.raises(InputError, match=words):
            predict(self.fit, rows)

    def test_unknown_level_and_unequal_lengths(self):
        X, names = code_categorical(RATER, name="rater")
        fit = meta_regression(YI, VI, np.column_stack([X, DOSE]), names=[*names, "dose"])
        with pytest.raises(InputError, match="found klient; allowed: client, observer, therapist"):
            predict(fit, {"rater": "klient", "dose": 1})
        with pytest.raises(InputError, match="found numbers of values rater 2, dose 3"):
            predict(fit, {"rater": ["client", "client"], "dose": [1, 2, 3]})


class TestLimits:
    def test_saturated_common_effect(self):
        fit = meta_regression([0.1, 0.5], [0.02, 0.03], [[1, 0], [1, 1]], method="FE", ci="wald")
        assert fit.estimate == pytest.approx([0.1, 0.4], abs=ROUNDING)
        assert (fit.qe, fit.qe_df) == (0.0, 0)
        assert np.isnan([fit.qe_p, fit.i2, fit.r2]).all()

    def test_identical_effects(self):
        fit = meta_regression([0.0] * 8, VI, LINEAR)
        assert (fit.tau2, fit.r2, fit.qe) == (0.0, 0.0, 0.0)
        assert fit.se.tolist() == [0.0, 0.0]
        assert np.isnan(fit.p_value).all()
        assert np.isnan([fit.qm, fit.qm_p]).all()

    @pytest.mark.parametrize("level", [0.1, 0.3, -0.7, 1e-6, 4000.0])
    @pytest.mark.parametrize("columns", [1, 2])
    @pytest.mark.parametrize("slope", [0.0, 0.1])
    def test_a_perfect_fit_leaves_no_rounding(self, level, columns, slope):
        X = np.column_stack([np.ones(8), DOSE])[:, :columns]
        fit = meta_regression(X @ np.array([level, slope * level])[:columns], VI, X)
        assert fit.se.tolist() == [0.0] * columns
        assert np.isnan([*fit.p_value, fit.qm, fit.qm_p]).all()
        assert fit.qe == 0.0

    def test_a_perfect_line_over_years(self):
        years = 1987.0 + 3 * np.arange(8)
        fit = meta_regression(0.1 + 0.01 * (years - 1990), VI, np.column_stack([np.ones(8), years]))
        assert fit.se.tolist() == [0.0, 0.0]

    def test_subgroups_of_identical_effects(self):
        table = subgroups([0.3] * 8, VI, RATER)
        assert table.se.tolist() == [0.0] * 3
        assert np.isnan(table.qm_p)

    def test_small_scatter_is_no_rounding(self):
        yi = 0.3 + 1e-9 * YI
        fit, scaled = meta_regression(yi, VI, LINEAR), meta_regression(YI, 1e18 * VI, LINEAR)
        assert fit.se * 1e9 == pytest.approx(scaled.se, rel=1e-6)

    @pytest.mark.parametrize("method", ["DL", "HE", "HS", "SJ", "ML", "REML", "EB", "PM"])
    def test_one_huge_weight(self, method):
        vi = VI.copy()
        vi[3] = 1e-12
        fit = meta_regression(YI, vi, LINEAR, method=method)
        assert np.isfinite([*fit.estimate, *fit.se, fit.tau2, fit.qe, fit.i2]).all()


class TestInput:
    def test_collinear_columns_are_named(self):
        X = np.column_stack([np.ones(8), DOSE, np.arange(8), 2 * DOSE - 1])
        with pytest.raises(InputError, match=r"collinear columns \(intercept, dose, double\)"):
            meta_regression(YI, VI, X, names=["intercept", "dose", "year", "double"])

    def test_column_of_zeros_is_named(self):
        X = np.column_stack([LINEAR, np.zeros(8)])
        with pytest.raises(InputError, match=r"collinear columns \(x2\)"):
            meta_regression(YI, VI, X)

    @pytest.mark.parametrize(
        ("X", "words"),
        [
            (DOSE, r"X: found an array of shape \(8,\)"),
            (LINEAR[:7], "X: found 7 rows for 8 effects"),
            (LINEAR * np.nan, "X: found nan in row 0, column 0"),
            ([["a"]] * 8, "X: found values of type"),
            (np.vander(np.arange(8.0), 8), "X: found 8 columns for 8 effects"),
            (np.ones((8, 9)), "X: found 9 columns for 8 effects"),
            (np.ones((8, 0)), r"X: found an array of shape \(8, 0\)"),
            (None, "X: found values of type object"),
        ],
    )
    def test_design(self, X, words):
        with pytest.raises(InputError, match=words):
            meta_regression(YI, VI, X)

    @pytest.mark.parametrize("names", [["a"], ["a", "a"], "ab"])
    def test_names(self, names):
        with pytest.raises(InputError, match="names: found"):
            meta_regression(YI, VI, LINEAR, names=names)

    def test_common_effect_needs_wald(self):
        with pytest.raises(InputError, match='pass ci="wald"'):
            meta_regression(YI, VI, LINEAR, method="FE")
