"""Selection: which rows of a question enter, the reason for each other one, and nothing lost."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from metaworkbook.errors import ProblemsError
from metaworkbook.evidence import selection as s
from metaworkbook.evidence.descriptions import describe_effects
from metaworkbook.evidence.ledger import Ledger, read_ledger
from metaworkbook.evidence.parameters import MEASURES, check_parameters, resolve_constructs

from .. import ledgers

ENTER = [
    "alm2001-01", "alm2001-02", "alm2003-02", "alm2003-03", "bjork2005-01", "hassel2012-01",
]  # fmt: skip
LEFT_OUT = {
    "alm2003-01": "the same result as alm2001-02",
    "bjork2005-03": "tier E: contrast adjusted: not a zero-order association for sure",
    "bjork2005-04": "tier B: two groups of one dimension with both sizes",
    "bjork2005-05": "tier F: contrast interaction: another estimand than a correlation",
    "gran2010-01": "sample set apart: adolescents",
    "gran2010-02": "sample set apart: adolescents",
    "hassel2012-02": "held back: sessions are no persons",
    "hassel2012-04": "nothing known of its size: "
    "significant with mixed signs: no range for one correlation",
    "hassel2012-05": "no usable n: direction plot only",
}


def ask(ledger, x="client_attachment", y="alliance", **more):
    return s.select(ledger, x, y, **more)


def ids(selection):
    return selection.rows["effect_id"].tolist()


def reasons(selection):
    return dict(
        zip(selection.left_out["effect_id"], selection.left_out["reason"], strict=True)
    )  # fmt: skip


def test_rows_of_a_question_and_every_reason(small_ledger):
    found = ask(small_ledger)
    assert ids(found) == ENTER
    assert reasons(found) == LEFT_OUT


def test_reason_is_its_text_with_the_detail(small_ledger):
    left_out = ask(small_ledger).left_out
    for row in left_out.to_dict("records"):
        assert row["reason"] == row["reason_text"].format(detail=row["reason_detail"])
        assert row["reason_text"] in s.REASONS.values() or row["reason_text"].startswith("tier ")


@pytest.mark.parametrize(
    ("asked", "enter"),
    [
        ({"tiers": "A"}, ["alm2001-01", "alm2003-03", "hassel2012-01"]),
        ({"tiers": "B"}, ["bjork2005-04"]),
        ({"tiers": "C"}, ["alm2001-02", "alm2003-02"]),
        ({"tiers": "D"}, ["bjork2005-01"]),
        ({"tiers": "E"}, ["bjork2005-03"]),
        ({"tiers": "F"}, []),
        ({"tiers": "P"}, []),
        ({"population": "all", "tiers": "B E"},
         ["bjork2005-03", "bjork2005-04", "gran2010-01", "gran2010-02"]),
        ({"phase": "late"}, ["alm2003-02", "hassel2012-01"]),
        ({"phase": "pre"}, []),
        ({"rater": "client"}, ENTER),
        ({"rater": "therapist"}, []),
        ({"measure_family": "self_dimension"}, ENTER),
        ({"y": "alliance_bond"}, ["alm2001-02"]),
        ({"x": "dismissing"}, []),
        ({"x": "attachment_avoidance dismissing"}, ENTER),
        ({"y": "outcome"}, ["bjork2005-02"]),
        ({"drop": ("alm2001-01", "nobody-01")}, ENTER[1:]),
    ],
)  # fmt: skip
def test_filters(small_ledger, asked, enter):
    found = ask(small_ledger, **asked)
    assert ids(found) == enter
    assert (found.left_out["reason"] != "").all()


@pytest.mark.parametrize(
    ("asked", "effect", "reason"),
    [
        ({"rater": "therapist"}, "alm2001-01", "another rater: client"),
        ({"phase": "pre"}, "alm2003-02", "another phase: late"),
        ({"phase": "follow_up"}, "alm2003-02", "another phase: late"),
        ({"drop": ("alm2001-01",)}, "alm2001-01", "left out by hand"),
        # The first reason that holds is told.
        ({"rater": "therapist"}, "alm2003-01", "the same result as alm2001-02"),
        ({"rater": "therapist"}, "gran2010-02", "sample set apart: adolescents"),
        ({"rater": "therapist", "population": "all"}, "gran2010-02", "another rater: client"),
    ],
)
def test_reasons_of_filters(small_ledger, asked, effect, reason):
    assert reasons(ask(small_ledger, **asked))[effect] == reason


def test_blank_cell_is_no_answer(tmp_path, tables):
    for row in tables["effects"]:
        row["measure_family"], row["y_rater"] = "", ""
    tables["effects"][-1].update(measure_family="interview", y_rater="observer")
    ledger = read_ledger(ledgers.write(tmp_path / "effects", tables))
    found = reasons(ask(ledger, measure_family="interview"))
    assert found["alm2001-01"] == "another kind of measure: not told"
    assert reasons(ask(ledger, rater="observer"))["alm2001-01"] == "another rater: not told"


def test_braces_in_a_cell_stay_text(tmp_path, tables):
    ledgers.find(tables, "effects", "hassel2012-02")["hold_back"] = "see {0} and {detail}"
    ledger = read_ledger(ledgers.write(tmp_path / "effects", tables))
    assert reasons(ask(ledger))["hassel2012-02"] == "held back: see {0} and {detail}"


QUESTIONS = [
    dict(zip(("population", "tiers", "phase", "rater"), values, strict=True))
    for values in itertools.product(
        ("adults", "all"), ("A", "A C D", "A B C D E"), ("any", "early"), ("any", "client")
    )
]


@pytest.mark.parametrize("asked", QUESTIONS)
@pytest.mark.parametrize(
    ("x", "y"), [("client_attachment", "alliance"), ("client_attachment", "outcome")]
)
def test_no_real_row_is_in_and_out_or_lost(real_ledger, described, x, y, asked):
    found = s.select(real_ledger, x, y, described=described, **asked)
    inside, outside = ids(found), found.left_out["effect_id"].tolist()
    assert not set(inside) & set(outside)
    assert len(set(inside)) == len(inside)
    effects = real_ledger["effects"]
    about = effects["x"].isin(resolve_constructs(real_ledger, x))
    about &= effects["y"].isin(resolve_constructs(real_ledger, y))
    assert sorted(inside + outside) == sorted(effects.loc[about, "effect_id"])
    assert (found.left_out["reason"].str.len() > 3).all()
    assert found.rows["tier"].isin(asked["tiers"].split()).all()
    assert found.rows["known"].isin(["exact", "interval", "direction"]).all()
    assert (found.rows["duplicate_of"] == "").all()
    assert (found.rows["hold_back"] == "").all()
    if asked["population"] == "adults":
        assert (found.rows["set_apart"] == "").all()


@pytest.fixture(scope="module")
def described(real_ledger):
    return describe_effects(real_ledger)


def test_described_rows_may_be_handed_in(real_ledger, described):
    one = ask(real_ledger)
    other = ask(real_ledger, described=described)
    pd.testing.assert_frame_equal(one.rows, other.rows)
    pd.testing.assert_frame_equal(one.left_out, other.left_out)


def test_a_description_is_of_the_ledger_asked_and_the_askers_own(real_ledger, small_ledger):
    first = describe_effects(small_ledger)
    assert len(describe_effects(real_ledger)) == len(real_ledger["effects"])
    again = describe_effects(small_ledger)
    again["n"] = -1.0
    pd.testing.assert_frame_equal(describe_effects(small_ledger), first)
    effects = small_ledger["effects"].assign(hold_back="held")
    changed = Ledger(small_ledger.tables | {"effects": effects}, small_ledger.checksum)
    assert set(describe_effects(changed)["hold_back"]) == {"held"}


def test_order_of_the_files_rows_changes_nothing(tmp_path, tables, small_ledger):
    expected = ask(small_ledger)
    for seed in range(5):
        generator = np.random.default_rng(seed)
        mixed = {name: [rows[i] for i in generator.permutation(len(rows))]
                 for name, rows in tables.items()}  # fmt: skip
        found = ask(read_ledger(ledgers.write(tmp_path / "effects", mixed)))
        for name in ("rows", "left_out"):
            pd.testing.assert_frame_equal(
                getattr(found, name).reset_index(drop=True),
                getattr(expected, name).reset_index(drop=True),
            )


def test_rows_stand_in_the_order_of_year_and_id(real_ledger):
    rows = ask(real_ledger, tiers="A B C D E").rows
    keys = list(zip(rows["year"].fillna(np.inf), rows["effect_id"], strict=True))
    assert keys == sorted(keys)


# What the models are given.


def test_bounds_of_the_rows(small_ledger):
    found = ask(small_ledger)
    bounds = found.bounds()
    assert set(bounds) == {"lower", "upper", "ni", "outside", "cluster"}
    assert bounds["cluster"].tolist() == ["alm", "alm", "alm", "alm", "bjork", "hassel"]
    assert bounds["ni"].tolist() == [40, 40, 38, 40, 60, 100]
    assert bounds["lower"][0] == bounds["upper"][0] == -0.3
    assert (bounds["lower"][1], bounds["upper"][1]) == (-1, pytest.approx(-0.3120, abs=1e-4))
    assert (bounds["lower"][4], bounds["upper"][4]) == (-1, 0)
    assert not bounds["outside"].any()


def test_exact_rows_alone(small_ledger):
    exact = ask(small_ledger).exact()
    assert exact["cluster"].tolist() == ["alm", "alm", "hassel"]
    np.testing.assert_allclose(exact["yi"][0], np.arctanh(-0.3))
    np.testing.assert_allclose(exact["vi"], [1 / 37, 1 / 37, 1 / 97])


def test_groups_are_pooled_by_their_own_variance(small_ledger):
    """The pool's variance is 1/(n - 3): n is then that of equal variance, not the persons."""
    found = ask(small_ledger, tiers="B", population="all")
    np.testing.assert_allclose(1 / (found.bounds()["ni"] - 3), found.exact()["vi"])
    assert (found.rows["ni"] == found.rows["n1"] + found.rows["n2"]).all()
    assert (found.bounds()["ni"] != found.rows["ni"]).all()


