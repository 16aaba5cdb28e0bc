"""The specification curve: every result of a multiverse in order, its choices beneath it."""

from __future__ import annotations

from functools import partial

import numpy as np

from metaworkbook.reporting.display import Shown, escape
from metaworkbook.reporting.figures import style
from metaworkbook.reporting.language import format_number, translate
from metaworkbook.reporting.wordings import name_choice
from metaworkbook.results import Multiverse

WIDTH, CURVE, ROW = 5.6, 2.0, 0.165
#: Specifications that share a column where there are more; a column shows their middle.
COLUMNS = 100
SHADES = 4
TITLE = "Every specification in order of its estimate, and the choices behind it"
EMPTY = (
    "No specification has an estimate: each selects fewer than three samples, or rows that bound "
    "the correlation on one side only."
)


def draw_specifications(multiverse: Multiverse, name: str) -> Shown:
    """Show the curve; ``name`` prefixes the figure's ids.

    Beneath the curve every option has a line; it is dark where the specifications above take it.
    Options that no estimate takes are left out.
    """
    return Shown(partial(_render, multiverse, name))


def _render(multiverse: Multiverse, name: str, language: str) -> str:
    if not multiverse.estimated.any():
        return f"<p>{escape(translate(EMPTY, language))}</p>"
    with style.figure_context(f"{name}-{language}-specifications"):
        figure = draw_axes(multiverse, language)
        text = describe(multiverse, language)
        return style.to_svg(figure, f"{name}-specifications", translate(TITLE, language), text)


def order_columns(multiverse: Multiverse) -> list[np.ndarray]:
    """Return the specifications of each column, in order of their estimates."""
    known = np.flatnonzero(multiverse.estimated)
    order = known[np.argsort(multiverse.estimate[known], kind="stable")]
    return [part for part in np.array_split(order, min(COLUMNS, order.size)) if part.size]


def draw_axes(multiverse: Multiverse, language: str):
    """Return the figure: curve above, options below."""
    columns = order_columns(multiverse)
    listed = _list_options(multiverse)
    below = ROW * (len(listed) + 0.5)
    height = CURVE + below + 0.35
    figure = style.new_figure(WIDTH, height)
    above = figure.add_axes((0.33, 1 - CURVE / height, 0.65, CURVE / height - 0.02))
    grid = figure.add_axes((0.33, 0.02, 0.65, below / height))
    _draw_curve(above, multiverse, columns, language)
    grid.set_xlim(0, len(columns))
    grid.set_ylim(len(listed), 0)
    grid.axis("off")
    for line, (place, option, head, label) in enumerate(listed):
        share = [float((multiverse.options[part, place] == option).mean()) for part in columns]
        _draw_strip(grid, line, np.array(share), f"option-{place}-{option}")
        y = 0.02 + below / height * (1 - (line + 0.5) / len(listed))
        if head:
            head = style.shorten(name_choice(head, language), 18)
            figure.text(0.002, y, head, fontsize=7, va="center", weight="bold")
        # Both share a line.
        label = style.shorten(name_choice(label, language), min(24, 32 - len(head)))
        figure.text(0.322, y, label, fontsize=7, va="center", ha="right")
    return figure


def _list_options(multiverse: Multiverse) -> list[tuple[int, int, str, str]]:
    """Return choice, option, name of the choice (first line only) and of the option."""
    kept = multiverse.options[multiverse.estimated]
    listed = []
    for place, choice in enumerate(multiverse.choices.choices):
        taken = sorted(set(kept[:, place].tolist()))
        for number, option in enumerate(taken):
            head = choice.name if number == 0 else ""
            listed.append((place, option, head, choice.options[option].name))
    return listed


def _draw_curve(axes, multiverse: Multiverse, columns: list[np.ndarray], language: str) -> None:
    r = [np.tanh(getattr(multiverse, name)) for name in ("ci_low", "estimate", "ci_high")]
    low, middle, high = (np.array([float(np.median(ends[part])) for part in columns]) for ends in r)
    at = np.arange(len(columns)) + 0.5
    axes.vlines(at, low, high, color=style.BAND, linewidth=max(0.8, 120 / len(columns) / 2),
                gid="intervals")  # fmt: skip
    axes.plot(at, middle, ".", color=style.ACCENT, markersize=4, gid="estimates")
    axes.axhline(0, color=style.MUTED, linewidth=0.8)
    axes.set_xlim(0, len(columns))
    axes.set_xticks([])
    axes.set_ylim(max(-1, low.min() - 0.03), min(1, high.max() + 0.03))
    axes.yaxis.set_major_formatter(lambda value, _: format_number(value, 1, language))
    axes.tick_params(labelsize=8)
    axes.set_ylabel(translate("correlation r", language), labelpad=9)


def _draw_strip(axes, line: int, share: np.ndarray, gid: str) -> None:
    """Draw an option's line: runs of columns of the same shade, each shade in one piece."""
    shade = np.ceil(SHADES * share).astype(int)
    starts = np.flatnonzero(np.diff(shade, prepend=-1))
    runs = np.diff(np.append(starts, shade.size))
    for level in sorted(set(shade.tolist()) - {0}):
        here = shade[starts] == level
        axes.broken_barh(list(zip(starts[here], runs[here], strict=True)), (line + 0.19, 0.62),
                         color=style.ACCENT, alpha=level / SHADES, linewidth=0,
                         gid=f"{gid}-{level}")  # fmt: skip


def describe(multiverse: Multiverse, language: str) -> str:
    """Return the text alternative: how many, from where to where, and the signs."""
    z = multiverse.estimate[multiverse.estimated]
    low, high = (format_number(float(np.tanh(end)), 2, language) for end in (z.min(), z.max()))
    return translate(
        "{count} estimates from {low} to {high}; {negative} of them are negative.",
        language, count=format_number(z.size, 0, language), low=low, high=high,
        negative=format_number(int((z < 0).sum()), 0, language),
    )  # fmt: skip
