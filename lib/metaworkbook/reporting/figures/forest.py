"""The forest plot: coefficients as points with intervals, everything else as the range it is.

More rows than a reader can take in are drawn as `forest_groups`, each of which opens into its rows.
"""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pandas as pd

from metaworkbook.reporting.display import Shown
from metaworkbook.reporting.figures import forest_groups, style
from metaworkbook.reporting.language import format_number, translate
from metaworkbook.reporting.rows import tell_row
from metaworkbook.reporting.tables import ROWS, format_interval, format_r
from metaworkbook.results import Censored, Pooled
from metaworkbook.results.synthesis import Synthesis

WIDTH, ROW, MARGIN = 5.6, 0.44, 1.0
NORMAL = 1.959963984540054


def draw_forest(
    rows: pd.DataFrame, synthesis: Synthesis, reviews: pd.DataFrame, name: str
) -> Shown:
    """Show the rows of a question, the pooled result and the published estimates on the scale of r.

    Parameters
    ----------
    rows : DataFrame
        ``rows`` of `evidence.selection.Selection`.
    synthesis : Synthesis
        What the rows say together.
    reviews : DataFrame
        Published estimates to draw below.
    name : str
        Prefix of the figure's ids, unique in its page.
    """
    return Shown(partial(_render, rows, synthesis, reviews, name))


def _render(
    rows: pd.DataFrame, synthesis: Synthesis, reviews: pd.DataFrame, name: str, language: str
) -> str:
    title = translate("What each row tells about the correlation", language)
    if rows.empty:
        return f"<p>{translate('There is no row to draw.', language)}</p>"
    with style.figure_context(f"{name}-{language}"):
        figure = draw_axes(rows, synthesis, reviews, language)
        drawn = style.to_svg(
            figure, f"{name}-forest", title, describe_forest(rows, synthesis, language)
        )
    if len(rows) <= forest_groups.MOST_ROWS:
        return drawn
    how = translate(
        "So many rows are drawn in groups, in the order of their years: the thick line holds the "
        "middle half of the coefficients, the thin line 95 % of them. Open a group for its rows.",
        language,
    )
    return (
        f"<p>{how}</p>{drawn}{forest_groups.list_groups(forest_groups.split_rows(rows), language)}"
    )


def draw_axes(rows: pd.DataFrame, synthesis: Synthesis, reviews: pd.DataFrame, language: str):
    """Return the matplotlib figure; one line a row, or a group of many, artists labelled by it."""
    below = _summary_lines(synthesis, reviews, language)
    many = len(rows) > forest_groups.MOST_ROWS
    above = forest_groups.split_rows(rows) if many else rows.to_dict("records")
    count = len(above) + len(below)
    figure = style.new_figure(WIDTH, ROW * (count + 0.4) + MARGIN)
    axes = figure.add_axes(
        (
            0.04,
            0.62 / (ROW * (count + 0.4) + MARGIN),
            0.92,
            1 - 0.7 / (ROW * (count + 0.4) + MARGIN),
        )
    )
    axes.set_xlim(-1, 1)
    axes.set_ylim(count + 0.1, -0.75)
    # The line of zero stands beside the marks alone, so that it crosses no label.
    at = np.arange(count) + 0.12
    axes.vlines(np.zeros(count), at - 0.14, at + 0.3, color=style.MUTED, linewidth=0.8, zorder=1)
    for height, line in enumerate(above):
        if many:
            forest_groups.draw_group(axes, height, line, language)
        else:
            _draw_row(axes, height, line, language)
    if below:
        axes.axhline(len(above) - 0.62, color=style.RULE, linewidth=0.8)
    for offset, line in enumerate(below):
        mark = "mark-pooled" if offset == 0 else f"mark-summary-{offset}"
        _draw_summary(axes, len(above) + offset, mark, *line)
    axes.set_yticks([])
    axes.set_xticks(np.linspace(-1, 1, 9))
    axes.set_xticklabels([_tick(value, language) for value in np.linspace(-1, 1, 9)])
    axes.tick_params(length=3)
    axes.set_xlabel(translate("correlation r (left: negative, right: positive)", language))
    return figure


def _tick(value: float, language: str) -> str:
    return format_number(value, 2 if value % 0.5 else 1, language) if value else "0"