def test_signs(small_ledger):
    signs = ask(small_ledger).signs()
    np.testing.assert_array_equal(signs["signs"], [-1, -1, np.nan, -1, -1, 1])
    assert signs["cluster"].tolist() == ["alm", "alm", "alm", "alm", "bjork", "hassel"]


def test_direction_plot_takes_rows_without_n_and_without_a_direction_back(small_ledger):
    narrow = ask(small_ledger)
    wide = s.select_signs(narrow)
    back = ["hassel2012-04", "hassel2012-05"]
    assert sorted(ids(wide)) == sorted([*ENTER, *back])
    assert set(reasons(wide)) == set(LEFT_OUT) - set(back)
    assert np.isnan(wide.signs()["signs"][ids(wide).index("hassel2012-04")])
    assert list(wide.rows.columns) == list(narrow.rows.columns)
    assert len(s.describe_all(wide)) == len(s.describe_all(narrow)) == len(ENTER) + len(LEFT_OUT)


def test_list_for_the_results_file(small_ledger):
    listed = s.list_selected(ask(small_ledger))
    assert listed["entered"] == ENTER
    assert {row["effect_id"]: row["reason"] for row in listed["left_out"]} == LEFT_OUT


# A sample is never counted twice.


def test_second_report_of_a_result_adds_nothing(tmp_path, tables, small_ledger):
    expected = ask(small_ledger)
    again = dict(ledgers.find(tables, "effects", "alm2001-01"))
    again |= {"effect_id": "alm2003-09", "study_id": "alm2003", "duplicate_of": "alm2001-01",
              "second_reading": ""}  # fmt: skip
    tables["effects"].append(again)
    found = ask(read_ledger(ledgers.write(tmp_path / "effects", tables)))
    for name, values in expected.bounds().items():
        np.testing.assert_array_equal(found.bounds()[name], values)
    assert reasons(found)["alm2003-09"] == "the same result as alm2001-01"


