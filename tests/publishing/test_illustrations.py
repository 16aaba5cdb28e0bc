"""Figures as files: complete by themselves, linked from where they stand."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET

import matplotlib.image
import nbformat.v4 as v4
import pytest

from metaworkbook.publishing.frame import Place
from metaworkbook.publishing.illustrations import (
    link_illustrations,
    list_illustrations,
    write_illustrations,
)
from metaworkbook.publishing.outputs import NORWEGIAN
from metaworkbook.reporting.figures import style

SVG = "{http://www.w3.org/2000/svg}"


def draw(name: str, title: str) -> str:
    with style.figure_context(name):
        figure = style.new_figure(2, 1)
        axes = figure.add_axes((0.1, 0.1, 0.8, 0.8))
        axes.plot([0, 1], [0, 1], color=style.ACCENT)
        axes.text(0, 0.5, "Study").set_url("#row-a-1")
        axes.set_title('<script>alert("1")</script> & more')
        return style.to_svg(figure, name, title, "A line that rises.")


@pytest.fixture(scope="module")
def notebook():
    data = {
        "text/html": draw("one-line", "Line") + "<p>text</p>" + draw("one-second", "Second"),
        NORWEGIAN: draw("one-line", "Linje"),
    }
    cells = [v4.new_markdown_cell("x"), v4.new_code_cell("y")]
    cells[1].outputs = [v4.new_output("display_data", data), v4.new_output("stream", text="z")]
    return v4.new_notebook(cells=cells)


def test_every_figure_is_listed_once_a_language(notebook):
    assert [figure.name for figure in list_illustrations(notebook, "en")] == [
        "one-line", "one-second",
    ]  # fmt: skip
    (norwegian,) = list_illustrations(notebook, "nb")
    assert "Linje" in norwegian.svg


def test_files_are_complete_and_need_no_style_of_the_page(notebook, tmp_path):
    files = write_illustrations(tmp_path / "figures", list_illustrations(notebook, "en"))
    assert [file.name for file in files] == [
        "one-line.svg", "one-line.png", "one-second.svg", "one-second.png",
    ]  # fmt: skip
    root = ET.fromstring(files[0].read_text(encoding="utf-8"))
    assert root.tag == f"{SVG}svg"
    assert root.find(f"{SVG}title").text == "Line"
    assert not list(root.iter(f"{SVG}script"))
    assert not list(root.iter(f"{SVG}a"))
    assert root.find(f"{SVG}rect").attrib["fill"] == style.PAPER
    text = files[0].read_text(encoding="utf-8")
    assert "var(" not in text
    assert style.ACCENT in text
    pixels = matplotlib.image.imread(io.BytesIO(files[1].read_bytes()))
    assert pixels.shape[:2] == (style.PNG_DPI, 2 * style.PNG_DPI)
    assert (pixels[..., 3] == 1).all()
    assert pixels[..., :3].min() < 0.5


def test_the_same_figure_gives_the_same_bytes(notebook, tmp_path):
    figures = list(list_illustrations(notebook, "en"))
    first = [file.read_bytes() for file in write_illustrations(tmp_path / "1", figures)]
    again = [file.read_bytes() for file in write_illustrations(tmp_path / "2", figures)]
    assert first == again
    assert draw("one-line", "Line") == draw("one-line", "Line")


@pytest.mark.parametrize(
    ("language", "way"), [("en", "data/figures/"), ("nb", "../data/figures/nb/")]
)
def test_a_page_links_the_files_and_does_not_carry_them(language, way):
    html = link_illustrations(draw("one-line", "Line"), Place(language, "one.html"))
    assert "data-png" not in html
    assert f'href="{way}one-line.svg" download' in html
    assert f'href="{way}one-line.png" download' in html
    assert html.count("<svg") == 1
