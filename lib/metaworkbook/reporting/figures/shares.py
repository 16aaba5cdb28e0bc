"""Shares of one attachment class, a line a sample, with exact intervals."""

from __future__ import annotations

from functools import partial

import pandas as pd

from metaworkbook.reporting.display import Shown
from metaworkbook.reporting.figures import style
from metaworkbook.reporting.language import format_number, translate
from metaworkbook.reporting.proportions import GROUPS, SYSTEMS, format_share
from metaworkbook.results.proportions import ExactShare, PooledShare

WIDTH, ROW = 5.6, 0.42
ORDER = list(SYSTEMS)


def draw_shares(
    rows: pd.DataFrame, exact: ExactShare, pools: dict[str, PooledShare | None], name: str
) -> Shown:
    """Show the share of each sample and each pool on a scale of percent.

    Parameters
    ----------
    rows : DataFrame
        Shares of one class as `evidence.select_class` gives them.
    exact : ExactShare
        Their exact intervals, in the same order.
    pools : dict of PooledShare or None
        By "system/class/group"; those of the class are drawn below their samples.
    name : str
        Prefix of the figure's ids.
    """
    return Shown(partial(_render, rows.reset_index(drop=True), exact, pools, name))


def _render(rows, exact, pools, name: str, language: str) -> str:
    if rows.empty:
        return f"<p>{translate('There is no row to draw.', language)}</p>"
    title = translate("Share of the class in each sample", language)
    lines = list_lines(rows, exact, pools, language)
    with style.figure_context(f"{name}-{language}-shares"):
        figure = draw_axes(lines, language)
        return style.to_svg(figure, f"{name}-shares", title, describe_lines(lines, language))


def list_lines(rows, exact, pools, language: str) -> list[dict]:
    """Return the lines of the figure: samples by system and group, each group's pool last."""
    lines = []
    keys = rows[["system", "attachment_class", "group"]].drop_duplicates()
    ordered = sorted(keys.itertuples(index=False), key=lambda k: (ORDER.index(k[0]), k[2]))
    for system, kind, group in ordered:
        inside = rows[(rows["system"] == system) & (rows["group"] == group)]
        where = f"{translate(SYSTEMS[system], language)}, {translate(GROUPS[group], language)}"
        for position, row in inside.iterrows():
            lines.append(
                {"label": f"{style.shorten(row['citation'], 30)} ({where})",
                 "told": f"{row['count']:.0f}/{row['n']:.0f}", "share": exact.share[position],
                 "low": exact.ci_low[position], "high": exact.ci_high[position], "pool": False,
                 "gid": f"mark-{system}-{row['effect_id']}"}
            )  # fmt: skip
        pool = pools.get(f"{system}/{kind}/{group}")
        if pool is not None:
            lines.append(
                {"label": translate("Pooled: {where}", language, where=where),
                 "told": f"k = {pool.k}", "share": pool.share, "low": pool.ci_low,
                 "high": pool.ci_high, "pool": True, "gid": f"mark-{system}-{group}"}
            )  # fmt: skip
    return lines


def draw_axes(lines: list[dict], language: str):
    """Return the matplotlib figure of the lines."""
    height = ROW * (len(lines) + 0.4) + 0.7
    figure = style.new_figure(WIDTH, height)
    axes = figure.add_axes((0.02, 0.6 / height, 0.96, 1 - 0.65 / height))
    axes.set_xlim(0, 1)
    axes.set_ylim(len(lines) - 0.3, -0.75)
    for y, line in enumerate(lines):
        colour = style.ACCENT_2 if line["pool"] else style.ACCENT
        weight = "bold" if line["pool"] else "normal"
        axes.text(0, y - 0.26, line["label"], fontsize=8.5, va="center", weight=weight)
        told = f"{format_share(line['share'], language)} % ({line['told']})"
        axes.text(1, y - 0.26, told, fontsize=8, va="center", ha="right", color=style.MUTED)
        axes.plot([line["low"], line["high"]], [y + 0.12] * 2, color=colour, linewidth=1.6)
        axes.plot([line["share"]], [y + 0.12], "D" if line["pool"] else "s", color=colour,
                  markersize=6, gid=line["gid"])  # fmt: skip
    axes.set_yticks([])
    ticks = (0, 0.25, 0.5, 0.75, 1)
    axes.set_xticks(ticks)
    axes.set_xticklabels([format_number(100 * tick, 0, language) for tick in ticks])
    axes.set_xlabel(translate("persons of the class, percent", language))
    return figure


def describe_lines(lines: list[dict], language: str) -> str:
    """Return the text alternative: every line with its share and interval."""
    return " ".join(
        translate(
            "{label}: {share} % ({low} to {high}).",
            language,
            label=line["label"],
            share=format_share(line["share"], language),
            low=format_share(line["low"], language),
            high=format_share(line["high"], language),
        )  # fmt: skip
        for line in lines
    )
