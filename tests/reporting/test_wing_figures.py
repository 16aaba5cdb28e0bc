"""Figures of moderators, small studies, sensitivity and the multiverse, their artists read back."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from metaworkbook.evidence.demonstration import X, Y, open_choices, open_source
from metaworkbook.evidence.labels import label_samples
from metaworkbook.evidence.moderators import list_moderators, read_values
from metaworkbook.evidence.selection import select
from metaworkbook.models.asymmetry import examine_small_studies
from metaworkbook.models.declared_moderators import examine_moderators
from metaworkbook.models.decomposition import summarise_multiverse
from metaworkbook.models.multiverse import run_multiverse
from metaworkbook.models.robustness import examine_censored, examine_coefficients
from metaworkbook.reporting import moderators as moderator_words
from metaworkbook.reporting import multiverse as multiverse_words
from metaworkbook.reporting import sensitivity, small_studies, sources
from metaworkbook.reporting.display import to_text
from metaworkbook.reporting.figures import (
    baujat,
    bubble,
    funnel,
    gosh,
    influence,
    levels,
    reported,
    specification,
    style,
)
from metaworkbook.reporting.figures.levels import Line
from metaworkbook.reporting.tables import format_r


@pytest.fixture(scope="module")
def rows():
    return select(open_source("demonstration"), X, Y)


@pytest.fixture(scope="module")
def labels(rows):
    return label_samples(rows)


@pytest.fixture(scope="module")
def robust(rows):
    return examine_coefficients(**rows.exact())


@pytest.fixture(scope="module")
def checks(rows):
    return examine_small_studies(**rows.exact(), expected="positive")


@pytest.fixture(scope="module")
def multiverse():
    return run_multiverse(
        open_source("demonstration"), {"x": X, "y": Y}, open_choices("demonstration")
    )


@pytest.fixture(autouse=True)
def look():
    with style.figure_context("test"):
        yield


def artist(axes, gid):
    return next(each for each in axes.get_children() if each.get_gid() == gid)


def test_lines_stand_at_their_correlations_and_cut_open_ends():
    lines = [Line("a", -0.2, -0.5, 0.1), Line("b", math.nan, -math.inf, -0.1, strong=True)]
    axes = levels.draw_axes(lines, "en").axes[0]
    assert artist(axes, "estimate-0").get_xdata()[0] == pytest.approx(math.tanh(-0.2))
    assert list(artist(axes, "interval-0").get_xdata()) == pytest.approx(
        [math.tanh(-0.5), math.tanh(0.1)]
    )
    assert artist(axes, "interval-1").get_xdata()[0] == axes.get_xlim()[0] == -1
    assert "estimate-1" not in {each.get_gid() for each in axes.get_children()}
    assert "no lower bound" in levels.describe(lines, "en")
    zero = next(each for each in axes.collections)
    for low, high in (segment[:, 1] for segment in zero.get_segments()):
        assert not any(low <= text.get_position()[1] <= high for text in axes.texts)


def test_influence_marks_every_sample_and_fills_the_odd(robust, labels):
    names = [labels[sample] for sample in robust.samples]
    figure = influence.draw_axes(robust.influence, names, list(range(len(names))), "en")
    assert len(figure.axes) == 4
    for place, value in enumerate(robust.influence.dffits):
        assert artist(figure.axes[1], f"dffits-{place}").get_xdata()[0] == value
    odd = robust.influence.influential
    fills = [
        artist(figure.axes[0], f"rstudent-{i}").get_markerfacecolor() == style.ACCENT_2
        for i in range(len(names))
    ]
    assert fills == odd.tolist()


def test_baujat_and_gosh_show_what_they_were_given(robust, labels):
    names = [labels[sample] for sample in robust.samples]
    axes = baujat.draw_axes(robust.baujat, names, "en").axes[0]
    assert artist(axes, "samples").get_xdata() == pytest.approx(robust.baujat.x)
    first = names[baujat.rank(robust.baujat)[0]]
    assert first in {text.get_text() for text in axes.texts}
    heights = np.sort([text.get_position()[1] for text in axes.texts])
    assert np.diff(heights).min() >= 0.99 * baujat.LINE * robust.baujat.y.max()
    line = baujat.LINE * robust.baujat.y.max()
    for one in axes.texts:
        (at, low), (_, high) = one.xy, one.get_position()
        for other in axes.texts:
            left, height = other.get_position()
            right = left + baujat.WIDE * robust.baujat.x.max()
            crossed = left < at < right and low < height + line and height < high
            assert other.get_ha() == "right" or not crossed
    below = gosh.draw_axes(robust.gosh, names, "en").axes[1]
    drawn = sum(patch.get_data().values.sum() for patch in below.patches)
    assert drawn == robust.gosh.estimate.size
    assert str(f"{robust.gosh.estimate.size:,}") in gosh.describe(robust.gosh, names, "en")


def test_the_funnel_has_samples_and_hollow_ones(checks):
    axes = funnel.draw_axes(checks, "en").axes[0]
    assert artist(axes, "samples").get_xdata() == pytest.approx(checks.composites.yi)
    assert len(artist(axes, "filled").get_xdata()) == checks.trim_l0.k0 == 2
    assert axes.get_ylim()[0] > axes.get_ylim()[1]
    assert artist(axes, "pooled").get_xdata()[0] == checks.pooled.estimate


def test_what_was_reported_stands_over_its_n(rows):
    table = rows.rows.copy()
    table.loc[table.index[0], ["known", "lower", "upper", "outside"]] = [
        "interval",
        -0.2,
        0.2,
        True,
    ]
    axes = reported.draw_axes(table, "en").axes[0]
    first, other = (table.iloc[i]["effect_id"] for i in (0, 1))
    assert list(artist(axes, f"row-{first}").get_ydata()) == [-1, -0.2]
    assert list(artist(axes, f"row-{first}-1").get_ydata()) == [0.2, 1]
    assert artist(axes, f"row-{other}").get_ydata()[0] == table.iloc[1]["ri"]


def test_rows_of_equal_n_stand_apart_about_it():
    table = pd.DataFrame({"ni": [40.0, 40.0, 90.0]})
    place = reported.place_rows(table)
    assert place[0] < 40 < place[1]
    assert place[0] * place[1] == pytest.approx(1600)
    assert place[2] == 90


def test_the_curve_is_in_order_and_every_column_has_one_option_of_each_choice(multiverse):
    figure = specification.draw_axes(multiverse, "en")
    curve, grid = figure.axes
    heights = artist(curve, "estimates").get_ydata()
    assert (np.diff(heights) >= 0).all()
    columns = specification.order_columns(multiverse)
    assert sum(part.size for part in columns) == multiverse.estimated.sum()
    covered = np.zeros(len(columns))
    for strip in grid.collections:
        if strip.get_gid().startswith("option-0-"):
            for path in strip.get_paths():
                start, stop = path.get_extents().intervalx.round().astype(int)
                covered[start:stop] += 1
    assert (covered >= 1).all()


def test_bubbles_grow_with_precision(rows):
    moderators = list_moderators("demonstration")
    found = examine_moderators(moderators, read_values(rows, moderators), rows.bounds())
    year = next(result for result in found if result.name == "year")
    axes = bubble.draw_axes(year, "Year", "en").axes[0]
    points = artist(axes, "samples")
    assert np.asarray(points.get_offsets())[:, 1] == pytest.approx(np.tanh(year.yi))
    assert np.argmax(points.get_sizes()) == np.argmin(year.vi)
    assert artist(axes, "line").get_ydata() == pytest.approx(np.tanh(year.line.estimate))
    text = to_text(moderator_words.show_moderator_tests(moderators, found).html("en"))
    assert "prospective against cross-sectional" in text
    together = to_text(moderator_words.show_declared(moderators, found).html("nb"))
    assert "tverrsnitt 5 (5)" in together


def test_below_the_gates_pages_say_why(rows, labels):
    two = {name: values[:2] for name, values in rows.exact().items()}
    few = examine_coefficients(**two)
    assert few.pooled is few.influence is few.gosh is None
    for shown in (
        sensitivity.show_estimators(few),
        sensitivity.draw_coefficients_without(few, labels, "x"),
        influence.draw_influence(few, labels, "x"),
        baujat.draw_baujat(few, labels, "x"),
        gosh.draw_gosh(few, labels, "x"),
        funnel.draw_funnel(examine_small_studies(**two, expected="positive"), "x"),
    ):
        assert "<svg" not in shown.html("en")
        assert "ewer" in shown.html("en")
        assert shown.html("nb") != shown.html("en")
    nine = {name: values[:9] for name, values in rows.exact().items()}
    assert examine_small_studies(**nine, expected="positive").egger is None


def test_the_gate_sentence_links_to_the_demonstration():
    text = sources.show_allowed("small-studies", 12, 3).html("en")
    assert 'href="demonstration-small-studies.html"' in text
    assert "demonstration" not in sources.show_allowed("small-studies", 12, 10).html("en")


def test_only_the_demonstration_has_a_banner():
    assert sources.show_source("ledger", "").html("en") == ""
    assert "Demonstration" in sources.show_source("demonstration", "Somewhere").html("en")


def test_sensitivity_of_all_rows_in_words(rows, labels):
    censored = examine_censored(**rows.bounds())
    assert [result.rho for result in censored.rhos] == [0.3, 0.6, 0.8]
    assert [result.reporting for result in censored.reporting] == [1.0, 0.7, 0.4]
    assert censored.cumulative[:2] == (None, None)
    last, main = censored.cumulative[-1], censored.main
    assert last.estimate == pytest.approx(main.estimate, abs=1e-9)
    assert "40 %" in to_text(sensitivity.show_assumptions(censored).html("en"))
    text = sensitivity.draw_without(censored, labels, "x").html("en")
    assert "without Axelsson et al. (2009)" in text
    names = {"en": "x", "nb": "x"}
    told = sensitivity.describe_robustness(censored, names, names, labels)["headline"]["en"]
    assert told.startswith("X – x: leaving out any one sample ")
    estimates = [result.estimate for result in censored.without]
    low, high = format_r(min(estimates), "en"), format_r(max(estimates), "en")
    assert f"runs from {low} to {high} without one of them; it moves most without" in told


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (-0.3, 0.1, "leaving out any one sample keeps zero inside the interval. The estimate"),
        (-0.3, -0.1, "leaving out any one sample changes neither the side of the interval"),
        (0.1, 0.3, "leaving out one sample changes on which side of zero the interval lies."),
    ],
)
def test_the_headline_says_what_leaving_out_one_sample_does(rows, labels, censored, low, high,
                                                            expected):  # fmt: skip
    examined = examine_censored(**rows.bounds())
    main = censored(estimate=-0.1, low=-0.3, high=min(high, 0.1))
    without = tuple(censored(estimate=-0.1, low=low, high=high) for _ in examined.without)
    names = {"en": "x", "nb": "x"}
    told = sensitivity.describe_robustness(
        replace(examined, main=main, without=without), names, names, labels
    )
    assert expected in told["headline"]["en"]


def test_the_order_of_publication_takes_samples_with_a_year(rows, labels, robust):
    censored = examine_censored(**rows.bounds())
    drawn = (
        (sensitivity.draw_cumulative, censored),
        (sensitivity.draw_coefficients_cumulative, robust),
    )
    for draw, found in drawn:
        last, few = found.samples[-1], found.samples[2:]
        whole = draw(found, labels, (), "x").html("en")
        assert f"up to {labels[last]}" in whole
        one = draw(found, labels, (last,), "x").html("en")
        assert f"up to {labels[last]}" not in one
        assert f"not among the steps: {labels[last]}" in one
        none = draw(found, labels, few, "x").html("en")
        assert "<svg" not in none
        assert "Fewer than two steps" in none


def test_too_few_coefficients_are_said_once(rows, labels):
    few = examine_coefficients(**{name: values[:2] for name, values in rows.exact().items()})
    assert sensitivity.draw_coefficients_cumulative(few, labels, (), "x").html("en") == ""


def test_methods_say_what_they_assume(checks):
    text = to_text(small_studies.show_small_studies(checks).html("en"))
    for title, assumes, doubt in small_studies.METHODS.values():
        assert title in text
        assert assumes in text
        assert doubt in text
    assert "2 filled in" in text


def test_the_multiverse_in_words_counts_and_gives_no_p(multiverse):
    summary = summarise_multiverse(multiverse)
    text = " ".join(multiverse_words.tell(summary, "en"))
    assert "192 of 192 specifications ran, on 12 distinct sets of rows; 672 of 864" in text
    assert "The others" not in text
    assert "12 distinct sets of rows" in text
    assert "No p-value" in text
    table = to_text(multiverse_words.show_importance(summary, multiverse.choices).html("en"))
    assert table.index("Other variables controlled for") < table.index("Design")
    reasons = to_text(multiverse_words.show_exclusions(multiverse.choices).html("en"))
    assert "profile likelihood" in reasons
