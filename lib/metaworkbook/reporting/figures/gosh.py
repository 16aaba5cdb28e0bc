"""GOSH: the estimate and the heterogeneity of very many subsets of the samples."""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from metaworkbook.reporting.display import Shown, escape
from metaworkbook.reporting.figures import style
from metaworkbook.reporting.language import format_number, translate
from metaworkbook.results import Gosh
from metaworkbook.results.robustness import Robustness

WIDTH, HEIGHT = 5.6, 3.9
CELLS = 44, 22
BINS = 44
SHADES = 8
TITLE = "Every subset of samples, or very many of them"
EMPTY = "Subsets are shown from five samples with a coefficient on; there are fewer."


def draw_gosh(robust: Robustness, labels: dict[str, str], name: str) -> Shown:
    """Show how estimate and heterogeneity lie over subsets, and what one sample does to them.

    The sample whose presence moves the mean of the estimates most splits the subsets below.
    ``robust`` comes from `models.robustness`, ``labels`` names samples by id, ``name`` prefixes the
    figure's ids.
    """
    names = [labels[sample] for sample in robust.samples]
    return Shown(partial(_render, robust.gosh, names, name))


def _render(gosh: Gosh | None, labels: list[str], name: str, language: str) -> str:
    if gosh is None:
        return f"<p>{escape(translate(EMPTY, language))}</p>"
    with style.figure_context(f"{name}-{language}-gosh"):
        figure = draw_axes(gosh, labels, language)
        text = describe(gosh, labels, language)
        return style.to_svg(figure, f"{name}-gosh", translate(TITLE, language), text)


def find_divider(gosh: Gosh, count: int) -> int:
    """Return the position of the sample whose presence moves the mean estimate most."""
    moves = []
    for place in range(count):
        inside = gosh.contains(place)
        split = 0 < inside.sum() < inside.size
        apart = gosh.estimate[inside].mean() - gosh.estimate[~inside].mean() if split else 0.0
        moves.append(abs(float(apart)))
    return int(np.argmax(moves))


def draw_axes(gosh: Gosh, labels: list[str], language: str):
    """Return the figure: cells of estimate and I2 above, the split by one sample below."""
    from matplotlib.collections import PolyCollection

    r = np.tanh(gosh.estimate)
    low, high = float(r.min()), float(r.max())
    pad = 0.03 * max(high - low, 1e-6)
    figure = style.new_figure(WIDTH, HEIGHT)
    above = figure.add_axes((0.11, 0.44, 0.86, 0.53))
    below = figure.add_axes((0.11, 0.13, 0.86, 0.25))
    counts, x, y = np.histogram2d(r, 100 * gosh.i2, CELLS, [[low - pad, high + pad], [0, 100]])
    shade = np.round(SHADES * np.log1p(counts) / math.log1p(counts.max()))
    for level in range(SHADES + 1):
        cells = [
            [(x[i], y[j]), (x[i + 1], y[j]), (x[i + 1], y[j + 1]), (x[i], y[j + 1])]
            for i, j in np.argwhere((counts > 0) & (shade == level))
        ]
        above.add_collection(
            PolyCollection(cells, facecolors=style.ACCENT, alpha=0.15 + 0.85 * level / SHADES,
                           linewidths=0, antialiaseds=False), autolim=False,
        )  # fmt: skip
    above.set_ylim(0, 100)
    place = find_divider(gosh, len(labels))
    inside = gosh.contains(place)
    edges = np.linspace(low - pad, high + pad, BINS + 1)
    words = ("with {sample}", "without {sample}")
    for kept, colour, word in (
        (inside, style.ACCENT_2, words[0]),
        (~inside, style.ACCENT, words[1]),
    ):
        heights = np.histogram(r[kept], edges)[0]
        label = translate(word, language, sample=style.shorten(labels[place], 30))
        below.stairs(heights, edges, color=colour, linewidth=1.4, label=label)
    below.set_ylim(top=1.6 * below.get_ylim()[1])
    below.legend(fontsize=7.5, frameon=False, loc="upper left")
    above.set_xticklabels([])
    above.set_ylabel(translate("I², %", language))
    for axes in (above, below):
        axes.set_xlim(low - pad, high + pad)
        axes.tick_params(labelsize=8)
    below.set_yticks([])
    below.xaxis.set_major_formatter(lambda value, _: format_number(value, 2, language))
    below.set_xlabel(translate("correlation r of the subset", language))
    return figure


def describe(gosh: Gosh, labels: list[str], language: str) -> str:
    """Return the text alternative: range of the estimates and the sample that splits them."""
    ends = np.tanh(np.quantile(gosh.estimate, [0.025, 0.5, 0.975]))
    low, middle, high = (format_number(end, 2, language) for end in ends)
    return translate(
        "{subsets} subsets: 95 % of the estimates lie between {low} and {high}, the middle one is "
        "{middle}. The sample whose presence moves them most is {sample}.",
        language, subsets=format_number(gosh.estimate.size, 0, language), low=low, high=high,
        middle=middle, sample=labels[find_divider(gosh, len(labels))],
    )  # fmt: skip
