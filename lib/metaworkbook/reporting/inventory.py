"""Tables of what was found: counts by question, coverage, agreement, leftovers, published rows."""

from __future__ import annotations

import math

import pandas as pd

from metaworkbook.reporting.display import Shown
from metaworkbook.reporting.language import format_number, translate
from metaworkbook.reporting.tables import WORDS, draw_table, quote_source

STEPS = {
    "known": "Samples known, by the largest published review or our reading",
    "read": "Samples read about this question",
    "with persons": "… with the number of persons",
    "with a count": "… with a count that can be pooled",
    "with a direction": "… with a direction",
    "with a coefficient": "… with a coefficient",
    "in this pool": "Samples in this pool",
}


TOTALS = {
    "effects": "Results of primary studies",
    "studies": "Reports they come from",
    "samples": "Samples of people",
    "exact": "Results with a zero-order correlation and n",
    "reviews": "Published pooled estimates and statements",
    "claims": "Claims of the thesis about studies",
    "twice": "Results read a second time",
    "leftovers": "Recorded rows that went nowhere",
}


def show_totals(totals: dict[str, int]) -> Shown:
    """Show what the ledger holds."""

    def render(language: str) -> str:
        lines = [
            [translate(words, language), format_number(totals[key], 0, language)]
            for key, words in TOTALS.items()
        ]
        header = [translate(word, language) for word in ("In the ledger", "Number")]
        return draw_table(translate("What the ledger holds", language), header, lines, numeric=(1,))

    return Shown(render)


def show_counts(
    counts: pd.DataFrame,
    tiers: dict[str, str],
    names: dict[str, dict[str, str]],
    rows: int = 25,
) -> Shown:
    """Show the rows by pair of construct families and tier, the largest ``rows`` pairs.

    ``names`` are those of the families by language, as `evidence.name_families` gives them.
    """

    def render(language: str) -> str:
        def say(text: str) -> str:
            return translate(text, language)

        letters = list(tiers)
        lines = [
            [f"{names[language][row['x_family']]} → {names[language][row['y_family']]}",
             row["samples"], row["rows"], *(row[tier] or "" for tier in letters)]
            for row in counts.head(rows).to_dict("records")
        ]  # fmt: skip
        meaning = "; ".join(f"{tier}: {say(text)}" for tier, text in tiers.items())
        return (
            draw_table(
                say("Rows by question and tier"),
                [say("From → to"), say("Samples"), say("Rows"), *letters],
                lines,
                numeric=range(1, 3 + len(letters)),
            )
            + f"<p class='note'>{meaning}.{_count_others(counts, rows, language)}</p>"
        )

    return Shown(render)


def _count_others(counts: pd.DataFrame, shown: int, language: str) -> str:
    others = counts.iloc[shown:]
    if others.empty:
        return ""
    text = "The {shown} largest pairs of {all}; the others hold {rows} rows."
    return " " + translate(text, language, shown=shown, all=len(counts), rows=others["rows"].sum())


def show_ladder(ladder: pd.DataFrame) -> Shown:
    """Show how many samples and persons reach each step from what was read to the pool."""

    def render(language: str) -> str:
        steps = ladder.to_dict("records")
        # A review may know fewer persons than were read: it is no part of the whole.
        read = next(row["persons"] for row in steps if row["step"] == "read")
        lines = []
        for row in steps:
            share = 100 * row["persons"] / read if read and row["step"] != "known" else math.nan
            share = format_number(share, 0, language)
            persons = format_number(row["persons"], 0, language)
            samples = format_number(row["samples"], 0, language)
            lines.append([translate(STEPS[row["step"]], language), samples, persons, share])
        return draw_table(
            translate("How far the evidence reaches", language),
            [translate(w, language) for w in ("Step", "Samples", "Persons", "Share of persons, %")],
            lines,
            numeric=(1, 2, 3),
        )

    return Shown(render)


def show_codings(codings: pd.DataFrame) -> Shown:
    """Show on how many rows the two independent readings differ, by field."""

    def render(language: str) -> str:
        lines = []
        for row in codings.to_dict("records"):
            share = 100 * (1 - row["differ"] / row["read"]) if row["read"] else math.nan
            field = translate(row["field"], language)
            lines.append([field, row["read"], row["differ"], format_number(share, 0, language)])
        return draw_table(
            translate("Two readings of the same sources", language),
            [translate(w, language) for w in ("Field", "Read twice", "Differ", "Agreement, %")],
            lines,
            numeric=(1, 2, 3),
        )

    return Shown(render)


def show_leftovers(leftovers: pd.DataFrame) -> Shown:
    """Show every recorded row that went nowhere, with its reason."""

    def render(language: str) -> str:
        lines = [
            [row["raw_id"], row["raw_table"], quote_source(row["reason"], language)]
            for row in leftovers.to_dict("records")
        ]
        return draw_table(
            translate("Recorded rows that went nowhere", language),
            [translate(w, language) for w in ("Row", "Table", "Reason")],
            lines,
        )

    return Shown(render)


def show_published(reviews: pd.DataFrame, names: dict[str, dict[str, str]]) -> Shown:
    """Show published pooled estimates and statements as printed, under our polarity.

    ``names`` are those of the predictors by language, as `evidence.name_predictors` gives them.
    """

    def render(language: str) -> str:
        lines = []
        for row in reviews.to_dict("records"):
            number = translate(WORDS[row["direction_analysed"]], language)
            if math.isfinite(row["estimate"]):
                number = f"{row['statistic']} = {format_number(row['estimate'], 2, language)}"
            interval = "–"
            if math.isfinite(row["ci_low"]) and math.isfinite(row["ci_high"]):
                interval = translate(
                    "{low} to {high}", language,
                    low=format_number(row["ci_low"], 2, language),
                    high=format_number(row["ci_high"], 2, language),
                )  # fmt: skip
            k = "–" if math.isnan(row["k"]) else f"{row['k']:.0f}"
            n = "–" if math.isnan(row["n_total"]) else format_number(row["n_total"], 0, language)
            lines.append(
                [row["citation"], names[language][row["x"]],
                 quote_source(row["subgroup"] or "–", language), number, interval, k, n,
                 quote_source(row["interval_note"] or row["oddity"], language)]
            )  # fmt: skip
        header = ("Review", "Predictor", "Part", "Estimate", "95 % interval", "k", "Persons",
                  "Odd in print")  # fmt: skip
        return draw_table(
            translate("Published estimates and statements", language),
            [translate(word, language) for word in header],
            lines,
            numeric=(3, 4, 5, 6),
        )

    return Shown(render)


def show_moderators(moderators: pd.DataFrame) -> Shown:
    """Show the moderator tests that the published reviews report, in the reviews' own words."""

    def render(language: str) -> str:
        columns = ["citation", "moderator", "levels", "result", "test_statistic"]
        return draw_table(
            translate("Moderator tests of the reviews", language),
            [translate(w, language) for w in ("Review", "Moderator", "Levels", "Result", "Test")],
            [
                [quote_source(cell, language) for cell in row]
                for row in moderators[columns].to_numpy()
            ],
        )

    return Shown(render)