def test_overlapping_reports_are_one_cluster(real_ledger, described):
    """Whatever two reports of the same people give, the models see one sample."""
    studies = real_ledger["studies"]
    sample = described.groupby("study_id")["sample_id"].agg(set)
    overlaps = studies[studies["same_sample_as"] != ""]
    pairs = [
        (study, other)
        for study, others in zip(overlaps["study_id"], overlaps["same_sample_as"], strict=True)
        for other in others.split()
        if study in sample.index and other in sample.index
    ]
    assert len(pairs) > 10
    for study, other in pairs:
        assert sample[study] & sample[other]


def test_one_result_enters_once(real_ledger, described):
    found = s.select(
        real_ledger, "client_attachment", "alliance", described=described,
        population="all", tiers="A B C D E",
    )  # fmt: skip
    telling = ["sample_id", "x", "y", "y_measure", "y_rater", "phase_as_written", "phase",
               "statistic", "value", "summary"]  # fmt: skip
    assert not found.rows.duplicated(telling).any()
    entered = set(ids(found))
    doubles = described[described["duplicate_of"] != ""]
    assert not entered & set(doubles["effect_id"])


# Constructs and parameters.


def test_families_and_constructs(small_ledger):
    resolve = resolve_constructs
    assert resolve(small_ledger, "alliance") == ("alliance_total", "alliance_bond")
    assert resolve(small_ledger, "alliance_bond alliance") == ("alliance_bond", "alliance_total")
    assert resolve(small_ledger, "dismissing dismissing") == ("dismissing",)


