"""The figure of published estimates: each says of whom, what and how large."""

from __future__ import annotations

import pandas as pd

from metaworkbook.reporting import inventory
from metaworkbook.reporting.display import to_text
from metaworkbook.reporting.figures import reviews as drawn

NAMES = {"en": {"avoidance": "avoidance", "anxiety": "anxiety"},
         "nb": {"avoidance": "unngåelse", "anxiety": "angst"}}  # fmt: skip


def test_two_estimates_of_one_review_are_told_apart(reviews):
    both = pd.concat([reviews, reviews.assign(x="anxiety", estimate=-0.09)])
    figure = drawn.draw_reviews(both, NAMES, "page").html("nb")
    assert "Review (2024): unngåelse" in figure
    assert "Review (2024): angst" in figure
    table = to_text(inventory.show_published(both, NAMES).html("en"))
    assert "anxiety" in table
    assert "avoidance" in table


def test_the_scale_lies_within_the_figure(reviews):
    figure = drawn._draw(reviews.assign(estimate=0.71), NAMES["en"], "en")
    figure.canvas.draw()
    width = figure.bbox.width
    for label in figure.axes[0].get_xticklabels():
        box = label.get_window_extent()
        assert 0 <= box.x0 < box.x1 <= width
