"""A figure is shown whole on a phone where its larger text meets nothing."""

from __future__ import annotations

import pytest

from metaworkbook.reporting.figures import style


def draw(texts, marks=()) -> str:
    with style.figure_context("narrow"):
        figure = style.new_figure(5.6, 2)
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1)
        axes.axis("off")
        for x, y, words, side in texts:
            axes.text(x, y, words, ha=side, fontsize=8)
        axes.plot(*zip(*marks, strict=True), "o") if marks else None
        return style.to_svg(figure, "narrow", "Title", "Text")


LONG = "a name of middling length here"


@pytest.mark.parametrize(
    ("texts", "marks", "whole"),
    [
        ([(0, 0.5, LONG, "left"), (1, 0.5, "a value", "right")], [], True),
        ([(0, 0.5, LONG, "left"), (1, 0.5, LONG + LONG[:9], "right")], [], False),
        ([(0, 0.5, LONG, "left"), (1, 0.2, LONG + LONG, "right")], [], True),
        ([(0, 0.5, LONG * 3, "left")], [], False),
        ([(0, 0.5, LONG, "left")], [(0.3, 0.52)], False),
        ([(0, 0.5, LONG, "left")], [(0.3, 0.2), (0.9, 0.52)], True),
    ],
)
def test_larger_text_meets_no_text_no_mark_and_no_edge(texts, marks, whole):
    assert ('class="scroll whole"' in draw(texts, marks)) is whole
