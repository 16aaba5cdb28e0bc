"""Verdicts in words: reasons, scales, what is missing, and the entries of the results file."""

from __future__ import annotations

import json
import math

import pytest

from metaworkbook.reporting import reasons, verdicts
from metaworkbook.reporting.display import to_text
from metaworkbook.results import InformationShare, SignTest, to_json
from metaworkbook.results.verdicts import PartVerdict, Reading, Verdict

HOSTILE = '"><script>alert(1)</script>'


def reading(estimate, low, high, name="main", detail=""):
    return Reading(name, detail, estimate, low, high)


def part(points="for", told=None, **cells):
    values = {
        "name": "avoidance, outcome", "kind": "synthesis", "expected": "positive", "main": True,
        "points": points, "reading": told, "sides": (), "information": None, "margin": 0.1,
        "scale": "z", "k": 3, "n": 1200.0,
        "lacking": "", "crossing": None, "variants": (), "samples": {"s1": 1200.0},
        "signs": None, "ladder": (), "entered": (), "page": "",
    }  # fmt: skip
    return PartVerdict(**(values | cells))


def verdict(word, *parts, **cells):
    values = {"id": "P6", "statement": "A statement.", "verdict": word, "parts": parts, "k": 3,
              "n": 1200.0, "pages": ("propositions",)}  # fmt: skip
    return Verdict(**(values | cells))


def test_correlations_are_told_as_r():
    told = reasons.format_part(part(told=reading(math.atanh(0.3), math.atanh(0.1), 0.5)), "en")
    assert told == "r = 0.30 (0.10 to 0.46)"


@pytest.mark.parametrize(
    ("kind", "scale", "text"),
    [
        ("proportions", "log_odds", "odds ratio = 2.00 (1.00 to 4.00)"),
        ("change", "d", "d = 0.69 (0.00 to 1.39)"),
        ("contrast", "z", "difference in Fisher z = 0.69 (0.00 to 1.39)"),
    ],
)
def test_every_scale_has_its_own_words(kind, scale, text):
    told = part(told=reading(math.log(2), 0.0, math.log(4)), kind=kind, scale=scale)
    assert reasons.format_part(told, "en") == text


def test_directions_are_told_as_a_percentage_of_samples():
    told = part(told=reading(0.25, 0.1, 0.4), kind="directions", scale="share")
    words = "75 % of the samples that tell a direction are positive (60 to 90)"
    assert reasons.format_part(told, "en") == words


def test_open_ends_are_named():
    told = part(told=reading(math.nan, -math.inf, -0.2))
    assert "no lower bound" in reasons.format_part(told, "en")


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [(0.01, 0.1, "within 0.10 of each other"), (-0.2, -0.05, "further apart than 0.10"),
     (-0.05, 0.08, "perhaps within 0.10")],
)  # fmt: skip
def test_published_correlations_side_by_side_tell_both_and_their_distance(low, high, words):
    sides = (reading(0.0, -0.1, 0.1), reading(math.atanh(0.28), 0.25, 0.3))
    told = part(told=reading(0.0, low, high), kind="equivalence", sides=sides)
    text = reasons.format_part(told, "en")
    assert "r = 0.28" in text
    assert words in text


@pytest.mark.parametrize("lacking", list(reasons.LACKING))
@pytest.mark.parametrize("language", ["en", "nb"])
def test_whatever_is_missing_is_told_without_open_braces(lacking, language):
    told = part("undecided", reading(0.1, -0.1, 0.3), lacking=lacking, counts=(2, 1),
                crossing=reading(0.1, -0.1, 0.3, "without-sample", "s2"))  # fmt: skip
    text = reasons.describe_lacking(told, language)
    assert text
    assert "{" not in text


def test_the_variant_that_crosses_zero_is_named_with_its_sample():
    told = part("undecided", reading(0.2, 0.1, 0.3), lacking="variant",
                crossing=reading(0.1, -0.1, 0.3, "without-sample", "levy2006"))  # fmt: skip
    assert "without the sample levy2006" in reasons.describe_lacking(told, "en")


def test_a_mixed_verdict_names_both_sides():
    one = part("for", reading(0.3, 0.1, 0.5))
    other = part("against", reading(-0.3, -0.5, -0.1), name="dismissing style, outcome")
    text = reasons.describe_reason(verdict("mixed", one, other), "en")
    assert text.startswith("For it: avoidance, outcome")
    assert "Against it: dismissing style, outcome" in text


