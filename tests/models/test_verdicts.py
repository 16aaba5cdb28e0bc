"""The verdict rule on intervals written down, and the kinds of estimand on small arrays."""

from __future__ import annotations

import math

import numpy as np
import pytest

from metaworkbook.models.change import pool_changes, summarise_changes
from metaworkbook.models.estimands import (
    count_persons,
    count_votes,
    estimate_change,
    estimate_contrast,
    estimate_directions,
    estimate_proportions,
    estimate_synthesis,
    match_variants,
    read,
    read_share,
)
from metaworkbook.models.verdicts import VERDICTS, combine_parts, decide, judge_part
from metaworkbook.results.verdicts import Estimand, Part, PartVerdict, Reading


def reading(low, high, name="main", detail=""):
    return Reading(name, detail, (low + high) / 2, low, high)


def estimand(main, *variants):
    return Estimand(main, tuple(variants), "z", {"s1": 10.0, "s2": 20.0, "s3": 30.0})


def part(kind, data, expected="positive", main=True):
    return Part("a part", kind, expected, main, data, None, None, 0.1, ("r-01",), (), "")


def judged(points, main=False):
    return PartVerdict(
        "a part", "synthesis", "positive", main, points, None, (), None, 0.1, "z", 3, 60.0, "",
        None, (), {}, None, (), (), "",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("mains", "others", "verdict"),
    [
        (["for"], [], "supported"),
        (["for", "for"], ["undecided"], "supported"),
        (["against"], [], "contradicted"),
        (["against", "against"], ["against"], "contradicted"),
        (["for"], ["against"], "mixed"),
        (["undecided"], ["for", "against"], "mixed"),
        (["for", "against"], [], "mixed"),
        (["for", "undecided"], [], "undecided"),
        (["undecided"], ["for"], "undecided"),
        (["undecided"], ["against"], "undecided"),
        ([], ["for"], "undecided"),
        ([], [], "undecided"),
    ],
)
def test_parts_combine_by_the_written_rule(mains, others, verdict):
    parts = [judged(points, main=True) for points in mains] + [judged(points) for points in others]
    assert combine_parts(parts) == verdict
    assert verdict in VERDICTS


@pytest.mark.parametrize(("expected", "points"), [("negative", "for"), ("positive", "against")])
def test_an_interval_on_one_side_everywhere_points(expected, points):
    told = estimand(reading(-0.5, -0.1), reading(-0.6, -0.01, "reporting-0.4"))
    assert decide(told, expected) == (points, "", None)


def test_one_variant_across_zero_leaves_it_undecided_and_is_named():
    crossing = reading(-0.6, 0.02, "without-sample", "s2")
    told = estimand(reading(-0.5, -0.1), reading(-0.6, -0.01, "reporting-0.4"), crossing)
    assert decide(told, "negative") == ("undecided", "variant", crossing)


def test_a_variant_on_the_other_side_does_not_count_as_the_same():
    told = estimand(reading(-0.5, -0.1), reading(0.1, 0.3, "reporting-0.4"))
    assert decide(told, "negative")[0] == "undecided"


def test_a_variant_that_could_not_be_fitted_leaves_it_undecided():
    told = estimand(reading(0.1, 0.3), read("reporting-0.4", None))
    assert decide(told, "positive")[1] == "variant"


def test_an_end_at_zero_is_not_on_one_side():
    assert decide(estimand(reading(0.0, 0.3)), "positive")[:2] == ("undecided", "main")


def test_an_open_interval_decides_where_its_closed_end_is_clear_of_zero():
    told = estimand(Reading("main", "", math.nan, -math.inf, -0.2))
    assert decide(told, "negative")[0] == "for"
    open_both = estimand(Reading("main", "", math.nan, -math.inf, 0.2))
    assert decide(open_both, "negative")[:2] == ("undecided", "one_side")


def test_nothing_to_estimate_says_what_is_missing():
    told = Estimand(None, (), "z", {}, "nothing")
    assert decide(told, "positive") == ("undecided", "nothing", None)


