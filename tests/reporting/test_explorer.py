"""The explorer's form: every row with what pooling it needs, and nothing that breaks out."""

from __future__ import annotations

import re

import pytest

from metaworkbook.evidence.candidates import list_candidates
from metaworkbook.evidence.ledger import read_ledger
from metaworkbook.evidence.selection import select
from metaworkbook.reporting.explorer import show_explorer

HOSTILE = '"><script>alert(1)</script>{{ 7*7 }}'


@pytest.fixture(scope="module")
def candidates():
    """The rows of one question."""
    return list_candidates(select(read_ledger(), x="attachment_avoidance", y="alliance"))


@pytest.mark.parametrize("language", ["en", "nb"])
def test_bounds_come_back_as_they_are(candidates, language):
    html = show_explorer(candidates, "A C D").html(language)
    found = re.findall(r'data-lower="(.*?)" data-upper="(.*?)" data-n="(.*?)"', html)
    expected = candidates[["lower", "upper", "ni"]].to_numpy(float).tolist()
    assert [[float(value) for value in row] for row in found] == expected


def test_tiers_of_the_page_are_ticked(candidates):
    html = show_explorer(candidates, "A C D").html()
    assert re.search(r'name="tier" value="C" checked', html)
    assert re.search(r'name="tier" value="E">', html)


def test_rows_of_one_study_are_told_apart_by_their_rater(candidates):
    html = show_explorer(candidates.assign(y_rater="therapist"), "A C D").html("nb")
    assert len(re.findall(r'class="quiet" href="#row-[^"]*">terapeut, ', html)) == len(candidates)
    html = show_explorer(candidates.assign(y_rater="unclear"), "A C D").html("nb")
    assert ">uklart" not in re.sub("<option.*?</option>", "", html)


@pytest.mark.parametrize(("language", "word"), [("en", "set apart: "), ("nb", "holdt utenfor: ")])
def test_a_row_that_is_not_ticked_says_why(candidates, language, word):
    html = show_explorer(candidates, "A C D").html(language)
    items = re.findall(r"<li .*?</li>", html)
    apart = [item for item in items if word in item]
    assert apart
    assert all(" checked" not in item for item in apart)


def test_cells_stay_text(candidates):
    rows = candidates.copy()
    for column in ("citation", "effect_id", "sample_id", "y_rater", "phase", "confidence", "tier"):
        rows[column] = HOSTILE
    html = show_explorer(rows, "A C D").html()
    assert "<script" not in html
    assert html.count("&lt;script&gt;") > len(rows)


def test_no_row_is_said(candidates):
    assert "There is no row to pool." in show_explorer(candidates.iloc[:0], "A").html()


@pytest.mark.parametrize(
    ("language", "word"), [("en", "with JavaScript"), ("nb", "med JavaScript")]
)
def test_it_says_what_it_needs_where_it_cannot_run(candidates, language, word):
    html = show_explorer(candidates, "A C D").html(language)
    assert word in html[html.index('class="note unscripted"') :]
