"""Shares, changes, claims, codings and published syntheses: tables and the figure of shares."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from metaworkbook.reporting import (
    claims,
    codings,
    inventory,
    methods,
    pages,
    proportions,
    published,
)
from metaworkbook.reporting.display import to_text
from metaworkbook.reporting.figures import shares
from metaworkbook.results import Pooled, SignTest
from metaworkbook.results.change import Change
from metaworkbook.results.codings import CodingAgreement
from metaworkbook.results.directions import Coverage
from metaworkbook.results.proportions import ExactShare, PooledShare
from metaworkbook.results.reviews import IntervalChecks, ReviewPool

HOSTILE = '"><script>alert(1)</script>'


def pool(share=0.2, k=3):
    return PooledShare(
        estimate=math.log(share / (1 - share)), se=0.2, df=2.0, share=share, ci_low=0.1,
        ci_high=0.4, tau2=0.1, log_likelihood=-5.0, events=20, total=100, k=k, bounded=True,
        level=0.95,
    )  # fmt: skip


def pooled(estimate=0.2):
    numbers = dict.fromkeys(
        ("pi_low", "pi_high", "tau2_ci_low", "tau2_ci_high", "i2_ci_low", "i2_ci_high"), math.nan
    )
    return Pooled(
        estimate=estimate, se=0.1, df=2.0, p_value=0.1, ci_low=estimate - 0.1,
        ci_high=estimate + 0.1, tau2=0.0, i2=0.0, h2=1.0, q=1.0, q_df=2, q_p=0.5, k=3,
        method="REML", ci="knapp-hartung", level=0.95, **numbers,
    )  # fmt: skip


NAMES = ("four_way/dismissing/clinical", "four_way/dismissing/non_clinical")


def test_groups_below_the_gate_show_no_share():
    counts = {NAMES[0]: {"events": [5, 6], "totals": [20, 30]}}
    text = to_text(proportions.show_pooled_shares({NAMES[0]: None}, counts, {}).html("en"))
    assert "too few samples to pool" in text
    assert "50" in text


def test_the_nearest_counts_stand_beside_only_where_they_add_samples():
    counts = {NAMES[0]: {"events": [5, 6, 7], "totals": [20, 30, 40]}}
    same = proportions.show_pooled_shares({NAMES[0]: pool()}, counts, {NAMES[0]: pool(0.3)})
    more = proportions.show_pooled_shares({NAMES[0]: pool()}, counts, {NAMES[0]: pool(0.3, k=4)})
    assert "30.0" not in to_text(same.html("en"))
    assert "30.0 (k = 4)" in to_text(more.html("en"))


def test_the_answer_follows_from_what_could_be_pooled():
    both = {NAMES[0]: pool(), NAMES[1]: pool()}
    assert "can be compared by interview, four classes" in proportions.describe_shares(both, "en")
    one = {NAMES[0]: pool(), NAMES[1]: None}
    assert "does not allow the comparison" in proportions.describe_shares(one, "en")


def test_shares_beside_say_who_tells_them_and_why_they_stay_out():
    beside = pd.DataFrame(
        [{"told_by": "thesis", "citation": HOSTILE, "share": 0.26,
          "text": "26%", "attachment_class": "dismissing",
          "reason_text": "held back: {detail}", "reason_detail": "N not seen"},
         {"told_by": "study", "citation": "Other (2001)", "text": "", "share": 0.2,
          "attachment_class": "dismissing",
          "reason_text": "no number of persons", "reason_detail": ""}]
    )  # fmt: skip
    html = proportions.show_beside(beside).html("en")
    assert "<script>" not in html
    assert "26.0" in html
    assert "the thesis" in html
    norwegian = to_text(proportions.show_beside(beside).html("nb"))
    assert "holdt tilbake: N not seen" in norwegian
    assert "avvisende" in norwegian


@pytest.mark.parametrize("untold", [0, 1])
def test_no_p_stands_alone_while_signs_are_untold(untold):
    signs = SignTest(0.25, 0, 3, untold, 0.125, 0.625)
    change = Change(None, 1, 3 + untold, 100.0, signs, 2, 1)
    text = to_text(proportions.show_changes({"avoidance_change/uncontrolled": change}).html("en"))
    assert ("0.12 to 0.62" in text) == (untold == 1)
    assert "no pool: 1 sized" in text


def drawn():
    rows = pd.DataFrame(
        {"effect_id": ["a-01", "b-01"], "citation": ["Author A", "Author B"],
         "system": "four_way", "group": "clinical", "attachment_class": "dismissing",
         "count": [8.0, 9.0], "n": [40.0, 41.0]}
    )  # fmt: skip
    exact = ExactShare(np.array([0.2, 0.22]), np.array([0.09, 0.11]), np.array([0.36, 0.38]), 0.95)
    return rows, exact


def test_each_sample_and_each_pool_is_drawn_where_its_share_lies():
    rows, exact = drawn()
    lines = shares.list_lines(rows, exact, {NAMES[0]: pool(0.21)}, "en")
    axes = shares.draw_axes(lines, "en").axes[0]
    marks = {line.get_gid(): line.get_xdata()[0] for line in axes.lines if line.get_gid()}
    assert marks == {
        "mark-four_way-a-01": 0.2,
        "mark-four_way-b-01": 0.22,
        "mark-four_way-clinical": 0.21,
    }
    spans = [tuple(line.get_xdata()) for line in axes.lines if len(line.get_xdata()) == 2]
    assert spans == [(0.09, 0.36), (0.11, 0.38), (0.1, 0.4)]


@pytest.mark.parametrize("language", ["en", "nb"])
def test_the_figure_has_a_text_alternative_in_both_languages(language):
    rows, exact = drawn()
    html = shares.draw_shares(rows, exact, {}, "page").html(language)
    assert "<desc" in html
    assert ("22.0" if language == "en" else "22,0") in html


def test_an_empty_figure_says_so():
    rows, exact = drawn()
    assert "svg" not in shares.draw_shares(rows.iloc[:0], exact, {}, "page").html("en")


CLAIMS = pd.DataFrame(
    [{"study_id": "author2000", "citation": "Author (2000)", "claim": HOSTILE, "proposition": "P1",
      "seen_in_source": "differs", "why": "the abstract says so", "again": [HOSTILE, "longer"]},
     {"study_id": "other2001", "citation": "Other (2001)", "claim": "a claim", "proposition": "",
      "seen_in_source": "agrees", "why": "seen", "again": []}]
)  # fmt: skip


def test_claims_are_counted_shown_and_escaped():
    text = to_text(claims.show_claim_count(CLAIMS).html("en"))
    assert "Of 2 claims about 2 studies 1 agree" in text
    html = claims.show_claims(CLAIMS, "differs").html("en")
    assert "<script>" not in html
    assert "Other (2001)" not in html
    assert '<br><span class="muted">longer</span>' in html
    assert "Other (2001)" in claims.show_claims(CLAIMS).html("nb")


def test_agreement_shows_a_dash_for_a_kappa_that_does_not_exist():
    nan = math.nan
    told = CodingAgreement(5, 5, 1.0, 0.48, 1.0, nan, nan, nan, nan, 1.0, 0.0, 1.0, 1.0, 1)
    text = to_text(codings.show_agreement({"direction": told}).html("en"))
    assert "1.00 (0.48 to 1.00)" in text
    assert "–" in text


def review_pool(pooled_result, clusters=1, reviews=None):
    one = np.array([0.2] * clusters)
    count = clusters if reviews is None else reviews
    return ReviewPool(pooled_result, count, clusters, ("a",) * clusters, one, one, 0, 0.6)


def test_second_order_pools_show_how_overlap_moves_them():
    pools = {
        "alliance_total": {
            overlap: review_pool(pooled(r), reviews=2)
            for overlap, r in (("0", 0.2), ("0.6", 0.25), ("0.9", 0.3))
        },
        "alliance_total/modality/youth": {"0.6": review_pool(None, 0)},
        "alliance_total/modality/group": {"0.6": review_pool(pooled(0.4))},
    }  # fmt: skip
    names = {"en": {"alliance_total": "alliance"}, "nb": {"alliance_total": "allianse"}}
    text = to_text(published.show_second_order(pools, names).html("en"))
    assert "0.20 to 0.29" in text
    assert "no standard error to be had" in text
    assert "kind of therapy: youth" in text
    # Its own interval was printed; one made anew on another scale would differ.
    assert "0.38\none synthesis, as printed" in text


NAMED = {"en": {"a": "avoidance"}, "nb": {"a": "unngåelse"}}


def test_odd_intervals_are_named_and_untold_ones_left_out():
    reviews = pd.DataFrame(
        [{"citation": "Odd", "x": "a", "estimate": 0.41, "oddity": "", "interval_note": "kept",
          "subgroup": "", "statistic": "d", "r": 0.2},
         {"citation": "Untold", "x": "a", "estimate": 0.2, "oddity": "", "interval_note": "",
          "subgroup": "", "statistic": "r", "r": 0.2}]
    )  # fmt: skip
    nan = np.array([0.3, math.nan])
    checks = IntervalChecks(
        centre=nan, se=nan, floor=nan, inflation=nan, fits=np.array([False, True]),
        order=np.array([True, True]), wide_enough=np.array([False, True]),
    )  # fmt: skip
    text = to_text(published.show_interval_checks(reviews, checks, NAMED).html("en"))
    assert "estimate not in the middle; narrower than so many persons allow" in text
    assert "0.20 (printed: d = 0.41)" in text
    assert "Untold" not in text


def row(**cells):
    return {"review_id": "r-01", "citation": "Review", "subgroup": "", "x": "a", "rater": "client",
            "estimate": -0.13, "r": -0.13, "statistic": "r", "k": 33.0,
            "modality": "individual_adult",
            "population": "adults"} | cells  # fmt: skip


def test_ours_beside_theirs_names_why_they_differ(synthesis, censored):
    mine = synthesis(main=censored(estimate=-0.2, low=-0.35, high=-0.05))
    beside = published.show_ours_beside(pd.DataFrame([row()]), {"r-01": mine}, NAMED)
    text = to_text(beside.html("en"))
    assert "avoidance" in text
    assert "they had 33 studies, we read 4 samples that can be used" in text
    assert "our interval includes their estimate" in text
    two = pd.DataFrame([row(), row(review_id="r-02")])
    shown = published.show_ours_beside(two, {"r-01": mine}, NAMED).html("en")
    assert "no row of ours tells a plain association" in to_text(shown)


@pytest.mark.parametrize(("language", "word"), [("en", "On none of the 1"), ("nb", "Ingen")])
def test_where_nothing_of_ours_stands_beside_a_sentence_says_so(language, word):
    shown = published.show_ours_beside(pd.DataFrame([row()]), {}, NAMED).html(language)
    assert word in shown
    assert "<table" not in shown


def test_other_kinds_of_therapy_are_a_reason(synthesis, censored):
    mine = synthesis(main=censored())
    other = pd.DataFrame([row(modality="youth")])
    told = published.show_ours_beside(other, {"r-01": mine}, NAMED)
    assert "other kinds of therapy" in to_text(told.html("en"))


def test_checklists_link_pages_and_tell_how_far_a_column_is_filled():
    items = pd.DataFrame(
        [{"standard": "SWiM", "item": "1", "topic": "results", "status": "done",
          "page": "methods", "column": "", "filled": math.nan},
         {"standard": "PRISMA 2020", "item": "9", "topic": "data collection, read twice",
          "status": "partly", "page": "", "column": "effects.second_reading", "filled": 0.2},
         {"standard": "PRISMA 2020", "item": "7", "topic": "search strategy",
          "status": "missing", "page": "", "column": "", "filled": math.nan}]
    )  # fmt: skip
    html = methods.show_checklist(items).html("en")
    assert 'href="methods.html"' in html
    assert "effects.second_reading, 20 % filled" in html
    assert (
        "1 are answered, 1 partly, and 1 are missing"
        in methods.describe_methods(items)["headline"]["en"]
    )


def test_simulated_coverage_is_shown_in_percent():
    found = Coverage(
        coverage=0.925, monte_carlo_se=0.02, bias=-0.01, bias_se=0.001, mean_width=0.4,
        unbounded=0.05, below=0.03, above=0.045, replications=100, k=5, tau=0.15, mu=-0.1,
        share_exact=0.2, withheld=0.6, reporting=0.4,
    )  # fmt: skip
    text = to_text(methods.show_coverage([found]).html("en"))
    assert "92.5" in text
    assert "60" in text


def test_the_headline_of_published_estimates_never_mixes_predictors():
    reviews = pd.DataFrame(
        [{"x": x, "r": r} for x, r in
         (("secure", 0.71), ("avoidant", -0.55), ("secure", 0.17), ("avoidant", math.nan))]
    )  # fmt: skip
    names = {"en": {"secure": "security", "avoidant": "avoidance"},
             "nb": {"secure": "trygghet", "avoidant": "unngåelse"}}  # fmt: skip
    alliance = {"en": "the alliance", "nb": "alliansen"}
    headline = pages.describe_reviews(reviews, alliance, alliance, names)["headline"]
    assert headline["en"] == (
        "Published pooled correlations with the alliance: "
        "security 0.17 to 0.71 (2 estimates); avoidance −0.55."
    )
    assert "unngåelse −0,55" in headline["nb"]
    none = pages.describe_reviews(reviews[:0], alliance, alliance, names)["headline"]["en"]
    assert none.startswith("No published")


def test_moderator_tests_name_their_review_and_quote_it_in_its_language():
    cells = {"meta_id": "rev01", "citation": "Review (2001)", "moderator": "age of clients",
             "levels": "", "result": "none", "test_statistic": "p = .5"}  # fmt: skip
    html = inventory.show_moderators(pd.DataFrame([cells])).html("nb")
    assert "Review (2001)" in html
    assert "rev01" not in html
    assert '<span lang="en">age of clients</span>' in html
    assert "lang=" not in inventory.show_moderators(pd.DataFrame([cells])).html("en")


def test_families_are_counted_under_their_names():
    counts = pd.DataFrame([{"x_family": "a_b", "y_family": "c", "samples": 1, "rows": 1, "A": 1}])
    names = {"en": {"a_b": "anger", "c": "calm"}, "nb": {"a_b": "sinne", "c": "ro"}}
    table = inventory.show_counts(counts, {"A": "told"}, names)
    assert "anger → calm" in table.html("en")
    assert "sinne → ro" in table.html("nb")


def test_parts_of_propositions_are_asked_in_the_language_of_the_page():
    part = {"id": "P1", "part": "avoidance, early alliance", "kind": "synthesis", "x": "a_b c",
            "y": "c", "asked": "phase early; rater client", "against": "", "expected": "negative",
            "main": True}  # fmt: skip
    names = {"en": {"a_b": "anger", "c": "calm"}, "nb": {"a_b": "sinne", "c": "ro"}}
    table = methods.show_parts(pd.DataFrame([part]), names)
    assert "anger, calm → calm; phase: early; rated by the client" in table.html("en")
    assert "sinne, ro → ro; fase: tidlig; vurdert av klienten" in table.html("nb")
