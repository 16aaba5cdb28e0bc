"""Named estimates with their intervals under one another: levels, samples left out, years."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from metaworkbook.reporting.display import Shown, escape
from metaworkbook.reporting.figures import style
from metaworkbook.reporting.language import format_number, translate
from metaworkbook.reporting.tables import format_interval, format_r

WIDTH, ROW, MARGIN = 5.6, 0.42, 0.75
STEP = 0.2


@dataclass(frozen=True)
class Line:
    """One estimate on the scale of Fisher z; ends may be infinite, the estimate NaN.

    ``note`` stands behind the label, ``strong`` marks what the others are compared with.
    """

    label: str
    estimate: float
    low: float
    high: float
    note: str = ""
    strong: bool = False


def draw_lines(
    lines: Callable[[str], Sequence[Line]],
    title: str,
    name: str,
    empty: str,
    note: Callable[[str], str] | None = None,
) -> Shown:
    """Show estimates as correlations, one line each.

    Parameters
    ----------
    lines : callable
        Gives the lines in a language.
    title : str
        English title, translated here.
    name : str
        Prefix of the figure's ids, unique in its page.
    empty : str
        English sentence shown instead where there is no line; blank for nothing.
    note : callable, optional
        Gives a sentence, blank for none, that stands before the figure in a language.
    """
    return Shown(partial(_render, lines, title, name, empty, note))


def _render(lines, title: str, name: str, empty: str, note, language: str) -> str:
    rows = list(lines(language))
    if not rows:
        return f"<p>{escape(translate(empty, language))}</p>" if empty else ""
    title = translate(title, language)
    told = note(language) if note else ""
    with style.figure_context(f"{name}-{language}"):
        drawn = style.to_svg(draw_axes(rows, language), name, title, describe(rows, language))
    return (f"<p>{escape(told)}</p>" if told else "") + drawn


def draw_axes(lines: Sequence[Line], language: str):
    """Return the matplotlib figure; the marks carry the line's number in their gid."""
    height = ROW * (len(lines) + 0.3) + MARGIN
    figure = style.new_figure(WIDTH, height)
    axes = figure.add_axes((0.045, 0.55 / height, 0.92, 1 - 0.6 / height))
    left, right = find_reach(lines)
    axes.set_xlim(left, right)
    axes.set_ylim(len(lines) - 0.35, -0.75)
    # The line of zero stands beside the intervals alone, so that it crosses no label.
    at = np.arange(len(lines)) + 0.12
    axes.vlines(np.zeros(at.size), at - 0.14, at + 0.3, color=style.MUTED, linewidth=0.8, zorder=1)
    for place, line in enumerate(lines):
        colour = style.ACCENT_2 if line.strong else style.ACCENT
        weight = "bold" if line.strong else "normal"
        label = f"{line.label} {line.note}".strip()
        axes.text(left, place - 0.26, style.shorten(label, 48), fontsize=9, va="center",
                  weight=weight)  # fmt: skip
        axes.text(right, place - 0.26, tell(line, language), fontsize=8, va="center", ha="right",
                  color=style.MUTED)  # fmt: skip
        if not math.isnan(line.low) and not math.isnan(line.high):
            ends = [max(left, math.tanh(line.low)), min(right, math.tanh(line.high))]
            axes.plot(ends, [place + 0.12] * 2, color=colour, linewidth=1.6, zorder=3,
                      gid=f"interval-{place}")  # fmt: skip
        if math.isfinite(line.estimate):
            marker = "D" if line.strong else "o"
            axes.plot([math.tanh(line.estimate)], [place + 0.12], marker, color=colour,
                      markersize=6, zorder=4, gid=f"estimate-{place}")  # fmt: skip
    axes.set_yticks([])
    ticks = np.arange(round(left / STEP), round(right / STEP) + 1) * STEP
    axes.set_xticks(ticks)
    axes.set_xticklabels([format_number(tick, 1, language) for tick in ticks])
    axes.set_xlabel(translate("correlation r (left: negative, right: positive)", language))
    return figure


def find_reach(lines: Sequence[Line]) -> tuple[float, float]:
    """Return the ends of an axis that holds every finite end, in steps of a fifth."""
    ends = [math.tanh(value) for line in lines for value in (line.low, line.estimate, line.high)]
    known = [end for end in ends if not math.isnan(end)] or [0.0]
    left = math.floor(min(known) / STEP - 1e-9) * STEP
    right = math.ceil(max(known) / STEP + 1e-9) * STEP
    return max(-1.0, min(left, -STEP)), min(1.0, max(right, STEP))


def tell(line: Line, language: str) -> str:
    """Return estimate and interval in words."""
    interval = format_interval(line.low, line.high, language)
    return f"{format_r(line.estimate, language)} ({interval})"


def describe(lines: Sequence[Line], language: str) -> str:
    """Return the text alternative: every line in words."""
    return "; ".join(f"{line.label}: {tell(line, language)}" for line in lines) + "."