@pytest.mark.parametrize(
    ("parameter", "value", "allowed"),
    [
        ("x", "avoidance", "a construct or family of effects/constructs.csv"),
        ("y", "", "a construct or family of effects/constructs.csv"),
        ("x", 3, "a text"),
        ("rater", "patient", "any, client, therapist, observer, mixed, unclear"),
        ("rater", None, "a text"),
        ("phase", "Early", "any, pre, early, middle, late, post, follow_up, averaged, change, "
         "unclear"),
        ("measure_family", "diary", ", ".join(MEASURES)),
        ("population", "children", "adults, all"),
        ("tiers", "A R", "A B C D E F P, separated by spaces"),
        ("tiers", "", "A B C D E F P, separated by spaces"),
        ("tiers", "AC", "A B C D E F P, separated by spaces"),
        ("pairs", 0, "a whole number, 1 to 1000"),
        ("pairs", 1001, "a whole number, 1 to 1000"),
        ("pairs", "3", "a whole number, 1 to 1000"),
        ("pairs", 3.0, "a whole number, 1 to 1000"),
        ("pairs", True, "a whole number, 1 to 1000"),
        ("ratr", "client", "no parameter of this name; rater, phase, measure_family, population, "
         "x, y, tiers"),
    ],
)  # fmt: skip
def test_parameter_that_is_not_allowed(small_ledger, parameter, value, allowed):
    with pytest.raises(ProblemsError) as caught:
        check_parameters(small_ledger, **{parameter: value})
    (problem,) = caught.value.problems
    assert (problem.file, problem.column) == ("parameters", parameter)
    assert problem.allowed == allowed
    assert problem.found in (f'"{value}"', repr(value), "blank")
    assert problem.remedy == "Correct the parameter."


