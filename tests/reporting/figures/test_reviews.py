"""The figure of published estimates: each says of whom, what and how large."""

from __future__ import annotations

import pandas as pd
import pytest

from metaworkbook.reporting import inventory
from metaworkbook.reporting.display import to_text
from metaworkbook.reporting.figures import reviews as drawn
from metaworkbook.reporting.figures import style

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


def test_a_long_label_is_told_in_lines_and_not_cut(reviews):
    part = "people with psychosis, client-rated alliance, global symptom reduction"
    (label,) = drawn._draw(reviews.assign(subgroup=part), NAMES["en"], "en").axes[0].texts[::2]
    assert label.get_text().replace("\n", " ") == f"Review (2024): avoidance, {part}"


@pytest.mark.parametrize(
    ("citation", "short"),
    [
        ("Bourke, Barker & Fornells-Ambrojo (2021)", "Bourke et al. (2021)"),
        ("Colijn, Cnossen & Haringsma (year not shown)", "Colijn et al. (year not shown)"),
        # A journal and an article's number are no authors.
        ("Journal, article 4389 (authors not recorded)", "Journal, article 4389 (authors not…"),
    ],
)  # fmt: skip
def test_only_authors_become_et_al(citation, short):
    assert style.shorten(citation, 36) == short


def test_the_scale_lies_within_the_figure(reviews):
    figure = drawn._draw(reviews.assign(estimate=0.71), NAMES["en"], "en")
    figure.canvas.draw()
    width = figure.bbox.width
    for label in figure.axes[0].get_xticklabels():
        box = label.get_window_extent()
        assert 0 <= box.x0 < box.x1 <= width


def test_a_converted_estimate_says_what_was_printed(reviews):
    other = reviews.assign(statistic="d", estimate=-0.46, r=-0.22)
    figure = drawn.draw_reviews(other, NAMES, "page").html("en")
    assert "−0.22 (printed: d = −0.46), k = 33" in figure
