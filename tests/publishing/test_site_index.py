"""The index: questions, cards with their drawings, coverage and propositions."""

from __future__ import annotations

import math
import re

import pytest

from metaworkbook.publishing.index import (
    choose_domain,
    describe_coverage,
    draw_interval,
    list_propositions,
    render_index,
)
from metaworkbook.publishing.pages import Page
from metaworkbook.reporting import answers

from .site_samples import HOSTILE, PAGES, PROVENANCE, Reading, assert_harmless

CARD = {
    "page": "one", "title": "Avoidance – alliance", "sentence": "A sentence.", "estimate": -0.2,
    "ci_low": -0.3, "ci_high": 0.15, "bounded": True, "k": 7, "n": 1234, "verdict": "not_decided",
    "published": {"citation": "A (2024)", "estimate": -0.13, "k": 33},
}  # fmt: skip


def card(**changes) -> dict:
    return CARD | changes


@pytest.fixture
def ask(monkeypatch):
    """Let the index show the cards given."""

    def render(*cards, language="en", results=None, pages=PAGES) -> str:
        section = {"question": "How?", "sentences": ["So."], "cards": list(cards)}
        monkeypatch.setattr(answers, "answer_questions", lambda results, language: [section])
        return render_index(results or {}, pages, language, PROVENANCE)

    return render


def numbers(drawing: str, kind: str) -> list[float]:
    found = re.search(rf'class="{kind}"[^>]*', drawing)
    return [float(x) for x in re.findall(r"-?\d+\.\d", found[0])]


def test_the_scale_is_the_smallest_that_holds_every_closed_end():
    assert choose_domain([card()]) == 0.3
    assert choose_domain([card(), card(ci_low=-0.31)]) == 0.5
    assert choose_domain([card(ci_low=-1.0)]) == 0.3
    assert choose_domain([]) == 0.3
    assert choose_domain([card(ci_low=-0.9)]) == 1.0


def test_the_drawing_puts_interval_and_estimate_on_the_scale():
    drawing = draw_interval(card(), 0.3, "en")
    low, _, high = (14.0, 18, 14 + 292 * 0.75)
    assert f'd="M{low} 18H{high:.1f}"' in drawing
    assert f'cx="{14 + 292 / 6:.1f}"' in drawing
    assert 'class="open"' not in drawing


def test_an_end_without_bound_is_an_arrow_and_is_said():
    drawing = draw_interval(card(estimate=None, ci_low=-1.0, bounded=False), 0.3, "en")
    assert drawing.count('class="open"') == 1
    assert 'class="dot"' not in drawing
    assert (
        'aria-label="95 % interval no lower bound to 0.15; newest published estimate −0.13"'
        in drawing
    )


@pytest.mark.parametrize("end", ["-inf", -1, -1.0])
def test_every_form_of_an_open_end_is_understood(end):
    assert "no lower bound" in draw_interval(card(ci_low=end), 0.5, "en")


def test_no_interval_no_drawing():
    assert draw_interval(card(ci_low=None), 0.3, "en") == ""
    assert draw_interval(card(ci_low=math.nan), 0.3, "en") == ""


def test_a_card_shows_title_link_counts_and_verdict(ask):
    reading = Reading(ask(card()))
    assert "one.html" in [tag["href"] for tag in reading.all("a")]
    for words in (
        "Page one",
        "7 samples · 1,234 persons",
        "not decided",
        "A sentence.",
    ):
        assert words in reading.text


def test_a_card_in_norwegian(ask):
    text = Reading(ask(card(), language="nb")).text
    assert "7 utvalg · 1 234 personer" in text.replace("\u00a0", " ").replace("\u202f", " ")
    assert "ikke avgjort" in text
    assert "Slik leses tegningene" in text


def test_two_samples_get_no_drawing(ask):
    html = ask(card(estimate=None, ci_low=None, ci_high=None, k=2, verdict="side_by_side"))
    assert "<svg" not in html
    assert "two samples, no verdict" in Reading(html).text
    assert "How to read the drawings" not in html


def test_a_card_of_a_page_that_is_not_published_is_left_out(ask):
    assert "A sentence." not in ask(card(page="elsewhere"))


