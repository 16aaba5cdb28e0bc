"""Prose, formulas and code of a page."""

from __future__ import annotations

import pytest

from metaworkbook.errors import PageError
from metaworkbook.publishing import markup
from metaworkbook.publishing.markup import (
    check_formulas,
    keep_together,
    list_messages,
    render_code,
    render_formula,
    render_prose,
    split_blocks,
)

from .site_samples import HOSTILE, Reading, notebook


@pytest.fixture
def catalogue(monkeypatch):
    """A catalogue of two messages; what it does not hold stays English."""
    known = {"First block.": "Første avsnitt.", "## What is asked": "## Hva det spørres om"}
    monkeypatch.setattr(
        markup,
        "translate",
        lambda text, language: known.get(text, text) if language == "nb" else text,
    )


def test_blocks_are_parted_by_blank_lines_but_code_and_formulas_stay_whole():
    text = "One\nline\n\n```\na\n\nb\n```\n\n\n$$\nx\n\ny\n$$\n\n- a\n- b"
    assert split_blocks(text) == ["One\nline", "```\na\n\nb\n```", "$$\nx\n\ny\n$$", "- a\n- b"]


def test_prose_is_translated_block_by_block(catalogue):
    html = render_prose("First block.\n\nNot known.", "nb")
    assert "Første avsnitt." in html
    assert "Not known." in html
    assert "First block." in render_prose("First block.", "en")


def test_a_heading_has_the_same_anchor_in_both_languages(catalogue):
    english, norwegian = (render_prose("## What is asked", x) for x in ("en", "nb"))
    assert english == '<h2 id="what-is-asked">What is asked</h2>\n'
    assert norwegian == '<h2 id="what-is-asked">Hva det spørres om</h2>\n'


def test_messages_are_the_blocks_with_words():
    prose = "Read this.\n\n$$x = 1$$\n\n```\ncode here\n```\n\n## A heading"
    assert list_messages(notebook(prose=prose))[-2:] == ["Read this.", "## A heading"]


def test_formulas_become_mathml_with_their_source():
    html = render_prose("Let $v_i = 1/(n_i - 3)$ and\n\n$$\\hat\\mu = \\sum_i w_i z_i$$", "en")
    reading = Reading(html)
    assert [tag["display"] for tag in reading.all("math")] == ["inline", "block"]
    assert "$" not in html
    assert '<annotation encoding="application/x-tex">v_i = 1/(n_i - 3)</annotation>' in html


def test_a_formula_is_escaped_in_its_annotation():
    assert "p &lt; .05 &amp;" in render_formula("p < .05 & x")


@pytest.mark.parametrize(
    "formula",
    [
        r"$$\begin{aligned} a &= b \\ c &= d \end{aligned}$$",
        r"$$a = b \tag{1}$$",
        r"$$\begin{align*} a \end{align*}$$",
        r"$\left( x$",
    ],
)
def test_formulas_that_mathml_shows_wrongly_are_refused(formula):
    problems = check_formulas(f"Before.\n\n{formula}", "notebooks/x.ipynb", "cell 3")
    assert [(problem.file, problem.key) for problem in problems] == [
        ("notebooks/x.ipynb", "cell 3")
    ]
    with pytest.raises(PageError, match="allowed: formulas"):
        render_prose(formula, "en")


def test_a_formula_within_code_is_not_judged():
    assert check_formulas("`\\tag` and\n\n```\n$a \\tag{1}$\n```", "x") == []


def test_raw_html_is_shown_as_text():
    reading = Reading(render_prose(f"A {HOSTILE} b\n\n<div onclick=x>block</div>", "en"))
    assert {tag for tag, _ in reading.tags} <= {"p", "em"}
    assert "<div onclick=x>" in reading.text


def test_harmful_addresses_are_not_linked():
    reading = Reading(render_prose("[a](javascript:alert(1)) [b](https://doi.org/10.1/x)", "en"))
    hrefs = [tag.get("href", "") for tag in reading.all("a")]
    assert not any(href.startswith("javascript") for href in hrefs)
    assert {"href": "https://doi.org/10.1/x", "rel": "noopener noreferrer"} in reading.all("a")


def test_code_is_marked_and_escaped():
    html = render_code('rows = select("<b>")  # all')
    assert '<span class="c1"># all</span>' in html
    assert "&lt;b&gt;" in html
    assert "<b>" not in html


def test_code_of_an_unknown_language_stays_plain():
    assert render_code("a < b", "klingon") == '<pre class="hl" tabindex="0">a &lt; b</pre>'


def test_a_number_stays_with_its_letter_and_its_sign():
    told = keep_together("r = 0.2 (95 % interval), p &lt; 0.001 and x = y")
    assert told == "r_=_0.2 (95_% interval), p_&lt;_0.001 and x = y".replace("_", "\u00a0")
