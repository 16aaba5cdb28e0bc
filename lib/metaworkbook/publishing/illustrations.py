"""The figures of a page as files: SVG with its colours written out, and PNG."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from markupsafe import Markup, escape

from metaworkbook.publishing.frame import Place
from metaworkbook.publishing.outputs import NORWEGIAN
from metaworkbook.reporting.figures.style import PAPER
from metaworkbook.reporting.language import translate

FOLDER = "figures"
# As reporting.figures.style writes them; the name becomes a file name.
FIGURE = re.compile(
    r'<figure class="chart" data-name="([\w-]{1,100})" data-png="([A-Za-z0-9+/=]*)">(.*?)</figure>',
    re.DOTALL | re.ASCII,
)
SVG = re.compile(r"<svg\b.*?</svg>", re.DOTALL)
# Only browsers know variables; programs for figures get the colour itself.
VARIABLE = re.compile(r"var\(--[\w-]+, (#[0-9a-f]{6})\)")
LINK = re.compile(r"</?a\b[^>]*>")
GROUND = f'<rect width="100%" height="100%" fill="{PAPER}"/>'
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


class Illustration(NamedTuple):
    """A figure: its name, and the content of its two files, that of the PNG in base64."""

    name: str
    svg: str
    png: str


def list_illustrations(notebook: dict[str, Any], language: str) -> Iterator[Illustration]:
    """Return every figure that an executed notebook shows in ``language``, in order."""
    kind = NORWEGIAN if language == "nb" else "text/html"
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            for name, png, content in FIGURE.findall("".join(output.get("data", {}).get(kind, ""))):
                svg = make_complete(SVG.search(content)[0])
                yield Illustration(name, svg, png)


def make_complete(svg: str) -> str:
    """Return a page's SVG as a file: its own colours and ground, no links into the page."""
    svg = VARIABLE.sub(r"\1", LINK.sub("", svg))
    return f"{DECLARATION}{svg.replace('</desc>', f'</desc>{GROUND}', 1)}\n"


def write_illustrations(folder: Path, figures: Iterable[Illustration]) -> list[Path]:
    """Write ``<figure>.svg`` and ``<figure>.png`` for every figure of a page into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, svg, png in figures:
        drawn, pixels = folder / f"{name}.svg", folder / f"{name}.png"
        drawn.write_text(svg, encoding="utf-8")
        pixels.write_bytes(base64.b64decode(png))
        written += [drawn, pixels]
    return written


def link_illustrations(html: str, place: Place) -> Markup:
    """Return a page's HTML with each figure's picture replaced by links to its files."""
    way = place.site + "data/" + locate(place.language)

    def link(found: re.Match[str]) -> str:
        links = " ".join(
            f'<a href="{way}/{found[1]}.{kind}" download>{kind.upper()}</a>'
            for kind in ("svg", "png")
        )
        words = escape(translate("Download this figure:", place.language))
        return f'<figure class="chart">{found[3]}<p class="take">{words} {links}</p></figure>'

    return Markup(FIGURE.sub(link, html))


def locate(language: str) -> str:
    """Return the folder of a language's figures within the site's ``data``."""
    return FOLDER if language == "en" else f"{FOLDER}/{language}"
