"""The contour-enhanced funnel: effects against their standard errors, and where p changes."""

from __future__ import annotations

from functools import partial

import numpy as np

from metaworkbook.reporting.display import Shown, escape
from metaworkbook.reporting.figures import style
from metaworkbook.reporting.language import format_number, translate
from metaworkbook.results.asymmetry import SmallStudies

WIDTH, HEIGHT = 5.6, 4.0
#: Two-sided p at the contours, and the normal quantiles that belong to them.
CONTOURS = ((0.10, 1.6448536269514722), (0.05, 1.959963984540054), (0.01, 2.5758293035489004))
TITLE = "Small and large samples: the funnel"
EMPTY = "A funnel of fewer than ten samples shows shapes that are chance, so none is drawn."


def draw_funnel(checks: SmallStudies, name: str) -> Shown:
    """Show the funnel with contours of significance about zero; filled-in effects are hollow.

    ``checks`` comes from `models.asymmetry`; below ten samples a sentence says why there is no
    funnel. ``name`` prefixes the figure's ids.
    """
    return Shown(partial(_render, checks, name))


def _render(checks: SmallStudies, name: str, language: str) -> str:
    if checks.henmi_copas is None and checks.trim_l0 is None:
        return f"<p>{escape(translate(EMPTY, language))}</p>"
    with style.figure_context(f"{name}-{language}-funnel"):
        figure = draw_axes(checks, language)
        text = describe(checks, language)
        return style.to_svg(figure, f"{name}-funnel", translate(TITLE, language), text)


def draw_axes(checks: SmallStudies, language: str):
    """Return the matplotlib figure."""
    yi, se = checks.composites.yi, np.sqrt(checks.composites.vi)
    filled = np.empty((2, 0))
    if checks.trim_l0 is not None:
        new = slice(yi.size, None)
        filled = np.array([checks.trim_l0.yi[new], np.sqrt(checks.trim_l0.vi[new])])
    figure = style.new_figure(WIDTH, HEIGHT)
    axes = figure.add_axes((0.14, 0.14, 0.83, 0.83))
    bottom = 1.08 * float(se.max())
    reach = 1.12 * max(float(np.abs(np.append(yi, filled[0])).max()), CONTOURS[-1][1] * bottom)
    free = -1.0 if (np.append(yi, filled[0]) > 0).mean() > 0.5 else 1.0
    for place, (p, quantile) in enumerate(CONTOURS):
        inner = CONTOURS[place - 1][1] if place else 0.0
        for side in (-1, 1):
            axes.fill_betweenx(
                [0, bottom], [0, side * inner * bottom], [0, side * quantile * bottom],
                color=style.BAND, alpha=0.65 - 0.2 * place, linewidth=0,
            )  # fmt: skip
        depth = bottom * (0.995 - 0.055 * place)
        axes.text(free * quantile * depth, depth, f"p = {format_number(p, 2, language)}",
                  fontsize=7, ha="center", va="bottom", color=style.MUTED)  # fmt: skip
    axes.axvline(0, color=style.MUTED, linewidth=0.8)
    axes.axvline(checks.pooled.estimate, color=style.ACCENT_2, linewidth=1.4, gid="pooled")
    axes.plot(yi, se, "o", color=style.ACCENT, markersize=5, gid="samples")
    axes.plot(filled[0], filled[1], "o", markerfacecolor="none", markeredgecolor=style.ACCENT_2,
              markersize=5, gid="filled")  # fmt: skip
    axes.set_xlim(-reach, reach)
    axes.set_ylim(bottom, 0)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda value, _: format_number(value, 2, language))
    axes.tick_params(labelsize=8)
    axes.set_xlabel(translate("Fisher z (left: negative, right: positive)", language))
    axes.set_ylabel(translate("standard error", language), labelpad=9)
    return figure


def describe(checks: SmallStudies, language: str) -> str:
    """Return the text alternative: samples, filled-in effects and their side."""
    if checks.trim_l0 is None or not checks.trim_l0.k0:
        return translate(
            "{count} samples; trim and fill adds none.", language, count=len(checks.samples)
        )
    return translate(
        "{count} samples; trim and fill adds {filled} on the {side}.",
        language, count=len(checks.samples), filled=checks.trim_l0.k0,
        side=translate(checks.trim_l0.side, language),
    )  # fmt: skip
