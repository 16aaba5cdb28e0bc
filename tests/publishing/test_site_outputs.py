"""What cells show, in the form the site shows it."""

from __future__ import annotations

import nbformat.v4 as v4
import pytest

from metaworkbook.publishing.outputs import (
    hoist_styles,
    render_output,
    shorten_names,
    tell_apart,
    tidy,
)

from .site_samples import EVIDENCE, FIGURE, HOSTILE, TABLE, Reading, bundle


def show(data: dict, language: str = "en") -> str:
    return str(render_output(v4.new_output("display_data", data), language))


def test_each_language_shows_its_own_form():
    output = bundle("<p>One.</p>", "<p>Én.</p>")
    assert "<p>One.</p>" in render_output(output, "en")
    assert render_output(output, "nb") == '<div class="output"><p>Én.</p></div>'


def test_a_form_in_english_alone_is_marked_as_english():
    output = bundle("<p>One.</p>")
    assert render_output(output, "nb") == '<div class="output" lang="en"><p>One.</p></div>'
    assert "lang" not in render_output(output, "en")


@pytest.mark.parametrize(
    "output",
    [
        v4.new_output("execute_result", {"text/plain": HOSTILE}),
        v4.new_output("stream", text=HOSTILE),
        v4.new_output("error", ename="E", evalue=HOSTILE, traceback=[f"\x1b[31m{HOSTILE}\x1b[0m"]),
    ],
)
def test_plain_outputs_are_escaped_and_lose_their_colours(output):
    reading = Reading(render_output(output, "en"))
    assert {tag for tag, _ in reading.tags} == {"div", "pre"}
    assert HOSTILE in " ".join(reading.words)
    assert "\x1b" not in reading.text


@pytest.mark.parametrize("data", [{"text/plain": "a\0b"}, {"text/html": "a\0b"}])
def test_what_a_page_may_not_hold_is_replaced(data):
    assert "a\ufffdb" in render_output(v4.new_output("display_data", data), "en")


def test_an_empty_output_shows_nothing():
    assert show({"text/plain": ""}) == ""


def test_a_picture_is_embedded_with_an_alternative():
    assert Reading(show({"image/png": "iVBO\nRw=="})).all("img") == [
        {"alt": "Figure", "src": "data:image/png;base64,iVBORw=="}
    ]


def test_markdown_is_rendered_in_the_language():
    assert "<strong>bold</strong>" in show({"text/markdown": "**bold**"})


def test_a_table_gets_one_scroll_region_named_by_its_caption():
    html = tidy(TABLE, "en")
    regions = [tag for tag in Reading(html).all("div") if tag.get("class") == "scroll"]
    assert regions == [
        {"class": "scroll", "role": "region", "tabindex": "0", "aria-label": "Rows & numbers"}
    ]
    assert "<th></th>" not in html
    assert tidy(html, "en") == html


def test_an_empty_heading_cell_is_no_heading():
    html = tidy('<table><tr><th scope="row"> </th><th scope="row">a</th></tr></table>', "en")
    assert '<tr><td></td><th scope="row" class="brief">a</th></tr>' in html


def test_prose_in_a_table_gets_room_and_a_numbered_row_none():
    long, prose, link = "word " * 12, "word " * 30, '<a href="#a">P12</a>'
    row = f'<tr><th scope="row">{link}</th><td>{prose}</td><td>{long}</td><td>short</td></tr>'
    why = "too few samples to be pooled"
    row += f'<tr><td class="number">{why}</td><td class="number">−0.58 to 0.19</td></tr>'
    html = tidy(f"<table>{row}</table>", "en")
    assert f'<td class="number words">{why}</td><td class="number">−0.58' in html
    assert f'<th scope="row" class="brief">{link}</th>' in html
    assert f'<td class="prose">{prose}</td><td class="long">{long}</td><td>short</td>' in html
    assert tidy(html, "en") == html


def test_regions_with_one_label_are_told_apart():
    html = tell_apart(tidy(TABLE + TABLE + TABLE.replace("Rows", "Other"), "en"))
    labels = [tag["aria-label"] for tag in Reading(html).all("div")]
    assert labels == ["Rows & numbers", "Rows & numbers (2)", "Other & numbers"]


def test_a_table_without_caption_is_numbered():
    html = tidy("<table><tr><td>1</td></tr></table><table><tr><td>2</td></tr></table>", "nb")
    labels = [tag["aria-label"] for tag in Reading(html).all("div")]
    assert labels == ["Tabell 1", "Tabell 2"]


