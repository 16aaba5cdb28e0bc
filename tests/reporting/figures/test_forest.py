from __future__ import annotations

import math
import re

import numpy as np
import pytest

from metaworkbook.reporting.figures import forest


def marks(figure) -> dict:
    """Artists of the figure by the effect they stand for."""
    found: dict = {}
    for artist in figure.axes[0].get_children():
        if (artist.get_gid() or "").startswith("mark-"):
            found.setdefault(artist.get_gid().removeprefix("mark-"), []).append(artist)
    return found


@pytest.fixture
def figure(rows, reviews, synthesis, censored):
    return forest.draw_axes(rows, synthesis(censored()), reviews, "en")


def test_every_row_is_drawn(figure, rows):
    assert set(rows["effect_id"]) <= set(marks(figure))


def test_a_coefficient_is_a_point_at_its_r(figure):
    (point,) = marks(figure)["a-01"]
    assert point.get_xdata()[0] == pytest.approx(-0.3)


def test_a_range_is_the_bar_it_is(figure):
    (bar,) = marks(figure)["b-01"]
    assert (bar.get_x(), bar.get_x() + bar.get_width()) == pytest.approx((-1.0, -0.28))


def test_significant_without_a_sign_is_two_bars(figure):
    ends = sorted(
        (b.get_x(), b.get_x() + b.get_width())
        for b in [*marks(figure)["e-01"], *marks(figure)["e-01-1"]]
    )
    assert np.allclose(ends, [(-1.0, -0.28), (0.28, 1.0)])


def test_a_bare_direction_is_hollow(figure):
    (bar,) = marks(figure)["d-01"]
    assert bar.get_facecolor()[3] == 0


def test_the_pooled_mark_stands_at_the_estimate(figure):
    assert marks(figure)["pooled"][0].get_xdata()[0] == pytest.approx(math.tanh(-0.2))


def test_svg_is_the_same_twice_and_ids_are_its_own(rows, reviews, synthesis, censored):
    shown = [
        forest.draw_forest(rows, synthesis(censored()), reviews, "page").html("en")
        for _ in range(2)
    ]
    assert shown[0] == shown[1]
    ids = re.findall(r'\bid="([^"]+)"', shown[0])
    assert len(ids) == len(set(ids))
    assert all(identity.startswith("page-forest") for identity in ids)


def test_svg_has_role_title_description_and_links(rows, reviews, synthesis, censored):
    svg = forest.draw_forest(rows, synthesis(censored()), reviews, "page").html("nb")
    assert 'role="img"' in svg
    assert "<title" in svg
    assert "<desc" in svg
    assert 'href="#row-a-01"' in svg
    assert "<date" not in svg


def test_hostile_citation_stays_text(rows, reviews, synthesis, censored):
    rows.loc[0, "citation"] = "</text><script>x</script>"
    svg = forest.draw_forest(rows, synthesis(censored()), reviews, "page").html("en")
    assert "<script" not in svg


def test_no_rows_is_said(rows, reviews, synthesis):
    shown = forest.draw_forest(rows.iloc[:0], synthesis(None, "no_pooling"), reviews, "p")
    assert "no row" in shown.html("en")
