"""Whether a figure can be read on a phone, where it is narrow and its text larger."""

from __future__ import annotations

import re
from html import unescape
from itertools import combinations

#: Size of all text on a phone in a figure's own units, as the style sheet of the site has it.
SIZE = 11.5
TEXT = re.compile(
    r'<text style="([^"]*)text-anchor: (\w+)[^"]*" x="([\d.-]+)" y="([\d.-]+)" '
    r'transform="rotate\((-?\d+) [^>]*>([^<]*)</text>'
)
BEFORE = {"start": 0.0, "middle": 0.5, "end": 1.0}
#: What letters reach above and below their line, as shares of the size.
ABOVE, BELOW = 0.75, 0.2
#: Half the width of a mark, and what boxes may share before they meet, in units.
MARK, SHARED = 2.5, 1.0


def fits_narrow(figure, svg: str) -> bool:
    """Return whether larger text would meet neither other text, a mark, nor the figure's edge.

    Parameters
    ----------
    figure : matplotlib Figure
        The figure, for its marks.
    svg : str
        What matplotlib wrote of it, in points: text stands where it is written there.
    """
    width, height = 72 * figure.get_size_inches()
    boxes = [_measure(*found) for found in TEXT.findall(svg)]
    marks = [
        (x - MARK, height - y - MARK, x + MARK, height - y + MARK)
        for axes in figure.axes
        for line in axes.lines
        if line.get_marker() not in ("None", "", None)
        for x, y in line.get_transform().transform(line.get_xydata()) * 72 / figure.dpi
    ]
    inside = all(
        left > -SHARED and right < width + SHARED and top > -SHARED and bottom < height + SHARED
        for left, top, right, bottom in boxes
    )
    return (
        inside
        and not any(_meet(*pair) for pair in combinations(boxes, 2))
        and not any(_meet(box, mark) for box in boxes for mark in marks)
    )


def _measure(look: str, anchor: str, x: str, y: str, turn: str, words: str) -> tuple[float, ...]:
    """Return left, top, right and bottom of a text in the larger size, upright or turned up."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(size=SIZE, weight="bold" if "font-weight" in look else "normal")
    length, _, _ = text_to_path.get_text_width_height_descent(unescape(words), font, False)
    across, along = float(x), float(y)
    start = -BEFORE[anchor] * length
    if int(turn):
        return across - ABOVE * SIZE, along - start - length, across + BELOW * SIZE, along - start
    return across + start, along - ABOVE * SIZE, across + start + length, along + BELOW * SIZE


def _meet(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    """Return whether two boxes share more than an edge."""
    return all(
        min(one[side + 2], other[side + 2]) - max(one[side], other[side]) > SHARED
        for side in (0, 1)
    )
