"""The one look: texts as they stand, and nothing of a user's own settings."""

from __future__ import annotations

import matplotlib
import pytest

from metaworkbook.reporting.figures import style

HOSTILE = {
    "text.usetex": True, "font.size": 30, "axes.grid": True, "lines.linewidth": 9,
    "path.simplify": False, "axes.unicode_minus": False, "savefig.dpi": 7, "svg.fonttype": "path",
}  # fmt: skip


def draw(label="x"):
    with style.figure_context("name"):
        figure = style.new_figure(2.0, 1.0)
        axes = figure.add_axes((0.2, 0.2, 0.8, 0.8))
        axes.plot([-1, 0, 1], [0, 2, 1])
        axes.set_xlabel(label)
        return style.to_svg(figure, "name", "Title", "Description")


def test_a_users_own_settings_change_no_byte():
    plain = draw()
    with matplotlib.rc_context(HOSTILE):
        assert draw() == plain


@pytest.mark.parametrize("text", [r"Eames $\x$ (1998)", "$5 to $10", "a_b^c", r"\$"])
def test_text_is_no_formula(text):
    assert f">{text}<" in draw(text)