def _draw_row(axes, height: int, row: dict, language: str) -> None:
    n = "" if row["ni"] != row["ni"] else f", n = {row['ni']:.0f}"
    told = tell_row(row, language)
    label = axes.text(-1, height - 0.26, _label(row, language), va="center", ha="left", fontsize=9)
    label.set_url(f"#row-{row['effect_id']}")
    axes.text(
        1, height - 0.26, f"{told}{n}", va="center", ha="right", fontsize=8, color=style.MUTED
    )
    gid = f"mark-{row['effect_id']}"
    if row["known"] == "exact":
        half = NORMAL * math.sqrt(row["vi"])
        ends = [math.tanh(row["zi"] - half), math.tanh(row["zi"] + half)]
        axes.plot(ends, [height + 0.12] * 2, color=style.ACCENT, linewidth=1.4, zorder=3)
        axes.plot(
            [row["ri"]], [height + 0.12], "s", color=style.ACCENT, markersize=6, zorder=4, gid=gid
        )
        return
    spans = [(row["lower"], row["upper"])]
    if row["outside"]:
        spans = [(-1, row["lower"]), (row["upper"], 1)]
    pale = row["known"] == "direction"
    for part, (low, high) in enumerate(spans):
        axes.barh(
            height + 0.12, high - low, left=low, height=0.2, zorder=2,
            gid=gid if part == 0 else f"{gid}-{part}",
            color="none" if pale else style.BAND, edgecolor=style.ACCENT, linewidth=0.8,
            linestyle=(0, (2, 2)) if pale else "solid",
        )  # fmt: skip


def _label(row: dict, language: str) -> str:
    rater = "" if row["y_rater"] in ("", "unclear") else f", {translate(row['y_rater'], language)}"
    return style.shorten(row["citation"], 44 - len(rater)) + rater


def _summary_lines(synthesis: Synthesis, reviews: pd.DataFrame, language: str) -> list[tuple]:
    lines = []
    if synthesis.main is not None:
        lines.append(
            _censored_line(translate("All rows together", language), synthesis.main, language)
        )
    if synthesis.classical is not None:
        c = synthesis.classical
        lines.append((translate("Coefficients alone", language), math.tanh(c.estimate),
                      math.tanh(c.ci_low), math.tanh(c.ci_high),
                      _told(c, language),
                      style.ACCENT_2))  # fmt: skip
    for review in reviews.to_dict("records"):
        if not math.isfinite(review["r"]):
            continue
        k = "" if math.isnan(review["k"]) else f", k = {review['k']:.0f}"
        label = translate("Published: {citation}", language, citation=review["citation"])
        lines.append((label, review["r"], review["r_low"], review["r_high"],
                      f"r = {format_number(review['r'], 2, language)}{k}",
                      style.MUTED))  # fmt: skip
    return lines


def _told(result: Censored | Pooled, language: str) -> str:
    interval = format_interval(result.ci_low, result.ci_high, language)
    return f"{format_r(result.estimate, language)} ({interval})"


def _censored_line(name: str, main: Censored, language: str) -> tuple:
    return (
        name,
        math.tanh(main.estimate) if main.bounded else math.nan,
        math.tanh(main.ci_low),
        math.tanh(main.ci_high),
        _told(main, language),
        style.ACCENT_2,
    )


def _draw_summary(axes, height: int, mark: str, name, estimate, low, high, told, colour) -> None:
    label = axes.text(
        -1, height - 0.26, style.shorten(name, 46), va="center", ha="left", fontsize=9,
        weight="bold",
    )  # fmt: skip
    if mark == "mark-pooled":
        label.set_url(f"#{ROWS}")
    axes.text(1, height - 0.26, told, va="center", ha="right", fontsize=8, color=style.MUTED)
    if math.isfinite(low) and math.isfinite(high):
        axes.plot(
            [low, high],
            [height + 0.12] * 2,
            color=colour,
            linewidth=2.2,
            solid_capstyle="butt",
            zorder=3,
        )
    if math.isfinite(estimate):
        axes.plot(
            [estimate],
            [height + 0.12],
            "D",
            color=colour,
            markersize=7,
            zorder=4,
            gid=mark,
        )


def describe_forest(rows: pd.DataFrame, synthesis: Synthesis, language: str) -> str:
    """Return the text alternative: what a reader of the figure would take from it."""
    kinds = rows["known"].value_counts()
    text = translate(
        "Rows: {rows}; with a coefficient: {exact}; with significance alone: {interval}; "
        "with a direction alone: {direction}.",
        language, rows=len(rows), exact=int(kinds.get("exact", 0)),
        interval=int(kinds.get("interval", 0)), direction=int(kinds.get("direction", 0)),
    )  # fmt: skip
    if synthesis.main is not None:
        main = synthesis.main
        text += " " + translate(
            "All rows together: r = {r}, 95 % interval {interval}.", language,
            r=format_r(main.estimate, language),
            interval=format_interval(main.ci_low, main.ci_high, language),
        )  # fmt: skip
    return text
