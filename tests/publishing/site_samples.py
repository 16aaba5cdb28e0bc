"""A small executed notebook, pages and results for the site's tests; no number is evidence."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import nbformat.v4 as v4

from metaworkbook.publishing.outputs import NORWEGIAN
from metaworkbook.publishing.pages import Page
from metaworkbook.publishing.provenance import Provenance

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)> {{ 7*7 }} </style>"
PROVENANCE = Provenance("ab" * 32, {"python": "3.11.7", "numpy": "2.4.1"}, "0123456789ab")
FIGURE = (
    '<figure class="chart"><figcaption>Two rows</figcaption>'
    '<div class="scroll" role="region" tabindex="0" aria-label="Two rows">'
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 60" role="img" '
    'aria-labelledby="two-title two-desc"><title id="two-title">Two rows</title>'
    '<desc id="two-desc">One row negative, one positive.</desc>'
    '<g id="two-figure_1"><a href="#row-a-1"><text x="10" y="20" '
    'style="font: 9px sans-serif; fill: var(--ink, #1c1d1f)">Study A (2001)</text></a>'
    '<path d="M10.123456 30.98765L90 30" style="stroke: var(--accent, #1f5a7a)"/></g></svg>'
    "</div></figure>"
)
TABLE = (
    '<table border="1"><caption>Rows &amp; numbers</caption><thead><tr><th></th>'
    '<th scope="col">r</th></tr></thead><tbody><tr><th scope="row">Study A</th><td>−0.13</td></tr>'
    "</tbody></table>"
)
EVIDENCE = (
    '<details class="evidence"><summary>Study A (2001)</summary>'
    '<div id="row-a-1"><dl><dt>Statistic</dt><dd>r = −0.13</dd></dl></div></details>'
)
PARAMETERS = (
    'page: str = "one"  # name of the page\n'
    'rater: str = "any"  # who rates the alliance, or any\n'
    'phases: list[str] = ["early", "late"]  # phases taken in\n'
)


def page(name: str, section: str = "answers", **parameters: object) -> Page:
    title = {"en": f"Page {name}", "nb": f"Side {name}"}
    return Page(name, "01_x.ipynb", title, section, parameters, {"en": "In short.", "nb": "Kort."})


PAGES = [
    page("zero", "evidence"),
    page("one", rater="client"),
    page("two", "thesis"),
    page("three", "methods"),
]


def bundle(english: str, norwegian: str = "") -> dict:
    data = {"text/html": english, "text/plain": "plain"}
    return v4.new_output("display_data", data | ({NORWEGIAN: norwegian} if norwegian else {}))


def notebook(*outputs, prose: str = ""):
    """Return an executed notebook that shows ``outputs``, one a cell."""
    shown = outputs or (
        bundle("<p>One sentence.</p>", "<p>Én setning.</p>"),
        bundle(FIGURE),
        bundle(TABLE),
        bundle(EVIDENCE),
    )
    cells = [
        v4.new_markdown_cell("# The notebook's own title"),
        v4.new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]}),
        v4.new_code_cell('page = "one"', metadata={"tags": ["injected-parameters"]}),
        v4.new_markdown_cell(prose or "## What is asked\n\nFirst block.\n\n## The answer\n\nText."),
        *(v4.new_code_cell("show(x < 1)", outputs=[output]) for output in shown),
    ]
    return v4.new_notebook(cells=cells)


class Reading(HTMLParser):
    """What a browser would find: tags with attributes, texts of style and script, visible text."""

    def __init__(self, html: str):
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict]] = []
        self.blocks: dict[str, list[str]] = {"style": [], "script": []}
        self.words: list[str] = []
        self._open = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag in self.blocks:
            self._open = tag
            self.blocks[tag].append("")

    def handle_endtag(self, tag):
        self._open = "" if tag == self._open else self._open

    def handle_data(self, data):
        if self._open:
            self.blocks[self._open][-1] += data
        else:
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))

    def all(self, tag: str) -> list[dict]:
        return [attributes for name, attributes in self.tags if name == tag]

    def ids(self) -> list[str]:
        return [attributes["id"] for _, attributes in self.tags if "id" in attributes]


def assert_harmless(html: str) -> None:
    """Check that nothing of ``HOSTILE`` became markup, whatever column it came from."""
    reading = Reading(html)
    assert len(reading.blocks["script"]) == 1
    assert not reading.all("img")
    for tag, attributes in reading.tags:
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            assert name != "style", (tag, value)
            assert not (value or "").lower().strip().startswith(("javascript:", "data:")), (
                tag,
                value,
            )
    assert all("alert(" not in block for block in reading.blocks["style"])
    assert " 49 " not in reading.text
