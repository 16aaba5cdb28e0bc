"""Markdown and code as HTML, translated paragraph by paragraph."""

from __future__ import annotations

import html
import re
from functools import cache, lru_cache
from typing import Any

from markupsafe import Markup, escape

from metaworkbook.errors import PageError
from metaworkbook.publishing.formulas import (
    FORMULA,
    check_formulas,
    find_formulas,
    render_formula,
)
from metaworkbook.reporting.language import translate

HEADING = re.compile(r"(#{1,6})\s+(.+?)\s*#*\s*$")
ATX_HEADING = r"^ {0,3}(?P<atx_1>#{1,6})(?!#+)(?P<atx_2>[ \t]*(.*?)?)$"
FENCE = re.compile(r"\s{0,3}(```|~~~)")
EQUATION = re.compile(r"\b([dknprz]) (=|<|&lt;) (?=[\d.\u2212<–])")
PERCENT = re.compile(r"(?<=\d) %")
# One notebook serves many pages, whose cells are the same texts.
KEPT = 1024


def keep_together(text: str) -> str:
    """Return text whose short equations, as r = 0.2, and percentages do not break across lines."""
    return PERCENT.sub("\u00a0%", EQUATION.sub("\\1\u00a0\\2\u00a0", text))


def split_blocks(text: str) -> list[str]:
    """Return the blocks of a Markdown text, the units of translation.

    Blank lines part blocks, except within a fence of code or between ``$$`` signs.
    """
    blocks: list[str] = []
    lines: list[str] = []
    fence = ""
    formula = False
    for line in text.splitlines():
        mark = FENCE.match(line)
        if mark and not formula:
            fence = "" if fence == mark[1] else fence or mark[1]
        elif not fence and line.count("$$") % 2:
            formula = not formula
        if line.strip() or fence or formula:
            lines.append(line.rstrip())
        elif lines:
            blocks.append("\n".join(lines))
            lines = []
    if lines:
        blocks.append("\n".join(lines))
    return blocks


def translatable(block: str) -> bool:
    """Return whether a block holds words: not code, not a formula alone."""
    return not FENCE.match(block) and bool(re.search(r"[^\W\d_]{2}", FORMULA.sub("", block)))


def list_messages(notebook: Any) -> list[str]:
    """Return every block of a notebook's prose that needs a translation."""
    return [
        block
        for cell in notebook.cells
        if cell.cell_type == "markdown"
        for block in split_blocks(cell.source)
        if translatable(block)
    ]


@lru_cache(maxsize=KEPT)
def render_prose(text: str, language: str) -> Markup:
    """Return Markdown as HTML in ``language``.

    Headings get the same anchor in both languages, made from the English text. Raw HTML is shown
    as text.

    Raises
    ------
    PageError
        For a formula that MathML cannot show rightly.
    """
    problems = check_formulas(text, "a notebook")
    if problems:
        raise PageError(problems)
    blocks = split_blocks(text)
    anchors = [make_anchor(found[2]) for block in blocks if (found := HEADING.match(block))]
    translated = [translate(b, language) if translatable(b) else b for b in blocks]
    return Markup(_parse("\n\n".join(translated), anchors))


def make_anchor(text: str) -> str:
    """Return an anchor of lower-case letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "section"


@lru_cache(maxsize=KEPT)
def render_code(source: str, name: str = "python") -> Markup:
    """Return code with its words marked for colour; an unknown language stays plain."""
    from pygments import highlight

    lexer, formatter = make_highlighter(name)
    if lexer is None:
        return Markup('<pre class="hl" tabindex="0">') + escape(source) + Markup("</pre>")
    body = highlight(source, lexer, formatter).rstrip("\n")
    # Punctuation, names and operators keep the colour of the text.
    body = re.sub(r'<span class="(?:p|n|o|w|nn|err)">(.*?)</span>', r"\1", body)
    return Markup(f'<pre class="hl" tabindex="0"><code>{body}</code></pre>')


@cache
def make_highlighter(name: str) -> tuple[Any, Any]:
    """Return pygments' lexer of a language, None where it knows none, and its formatter."""
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        return get_lexer_by_name(name), HtmlFormatter(nowrap=True)
    except ClassNotFound:
        return None, None


def _parse(text: str, anchors: list[str]) -> str:
    parser = make_parser()
    parser.renderer.anchors = list(anchors)
    return str(parser(text))


@cache
def make_parser() -> Any:
    """Return what turns Markdown into HTML; its renderer takes ``anchors`` for the headings."""
    from mistune import HTMLRenderer, Markdown, import_plugin

    class Renderer(HTMLRenderer):
        anchors: list[str]

        def heading(self, text: str, level: int, **attrs: Any) -> str:
            plain = re.sub(r"<[^>]+>", "", text)
            anchor = self.anchors.pop(0) if self.anchors else make_anchor(plain)
            return f'<h{level} id="{anchor}">{text}</h{level}>\n'

        def block_code(self, code: str, info: str | None = None) -> str:
            return str(render_code(code.rstrip("\n"), (info or "text").split()[0])) + "\n"

        def block_math(self, body: str) -> str:
            return str(render_formula(body, "block"))

        def inline_math(self, body: str) -> str:
            return str(render_formula(body))

        def environment(self, text: str) -> str:
            return html.escape(text, quote=False)

        def link(self, text: str, url: str, title: str | None = None) -> str:
            shown = super().link(text, url, title)
            outside = "://" in url
            return shown.replace("<a ", '<a rel="noopener noreferrer" ', 1) if outside else shown

    parser = Markdown(
        renderer=Renderer(escape=True, allow_harmful_protocols=False),
        plugins=[
            find_formulas,
            *map(import_plugin, ("table", "footnotes", "strikethrough", "def_list")),
        ],
    )
    # A heading needs no space after its signs.
    parser.block.specification["atx_heading"] = ATX_HEADING
    return parser