def test_an_undecided_verdict_names_what_its_deciding_parts_lack_and_not_the_others():
    main = part("undecided", lacking="samples", k=2)
    other = part("undecided", lacking="nothing", main=False, name="dismissing style, outcome")
    text = reasons.describe_reason(verdict("undecided", main, other), "en")
    assert "a verdict needs three samples, and 2 can be used" in text
    assert "dismissing" not in text


def test_directions_are_counted_and_said_to_decide_nothing():
    main = part("undecided", lacking="nothing", signs=SignTest(0.125, 4, 0, 1, 0.06, 0.4))
    text = reasons.describe_reason(verdict("undecided", main), "en")
    assert "by sample: 4 negative, 0 positive, 1 without a direction" in text
    assert "decides nothing" in text


def test_a_fixed_proposition_gives_its_reason():
    text = reasons.describe_reason(verdict("undecided", fixed="not fitted yet"), "en")
    assert text == "Not judged: not fitted yet."


def test_entries_hold_what_the_results_file_promises():
    told = part("for", reading(math.atanh(0.3), math.atanh(0.1), math.atanh(0.5)))
    (entry,) = verdicts.list_verdicts([verdict("supported", told)])
    assert {"id", "verdict", "reason", "pages", "k", "n", "estimate", "ci_low", "ci_high"} <= set(
        entry
    )
    assert entry["estimate"] == pytest.approx(0.3)
    assert (entry["ci_low"], entry["scale"]) == (pytest.approx(0.1), "r")
    assert entry["reason"]
    assert entry["reason_nb"]
    assert entry["reason_nb"] != entry["reason"]
    json.dumps(to_json(entry), allow_nan=False)


def test_several_deciding_parts_share_no_single_estimate():
    told = part("for", reading(0.3, 0.1, 0.5))
    (entry,) = verdicts.list_verdicts([verdict("supported", told, told)])
    assert entry["estimate"] is None
    assert len(entry["parts"]) == 2


def test_infinite_ends_and_missing_estimates_have_a_json_form():
    told = part("undecided", reading(math.nan, -math.inf, 0.2), lacking="one_side")
    (entry,) = verdicts.list_verdicts([verdict("undecided", told)])
    assert entry["estimate"] is None
    assert entry["ci_low"] == pytest.approx(-1.0)
    json.dumps(to_json(entry), allow_nan=False)


def test_the_headline_counts_the_verdicts():
    found = [verdict("supported"), verdict("undecided"), verdict("undecided")]
    text = verdicts.describe_verdicts(found)["headline"]
    assert "1 supported, 0 contradicted, 0 mixed, 2 not decided" in text["en"]
    assert "2 ikke avgjort" in text["nb"]


@pytest.mark.parametrize("language", ["en", "nb"])
def test_sections_show_parts_coverage_and_rows_and_escape_the_evidence(language):
    ladder = ({"step": "known", "samples": 33, "persons": math.nan},
              {"step": "read", "samples": 4, "persons": 400.0},
              {"step": "in this pool", "samples": 3, "persons": 300.0})  # fmt: skip
    told = part("for", reading(0.3, 0.1, 0.5), ladder=ladder, entered=("a-01",))
    cited = {"citation": HOSTILE, "study_id": "a", "oddity": f"misquoted {HOSTILE}"}
    html = verdicts.show_propositions([verdict("supported", told)], {"a-01": cited}).html(language)
    assert "<script>" not in html
    assert f"misquoted {HOSTILE}" in to_text(html)
    assert 'id="P6"' in html
    assert 'href="study/a.html"' in html
    text = to_text(html)
    assert "33" in text
    assert "75" in text


def test_the_table_links_each_proposition_to_its_section():
    html = verdicts.show_verdicts([verdict("contradicted")]).html("en")
    assert 'href="#P6"' in html
    assert "contradicted" in html


def test_what_each_kind_of_row_contributes_is_told_in_percent():
    told = part("for", reading(0.3, 0.1, 0.5), information=InformationShare(0.7, 0.25, 0.05))
    text = to_text(verdicts.show_propositions([verdict("supported", told)], {}).html("en"))
    assert "70 % come from coefficients, 25 % from stated significance and 5 %" in text
