"""Published syntheses pooled again, their intervals checked, and ours beside theirs."""

from __future__ import annotations

import math

import pandas as pd

from metaworkbook.reporting.display import Shown, escape
from metaworkbook.reporting.language import format_number, translate
from metaworkbook.reporting.tables import (
    Markup,
    draw_table,
    format_interval,
    format_published,
    format_r,
    quote_source,
)
from metaworkbook.results.reviews import IntervalChecks, ReviewPool
from metaworkbook.results.synthesis import Synthesis

MAIN = "0.6"
GROUPINGS = {"modality": "kind of therapy", "rater": "rater", "population": "population"}
# Why our number and a published one differ; each holds or not by what ran.
REASONS = {
    "none": "no row of ours tells a plain association with its n",
    "few": "they had {theirs} studies, we read {ours} samples that can be used",
    "coefficients": "they had coefficients, ours tell mostly significance or direction",
    "therapy": "they include other kinds of therapy or other people",
    "inside": "our interval includes their estimate",
    "outside": "our interval does not include their estimate",
}
NOT_BESIDE = (
    "On none of the {count} questions that the published estimates answer does a row of ours tell "
    "a plain association with its n, so nothing of ours stands beside them."
)


def show_second_order(pools: dict[str, dict[str, ReviewPool]], names: dict[str, str]) -> Shown:
    """Show the second-order pool of each group of published estimates, and how overlap moves it.

    Parameters
    ----------
    pools : dict
        `models.sweep_published`.
    names : dict
        Name of each predictor by language, as `evidence.name_predictors` gives them.
    """

    def render(language: str) -> str:
        lines = [
            _pool_line(name, by_overlap, names[language], language)
            for name, by_overlap in pools.items()
        ]
        header = ("Published estimates of", "Syntheses", "Kinds of therapy",
                  "Errors from k and N", "r", "95 % interval",
                  "r as overlap goes from 0 to .9")  # fmt: skip
        return draw_table(
            translate("Published estimates pooled a second time", language),
            [translate(word, language) for word in header], lines, numeric=range(1, 7),
        )  # fmt: skip

    return Shown(render)


def _pool_line(
    name: str, by_overlap: dict[str, ReviewPool], names: dict[str, str], language: str
) -> list:
    x, *group = name.split("/")
    label = names.get(x, x)
    if group:
        kind, value = (translate(word, language) for word in (GROUPINGS[group[0]], words(group[1])))
        label = f"… {kind}: {value}"
    main = by_overlap[MAIN]
    told = [label, main.reviews, main.clusters, main.derived]
    if main.pooled is None:
        why = "no standard error to be had" if main.clusters == 0 else "two, side by side"
        return [*told, "–", translate(why, language), "–"]
    if main.reviews == 1:
        estimate = format_r(main.pooled.estimate, language)
        return [*told, estimate, translate("one synthesis, as printed", language), "–"]
    estimates = [pool.pooled.estimate for pool in by_overlap.values() if pool.pooled is not None]
    low, high = format_r(min(estimates), language), format_r(max(estimates), language)
    return [
        *told, format_r(main.pooled.estimate, language),
        format_interval(main.pooled.ci_low, main.pooled.ci_high, language),
        translate("{low} to {high}", language, low=low, high=high),
    ]  # fmt: skip


def _name(row: dict, names: dict[str, str], language: str) -> Markup:
    """Return a published estimate's name: one review tells of several predictors and parts."""
    name = escape(f"{row['citation']}: {names.get(row['x'], row['x'])}")
    if not row["subgroup"]:
        return Markup(name)
    part = quote_source(row["subgroup"], language)
    return Markup(f"{name}, {part.content if isinstance(part, Markup) else escape(part)}")


def words(text: str) -> str:
    """Return a code of the ledger as words."""
    return text.replace("_", " ")