def test_all_parameters_are_judged_at_once(small_ledger):
    with pytest.raises(ProblemsError) as caught:
        ask(small_ledger, x="a b", rater="patient", tiers="Z")
    assert [problem.column for problem in caught.value.problems] == ["rater", "tiers", "x", "x"]


def test_parameters_that_are_allowed(small_ledger):
    check_parameters(
        small_ledger, x="client_attachment dismissing", y="alliance_bond", rater="any",
        phase="follow_up", measure_family="self_dimension", population="all", tiers="A  C",
        pairs=1,
    )  # fmt: skip


# Wider readings and published estimates.


def test_variants_widen_the_selection(small_ledger):
    variants = s.vary_selection(small_ledger, x="client_attachment", y="alliance")
    counts = {name: bounds["ni"].size for name, bounds in variants.items()}
    assert counts == {
        "with groups of known size": 7,
        "with adjusted and unclear rows": 7,
        "with samples set apart": 6,
        "with all of these": 10,
    }


def test_published_estimates_are_turned_and_superseded_ones_left(small_ledger):
    found = s.select_reviews(small_ledger, "client_attachment", "alliance")
    assert found["review_id"].tolist() == ["pool2020-01"]
    assert found["estimate"].tolist() == [-0.14]
    turned = s.select_reviews(small_ledger, "client_attachment", "outcome")
    assert turned["estimate"].tolist() == [-0.10]
    assert len(s.select_moderators(small_ledger, found)) == 2


def test_parts_of_a_review_that_read_the_same_are_told_apart(tmp_path, tables):
    one, other = (ledgers.find(tables, "reviews", f"pool2020-0{number}") for number in "12")
    other.update(y="alliance_total", subgroup="early", y_as_written="other:trust_in_time")
    one.update(subgroup="early")
    ledger = read_ledger(ledgers.write(tmp_path / "effects", tables))
    found = s.select_reviews(ledger, "client_attachment", "alliance")
    assert found["subgroup"].tolist() == ["early, alliance", "early, trust in time"]
    one.update(subgroup="late")
    ledger = read_ledger(ledgers.write(tmp_path / "effects", tables))
    found = s.select_reviews(ledger, "client_attachment", "alliance")
    assert found["subgroup"].tolist() == ["late", "early"]


def test_interval_of_a_turned_estimate(tmp_path, tables):
    row = ledgers.find(tables, "reviews", "pool2020-02")
    row.update(ci_low="0.02", ci_high="0.18")
    ledger = read_ledger(ledgers.write(tmp_path / "effects", tables))
    found = s.select_reviews(ledger, "client_attachment", "outcome").iloc[0]
    assert (found["ci_low"], found["estimate"], found["ci_high"]) == (-0.18, -0.10, -0.02)


def test_ratios_and_shares_of_reviews_are_not_turned(tmp_path, tables):
    row = ledgers.find(tables, "reviews", "pool2020-02")
    row.update(statistic="OR", estimate="1.4", direction="positive")
    ledger = read_ledger(ledgers.write(tmp_path / "effects", tables))
    found = s.select_reviews(ledger, "client_attachment", "outcome")
    assert found["estimate"].tolist() == [1.4]


def test_held_back_review_stays_out(tmp_path, tables):
    ledgers.find(tables, "reviews", "pool2020-02")["hold_back"] = "read from a blog"
    ledger = read_ledger(ledgers.write(tmp_path / "effects", tables))
    assert s.select_reviews(ledger, "client_attachment", "outcome").empty


def test_nothing_about_a_question(small_ledger):
    found = ask(small_ledger, x="group_membership", y="alliance")
    assert found.rows.empty
    assert found.left_out.empty
    assert found.bounds()["ni"].size == 0
    assert s.list_selected(found) == {"entered": [], "left_out": []}
    assert s.select_signs(found).rows.empty
