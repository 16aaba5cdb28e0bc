"""One look for all figures, and their way to SVG that follows the page's light or dark theme."""

from __future__ import annotations

import base64
import io
import re

from metaworkbook.reporting.display import escape
from metaworkbook.reporting.figures.narrow import fits_narrow

# Colours stand for roles; in the page each becomes a CSS variable with this fallback.
INK, MUTED, RULE, PAPER = "#1c1d1f", "#5c6066", "#d6d9dd", "#fffffe"
ACCENT, ACCENT_2, WARN, BAND = "#1f5a7a", "#b4581a", "#8a6d00", "#a9c6d8"
VARIABLES = {
    INK: "--ink", MUTED: "--muted", RULE: "--rule", PAPER: "--paper",
    ACCENT: "--accent", ACCENT_2: "--accent-2", WARN: "--warn", BAND: "--band",
}  # fmt: skip
RC = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9,
    "svg.fonttype": "none",
    "text.hinting": "none",
    # Texts of the evidence are no formulas, whatever signs they hold.
    "text.parse_math": False,
    "axes.edgecolor": RULE,
    "axes.labelcolor": MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": INK,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
}
PNG_DPI = 150
# Half the time of the usual level 6 for files 2 % larger.
PNG_COMPRESSION = {"compress_level": 3}
# The authors between the first and the year; what has no year after it names no authors.
AUTHORS = re.compile(r"^([^,()]+?)(?:,| &)[^()]*( \((?:\d{4}[a-z]?[),;]|year not shown\)))")
FONTS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


def figure_context(name: str):
    """Return a matplotlib context with this style alone, its SVG ids seeded by ``name``.

    What a user's own matplotlibrc says has no part in it.
    """
    from matplotlib import style

    return style.context(RC | {"svg.hashsalt": name}, after_reset=True)


def new_figure(width: float, height: float):
    """Return an empty matplotlib figure of ``width`` by ``height`` inches, free of pyplot state."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height))
    FigureCanvasSVG(figure)
    return figure


def shorten(text: str, length: int) -> str:
    """Return ``text`` in at most ``length`` characters, its year kept.

    Authors give way first, then the end, an ellipsis telling that something was cut.
    """
    if len(text) > length:
        text = AUTHORS.sub(r"\1 et al.\2", text, count=1)
    return text if len(text) <= length else text[: length - 1].rstrip(" ,;(") + "…"


def to_svg(figure, name: str, title: str, description: str) -> str:
    """Return the figure as an inline ``<figure>`` with title and text alternative.

    Ids are prefixed by ``name`` so that several figures live in one page; the output holds no
    date and is the same for the same figure. The attributes ``data-name`` and ``data-png`` (base64,
    on paper colour) are for the site, which makes files of them. What can be read on a phone
    without scrolling is of class ``whole``.
    """
    drawn, painted = io.StringIO(), io.BytesIO()
    figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None})
    plain = {"Software": None}
    figure.savefig(
        painted, format="png", dpi=PNG_DPI, facecolor=PAPER, metadata=plain,
        pil_kwargs=PNG_COMPRESSION,
    )  # fmt: skip
    svg, png = drawn.getvalue(), base64.b64encode(painted.getvalue()).decode("ascii")
    svg = svg[svg.index("<svg") :]
    whole = " whole" if fits_narrow(figure, svg) else ""
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", svg)
    svg = re.sub(r'(<use [^>]*href=")#', rf"\1#{name}-", svg)
    svg = svg.replace("xlink:href", "href")
    for colour, variable in VARIABLES.items():
        svg = svg.replace(colour, f"var({variable}, {colour})")
    svg = re.sub(r"font: ([^;\"]*?)'DejaVu Sans'[^;\"]*", rf"font: \1{FONTS}", svg)
    svg = re.sub(r"font-family: 'DejaVu Sans'[^;\"]*", f"font-family: {FONTS}", svg)
    width, height = (float(n) for n in re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg).groups())
    opening = re.match(r"<svg[^>]*>", svg).group(0)
    new = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img" '
        f'aria-labelledby="{name}-title {name}-desc">'
        f'<title id="{name}-title">{escape(title)}</title>'
        f'<desc id="{name}-desc">{escape(description)}</desc>'
    )
    svg = svg.replace(opening, new, 1).strip()
    return (
        f'<figure class="chart" data-name="{escape(name)}" data-png="{png}">'
        f"<figcaption>{escape(title)}</figcaption>"
        f'<div class="scroll{whole}" role="region" tabindex="0" aria-label="{escape(title)}">'
        f"{svg}</div>"
        "</figure>"
    )
