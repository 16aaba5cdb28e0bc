"""A page as a whole: complete, safe, navigable, in the right language."""

from __future__ import annotations

import base64
import hashlib
import json
import posixpath
from dataclasses import replace

import nbformat.v4 as v4
import pytest

from metaworkbook.errors import PageError
from metaworkbook.evidence.dictionary import read_dictionary
from metaworkbook.publishing.frame import Place, build_policy
from metaworkbook.publishing.site import drop_repeated, name_pages, render_body, render_page

from .site_samples import (
    HOSTILE,
    PAGES,
    PROVENANCE,
    Reading,
    assert_harmless,
    bundle,
    notebook,
)

PAGE = PAGES[1]


def render(language: str = "en", made=None, page=PAGE, result=None) -> str:
    return show(made or notebook(), page, PAGES, language, result)


def show(made, page, pages, language: str, result=None) -> str:
    body = render_body(made, page, pages, language, result)
    return render_page(body, page, pages, language, PROVENANCE, result=result)


def policy(html: str) -> dict[str, str]:
    found = next(
        tag["content"]
        for tag in Reading(html).all("meta")
        if tag.get("http-equiv") == "Content-Security-Policy"
    )
    return dict(part.strip().partition(" ")[::2] for part in found.split(";"))


@pytest.mark.parametrize("language", ["en", "nb"])
def test_the_policy_allows_exactly_the_blocks_of_the_page(language):
    html = render(language)
    found = policy(html)
    assert found.pop("default-src") == "'none'"
    for kind in ("style", "script"):
        blocks = Reading(html).blocks[kind]
        digests = [
            f"'sha256-{base64.b64encode(hashlib.sha256(block.encode()).digest()).decode()}'"
            for block in blocks
        ]
        assert found.pop(f"{kind}-src").split() == digests
    assert found == {"img-src": "data:", "base-uri": "'none'", "form-action": "'none'"}


def test_the_policy_comes_before_anything_it_governs():
    html = render()
    assert html.index("Content-Security-Policy") < html.index("<style>") < html.index("<script>")


def test_nothing_of_the_page_asks_for_a_file():
    reading = Reading(render())
    loading = {"src", "srcset", "data", "poster", "background", "action", "formaction", "ping"}
    for tag, attributes in reading.tags:
        assert not loading & set(attributes), tag
        if tag == "link":
            assert attributes["rel"] == "alternate" or attributes["href"].startswith("#")
    for block in reading.blocks["style"] + reading.blocks["script"]:
        assert "url(" not in block
        assert "@import" not in block
        assert "//" not in block.replace('a[href^="https://doi.org"]', "")


def test_no_style_attribute_is_left_and_its_rule_stands_in_the_page():
    reading = Reading(render())
    assert all("style" not in attributes for _, attributes in reading.tags)
    assert "stroke:var(--accent, #1f5a7a)" in reading.blocks["style"][1]


@pytest.mark.parametrize(("language", "word"), [("en", "Page one"), ("nb", "Side one")])
def test_language_title_and_switch(language, word):
    reading = Reading(render(language))
    assert reading.all("html")[0]["lang"] == language
    assert word in reading.text
    other = {"en": "nb", "nb": "en"}[language]
    switch = next(tag for tag in reading.all("a") if tag.get("class") == "language")
    assert (switch["hreflang"], switch["lang"]) == (other, other)
    assert {tag["hreflang"] for tag in reading.all("link") if "hreflang" in tag} == {"en", "nb"}


@pytest.mark.parametrize("path", ["index.html", "one.html", "study/a.html"])
def test_the_language_switch_leads_to_the_same_page_and_back(path):
    english, norwegian = Place("en", path), Place("nb", path)

    def resolve(base: str, relative: str) -> str:
        return posixpath.normpath(posixpath.join(posixpath.dirname(base), relative))

    assert resolve(path, english.elsewhere) == f"nb/{path}"
    assert resolve(f"nb/{path}", norwegian.elsewhere) == path
    assert resolve(path, english.site + "data/x.csv") == "data/x.csv"
    assert resolve(f"nb/{path}", norwegian.site + "data/x.csv") == "data/x.csv"
    assert resolve(f"nb/{path}", norwegian.home + "one.html") == "nb/one.html"


def test_the_notebooks_own_title_gives_way_to_the_pages():
    reading = Reading(render())
    assert len(reading.all("h1")) == 1
    assert "The notebook's own title" not in reading.text


def test_contents_list_the_headings():
    reading = Reading(render())
    links = [tag["href"] for tag in reading.all("a") if tag["href"].startswith("#what-is")]
    assert links == ["#what-is-asked"]
    assert "what-is-asked" in reading.ids()