def test_hostile_cards_are_shown_as_text(ask):
    hostile = card(title=HOSTILE, sentence=HOSTILE, verdict=HOSTILE)
    assert_harmless(ask(hostile))


def test_coverage_counts_each_row_once():
    results = {
        "evidence": {"headline": {"en": "Ledger.", "nb": "Grunnlag."}},
        "one": {"selected": {"entered": ["a-1", "a-2"], "left_out": [{"effect_id": "b-1"}]}},
        "two": {"selected": {"entered": ["a-2"], "left_out": [{"effect_id": "a-1"}]}},
    }
    first, second = describe_coverage(results, "en")
    assert first == "Ledger."
    assert second.startswith("2 results enter at least one analysis; 1 more")
    assert describe_coverage({}, "en") == []


@pytest.mark.parametrize("wrapped", [True, False])
def test_propositions_are_listed_with_links_to_published_pages_only(ask, wrapped):
    rows = [
        {"id": "P1", "verdict": "undecided", "reason": "Why.", "reason_nb": "Hvorfor.",
         "pages": ["one", "elsewhere"], "k": 5, "n": None},
    ]  # fmt: skip
    results = {"propositions": {"results": {"propositions": rows} if wrapped else rows}}
    (row,) = list_propositions(results, PAGES, "nb")
    assert row == {
        "id": "P1", "address": "", "text": "", "verdict": "ikke avgjort", "reason": "Hvorfor.",
        "pages": [("one.html", "Side one")], "decided": False, "counts": "5 utvalg",
    }  # fmt: skip
    assert "The propositions of the thesis" in ask(results=results)


def test_propositions_lead_to_the_page_that_judges_them(ask):
    rows = [
        {
            "id": "P1",
            "verdict": "supported",
            "reason": "",
            "pages": ["propositions"],
            "k": 3,
            "n": 9,
        }
    ]
    pages = [*PAGES, Page("propositions", "x.ipynb", {"en": "Judged", "nb": "Dømt"}, "thesis")]
    reading = Reading(ask(results={"propositions": {"results": rows}}, pages=pages))
    links = [tag["href"] for tag in reading.all("a") if tag["href"].startswith("propositions")]
    assert links == ["propositions.html", "propositions.html#P1", "propositions.html"]


def test_every_page_is_listed_with_its_summary(ask):
    reading = Reading(ask())
    hrefs = [tag["href"] for tag in reading.all("a")]
    assert all(f"{page.name}.html" in hrefs for page in PAGES)
    assert "In short." in reading.text


def test_the_index_of_real_questions_is_light():
    pages = [
        Page(name, "02_pooled.ipynb", {"en": name, "nb": name}, "answers")
        for names in answers.QUESTIONS.values()
        for name in names
    ]
    results = {
        page.name: {"page": page.name, "headline": {"en": "S.", "nb": "S."}, "card": CARD}
        for page in pages
    }
    for result in results.values():
        result["card"] = {
            key: result["card"][key] for key in CARD if key not in ("page", "title", "sentence")
        }
    html = render_index(results, pages, "en", PROVENANCE)
    assert html.count('class="interval"') == len(pages)
    assert len(html.encode()) < 150_000


def test_a_question_is_summed_up_without_repeating_its_cards():
    names = {"x": {"en": "avoidance", "nb": "unngåelse"}, "y": {"en": "alliance", "nb": "allianse"}}
    results = {
        name: {"page": name, "headline": {"en": "A sentence.", "nb": "En setning."},
               "card": {key: CARD[key] for key in CARD if key not in ("page", "title", "sentence")}
               | names}
        for name in ("avoidance-alliance", "anxiety-alliance")
    }  # fmt: skip
    results["avoidance-bond"] = {"page": "avoidance-bond", "headline": {"en": "Too few.", "nb": ""},
                                 "card": {"verdict": "no_pooling"}}  # fmt: skip
    first = answers.answer_questions(results, "en")[0]
    text = " ".join(first["sentences"])
    assert "of 2 questions" in text
    assert "Avoidance – alliance: r = −0.13, A (2024)" in text
    assert not any(card["sentence"] in text for card in first["cards"])
    assert "−0.20" not in text
