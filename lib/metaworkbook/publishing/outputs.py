"""What a cell shows, as the site shows it: one language, tables that scroll, light figures."""

from __future__ import annotations

import re
from collections import Counter
from html import unescape
from typing import Any

from markupsafe import Markup, escape

from metaworkbook.publishing.markup import keep_together, render_prose
from metaworkbook.reporting.language import translate

NORWEGIAN = "application/vnd.metaworkbook.nb+html"
TAG = re.compile(r"""<([a-zA-Z][\w:-]*)((?:[^<>"']|"[^"]*"|'[^']*')*)>""")
STYLE = re.compile(r"""\sstyle\s*=\s*(?:"([^"]*)"|'([^']*)')""")
CLASS = re.compile(r"""\sclass\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
# Names matplotlib gives to every group; nothing points at them, and they repeat on a page.
AUTOMATIC = re.compile(
    r' id="(?:[\w-]*-)?(?:figure|axes|patch|line2d|text|legend|matplotlib\.axis|xtick|ytick'
    r'|quadmesh|\w+Collection)_\d+"'
)
# A group without attributes around one shape, and the names matplotlib makes from checksums.
LOOSE = re.compile(r"<g>(<(path|text|use)\b[^>]*?(?:/>|>[^<]*</\2>))</g>")
DRAWN = re.compile(r"""(\sid="|url\(#|<use\b[^>]*?\shref="#)((?:[\w-]*-)?[mp][0-9a-f]{10})("|\))""")
REGION = re.compile(r"""(<div\b[^>]*\brole="region"[^>]*\baria-label=")([^"]*)(")""")
EMPTY = re.compile(r"<th\b[^>]*>\s*</th>")
CELL = re.compile(r'<(td|td class="number"|th scope="row")>(.*?)</(td|th)>', re.DOTALL)
# From so many letters on a table's cell is long, or prose; up to so many a row's heading is brief.
LONG, PROSE, BRIEF = 40, 120, 8
# A column of numbers may say why there is none; such words break.
WORDS = 24
ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
# What a page may not hold; nobody sees it either.
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def render_output(output: Any, language: str) -> Markup:
    """Return one output of a code cell as HTML in ``language``.

    Objects with a Norwegian form show it on Norwegian pages; those with an English form alone are
    marked as English.
    """
    if output["output_type"] == "stream":
        text = escape(_plain(output["text"]))
        return _wrap(Markup("<pre>") + text + Markup("</pre>"), mark="en")
    if output["output_type"] == "error":
        lines = [*output.get("traceback", []), f"{output['ename']}: {output['evalue']}"]
        text = escape(_plain("\n".join(lines)))
        return _wrap(Markup("<pre>") + text + Markup("</pre>"), mark="en")
    data = output["data"]
    if language == "nb" and NORWEGIAN in data:
        return _wrap(tidy(_join(data[NORWEGIAN]), language))
    mark = "en" if language != "en" else ""
    if "text/html" in data:
        return _wrap(tidy(_join(data["text/html"]), language), mark)
    if "text/markdown" in data:
        return _wrap(render_prose(_join(data["text/markdown"]), language))
    if "image/svg+xml" in data:
        return _wrap(tidy(_join(data["image/svg+xml"]), language), mark)
    if "image/png" in data:
        label = escape(translate("Figure", language))
        source = escape("".join(_join(data["image/png"]).split()))
        return _wrap(Markup(f'<img alt="{label}" src="data:image/png;base64,{source}">'), mark)
    text = escape(_plain(_join(data.get("text/plain", ""))))
    return _wrap(Markup("<pre>") + text + Markup("</pre>"), mark="en") if text else Markup("")


def tidy(html: str, language: str) -> Markup:
    """Return HTML of ours ready for a page: light, labelled figures and tables that scroll."""
    # A picture that becomes a file of its own is not searched for tags by all that follows.
    html = re.sub(r'( data-png=")[^"]*', r"\1", html)
    html = re.sub(r"<!--.*?-->", "", html, flags=re.DOTALL)
    html = re.sub(r"<(style|script)\b.*?</\1\s*>", "", html, flags=re.DOTALL | re.IGNORECASE)
    html = re.sub(r"<svg\b.*?</svg>", lambda found: _tidy_figure(found[0], language), html,
                  flags=re.DOTALL)  # fmt: skip
    return Markup(keep_together(_wrap_tables(html, language)))


def hoist_styles(html: str) -> tuple[Markup, Markup]:
    """Return HTML with each style attribute turned into a class, and the rules of those classes.

    The policy allows style sheets by their checksum and no style attributes. A value that could
    leave its rule or ask for a file is dropped.
    """
    names: dict[str, str] = {}

    def move(found: re.Match[str]) -> str:
        inside = found[2]
        style = STYLE.search(inside)
        if not style:
            return found[0]
        inside = inside[: style.start()] + inside[style.end() :]
        value = _clean(unescape(style[1] if style[1] is not None else style[2]))
        if not value:
            return f"<{found[1]}{inside}>"
        name = names.setdefault(value, f"st{len(names) + 1}")
        kept = CLASS.search(inside)
        if not kept:
            return f'<{found[1]} class="{name}"{inside}>'
        words = next(word for word in kept.groups() if word is not None)
        inside = inside[: kept.start()] + inside[kept.end() :]
        return f'<{found[1]} class="{words} {name}"{inside}>'

    moved = TAG.sub(move, html)
    rules = "".join(f"main .{name}{{{value}}}" for value, name in names.items())
    return Markup(moved), Markup(rules)


def shorten_names(html: str) -> Markup:
    """Return a page's HTML with short names for the clips and marks that its figures share."""
    names: dict[str, str] = {}

    def rename(found: re.Match[str]) -> str:
        name = names.setdefault(found[2], f"c{len(names) + 1}")
        return f"{found[1]}{name}{found[3]}"

    return Markup(DRAWN.sub(rename, html))


def tell_apart(html: str) -> Markup:
    """Return a page's HTML with every scroll region's label its own: equal ones are counted."""
    seen: Counter[str] = Counter()

    def count(found: re.Match[str]) -> str:
        seen[found[2]] += 1
        number = f" ({seen[found[2]]})" if seen[found[2]] > 1 else ""
        return f"{found[1]}{found[2]}{number}{found[3]}"

    return Markup(REGION.sub(count, html))


def _clean(value: str) -> str:
    value = re.sub(r"\s+", " ", value).strip().rstrip(";")
    if re.search(r"[{}<>@\\]|url\((?!\s*['\"]?#)|expression|/\*", value, re.IGNORECASE):
        return ""
    return re.sub(r"\s*([:;])\s*", r"\1", value)


def _tidy_figure(svg: str, language: str) -> str:
    is_drawn = "matplotlib" in svg[:2000] or "figure_1" in svg
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = AUTOMATIC.sub("", svg)
    svg = re.sub(r">\s*\n\s*<", "><", svg)
    svg = re.sub(
        r' (d|points|x|y)="([^"]*)"',
        lambda found: f' {found[1]}="{_shorten(found[2])}"',
        svg,
    )
    svg = re.sub(r' transform="rotate\(-?0(?: [^)]*)?\)"', "", svg)
    svg = re.sub(r"<(defs|g)\s*/>|<(defs|g)[^>]*></\2>", "", svg)
    loose = True
    while loose:
        svg, loose = LOOSE.subn(r"\1", svg)
    head = re.match(r"<svg\b[^>]*>", svg)[0]
    new = re.sub(r' (xmlns(:\w+)?|version)="[^"]*"', "", head)
    if is_drawn and "class=" not in new:
        new = new.replace("<svg", '<svg class="matplotlib"', 1)
    new = re.sub(r'="(\d+\.?\d*|\.\d+)pt"', lambda found: f'="{float(found[1]) * 4 / 3:.0f}"', new)
    # What holds links is no image: its parts must stay reachable.
    if "<a " in svg:
        new = new.replace('role="img"', 'role="group"')
    elif "role=" not in new:
        new = new.replace("<svg", '<svg role="img"', 1)
    if "aria-label" not in new and "<title" not in svg[:600]:
        new = new.replace("<svg", f'<svg aria-label="{escape(translate("Figure", language))}"', 1)
    return new + svg[len(head) :]


def _shorten(numbers: str) -> str:
    short = re.sub(r"(\d+\.\d{2})\d+", r"\1", numbers)
    return re.sub(r"\s*([A-Za-z\n])\s*", lambda found: found[1].strip() or " ", short).strip()


def _classify(found: re.Match[str]) -> str:
    """Mark a table's long cells, words among numbers, and a row's brief heading."""
    text, head = re.sub(r"<[^>]+>", "", found[2]), found[1]
    if head == "td" and len(text) >= LONG:
        head = f'td class="{"prose" if len(text) >= PROSE else "long"}"'
    elif head == 'td class="number"' and len(text) >= WORDS:
        head = 'td class="number words"'
    elif head == 'th scope="row"' and len(text) <= BRIEF:
        head = 'th scope="row" class="brief"'
    return f"<{head}>{found[2]}</{found[3]}>"


def _wrap_tables(html: str, language: str) -> str:
    """Put each table that is not yet in a scroll region into one, named by its caption."""
    count = 0

    def wrap(found: re.Match[str]) -> str:
        nonlocal count
        count += 1
        before = html[: found.start()].rstrip()
        table = EMPTY.sub("<td></td>", found[0].replace(' border="1"', ""))
        table = CELL.sub(_classify, table)
        if re.search(r'<div\b[^>]*class="[^"]*\bscroll\b[^>]*>$', before):
            return table
        caption = re.search(r"<caption[^>]*>(.*?)</caption>", table, re.DOTALL)
        label = (
            re.sub(r"<[^>]+>", "", caption[1]).strip()
            if caption
            else escape(translate("Table {count}", language, count=count))
        )
        label = str(label).replace('"', "&quot;")
        return f'<div class="scroll" role="region" tabindex="0" aria-label="{label}">{table}</div>'

    return re.sub(r"<table\b.*?</table>", wrap, html, flags=re.DOTALL)


def _wrap(content: str, mark: str = "") -> Markup:
    kind = "output wide" if re.search(r"<(svg|table|img)\b", content) else "output"
    spoken = f' lang="{mark}"' if mark else ""
    content = CONTROL.sub("\ufffd", content)
    return Markup(f'<div class="{kind}"{spoken}>{content}</div>')


def _join(text: Any) -> str:
    return "".join(text) if isinstance(text, list) else str(text)


def _plain(text: Any) -> str:
    return ESCAPES.sub("", _join(text)).rstrip()
