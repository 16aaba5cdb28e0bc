"""Published pooled estimates as they were printed, one line each."""

from __future__ import annotations

import math
import textwrap
from functools import partial

import numpy as np
import pandas as pd

from metaworkbook.reporting.display import Shown
from metaworkbook.reporting.figures import style
from metaworkbook.reporting.language import format_number, translate
from metaworkbook.reporting.tables import format_published

WIDTH, ROW, LINE = 5.6, 0.42, 0.14
#: Characters of a label's line.
LENGTH = 64


def draw_reviews(reviews: pd.DataFrame, names: dict[str, dict[str, str]], name: str) -> Shown:
    """Show published correlations with their printed intervals; ``name`` prefixes the ids.

    Only rows that print a number of r, d or g are drawn; the table lists the others.
    ``names`` are those of the predictors by language, as `evidence.name_predictors` gives them.
    """
    numbers = reviews[reviews["r"].notna()]
    return Shown(partial(_render, numbers, names, name))


def _render(
    reviews: pd.DataFrame, names: dict[str, dict[str, str]], name: str, language: str
) -> str:
    if reviews.empty:
        return f"<p>{translate('No published pooled correlation was seen.', language)}</p>"
    title = translate("Published pooled correlations", language)
    text = translate(
        "{count} published correlations from {low} to {high}.", language, count=len(reviews),
        low=format_number(reviews["r"].min(), 2, language),
        high=format_number(reviews["r"].max(), 2, language),
    )  # fmt: skip
    with style.figure_context(f"{name}-{language}-reviews"):
        return style.to_svg(
            _draw(reviews, names[language], language), f"{name}-reviews", title, text
        )


def _draw(reviews: pd.DataFrame, names: dict[str, str], language: str):
    labels = [_label(row, names) for row in reviews.to_dict("records")]
    tall = ROW + LINE * max(label.count("\n") for label in labels)
    height = tall * (len(reviews) + 0.4) + 0.7
    figure = style.new_figure(WIDTH, height)
    axes = figure.add_axes((0.04, 0.6 / height, 0.92, 1 - 0.65 / height))
    ends = reviews[["r", "r_low", "r_high"]].to_numpy(float)
    reach = min(1.0, math.ceil(10 * np.nanmax(np.abs(ends)) + 0.5) / 10)
    left = -reach if np.nanmin(ends) < 0 else 0.0
    right = reach if np.nanmax(ends) > 0 else 0.0
    axes.set_xlim(left, right)
    axes.set_ylim(len(reviews) - 0.3, -0.75)
    axes.axvline(0, color=style.MUTED, linewidth=0.8)
    for y, row in enumerate(reviews.to_dict("records")):
        k = "" if math.isnan(row["k"]) else f", k = {row['k']:.0f}"
        axes.text(left, y - 0.26, labels[y], fontsize=8.5, va="center")
        axes.text(right, y - 0.26, f"{format_published(row, language)}{k}", fontsize=8,
                  va="center", ha="right", color=style.MUTED)  # fmt: skip
        if math.isfinite(row["r_low"]) and math.isfinite(row["r_high"]):
            axes.plot(
                [row["r_low"], row["r_high"]], [y + 0.12] * 2, color=style.ACCENT, linewidth=1.6
            )
        axes.plot([row["r"]], [y + 0.12], "D", color=style.ACCENT, markersize=5.5)
    axes.set_yticks([])
    ticks = np.linspace(left, right, 5)
    axes.set_xticks(ticks)
    axes.set_xticklabels([format_number(tick, 2, language) for tick in ticks])
    axes.set_xlabel(translate("correlation r as published", language))
    return figure


def _label(row: dict, names: dict[str, str]) -> str:
    """Return who published what, in lines that leave room for the number beside them."""
    about = ", ".join(part for part in (names[row["x"]], row["subgroup"]) if part)
    label = f"{style.shorten(row['citation'], 36)}: {about}"
    return textwrap.fill(label, LENGTH, break_on_hyphens=False)
