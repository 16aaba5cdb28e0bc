"""What was reported against the size of the sample: where notable results came from."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pandas as pd

from metaworkbook.reporting.display import Shown, escape
from metaworkbook.reporting.figures import style
from metaworkbook.reporting.language import format_number, translate

WIDTH, HEIGHT = 5.6, 3.6
#: Rows of equal n stand side by side, this share of n apart.
APART = 1.018
TITLE = "What was reported, by the size of the sample"
EMPTY = "There is no row with a usable n to draw."


def draw_reported(rows: pd.DataFrame, name: str) -> Shown:
    """Show each row's range for r above its sample size; coefficients are points.

    ``rows`` are those of a selection; ``name`` prefixes the figure's ids.
    """
    return Shown(partial(_render, rows[rows["ni"].notna()], name))


def _render(rows: pd.DataFrame, name: str, language: str) -> str:
    if rows.empty:
        return f"<p>{escape(translate(EMPTY, language))}</p>"
    with style.figure_context(f"{name}-{language}-reported"):
        figure = draw_axes(rows, language)
        text = describe(rows, language)
        return style.to_svg(figure, f"{name}-reported", translate(TITLE, language), text)


def place_rows(rows: pd.DataFrame) -> np.ndarray:
    """Return where each row stands on the axis of n; rows of equal n are spread a little."""
    place = rows.groupby("ni").cumcount().to_numpy(float)
    size = rows.groupby("ni")["ni"].transform("size").to_numpy(float)
    return rows["ni"].to_numpy(float) * APART ** (2 * place - size + 1)


def draw_axes(rows: pd.DataFrame, language: str):
    """Return the figure; every row's mark carries its effect id."""
    figure = style.new_figure(WIDTH, HEIGHT)
    axes = figure.add_axes((0.13, 0.14, 0.84, 0.83))
    axes.set_xscale("log")
    for x, row in zip(place_rows(rows), rows.to_dict("records"), strict=True):
        gid = f"row-{row['effect_id']}"
        if row["known"] == "exact":
            axes.plot([x], [row["ri"]], "s", color=style.ACCENT_2, markersize=5, gid=gid)
            continue
        spans = [(row["lower"], row["upper"])]
        if row["outside"]:
            spans = [(-1, row["lower"]), (row["upper"], 1)]
        pale = row["known"] == "direction"
        for part, (low, high) in enumerate(spans):
            axes.plot([x, x], [low, high], color=style.ACCENT if not pale else style.BAND,
                      linewidth=2.4, linestyle=(0, (2, 1.5)) if pale else "solid",
                      solid_capstyle="butt", gid=gid if part == 0 else f"{gid}-{part}")  # fmt: skip
    axes.axhline(0, color=style.MUTED, linewidth=0.8)
    low, high = rows["ni"].min() / 1.25, rows["ni"].max() * 1.25
    axes.set_xlim(low, high)
    axes.set_ylim(-1, 1)
    axes.set_yticks([-1, -0.5, 0, 0.5, 1])
    ticks = [tick for tick in (10, 20, 50, 100, 200, 500, 1000, 2000, 5000) if low <= tick <= high]
    axes.set_xticks(ticks or [float(rows["ni"].median())])
    axes.set_xticks([], minor=True)
    axes.xaxis.set_major_formatter(lambda value, _: format_number(value, 0, language))
    axes.yaxis.set_major_formatter(lambda value, _: format_number(value, 1, language))
    axes.tick_params(labelsize=8)
    axes.set_xlabel(translate("persons in the sample", language))
    axes.set_ylabel(translate("correlation r", language))
    return figure


def sum_up(rows: pd.DataFrame) -> dict[str, tuple[int, float]]:
    """Return number of rows and median n by what was told, kinds that do not occur left out."""
    kinds = {
        "coefficient": rows["known"] == "exact",
        "significant": (rows["known"] == "interval") & (rows["significance"] == "significant"),
        "not_significant": (rows["known"] == "interval")
        & (rows["significance"] == "not_significant"),
        "direction": rows["known"] == "direction",
    }
    told = {kind: rows.loc[mask, "ni"] for kind, mask in kinds.items()}
    return {kind: (len(n), float(n.median())) for kind, n in told.items() if len(n)}


WORDS = {
    "coefficient": "a coefficient: {rows} rows, median n {n}",
    "significant": "significant: {rows} rows, median n {n}",
    "not_significant": "not significant: {rows} rows, median n {n}",
    "direction": "a direction alone: {rows} rows, median n {n}",
}


def describe(rows: pd.DataFrame, language: str) -> str:
    """Return the text alternative: how many rows told what, and from samples of which size."""
    told = [
        translate(
            WORDS[kind], language, rows=count,
            n="–" if math.isnan(median) else format_number(median, 0, language),
        )
        for kind, (count, median) in sum_up(rows).items()
    ]  # fmt: skip
    return "; ".join(told) + "."
