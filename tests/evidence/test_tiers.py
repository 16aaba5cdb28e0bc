"""Tiers: every rule and every bound, by hand, on rows made up for it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t

from metaworkbook.evidence import conversions
from metaworkbook.evidence.tiers import TIERS, UNITS, convert

#: A row that says nothing but its direction; each case changes what it is about.
ROW = {
    "effect_id": "a-01", "contrast": "bivariate", "statistic": "direction_only", "value": np.nan,
    "n": 40.0, "n_unit": "persons", "n1": np.nan, "n2": np.nan, "mean1": np.nan, "sd1": np.nan,
    "mean2": np.nan, "sd2": np.nan, "df1": np.nan, "df2": np.nan, "p_value": np.nan,
    "p_relation": "", "level": np.nan, "natural_classes": "", "x_scored_as": "construct",
    "y_scored_as": "construct", "direction_analysed": "negative", "significance": "not_stated",
}  # fmt: skip
GROUPS = {"contrast": "groups", "n1": 25.0, "n2": 35.0, "n": 60.0, "natural_classes": "yes"}
MEANS = {"statistic": "means", "mean1": 3.0, "sd1": 2.0, "mean2": 5.0, "sd2": 2.0}
SIGNIFICANT, NOT = {"significance": "significant"}, {"significance": "not_significant"}
UNSTATED = {"direction_analysed": "unstated"}
POSITIVE = {"direction_analysed": "positive"}
EXACT_P = {"statistic": "p_only", "p_value": 0.02, "p_relation": "="}


def table(*rows):
    return pd.DataFrame([ROW | row for row in rows], index=range(7, 7 + len(rows)))


def told(**row):
    return convert(table(row)).iloc[0]


# Which tier.


@pytest.mark.parametrize(
    ("row", "tier"),
    [
        # The contrast decides first, whatever is printed.
        ({"contrast": "descriptive", "statistic": "proportion", "value": 0.3}, "P"),
        ({"contrast": "paired", "statistic": "t", "value": 2.0}, "P"),
        ({"contrast": "paired", "statistic": "r", "value": 0.3}, "P"),
        ({"contrast": "interaction", "statistic": "r", "value": 0.3}, "F"),
        ({"contrast": "indirect", **SIGNIFICANT}, "F"),
        ({"contrast": "omnibus", "statistic": "F", "value": 4.0, "df1": 1.0}, "F"),
        ({"contrast": "adjusted", "statistic": "r", "value": 0.3}, "E"),
        ({"contrast": "adjusted", "statistic": "beta", "value": 0.3, **SIGNIFICANT}, "E"),
        ({"contrast": "unclear", "statistic": "r", "value": 0.3}, "E"),
        ({"contrast": "unclear", **EXACT_P}, "E"),
        # Groups convert with both sizes, known classes and a statistic of one degree of freedom.
        ({**GROUPS, "statistic": "t", "value": -2.0}, "B"),
        ({**GROUPS, "statistic": "d", "value": 0.5}, "B"),
        ({**GROUPS, "statistic": "F", "value": 4.0, "df1": 1.0}, "B"),
        ({**GROUPS, **MEANS}, "B"),
        ({**GROUPS, **MEANS, **UNSTATED}, "B"),
        ({**GROUPS, "statistic": "t", "value": -2.0, "natural_classes": "no"}, "B"),
        ({**GROUPS, "statistic": "t", "value": -2.0, "n1": np.nan}, "F"),
        ({**GROUPS, "statistic": "t", "value": -2.0, "n2": 1.0}, "F"),
        ({**GROUPS, "statistic": "t", "value": -2.0, "natural_classes": ""}, "F"),
        ({**GROUPS, "statistic": "t", "value": -2.0, "n_unit": "sessions"}, "F"),
        ({**GROUPS, "statistic": "t", "value": -2.0, **UNSTATED}, "F"),
        ({**GROUPS, "statistic": "t"}, "F"),
        ({**GROUPS, "statistic": "F", "value": 4.0, "df1": 2.0}, "F"),
        ({**GROUPS, "statistic": "F", "value": 4.0}, "F"),
        ({**GROUPS, **MEANS, "sd1": 0.0}, "F"),
        ({**GROUPS, **MEANS, "sd2": np.nan}, "F"),
        ({**GROUPS, **MEANS, "mean2": np.nan}, "F"),
        ({**GROUPS, "statistic": "OR", "value": 0.5}, "F"),
        ({**GROUPS, **SIGNIFICANT}, "F"),
        # A coefficient of a plain association.
        ({"statistic": "r", "value": -0.3}, "A"),
        ({"statistic": "r", "value": -0.3, **UNSTATED}, "A"),
        ({"statistic": "t", "value": -2.0}, "A"),
        ({"statistic": "F", "value": 4.0, "df1": 1.0}, "A"),
        (EXACT_P, "A"),
        ({**EXACT_P, "statistic": "other"}, "A"),
        ({**EXACT_P, "p_value": 1.0}, "A"),
        ({"statistic": "r", "value": -0.3, "n_unit": "dyads"}, "A"),
        # What keeps a plain association from being one.
        ({"statistic": "r", "value": -0.3, "n": np.nan}, "D"),
        ({"statistic": "r", "value": -0.3, "n_unit": "sessions", **SIGNIFICANT}, "D"),
        ({"statistic": "t", "value": -2.0, **UNSTATED, **SIGNIFICANT}, "C"),
        ({**EXACT_P, "statistic": "F", "value": 4.0, "df1": 2.0}, "D"),
        ({**EXACT_P, "statistic": "F", "value": 4.0, "df1": 3.0, **SIGNIFICANT}, "C"),
        ({**EXACT_P, "p_relation": "<", **SIGNIFICANT}, "C"),
        ({**EXACT_P, **UNSTATED, **SIGNIFICANT}, "C"),
        ({"statistic": "beta", "value": -0.3, **SIGNIFICANT}, "C"),
        ({"statistic": "d", "value": -0.3}, "D"),
        ({"statistic": "OR", "value": 0.5}, "D"),
        # So large that r rounds to 1: no Fisher z, so the statement alone counts.
        ({"statistic": "t", "value": -1e12, **SIGNIFICANT}, "C"),
        ({"statistic": "F", "value": 1e30, "df1": 1.0}, "D"),
        ({**EXACT_P, "p_value": 1e-300, "n": 4.0, **SIGNIFICANT}, "C"),
        # Significance with n, a direction alone.
        (SIGNIFICANT, "C"),
        (NOT, "C"),
        ({**NOT, **UNSTATED}, "C"),
        ({**SIGNIFICANT, "n": np.nan}, "D"),
        ({**SIGNIFICANT, "n_unit": "unclear"}, "D"),
        ({}, "D"),
        (UNSTATED, "D"),
    ],
)
def test_tier(row, tier):
    found = told(**row)
    assert found["tier"] == tier
    assert found["tier_reason"]
    if tier in "BCD":
        assert found["tier_reason"] == TIERS[tier]
    if row.get("contrast") in ("adjusted", "unclear", "paired", "interaction", "omnibus"):
        assert row["contrast"] in found["tier_reason"]


# What a coefficient tells.


def z_of(r):
    return 0.5 * np.log((1 + r) / (1 - r))


@pytest.mark.parametrize(
    ("row", "r"),
    [
        ({"statistic": "r", "value": -0.3}, -0.3),
        ({"statistic": "r", "value": -0.3, "y_scored_as": "reversed", **POSITIVE}, 0.3),
        ({"statistic": "r", "value": -0.3, "x_scored_as": "reversed", **POSITIVE}, 0.3),
        ({"statistic": "r", "value": -0.3, "x_scored_as": "reversed", "y_scored_as": "reversed"},
         -0.3),
        # t = 2, n = 14: r = 2/sqrt(4 + 12) = .5; the sign is the stated one.
        ({"statistic": "t", "value": 2.0, "n": 14.0}, -0.5),
        ({"statistic": "t", "value": -2.0, "n": 14.0, **POSITIVE}, 0.5),
        ({"statistic": "F", "value": 4.0, "df1": 1.0, "n": 14.0}, -0.5),
        # The printed error df counts, where there is one.
        ({"statistic": "t", "value": 2.0, "df2": 60.0, "n": 14.0}, -0.25),
        ({"statistic": "F", "value": 4.0, "df1": 1.0, "df2": 60.0, "n": 14.0}, -0.25),
        ({**EXACT_P, "p_value": 2 * t.sf(2, 12), "n": 14.0}, -0.5),
        ({**EXACT_P, "p_value": 1.0}, 0.0),
    ],
)  # fmt: skip
def test_exact_rows(row, r):
    found = told(**row)
    n = (ROW | row)["n"]
    assert found["known"] == "exact"
    for column in ("ri", "lower", "upper"):
        assert found[column] == pytest.approx(r, abs=1e-12)
    assert found["zi"] == pytest.approx(z_of(r), abs=1e-12)
    assert found["vi"] == pytest.approx(1 / (n - 3))
    assert found["ni"] == n
    assert not found["outside"]
    assert "Fisher 1921" in found["path"]
    assert ("turned by polarity" in found["path"]) == (r == 0.3)


def test_groups_by_hand():
    # t = -2.1 with 25 and 35: r = -2.1 / sqrt(2.1^2 + 58).
    found = told(**GROUPS, statistic="t", value=2.1)
    r = -2.1 / np.sqrt(2.1**2 + 58)
    assert found["ri"] == pytest.approx(r, abs=1e-12)
    expected = conversions.r_from_d(-2.1 * np.sqrt(1 / 25 + 1 / 35), 25, 35)
    assert found["vi"] == pytest.approx(expected.vi / (1 - r**2) ** 2)
    assert found["vi"] != pytest.approx(1 / 57)
    assert found["ni"] == 60
    assert "Tate 1954" in found["path"]
    assert "biserial r with" not in found["path"]


def test_groups_cut_from_a_dimension():
    point = told(**GROUPS, statistic="d", value=0.5)["ri"]
    found = told(**GROUPS | {"natural_classes": "no"}, statistic="d", value=0.5)
    expected = conversions.biserial(point, 25, 35)
    assert found["ri"] == pytest.approx(float(expected.yi), abs=1e-12)
    assert found["vi"] == pytest.approx(expected.vi / (1 - expected.yi**2) ** 2)
    assert "Jacobs and Viechtbauer 2017" in found["path"]


@pytest.mark.parametrize("natural", ["yes", "no"])
def test_three_statistics_of_the_same_groups_agree(natural):
    groups = GROUPS | {"natural_classes": natural}
    d = -1.0
    value = d / np.sqrt(1 / 25 + 1 / 35)
    rows = convert(table(
        groups | MEANS,
        groups | {"statistic": "d", "value": d},
        groups | {"statistic": "t", "value": value},
        groups | {"statistic": "F", "value": value**2, "df1": 1.0},
    ))  # fmt: skip
    for column in ("ri", "zi", "vi"):
        np.testing.assert_allclose(rows[column], rows[column].iloc[0], rtol=1e-12)


def test_sign_of_groups_follows_direction_or_polarity():
    assert told(**GROUPS, statistic="t", value=2.0, **POSITIVE)["ri"] > 0
    assert told(**GROUPS, statistic="t", value=2.0)["ri"] < 0
    # The means say negative on the scale as printed; what the text says of the sign comes first.
    assert told(**GROUPS, **MEANS, **POSITIVE)["ri"] == -told(**GROUPS, **MEANS)["ri"] > 0
    assert told(**GROUPS, **MEANS, **UNSTATED)["ri"] < 0
    assert told(**GROUPS, **MEANS, **UNSTATED, y_scored_as="reversed")["ri"] > 0


@pytest.mark.parametrize(
    ("row", "words"),
    [
        # The biserial of nearly parted groups passes 1.
        ({"statistic": "d", "value": 5.0, "natural_classes": "no"}, "|r| >= 1"),
        ({"statistic": "d", "value": 1e9}, "|r| >= 1"),
        ({**MEANS, "sd1": 1e-200, "sd2": 1e-200}, "|r| >= 1"),
        # Two persons on each side: z varies more than with four of them.
        ({"statistic": "d", "value": 1.4, "n1": 2.0, "n2": 2.0, "natural_classes": "no"},
         "says next to nothing"),
    ],
)  # fmt: skip
def test_groups_of_which_nothing_can_be_known(row, words):
    found = told(**GROUPS | row)
    assert found["tier"] == "B"
    assert found["known"] == "nothing"
    assert words in found["path"]
    assert found[["ri", "zi", "vi", "lower", "upper"]].isna().all()


# What a statement tells. With n = 4 the critical r is .95: t(2) = 4.3027.

CRITICAL = 0.95


@pytest.mark.parametrize(
    ("row", "known", "lower", "upper", "outside"),
    [
        ({**SIGNIFICANT, **POSITIVE}, "interval", CRITICAL, 1, False),
        (SIGNIFICANT, "interval", -1, -CRITICAL, False),
        ({**SIGNIFICANT, **UNSTATED}, "interval", -CRITICAL, CRITICAL, True),
        ({**SIGNIFICANT, "direction_analysed": "none"}, "interval", -CRITICAL, CRITICAL, True),
        ({**SIGNIFICANT, "direction_analysed": "mixed"}, "nothing", np.nan, np.nan, False),
        ({**NOT, **POSITIVE}, "interval", 0, CRITICAL, False),
        (NOT, "interval", -CRITICAL, 0, False),
        ({**NOT, **UNSTATED}, "interval", -CRITICAL, CRITICAL, False),
        ({**NOT, "direction_analysed": "none"}, "interval", -CRITICAL, CRITICAL, False),
        ({**NOT, "direction_analysed": "mixed"}, "interval", -CRITICAL, CRITICAL, False),
        (POSITIVE, "direction", 0, 1, False),
        ({}, "direction", -1, 0, False),
        (UNSTATED, "nothing", np.nan, np.nan, False),
        ({"direction_analysed": "mixed"}, "nothing", np.nan, np.nan, False),
    ],
)
@pytest.mark.parametrize("contrast", ["bivariate", "adjusted", "unclear"])
def test_bounds(row, known, lower, upper, outside, contrast):
    found = told(**row, n=4.0, contrast=contrast)
    assert found["known"] == known
    np.testing.assert_allclose([found["lower"], found["upper"]], [lower, upper], atol=1e-12)
    assert found["outside"] == outside
    assert found["ni"] == 4
    assert found["path"]
    assert found[["ri", "zi", "vi"]].isna().all()


@pytest.mark.parametrize(
    ("row", "level"),
    [
        (SIGNIFICANT, 0.05),
        ({**SIGNIFICANT, "level": 0.001}, 0.001),
        ({**NOT, "level": 0.01}, 0.01),
        # p > .10, not significant: the range is that of .10.
        ({**NOT, "p_relation": ">", "p_value": 0.1}, 0.1),
        ({**NOT, "p_relation": ">", "p_value": 0.05, "level": 0.1}, 0.1),
        # p < .10 that counts as not significant says no more than that.
        ({**NOT, "p_relation": "<", "p_value": 0.1}, 0.05),
    ],
)
def test_level_of_the_bounds(row, level):
    found = told(**row)
    critical = float(conversions.critical_r(40, level))
    assert max(abs(found["upper"] % -1), abs(found["lower"] % -1)) == pytest.approx(critical)
    assert f"at {level:g} two-sided, n = 40" in found["path"]


@pytest.mark.parametrize("unit", ["persons", "dyads", "couples", "therapists"])
def test_units_that_count(unit):
    assert unit in UNITS
    assert told(**SIGNIFICANT, n_unit=unit)["known"] == "interval"


@pytest.mark.parametrize(
    "row", [{"n_unit": "sessions"}, {"n_unit": "unclear"}, {"n": np.nan}, {"n": 3.0}]
)
def test_without_usable_n_only_the_sign_is_told(row):
    found = told(**SIGNIFICANT, **row)
    assert found["known"] == "sign"
    assert np.isnan(found["ni"])
    assert found[["lower", "upper"]].isna().all()
    assert told(**SIGNIFICANT, **row, **UNSTATED)["known"] == "nothing"


@pytest.mark.parametrize(
    "contrast", ["interaction", "indirect", "omnibus", "paired", "descriptive"]
)
def test_rows_that_enter_no_pool_tell_a_sign_at_most(contrast):
    row = {"contrast": contrast, "statistic": "r", "value": -0.3, **SIGNIFICANT}
    assert told(**row)["known"] == "sign"
    assert told(**row, **UNSTATED)["known"] == "nothing"
    assert np.isnan(told(**row)["lower"])


# What must hold for any table.

WORDS = {
    "contrast": ["bivariate", "groups", "adjusted", "unclear", "paired", "interaction"],
    "statistic": ["r", "t", "F", "d", "means", "p_only", "OR", "beta", "direction_only", "other"],
    "n_unit": ["persons", "sessions", "dyads"],
    "natural_classes": ["", "yes", "no"],
    "x_scored_as": ["construct", "reversed"],
    "y_scored_as": ["construct", "reversed"],
    "direction_analysed": ["negative", "positive", "none", "mixed", "unstated"],
    "significance": ["significant", "not_significant", "not_stated"],
    "p_relation": ["=", "<", ">"],
}
NUMBERS = {
    "value": (0.001, 1e12), "n": (4, 1e6), "n1": (1, 1e5), "n2": (1, 1e5), "mean1": (-1e6, 1e6),
    "mean2": (-1e6, 1e6), "sd1": (0, 1e6), "sd2": (0, 1e6), "df1": (1, 3), "df2": (1, 1e6),
    "p_value": (1e-300, 0.999), "level": (1e-6, 0.5),
}  # fmt: skip


@st.composite
def tables(draw):
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    count = draw(st.integers(1, 25))
    columns = {"effect_id": [f"a-{i}" for i in range(count)]}
    for name, words in WORDS.items():
        columns[name] = generator.choice(words, count)
    for name, (low, high) in NUMBERS.items():
        spread = np.exp(generator.uniform(np.log(max(low, 1e-3)), np.log(high), count))
        numbers = spread if low >= 0 else spread * generator.choice([-1, 1], count)
        if name in ("n", "n1", "n2", "df1", "df2"):
            numbers = np.maximum(np.round(numbers), low)
        columns[name] = np.where(generator.random(count) < 0.2, np.nan, numbers)
    found = pd.DataFrame(columns)
    inside = found["statistic"] == "r"
    return found.assign(value=found["value"].where(~inside, np.tanh(np.log(found["value"])) * 0.99))


@settings(max_examples=60)
@given(tables())
def test_whatever_is_printed_stays_within_what_a_correlation_can_be(effects):
    rows = convert(effects)
    assert set(rows["tier"]) <= set(TIERS)
    assert (rows["tier_reason"] != "").all()
    exact = rows["known"] == "exact"
    assert rows.loc[exact, "tier"].isin(["A", "B"]).all()
    assert (rows.loc[exact, "ri"].abs() < 1).all()
    assert (rows.loc[exact, "vi"] > 0).all()
    assert np.isfinite(rows.loc[exact, ["ri", "zi", "vi", "ni"]]).all().all()
    np.testing.assert_allclose(rows["zi"], np.arctanh(rows["ri"]), rtol=1e-12)
    assert rows.loc[~exact, ["ri", "zi", "vi"]].isna().all().all()
    ranged = rows["known"].isin(["interval", "direction"])
    assert (rows.loc[ranged, "lower"] < rows.loc[ranged, "upper"]).all()
    assert (rows.loc[ranged, "lower"] >= -1).all()
    assert (rows.loc[ranged, "upper"] <= 1).all()
    assert (rows.loc[exact | ranged, "ni"] >= 4).all()
    assert rows.loc[~(exact | ranged), ["lower", "upper"]].isna().all().all()
    assert (rows.loc[exact | ranged, "path"] != "").all()
    assert not rows.loc[~ranged, "outside"].any()
    signed = effects["direction_analysed"].isin(["negative", "positive"])
    assert signed[rows["known"] == "sign"].all()


@settings(max_examples=20)
@given(tables(), st.integers(0, 2**32 - 1))
def test_order_of_rows_changes_nothing(effects, seed):
    mixed = effects.sample(frac=1, random_state=seed)
    pd.testing.assert_frame_equal(convert(mixed), convert(effects).loc[mixed.index])


@settings(max_examples=6)
@given(tables())
def test_each_row_is_judged_by_itself(effects):
    whole = convert(effects)
    alone = pd.concat([convert(effects.iloc[[i]]) for i in range(len(effects))])
    pd.testing.assert_frame_equal(whole, alone)


@settings(max_examples=30)
@given(tables())
def test_turning_the_scoring_of_y_turns_every_result(effects):
    other = {"construct": "reversed", "reversed": "construct"}
    flipped = {"negative": "positive", "positive": "negative"}
    turned = effects.assign(
        y_scored_as=effects["y_scored_as"].map(other),
        direction_analysed=effects["direction_analysed"].replace(flipped),
    )
    one, two = convert(effects), convert(turned)
    assert (one["known"] == two["known"]).all()
    np.testing.assert_allclose(two["ri"], -one["ri"], rtol=1e-12)
    np.testing.assert_allclose(two["vi"], one["vi"], rtol=1e-12)
    np.testing.assert_allclose(two["lower"], -one["upper"], rtol=1e-12)
    np.testing.assert_allclose(two["upper"], -one["lower"], rtol=1e-12)


def test_index_and_columns_are_those_of_the_effects():
    effects = table({}, SIGNIFICANT, {**GROUPS, **MEANS})
    rows = convert(effects)
    assert rows.index.tolist() == [7, 8, 9]
    assert rows["effect_id"].tolist() == effects["effect_id"].tolist()
    assert list(rows.columns) == [
        "effect_id", "tier", "tier_reason", "known", "ri", "zi", "vi", "lower", "upper",
        "outside", "ni", "path",
    ]  # fmt: skip
    assert rows["outside"].dtype == bool
    assert convert(effects.iloc[:0]).empty


def test_input_is_left_alone():
    effects = table({}, SIGNIFICANT, {**GROUPS, **MEANS})
    before = effects.copy()
    convert(effects)
    pd.testing.assert_frame_equal(effects, before)


def test_every_real_row_is_told(real_ledger):
    effects = real_ledger["effects"]
    rows = convert(effects)
    assert len(rows) == len(effects)
    assert set(rows["known"]) <= {"exact", "interval", "direction", "sign", "nothing"}
    pooled = rows["known"].isin(["exact", "interval", "direction"])
    assert (rows.loc[pooled, "path"] != "").all()
    never = effects["statistic"].isin(["beta", "b"]) & (effects["contrast"] != "bivariate")
    assert not (rows.loc[never, "tier"] == "A").any()