def show_interval_checks(
    reviews: pd.DataFrame, checks: IntervalChecks, names: dict[str, dict[str, str]]
) -> Shown:
    """Show what each printed interval says of itself: middle, width, order.

    ``checks`` stand in the order of ``reviews``; ``names`` are those of the predictors by language.
    """

    def render(language: str) -> str:
        lines = []
        for i, row in enumerate(reviews.to_dict("records")):
            if not math.isfinite(checks.se[i]):
                continue
            found = [
                text
                for text, good in (
                    ("estimate not in the middle", checks.fits[i]),
                    ("ends in descending order", checks.order[i]),
                    ("narrower than so many persons allow", checks.wide_enough[i]),
                )
                if not good
            ]
            verdict = "; ".join(translate(text, language) for text in found)
            lines.append(
                [_name(row, names[language], language),
                 format_published(row, language),
                 format_r(checks.centre[i], language), format_number(checks.se[i], 3, language),
                 format_number(checks.inflation[i], 1, language),
                 verdict or translate("fits", language),
                 quote_source(row["oddity"] or row["interval_note"], language)]
            )  # fmt: skip
        header = ("Review", "Printed r", "Middle of the interval",
                  "Standard error (z)", "Times the least error", "Check",
                  "Odd in print")  # fmt: skip
        return draw_table(
            translate("Printed intervals, reconstructed", language),
            [translate(word, language) for word in header], lines, numeric=(1, 2, 3, 4),
        )  # fmt: skip

    return Shown(render)


def show_ours_beside(
    reviews: pd.DataFrame, ours: dict[str, Synthesis], names: dict[str, dict[str, str]]
) -> Shown:
    """Show our estimate beside each published one on the same question, and why they differ.

    ``ours`` are syntheses by review id; questions that no row of ours answers are not in it.
    ``names`` are those of the predictors by language.
    """

    def render(language: str) -> str:
        if not any(review in ours for review in reviews["review_id"]):
            told = translate(NOT_BESIDE, language, count=len(reviews))
            return f"<p>{escape(told)}</p>"
        lines = []
        for row in reviews.to_dict("records"):
            mine = ours.get(row["review_id"])
            lines.append(
                [_name(row, names[language], language),
                 translate(words(row["rater"] or "any"), language),
                 format_published(row, language),
                 "–" if math.isnan(row["k"]) else f"{row['k']:.0f}",
                 *_ours(mine, language), "; ".join(_reasons(row, mine, language))]
            )  # fmt: skip
        header = ("Review", "Rater", "Theirs, r", "Studies", "Ours, r",
                  "95 % interval", "Samples", "Why they differ")  # fmt: skip
        return draw_table(
            translate("Ours beside theirs", language),
            [translate(word, language) for word in header], lines, numeric=(2, 3, 4, 5, 6),
        )  # fmt: skip

    return Shown(render)


def _ours(mine: Synthesis | None, language: str) -> list:
    if mine is None or mine.main is None:
        return ["–", "–", 0 if mine is None else mine.samples]
    main = mine.main
    interval = format_interval(main.ci_low, main.ci_high, language)
    return [format_r(main.estimate, language), interval, mine.samples]


def _reasons(row: dict, mine: Synthesis | None, language: str) -> list[str]:
    """Return what can be told of the difference between a published estimate and ours."""
    if mine is None:
        return [translate(REASONS["none"], language)]
    told = []
    if math.isfinite(row["k"]) and row["k"] > mine.samples:
        told.append(
            translate(REASONS["few"], language, theirs=f"{row['k']:.0f}", ours=mine.samples)
        )
    if mine.main is not None and mine.main.k_exact < mine.main.k / 2:
        told.append(translate(REASONS["coefficients"], language))
    if row["modality"] != "individual_adult" or row["population"] not in ("", "adults"):
        told.append(translate(REASONS["therapy"], language))
    if mine.main is not None:
        inside = math.tanh(mine.main.ci_low) <= row["r"] <= math.tanh(mine.main.ci_high)
        told.append(translate(REASONS["inside" if inside else "outside"], language))
    return told
