"""Formulas in Markdown, shown as MathML.

A formula is found before anything else is, so that no other rule takes its letters for its own:
between ``$`` or ``$$``, between escaped brackets, or as a LaTeX environment.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from markupsafe import Markup, escape

from metaworkbook.errors import Problem

FORMULA = re.compile(r"(?<!\\)\$\$(.+?)(?<!\\)\$\$|(?<![$\\])\$(.+?)(?<![$\\])\$", re.DOTALL)
# The converter draws these wrongly without saying so, or not at all.
FORBIDDEN = re.compile(
    r"\\tag\b|\\label\b|\\(?:eq)?ref\b|\\begin\{(?:aligned|align|alignat|gather|multline|split)\*?\}"
)
ENVIRONMENT = r"\\begin\{(?P<environment>[a-z]*\*?)\}.*?\\end\{(?P=environment)\}"
# What becomes which kind of token within a paragraph, what stands in the group "inside_...".
INLINE = {
    "dollars": ("block_math", r"(?<!\\)\$\$(?P<inside_dollars>.*?)(?<!\\)\$\$"),
    "square": ("block_math", r"(?<!\\)\\\\\[(?P<inside_square>.*?)(?<!\\)\\\\\]"),
    "dollar": ("inline_math", r"(?<![$\\])\$(?P<inside_dollar>.+?)(?<![$\\])\$"),
    "round": ("inline_math", r"(?<!\\)\\\\\((?P<inside_round>.*?)(?<!\\)\\\\\)"),
    "named": ("environment", rf"(?P<inside_named>{ENVIRONMENT})"),
}
# What is a paragraph of its own, though its lines may look like a list or a heading.
BLOCK = rf"(?<!\\)[$]{{2}}.*?(?<!\\)[$]{{2}}|\\\\\[.*?\\\\\]|{ENVIRONMENT}"


def find_formulas(markdown: Any) -> None:
    """Let a parser of mistune find formulas; a plugin, to be named before all others."""
    for name, (kind, pattern) in INLINE.items():
        markdown.inline.register(name, f"(?s:{pattern})", _take(name, kind), before="escape")
    block = markdown.block
    block.register("formula", f"(?s:{BLOCK})", _take_paragraph, before="fenced_code")
    for rules in (block.list_rules, block.block_quote_rules):
        block.insert_rule(rules, "formula", before="fenced_code")


def _take(name: str, kind: str) -> Callable[[Any, re.Match[str], Any], int]:
    def take(parser: Any, found: re.Match[str], state: Any) -> int:
        state.append_token({"type": kind, "raw": found[f"inside_{name}"]})
        return found.end()

    return take


def _take_paragraph(parser: Any, found: re.Match[str], state: Any) -> int:
    state.add_paragraph(found[0])
    return found.end()


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