def test_a_variant_that_does_not_touch_a_side_leaves_it_as_it_is():
    mains = reading(0.1, 0.3), reading(0.0, 0.2)
    only_first = (reading(0.05, 0.3, "without-sample", "s1"),)
    ((first, second),) = match_variants(mains, (only_first, ()))
    assert (first.ci_low, second.ci_low, second.ci_high) == (0.05, 0.0, 0.2)


def test_votes_go_by_majority_and_ties_are_untold():
    votes = count_votes(np.array([1, 1, -1, 1, -1, np.nan]), np.array(list("aaabbc"), dtype=object))
    assert votes == {"a": 1.0, "b": 0.0, "c": 0.0}


def test_persons_are_the_largest_number_of_each_sample():
    found = count_persons(np.array(["a", "a", "b"], dtype=object), np.array([20, 30, np.nan]))
    assert found == {"a": 30.0, "b": 0.0}


@pytest.mark.parametrize(("up", "clear"), [(6, True), (5, False)])
def test_six_of_six_samples_are_clear_of_one_half_and_five_are_not(up, clear):
    found = read_share("main", {str(i): 1.0 for i in range(up)})
    assert (found.ci_low > 0) == clear


def directions(signs):
    cluster = np.array([f"s{i}" for i in range(len(signs))], dtype=object)
    return {"signs": np.array(signs, float), "cluster": cluster, "ni": np.full(len(signs), 40.0)}


def test_directions_need_their_result_without_each_sample_and_with_untold_signs_lent():
    seven = part("directions", directions([1] * 7))
    assert judge_part(seven).points == "for"
    assert judge_part(part("directions", directions([1] * 6))).lacking == "variant"
    untold = judge_part(part("directions", directions([1] * 9 + [np.nan] * 6)))
    assert untold.points == "undecided"
    assert untold.crossing.name == "untold-down"


def test_two_signs_give_no_count():
    assert estimate_directions(part("directions", directions([1, 1, np.nan]))).lacking == "signs"


def change(values, n=100.0):
    cluster = np.array([f"s{i}" for i in range(len(values))], dtype=object)
    vi = np.array([[2 * (1 - r) / n] * len(values) for r in (0.3, 0.5, 0.7)])
    return {"yi": np.array(values, float), "vi": vi, "cluster": cluster,
            "ni": np.full(len(values), n)}  # fmt: skip


def test_change_is_varied_by_the_correlation_of_before_and_after_and_by_sample():
    found = estimate_change(part("change", change([0.5, 0.6, 0.6, 0.7])))
    names = [one.name for one in found.variants]
    assert names == ["before-after-0.3", "before-after-0.7"] + ["without-sample"] * 4
    assert found.main.estimate == pytest.approx(0.6, abs=1e-6)
    assert decide(found, "positive")[0] == "for"


def test_two_samples_with_a_size_are_not_pooled():
    assert pool_changes([0.5, 0.6], [0.01, 0.01], ["a", "b"]) is None
    assert estimate_change(part("change", change([0.5, 0.6]))).lacking == "samples"


def test_several_changes_of_one_sample_are_one_composite():
    one = pool_changes([0.5, 0.6, 0.7], [0.01] * 3, ["a", "b", "c"])
    doubled = pool_changes([0.5, 0.5, 0.6, 0.7], [0.01] * 4, ["a", "a", "b", "c"], rho=1 - 1e-9)
    assert doubled.estimate == pytest.approx(one.estimate, abs=1e-6)


def test_a_summary_counts_samples_and_leaves_few_sizes_unpooled():
    sizes = change([0.5, 0.6])
    told = {"sizes": sizes,
            "signs": {"signs": np.array([1, 1, np.nan]),
                      "cluster": np.array(["s0", "s1", "s2"], dtype=object)},
            "significance": np.array(["significant", "not_stated", "not_significant"]),
            "persons": np.array([10.0, 20.0, np.nan])}  # fmt: skip
    found = summarise_changes({"avoidance_change/uncontrolled": told})
    summary = found["avoidance_change/uncontrolled"]
    assert (summary.samples, summary.sized, summary.persons) == (3, 2, 30.0)
    assert (summary.significant, summary.not_significant) == (1, 1)
    assert summary.pooled is None
    assert summary.signs.k_unsigned == 1


