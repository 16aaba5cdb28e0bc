"""Markdown, formulas and code as HTML: translated paragraph by paragraph, formulas as MathML."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from markupsafe import Markup, escape

from metaworkbook.errors import PageError, Problem
from metaworkbook.reporting.language import translate

HEADING = re.compile(r"(#{1,6})\s+(.+?)\s*#*\s*$")
FENCE = re.compile(r"\s{0,3}(```|~~~)")
FORMULA = re.compile(r"(?<!\\)\$\$(.+?)(?<!\\)\$\$|(?<![$\\])\$(.+?)(?<![$\\])\$", re.DOTALL)
EQUATION = re.compile(r"\b([dknprz]) (=|<|&lt;) (?=[\d.\u2212<–])")
PERCENT = re.compile(r"(?<=\d) %")
# The converter draws these wrongly without saying so, or not at all.
FORBIDDEN = re.compile(
    r"\\tag\b|\\label\b|\\(?:eq)?ref\b|\\begin\{(?:aligned|align|alignat|gather|multline|split)\*?\}"
)

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


def check_formulas(text: str, file: str, key: str = "") -> list[Problem]:
    """Return a problem for each formula of a Markdown text that MathML would show wrongly."""
    problems = []
    for found in FORMULA.finditer(_without_code(text)):
        formula = (found[1] or found[2]).strip()
        bad = FORBIDDEN.search(formula)
        if bad:
            why = f"{bad[0]} in ${formula[:60]}$"
        else:
            try:
                _convert(formula, "inline")
                continue
            except Exception as error:
                why = f"{type(error).__name__} in ${formula[:60]}$"
        problems.append(
            Problem(
                file,
                key=key,
                found=why,
                allowed="formulas on one line, without numbering or alignment",
                remedy="Write several formulas, each between its own $$ signs.",
            )
        )
    return problems


def _without_code(text: str) -> str:
    text = re.sub(r"^(```|~~~).*?^\1", "", text, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"`[^`\n]*`", "", text)


def render_formula(formula: str, display: str = "inline") -> Markup:
    """Return LaTeX as MathML, its source kept as the annotation; ``display`` inline or block."""
    mathml = _convert(formula.strip(), display)
    source = f'<annotation encoding="application/x-tex">{escape(formula.strip())}</annotation>'
    body = re.fullmatch(r"(<math[^>]*>)(.*)(</math>)", mathml, re.DOTALL)
    return Markup(f"{body[1]}<semantics>{body[2]}{source}</semantics>{body[3]}")


def _convert(formula: str, display: str) -> str:
    from latex2mathml.converter import convert

    return convert(formula, display=display)


@lru_cache(maxsize=KEPT)
def render_code(source: str, name: str = "python") -> Markup:
    """Return code with its words marked for colour; an unknown language stays plain."""
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        lexer = get_lexer_by_name(name)
    except ClassNotFound:
        return Markup('<pre class="hl" tabindex="0">') + escape(source) + Markup("</pre>")
    body = highlight(source, lexer, HtmlFormatter(nowrap=True)).rstrip("\n")
    # Punctuation, names and operators keep the colour of the text.
    body = re.sub(r'<span class="(?:p|n|o|w|nn|err)">(.*?)</span>', r"\1", body)
    return Markup(f'<pre class="hl" tabindex="0"><code>{body}</code></pre>')


def _parse(text: str, anchors: list[str]) -> str:
    from mistune import Markdown, import_plugin
    from nbconvert.filters.markdown_mistune import (
        IPythonRenderer,
        MathBlockParser,
        MathInlineParser,
    )

    left = list(anchors)

    class Renderer(IPythonRenderer):
        def heading(self, text: str, level: int, **attrs: Any) -> str:
            anchor = left.pop(0) if left else make_anchor(re.sub(r"<[^>]+>", "", text))
            return f'<h{level} id="{anchor}">{text}</h{level}>\n'

        def block_code(self, code: str, info: str | None = None) -> str:
            return str(render_code(code.rstrip("\n"), (info or "text").split()[0])) + "\n"

        def block_math(self, body: str) -> str:
            return str(render_formula(body, "block"))

        def inline_math(self, body: str) -> str:
            return str(render_formula(body))

        def link(self, text: str, url: str, title: str | None = None) -> str:
            html = super().link(text, url, title)
            return html.replace("<a ", '<a rel="noopener noreferrer" ', 1) if "://" in url else html

    parser = Markdown(
        renderer=Renderer(escape=True, allow_harmful_protocols=False, exclude_anchor_links=True),
        block=MathBlockParser(),
        inline=MathInlineParser(),
        plugins=[
            import_plugin(name) for name in ("table", "footnotes", "strikethrough", "def_list")
        ],
    )
    return str(parser(text))