def test_a_figure_keeps_its_text_and_loses_needless_ids():
    html = tidy(FIGURE, "en")
    reading = Reading(html)
    assert reading.ids() == ["two-title", "two-desc"]
    assert "Study A (2001)" in reading.text
    assert 'd="M10.12 30.98L90 30"' in html
    assert "xmlns" not in html


def test_groups_and_turns_that_do_nothing_go():
    html = tidy(
        '<svg viewBox="0 0 9 9"><g><g><path d="M 1.009 2 L 3 4.5&#10;"/></g></g><g class="k">'
        '<text transform="rotate(-0 1 2)" x="1">a</text></g><g><path d="M1 1"/><path d="M2 2"/></g>'
        "</svg>",
        "en",
    )
    assert '><path d="M1.00 2L3 4.5&#10;"/><g class="k"><text x="1">a</text></g><g><path' in html


def test_names_that_figures_made_from_checksums_are_short_and_still_agree():
    figure = (
        '<clipPath id="a-p69e7c9f9cb"></clipPath>'
        '<path id="m0123456789" clip-path="url(#a-p69e7c9f9cb)"/>'
        '<use x="1" href="#m0123456789"/><a href="#m0123456789x" id="row-a-1"></a>'
    )
    assert shorten_names(figure + '<i id="b-p69e7c9f9cb"></i>') == (
        '<clipPath id="c1"></clipPath><path id="c2" clip-path="url(#c1)"/>'
        '<use x="1" href="#c2"/><a href="#m0123456789x" id="row-a-1"></a><i id="c3"></i>'
    )


def test_a_figure_with_links_is_a_group_and_one_without_is_an_image():
    assert Reading(tidy(FIGURE, "en")).all("svg")[0]["role"] == "group"
    plain = tidy('<svg viewBox="0 0 1 1"><path d="M0 0"/></svg>', "nb")
    assert Reading(plain).all("svg") == [
        {"aria-label": "Figur", "role": "img", "viewbox": "0 0 1 1"}
    ]


def test_scripts_styles_and_comments_of_outputs_are_dropped():
    html = tidy("<!-- x --><p>a</p><SCRIPT>alert(1)</SCRIPT ><style>p{}</style>", "en")
    assert html == "<p>a</p>"


def test_style_attributes_become_classes_shared_by_equal_styles():
    html, rules = hoist_styles(
        '<p style="color: red;">a</p><p class="b" style=\'color: red\'>b</p><svg viewBox="0 0 1 1" '
        'style="fill: var(--ink, #1c1d1f)"></svg>'
    )
    assert html == (
        '<p class="st1">a</p><p class="b st1">b</p><svg class="st2" viewBox="0 0 1 1"></svg>'
    )
    assert rules == "main .st1{color:red}main .st2{fill:var(--ink, #1c1d1f)}"


@pytest.mark.parametrize(
    "style",
    [
        "color: red} body {display: none",
        "background: url(https://example.org/x.png)",
        "background: url(&quot;//example.org/x&quot;)",
        "color: red; </style>",
        "width: expression(alert(1))",
        "content: &quot;\\75&quot;",
    ],
)
def test_a_style_that_could_leave_its_rule_or_ask_for_a_file_is_dropped(style):
    html, rules = hoist_styles(f'<p style="{style}">a</p>')
    assert (html, rules) == ("<p>a</p>", "")


def test_a_reference_within_the_page_is_kept():
    _, rules = hoist_styles('<g style="clip-path: url(#p1)"></g>')
    assert rules == "main .st1{clip-path:url(#p1)}"


def test_text_that_looks_like_a_style_attribute_is_left_alone():
    text = '<p>write style="color: red" there &lt;p style="x"&gt;</p>'
    assert hoist_styles(text) == (text, "")


def test_evidence_keeps_its_anchor():
    assert "row-a-1" in Reading(tidy(EVIDENCE, "en")).ids()


@pytest.mark.parametrize(
    ("size", "shown"), [("36pt", "48"), (".75pt", "1"), ("1.2.3pt", "1.2.3pt")]
)
def test_a_size_in_points_becomes_pixels_where_it_is_a_number(size, shown):
    assert f'width="{shown}"' in show({"text/html": f'<svg width="{size}"><g></g></svg>'})