def test_a_class_needs_three_samples_in_each_group():
    data = {"events": np.array([5.0, 6, 7, 1, 2]), "totals": np.full(5, 20.0),
            "clinical": np.array([1.0, 1, 1, 0, 0]),
            "cluster": np.array(list("abcde"), dtype=object)}  # fmt: skip
    assert estimate_proportions(part("proportions", data)).lacking == "groups"


def rows(bounds, cluster=None):
    lower, upper = (np.array(ends, float) for ends in zip(*bounds, strict=True))
    names = cluster or [f"s{i}" for i in range(len(bounds))]
    return {
        "lower": lower,
        "upper": upper,
        "ni": np.full(len(bounds), 200.0),
        "outside": np.zeros(len(bounds), bool),
        "cluster": np.array(names, dtype=object),
    }


def names_of(found):
    return [one.name for one in found.variants]


def test_several_rows_of_a_sample_are_also_read_as_less_and_more_alike_and_as_one_vote():
    alike = {"rho-0.3", "rho-0.8", "one-vote"}
    told = rows([(-0.3, -0.3)] * 4, ["a", "a", "b", "c"])
    assert alike <= set(names_of(estimate_synthesis(part("synthesis", told))))
    told = rows([(-0.3, -0.3)] * 3)
    assert not alike & set(names_of(estimate_synthesis(part("synthesis", told))))


def test_two_samples_on_each_side_of_a_contrast_are_too_few_on_each():
    data, other = rows([(-0.5, -0.5)] * 2), rows([(0.0, 0.0)] * 2, list("wx"))
    asked = Part("a part", "contrast", "negative", True, data, other, None, 0.1, (), (), "")
    found = judge_part(asked)
    assert (found.points, found.lacking, found.counts) == ("undecided", "sides", (2, 2))


def test_a_published_estimate_without_an_error_is_not_among_the_rows_that_entered():
    nan = np.full(2, np.nan)
    data = {"estimate": np.array([0.3, 0.9]), "low": np.array([0.2, np.nan]),
            "high": np.array([0.4, np.nan]), "se": nan, "k": nan, "n": nan,
            "review": np.array(["r-01", "r-02"], dtype=object),
            "cluster": np.array(["adults", "adults"], dtype=object)}  # fmt: skip
    asked = Part("a part", "reviews", "positive", True, data, None, None, 0.1, ("r-01", "r-02"),
                 (), "")  # fmt: skip
    assert judge_part(asked).entered == ("r-01",)


def test_a_result_that_hangs_on_the_level_of_significance_is_undecided():
    """The same samples, but with rows that then tell of hardly any correlation."""
    told = rows([(-0.3, -0.3)] * 4)
    assert decide(estimate_synthesis(part("synthesis", told)), "negative")[0] == "for"
    told["one_sided"] = rows([(-0.01, -0.01)] * 4)
    points, lacking, crossing = decide(estimate_synthesis(part("synthesis", told)), "negative")
    assert (points, lacking, crossing.name) == ("undecided", "variant", "one-sided")


def test_a_synthesis_of_no_rows_says_so():
    none = {name: value[:0] for name, value in rows([(0.1, 0.1)]).items()}
    assert estimate_synthesis(part("synthesis", none)).lacking == "nothing"


def test_the_sides_of_a_contrast_are_told_with_it():
    data, other = rows([(-0.5, -0.5)] * 4), rows([(0.0, 0.0)] * 4, list("wxyz"))
    asked = Part("a part", "contrast", "negative", True, data, other, None, 0.1, (), (), "")
    found = estimate_contrast(asked)
    assert [round(math.tanh(side.estimate), 2) for side in found.sides] == [-0.5, 0.0]
    assert found.main.ci_high < 0
    assert len(found.samples) == 8


def test_a_synthesis_tells_what_each_kind_of_row_contributes():
    told = rows([(-0.3, -0.3)] * 3 + [(-1.0, 0.0)])
    share = estimate_synthesis(part("synthesis", told)).information
    assert share.exact + share.interval + share.direction == pytest.approx(1)
    assert share.exact > share.direction > 0
