"""Many rows of a forest plot as a few lines, each of which opens into its rows.

A line is a distribution and no pooled estimate: the middle half and the middle 95 % of its
coefficients, and how many other rows point which way.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from metaworkbook.reporting.display import escape
from metaworkbook.reporting.figures import style
from metaworkbook.reporting.language import format_number, translate
from metaworkbook.reporting.rows import tell_row

#: Rows that are still drawn one by one, and lines that stand for more than that.
MOST_ROWS, GROUPS = 100, 20
SHARES = (0.025, 0.25, 0.5, 0.75, 0.975)
SIGNS = ("negative", "positive")


def split_rows(rows: pd.DataFrame) -> list[pd.DataFrame]:
    """Return runs of rows of nearly equal length, in their order, which is that of the years."""
    return [rows.iloc[part] for part in np.array_split(np.arange(len(rows)), GROUPS)]


def find_spread(group: pd.DataFrame) -> np.ndarray:
    """Return the `SHARES` quantiles of a group's coefficients, NaN where it has none."""
    found = group.loc[group["known"] == "exact", "ri"].to_numpy(float)
    return np.quantile(found, SHARES) if found.size else np.full(len(SHARES), np.nan)


def draw_group(axes, height: int, group: pd.DataFrame, language: str) -> None:
    """Draw one group at ``height``, which its artists carry in their gid."""
    axes.text(-1, height - 0.26, name_years(group, language), va="center", ha="left", fontsize=9)
    axes.text(
        1, height - 0.26, tell_group(group, language), va="center", ha="right", fontsize=8,
        color=style.MUTED,
    )  # fmt: skip
    low, quarter, middle, three_quarters, high = find_spread(group)
    if np.isnan(middle):
        return
    at, gid = [height + 0.12] * 2, f"mark-group-{height}"
    axes.plot([low, high], at, color=style.ACCENT, linewidth=1.0, zorder=2, gid=f"{gid}-most")
    axes.plot(
        [quarter, three_quarters], at, color=style.ACCENT, linewidth=4, zorder=3,
        solid_capstyle="butt", gid=f"{gid}-half",
    )  # fmt: skip
    axes.plot(
        [middle], at[:1], "|", color=style.PAPER, markersize=6, markeredgewidth=1.6, zorder=4,
        gid=gid,
    )  # fmt: skip


def name_years(group: pd.DataFrame, language: str) -> str:
    """Return the years that a group spans, and how many rows it has."""
    years = group["year"].dropna()
    first, last = (f"{year:.0f}" for year in (years.min(), years.max())) if len(years) else ("", "")
    span = translate("{low} to {high}", language, low=first, high=last) if first != last else first
    if len(years) < len(group):
        untold = translate("year not told", language)
        span = f"{span}, {untold}" if span else untold
    count = format_number(len(group), 0, language)
    return translate("{span}: {rows} rows", language, span=span, rows=count)


def tell_group(group: pd.DataFrame, language: str) -> str:
    """Return how many rows carry a coefficient and its median, and the signs of the others."""
    exact = group["known"] == "exact"
    others = group.loc[~exact, "direction_analysed"]
    told = [] if exact.all() else [
        f"{translate(sign, language)}: {format_number((others == sign).sum(), 0, language)}"
        for sign in SIGNS
    ]  # fmt: skip
    if exact.any():
        middle = format_number(find_spread(group)[2], 2, language)
        count = format_number(exact.sum(), 0, language)
        told.insert(0, translate("median r = {r} of {count}", language, r=middle, count=count))
    return ", ".join(told)


def list_groups(groups: list[pd.DataFrame], language: str) -> str:
    """Return every group as a folded list of its rows, each linked to its evidence."""
    return "".join(
        f"<details><summary>{escape(name_years(group, language))}: "
        f"{escape(tell_group(group, language))}</summary>"
        f"<ol>{''.join(_item(row, language) for row in group.to_dict('records'))}</ol></details>"
        for group in groups
    )


def _item(row: dict, language: str) -> str:
    return (
        f'<li><a href="#row-{escape(row["effect_id"])}">{escape(row["citation"])}</a>: '
        f"{escape(tell_row(row, language))}</li>"
    )