def test_parameters_are_a_card_with_the_values_that_ran():
    html = render()
    card = html[html.index('<section class="card asked"') : html.index("</section>")]
    text = Reading(card).text
    assert "rater client who rates the alliance, or any" in text
    assert "phases early, late phases taken in" in text
    assert "name of the page" not in text
    assert "list[str]" not in html


def test_code_is_folded_and_escaped():
    html = render()
    assert html.count('<details class="code">') == 4
    assert "show(x <span" in html or "show(x &lt; " in html
    assert "page = " not in Reading(html).text.replace("page = one", "")


def test_the_page_of_all_evidence_offers_the_ledger_as_a_whole():
    page = replace(PAGES[0], name="evidence")
    links = {
        tag["href"]
        for tag in Reading(show(notebook(), page, [page], "en")).all("a")
        if "download" in tag
    }
    assert {f"data/ledger/{table}.csv" for table in read_dictionary()} <= links
    assert {"manifest.json", "ro-crate-metadata.json"} <= links
    assert "manifest.json" not in render()


def test_downloads_lie_beside_both_languages():
    for language, way in (("en", "data/"), ("nb", "../data/")):
        links = {tag["href"] for tag in Reading(render(language)).all("a") if "download" in tag}
        assert links == {f"{way}one.csv", f"{way}one.json"}


def test_the_csv_is_called_rows_only_where_the_page_selects_rows():
    assert "every number, one a line (CSV)" in Reading(render()).text
    selecting = {"headline": {"en": "", "nb": ""}, "selected": {"entered": ["a-01"]}}
    assert "rows (CSV)" in Reading(render(result=selecting)).text


def test_a_link_that_shows_the_name_of_a_page_shows_its_title():
    known, other = '<a href="one.html">one</a>', '<a href="gone.html">gone</a>'
    title = PAGE.title["nb"]
    assert name_pages(known + other, PAGES, "nb") == f'<a href="one.html">{title}</a>{other}'


def test_the_headline_is_not_said_twice():
    lead = '<div class="output"><p class="lead">{}</p></div>'
    again, other = lead.format("The client&#x27;s view: none."), lead.format("Another.")
    assert drop_repeated(again + other, "The client's view: none.") == other


def test_the_page_is_painted_when_it_has_been_read_to_its_end():
    html = render()
    assert '<link rel="expect" href="#page-end" blocking="render">' in html
    assert html.index('id="page-end"') > html.index("</main>")


def test_navigation_marks_the_page_and_leads_on():
    reading = Reading(render())
    current = [tag["href"] for tag in reading.all("a") if tag.get("aria-current") == "page"]
    assert current == ["one.html"]
    onward = {
        tag["rel"]: tag["href"] for tag in reading.all("a") if tag.get("rel") in ("prev", "next")
    }
    assert onward == {"next": "zero.html"}


def test_ids_are_unique():
    ids = Reading(render()).ids()
    assert len(ids) == len(set(ids))


def test_the_footer_tells_where_the_page_comes_from():
    text = Reading(render()).text
    for word in ("ab" * 32, "numpy 2.4.1", "0123456789ab", "rater = client"):
        assert word in text


def test_rendering_is_repeatable_and_takes_a_notebook_read_as_json():
    made = notebook()
    plain = json.loads(json.dumps(made))
    for cell in plain["cells"]:
        cell["source"] = cell["source"].splitlines(keepends=True)
    assert render(made=made) == render(made=made) == render(made=plain)


def test_hostile_titles_parameters_and_prose_are_shown_as_text():
    page = PAGES[1]
    hostile = type(page)(
        page.name, page.notebook, {"en": HOSTILE, "nb": HOSTILE}, HOSTILE, {"rater": HOSTILE},
        {"en": HOSTILE, "nb": HOSTILE},
    )  # fmt: skip
    made = notebook(v4.new_output("stream", text=HOSTILE), prose=f"## {HOSTILE}\n\n{HOSTILE}")
    html = show(made, hostile, [hostile], "en")
    assert_harmless(html)
    assert HOSTILE in Reading(html).text.replace("  ", " ")


def test_a_script_that_reached_an_output_is_not_carried_on():
    assert_harmless(render(made=notebook(bundle("<p>a</p><script>alert(3)</script>"))))


def test_a_formula_that_cannot_be_shown_stops_the_page():
    with pytest.raises(PageError, match="tag"):
        render(made=notebook(prose=r"$$a \tag{1}$$"))


def test_a_bare_page_weighs_little():
    assert len(render().encode()) < 40_000


def test_the_policy_changes_with_a_block():
    assert build_policy(["a"], ["b"]) != build_policy(["a"], ["c"])
