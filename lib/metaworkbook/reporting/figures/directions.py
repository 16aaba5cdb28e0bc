"""The effect-direction plot: one row a sample, an arrow for its direction, no significance.

More samples than a reader can take in are counted instead, a bar a direction.
"""

from __future__ import annotations

from functools import partial

import pandas as pd

from metaworkbook.reporting.display import Shown
from metaworkbook.reporting.figures import style
from metaworkbook.reporting.figures.forest_groups import MOST_ROWS
from metaworkbook.reporting.language import format_number, translate
from metaworkbook.reporting.sentences import POLES

ORDER = ("negative", "none", "positive")
HEADS = {"negative": "negative", "none": "none told", "positive": "positive"}
MARKERS = {"negative": "v", "positive": "^", "none": "o"}
#: Fill of a mark by the confidence of the reading, the surest first.
FILLS = {"high": style.ACCENT, "medium": style.BAND, "low": "none"}
WIDTH, ROW = 5.6, 0.24


def draw_directions(rows: pd.DataFrame, name: str, y: str = "") -> Shown:
    """Show one row a sample: where its rows point, filled by the confidence of the reading.

    ``rows`` are the rows of a selection widened by `evidence.select_signs`; a sample's several rows
    vote by majority, a tie tells no sign. ``name`` prefixes the figure's ids; ``y`` is the
    criterion, whose directions are called by what they mean where `POLES` has it.
    """
    return Shown(partial(_render, rows, name, y))


def vote_by_sample(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row a sample: citation, direction ("none" where untold or tied), confidence."""
    sign = rows["direction_analysed"].map({"negative": -1, "positive": 1}).fillna(0)
    samples = rows.assign(sign=sign).groupby("sample_id", sort=False)
    votes = pd.DataFrame(
        {
            "citation": samples["citation"].first(),
            "vote": samples["sign"].sum(),
            "confidence": samples["confidence"].first(),
            "effect_id": samples["effect_id"].first(),
            "n": samples["n"].max(),
        }
    )
    votes["direction"] = votes["vote"].map(
        lambda v: "negative" if v < 0 else "positive" if v > 0 else "none"
    )
    order = votes["direction"].map({word: i for i, word in enumerate(ORDER)})
    return votes.assign(order=order).sort_values(["order", "citation"], kind="stable")


def _render(rows: pd.DataFrame, name: str, y: str, language: str) -> str:
    if rows.empty:
        return f"<p>{translate('There is no row to draw.', language)}</p>"
    votes = vote_by_sample(rows)
    title = translate("Where each sample points", language)
    with style.figure_context(f"{name}-{language}-directions"):
        draw = _draw if len(votes) <= MOST_ROWS else _draw_counts
        figure = draw(votes, _name_heads(y), language)
        return style.to_svg(figure, f"{name}-directions", title, describe_votes(votes, language))


def _name_heads(y: str) -> dict[str, str]:
    """Return the English name of each direction of the criterion ``y``."""
    return HEADS | dict(zip(("negative", "positive"), POLES.get(y, ()), strict=False))


def _draw(votes: pd.DataFrame, heads: dict[str, str], language: str):
    height = ROW * (len(votes) + 1) + 0.25
    figure = style.new_figure(WIDTH, height)
    axes = figure.add_axes((0.02, 0.05, 0.96, 0.93))
    axes.set_xlim(0, 1)
    axes.set_ylim(len(votes) - 0.4, -1.4)
    axes.axis("off")
    columns = dict(zip(ORDER, (0.6, 0.77, 0.93), strict=True))
    for word, x in columns.items():
        axes.text(
            x, -0.95, translate(heads[word], language), ha="center", fontsize=8, color=style.MUTED
        )
    for y, row in enumerate(votes.to_dict("records")):
        axes.axhline(y + 0.5, color=style.RULE, linewidth=0.5)
        n = "" if row["n"] != row["n"] else f" ({row['n']:.0f})"
        label = axes.text(0, y, style.shorten(row["citation"], 42) + n, va="center", fontsize=8.5)
        label.set_url(f"#row-{row['effect_id']}")
        fill = FILLS.get(row["confidence"], "none")
        axes.plot([columns[row["direction"]]], [y], MARKERS[row["direction"]], markersize=7,
                  markerfacecolor=fill, markeredgecolor=style.ACCENT)  # fmt: skip
    return figure


def _draw_counts(votes: pd.DataFrame, heads: dict[str, str], language: str):
    """Draw a bar a direction, parted by the confidence of the reading."""
    figure = style.new_figure(WIDTH, 1.3)
    axes = figure.add_axes((0.02, 0.02, 0.96, 0.96))
    counts = {word: votes[votes["direction"] == word] for word in ORDER}
    axes.set_xlim(-0.3, 1.15)
    axes.set_ylim(len(ORDER) - 0.4, -0.6)
    axes.axis("off")
    longest = max(map(len, counts.values()))
    for y, (word, group) in enumerate(counts.items()):
        axes.text(-0.3, y, translate(heads[word], language), va="center", fontsize=9)
        confidence, left = group["confidence"].where(group["confidence"].isin(FILLS), "low"), 0.0
        for level, fill in FILLS.items():
            share = float((confidence == level).sum()) / longest
            if share:
                axes.barh(y, share, left=left, height=0.55, color=fill, edgecolor=style.ACCENT,
                          linewidth=0.8, gid=f"votes-{word}-{level}")  # fmt: skip
            left += share
        axes.text(left + 0.015, y, format_number(len(group), 0, language), va="center", fontsize=9)
    return figure


def describe_votes(votes: pd.DataFrame, language: str) -> str:
    """Return the text alternative of the direction plot."""
    counts = votes["direction"].value_counts()
    return translate(
        "1 sample: {negative} negative, {positive} positive, {none} without a direction. "
        "Filled marks are read with high confidence, pale with medium, hollow with low."
        if len(votes) == 1
        else "{samples} samples: {negative} negative, {positive} positive, {none} without a "
        "direction. Filled marks are read with high confidence, pale with medium, hollow with low.",
        language, samples=len(votes), **{word: int(counts.get(word, 0)) for word in ORDER},
    )  # fmt: skip
