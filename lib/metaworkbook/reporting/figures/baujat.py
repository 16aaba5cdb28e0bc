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
    axes = figure.add_axes((0.11, 0.16, 0.86, 0.8))
    axes.plot(baujat.x, baujat.y, "o", color=style.ACCENT, markersize=5, gid="samples")
    right = max(float(baujat.x.max()), 1e-9)
    for order, place in enumerate(rank(baujat)[:NAMED]):
        inward = baujat.x[place] > 0.6 * right
        axes.annotate(
            style.shorten(labels[place], 32), (baujat.x[place], baujat.y[place]), fontsize=8,
            xytext=(-6 if inward else 6, 3 + 10 * order), textcoords="offset points",
            ha="right" if inward else "left",
        )  # fmt: skip
    axes.set_xlim(-0.03 * right, 1.08 * right)
    axes.set_ylim(bottom=-0.04 * max(float(baujat.y.max()), 1e-9))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda value, _: format_number(value, 2, language))
    axes.set_xlabel(translate("part in the heterogeneity (Q)", language))
    axes.set_ylabel(translate("pull on the estimate", language))
    axes.tick_params(labelsize=8)
    return figure


def describe(baujat: Baujat, labels: list[str], language: str) -> str:
    """Return the text alternative: the samples that matter most."""
    first = [labels[place] for place in rank(baujat)[:NAMED]]
    return translate(
        "Of {count} samples these add most to the differences and the estimate: {names}.",
        language, count=len(labels), names="; ".join(first),
    )  # fmt: skip
