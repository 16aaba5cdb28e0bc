"""Which samples carry the result: each one's pull on the estimate against its oddness."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from metaworkbook.reporting.display import Shown, escape
from metaworkbook.reporting.figures import style
from metaworkbook.reporting.language import format_number, translate
from metaworkbook.results import Influence
from metaworkbook.results.robustness import Robustness

WIDTH, ROW = 5.6, 0.3
PANELS = (
    ("rstudent", "Residual (deleted)"),
    ("dffits", "DFFITS"),
    ("cook_d", "Cook's distance"),
    ("weight", "Weight"),
)
FARTHEST = "Of {count} samples, the {shown} are shown that move the estimate most."
TITLE = "Which samples carry the result"
EMPTY = (
    "With fewer than three samples that print a coefficient, no sample can be set against the rest."
)


def draw_influence(robust: Robustness, labels: dict[str, str], name: str) -> Shown:
    """Show four case diagnostics a sample; those past a threshold are filled.

    Parameters
    ----------
    robust : Robustness
        From `models.robustness`; below the gate a sentence is shown instead.
    labels : dict of str
        Names of the samples by id.
    name : str
        Prefix of the figure's ids.
    """
    names = [labels[sample] for sample in robust.samples]
    return Shown(partial(_render, robust.influence, names, robust.farthest, name))


def _render(
    influence: Influence | None,
    labels: list[str],
    places: Sequence[int],
    name: str,
    language: str,
) -> str:
    if influence is None:
        return f"<p>{escape(translate(EMPTY, language))}</p>"
    told = tell_few(FARTHEST, len(places), len(labels), language)
    with style.figure_context(f"{name}-{language}-influence"):
        shown = [labels[place] for place in places]
        figure = draw_axes(influence, shown, list(places), language)
        text = describe(influence, labels, language)
        drawn = style.to_svg(figure, f"{name}-influence", translate(TITLE, language), text)
    return (f"<p>{escape(told)}</p>" if told else "") + drawn


def tell_few(text: str, shown: int, count: int, language: str) -> str:
    """Return the sentence that fewer are shown than there are, blank where all are."""
    return translate(text, language, shown=shown, count=count) if shown < count else ""


def draw_axes(influence: Influence, labels: list[str], places: list[int], language: str):
    """Return the figure: one panel a diagnostic, one row a sample at ``places``."""
    odd = np.asarray(influence.influential)[places]
    count = len(labels)
    height = ROW * (count + 0.6) + 0.75
    figure = style.new_figure(WIDTH, height)
    bottom, top = 0.32 / height, 1 - 0.36 / height
    width = 0.66 / len(PANELS)
    for panel, (field, head) in enumerate(PANELS):
        left = 0.33 + panel * (width + 0.006)
        axes = figure.add_axes((left, bottom, width - 0.012, top - bottom))
        values = np.asarray(getattr(influence, field))[places]
        for place, value in enumerate(values):
            fill = style.ACCENT_2 if odd[place] else style.PAPER
            colour = style.ACCENT_2 if odd[place] else style.ACCENT
            axes.plot([0, value], [place] * 2, color=style.BAND, linewidth=1)
            axes.plot([value], [place], "o", markersize=5, markeredgecolor=colour,
                      markerfacecolor=fill, gid=f"{field}-{place}")  # fmt: skip
            if panel == 0:
                figure.text(0.005, top - (place + 0.8) * (top - bottom) / (count + 0.6),
                            style.shorten(labels[place], 30), fontsize=8, va="center")  # fmt: skip
        reach = max(float(np.abs(values).max()), 1e-9)
        low = -1.15 * reach if values.min() < 0 else -0.06 * reach
        axes.set_xlim(low, 1.15 * reach)
        axes.set_ylim(count - 0.2, -0.8)
        axes.axvline(0, color=style.MUTED, linewidth=0.7)
        axes.set_yticks([])
        axes.set_xticks([0, reach])
        axes.set_xticklabels(["0", format_number(reach, 2, language)], fontsize=7)
        axes.set_title(translate(head, language), fontsize=6.5, color=style.MUTED, loc="left")
    return figure


def describe(influence: Influence, labels: list[str], language: str) -> str:
    """Return the text alternative: which samples pass a threshold."""
    named = [label for label, odd in zip(labels, influence.influential, strict=True) if odd]
    if not named:
        return translate("None of {count} samples passes a threshold.", language,
                         count=len(labels))  # fmt: skip
    return translate(
        "{odd} of {count} samples pass a threshold: {names}.",
        language, odd=len(named), count=len(labels), names="; ".join(named),
    )  # fmt: skip
