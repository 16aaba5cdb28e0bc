"""The Baujat plot: each sample's part in the heterogeneity against its pull on the estimate."""

from __future__ import annotations

from functools import partial

import numpy as np

from metaworkbook.reporting.display import Shown, escape
from metaworkbook.reporting.figures import style
from metaworkbook.reporting.language import format_number, translate
from metaworkbook.results import Baujat
from metaworkbook.results.robustness import Robustness

WIDTH, HEIGHT = 5.6, 3.4
NAMED = 4
#: A name's height and width, as shares of the plot's.
LINE, WIDE = 0.06, 0.3
TITLE = "Which samples make the results differ"
EMPTY = "With fewer than three samples that print a coefficient, there is nothing to set apart."


def draw_baujat(robust: Robustness, labels: dict[str, str], name: str) -> Shown:
    """Show the plot; the samples that matter most are named.

    ``robust`` comes from `models.robustness`, ``labels`` names samples by id, ``name`` prefixes the
    figure's ids.
    """
    names = [labels[sample] for sample in robust.samples]
    return Shown(partial(_render, robust.baujat, names, name))


def _render(baujat: Baujat | None, labels: list[str], name: str, language: str) -> str:
    if baujat is None:
        return f"<p>{escape(translate(EMPTY, language))}</p>"
    with style.figure_context(f"{name}-{language}-baujat"):
        figure = draw_axes(baujat, labels, language)
        text = describe(baujat, labels, language)
        return style.to_svg(figure, f"{name}-baujat", translate(TITLE, language), text)


def rank(baujat: Baujat) -> list[int]:
    """Return positions of the samples from the one that matters most, on both axes together."""
    far = baujat.x / max(baujat.x.max(), 1e-300) + baujat.y / max(baujat.y.max(), 1e-300)
    return np.argsort(-far, kind="stable").tolist()


def draw_axes(baujat: Baujat, labels: list[str], language: str):
    """Return the matplotlib figure."""
    figure = style.new_figure(WIDTH, HEIGHT)
    axes = figure.add_axes((0.14, 0.16, 0.83, 0.8))
    axes.plot(baujat.x, baujat.y, "o", color=style.ACCENT, markersize=5, gid="samples")
    right = max(float(baujat.x.max()), 1e-9)
    top = max(float(baujat.y.max()), 1e-9)
    axes.set_xlim(-0.03 * right, 1.08 * right)
    axes.set_ylim(-0.04 * top, 1.08 * top)
    placed: list[tuple[float, float, float, float]] = []
    line, wide = LINE * top, WIDE * right
    # The rightmost first: a line goes straight up from its point, past names that begin beyond it.
    for place in sorted(rank(baujat)[:NAMED], key=lambda place: -baujat.x[place]):
        x, y = baujat.x[place], baujat.y[place]
        inward = x > 0.6 * right
        left, height = x - wide if inward else x, y + 0.02 * top
        beside = (baujat.x > left) & (baujat.x < left + wide)
        # Names keep a line's height apart, and cover no point and no line.
        while (beside & (np.abs(baujat.y - height - line / 2) < 0.6 * line)).any() or any(
            (abs(start - left) < wide and abs(end - height) < line)
            or (left < at < left + wide and low < height + line and height < end)
            for at, low, start, end in placed
        ):
            height += line / 2
        placed.append((x, y, left, height))
        axes.annotate(
            style.shorten(labels[place], 32), (x, y), (x, height), fontsize=8,
            ha="right" if inward else "left", va="bottom",
            # A thin line leads from a name that had to move back to its point.
            arrowprops={"arrowstyle": "-", "linewidth": 0.6, "color": style.MUTED,
                        "relpos": (float(inward), 0), "shrinkA": 0, "shrinkB": 3},
        )  # fmt: skip
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda value, _: format_number(value, 2, language))
    axes.set_xlabel(translate("part in the heterogeneity (Q)", language))
    axes.set_ylabel(translate("pull on the estimate", language), labelpad=9)
    axes.tick_params(labelsize=8)
    return figure


def describe(baujat: Baujat, labels: list[str], language: str) -> str:
    """Return the text alternative: the samples that matter most."""
    first = [labels[place] for place in rank(baujat)[:NAMED]]
    return translate(
        "Of {count} samples these add most to the differences and the estimate: {names}.",
        language, count=len(labels), names="; ".join(first),
    )  # fmt: skip
