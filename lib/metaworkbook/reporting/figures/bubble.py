"""Bubble plots: effects against a number, the larger the more exact, with the regression line."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from metaworkbook.reporting.display import Shown, escape
from metaworkbook.reporting.figures import style
from metaworkbook.reporting.language import format_number, translate
from metaworkbook.reporting.tables import format_r
from metaworkbook.results.censored_moderators import Moderator, ModeratorResult

WIDTH, HEIGHT = 5.6, 3.2
#: Area of the largest bubble, in points squared.
LARGEST = 160.0
EMPTY = "A line needs ten samples that print a coefficient and tell the number; there are fewer."


def draw_bubbles(
    moderators: Sequence[Moderator], results: Sequence[ModeratorResult], name: str
) -> Shown:
    """Show one plot for each declared number, or a sentence where the samples are too few.

    Parameters
    ----------
    moderators, results
        Declarations and what came of them, in the same order.
    name : str
        Prefix of the figures' ids.
    """
    numbers = [
        (moderator, result)
        for moderator, result in zip(moderators, results, strict=True)
        if moderator.kind == "number"
    ]
    return Shown(partial(_render, numbers, name))


def _render(numbers: list[tuple[Moderator, ModeratorResult]], name: str, language: str) -> str:
    parts = []
    for moderator, result in numbers:
        title = translate(moderator.title, language)
        if result.line is None:
            parts.append(f"<p>{escape(title)}: {escape(translate(EMPTY, language))}</p>")
            continue
        with style.figure_context(f"{name}-{language}-{moderator.name}"):
            figure = draw_axes(result, title, language)
            text = describe(result, title, language)
            parts.append(style.to_svg(figure, f"{name}-bubble-{moderator.name}", title, text))
    return "".join(parts)


def draw_axes(result: ModeratorResult, title: str, language: str):
    """Return the matplotlib figure."""
    figure = style.new_figure(WIDTH, HEIGHT)
    axes = figure.add_axes((0.11, 0.17, 0.86, 0.8))
    line = result.line
    axes.fill_between(
        result.at, np.tanh(line.ci_low), np.tanh(line.ci_high), color=style.BAND, alpha=0.5,
        linewidth=0,
    )  # fmt: skip
    axes.plot(result.at, np.tanh(line.estimate), color=style.ACCENT_2, linewidth=1.6, gid="line")
    weights = result.vi.min() / result.vi
    axes.scatter(
        result.x, np.tanh(result.yi), s=LARGEST * weights, facecolor=style.ACCENT, alpha=0.55,
        edgecolor=style.ACCENT, gid="samples",
    )  # fmt: skip
    axes.axhline(0, color=style.MUTED, linewidth=0.8)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0f}")
    axes.yaxis.set_major_formatter(lambda value, _: format_number(value, 1, language))
    axes.tick_params(labelsize=8)
    axes.set_xlabel(title)
    axes.set_ylabel(translate("correlation r", language))
    return figure


def describe(result: ModeratorResult, title: str, language: str) -> str:
    """Return the text alternative: the line's two ends."""
    return translate(
        "{count} samples; along {title} the line goes from r = {first} at {low} to r = {last} at "
        "{high}.",
        language, count=result.x.size, title=title, low=f"{result.at[0]:.0f}",
        high=f"{result.at[-1]:.0f}", first=format_r(result.line.estimate[0], language),
        last=format_r(result.line.estimate[-1], language),
    )  # fmt: skip
