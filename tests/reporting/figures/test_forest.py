from __future__ import annotations

import math
import re

import numpy as np
import pandas as pd
import pytest

from metaworkbook.reporting.figures import forest, forest_groups

from ..conftest import make_row


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


@pytest.fixture
def many():
    """Four rows a year for 30 years: three coefficients, -0.4, -0.2 and 0.1, and a direction."""
    return pd.DataFrame(
        make_row(f"s{year}-{i:02d}", "exact" if r else "direction", r or -1.0, r or 0.0, year=year)
        for year in range(1990, 2020)
        for i, r in enumerate((-0.4, -0.2, 0.1, None))
    )


def test_many_rows_are_drawn_as_groups_of_years(many, reviews, synthesis, censored):
    drawn = marks(forest.draw_axes(many, synthesis(censored()), reviews, "en"))
    assert sum(name.startswith("group-") for name in drawn) == 3 * forest_groups.GROUPS
    assert not set(many["effect_id"]) & set(drawn)
    for number, group in enumerate(forest_groups.split_rows(many)):
        found = np.sort(group.loc[group["known"] == "exact", "ri"])
        assert drawn[f"group-{number}"][0].get_xdata()[0] == pytest.approx(np.median(found))
        half = drawn[f"group-{number}-half"][0].get_xdata()
        assert half == pytest.approx(np.quantile(found, [0.25, 0.75]))
    assert drawn["pooled"][0].get_ydata()[0] == pytest.approx(forest_groups.GROUPS + 0.12)


def test_every_row_is_in_one_group_that_opens_into_it(many, reviews, synthesis, censored):
    shown = forest.draw_forest(many, synthesis(censored()), reviews, "p").html("en")
    assert re.findall(r'<li><a href="#row-([^"]+)"', shown) == many["effect_id"].tolist()
    assert shown.count("<details>") == forest_groups.GROUPS
    first = forest_groups.split_rows(many)[0]
    assert forest_groups.name_years(first, "en") == "1990 to 1991: 6 rows"
    assert (
        forest_groups.tell_group(first, "en") == "median r = −0.20 of 5, negative: 1, positive: 0"
    )


def test_a_figure_of_groups_grows_no_further(many, reviews, synthesis, censored):
    whole = pd.concat([many] * 5, ignore_index=True)
    sizes = {
        tuple(forest.draw_axes(rows, synthesis(censored()), reviews, "en").get_size_inches())
        for rows in (many, whole)
    }
    assert len(sizes) == 1


def test_as_many_rows_as_can_be_read_are_drawn_one_by_one(many, reviews, synthesis, censored):
    rows = many.iloc[: forest_groups.MOST_ROWS]
    drawn = marks(forest.draw_axes(rows, synthesis(censored()), reviews, "en"))
    assert set(rows["effect_id"]) <= set(drawn)


def test_a_group_without_coefficients_or_years_says_what_it_holds(many, reviews, synthesis):
    rows = pd.concat([many[many["known"] == "direction"]] * 4, ignore_index=True)
    rows["year"] = np.nan
    rows["citation"] = "</ol><script>x</script>"
    shown = forest.draw_forest(rows, synthesis(None, "no_pooling"), reviews, "p").html("nb")
    assert "år ikke oppgitt: 6 rader: negativ: 6, positiv: 0" in shown
    assert "<script" not in shown
