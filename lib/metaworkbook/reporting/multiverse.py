"""The multiverse in words and tables: choices with their reasons, shares of signs, what moves most.

No p-value is given over specifications: they share their rows.
"""

from __future__ import annotations

import math

from metaworkbook.reporting.display import Shown, escape
from metaworkbook.reporting.language import format_number, translate
from metaworkbook.reporting.tables import draw_table, format_r
from metaworkbook.reporting.wordings import name_choice
from metaworkbook.results import Choices, MultiverseSummary


def show_choices(choices: Choices) -> Shown:
    """Show every choice with its options, and the reason for each."""

    def render(language: str) -> str:
        lines = [
            [
                f"{translate(choice.title, language)} ({name_choice(choice.name, language)})"
                if place == 0
                else "",
                name_choice(option.name, language),
                translate(option.reason, language),
            ]
            for choice in choices.choices
            for place, option in enumerate(choice.options)
        ]
        caption = translate("Choices, their options, and why each is defensible", language)
        head = [translate(word, language) for word in ("Choice", "Option", "Reason")]
        return draw_table(caption, head, lines)

    return Shown(render)


def show_exclusions(choices: Choices) -> Shown:
    """Show every excluded combination with its reason."""

    def render(language: str) -> str:
        both = translate(" with ", language)
        either = translate(" or ", language)

        def say(name: str, options: tuple[str, ...]) -> str:
            named = either.join(name_choice(option, language) for option in options)
            return f"{name_choice(name, language)}: {named}"

        lines = [
            [both.join(say(*each) for each in out.when.items()), translate(out.reason, language)]
            for out in choices.exclusions
        ]
        caption = translate("Combinations that are not run, and why", language)
        head = [translate(word, language) for word in ("Combination", "Reason")]
        return draw_table(caption, head, lines)

    return Shown(render)


def show_multiverse(summary: MultiverseSummary) -> Shown:
    """Show how many specifications ran, on how many sets of rows, and what signs came out."""

    def render(language: str) -> str:
        return "".join(f"<p>{escape(text)}</p>" for text in tell(summary, language))

    return Shown(render)


def tell(summary: MultiverseSummary, language: str) -> list[str]:
    """Return the sentences of `show_multiverse`."""

    def count(number: int) -> str:
        return format_number(number, 0, language)

    def percent(share: float) -> str:
        return format_number(100 * share, 0, language)

    texts = [
        translate(
            "{ran} of {run} specifications ran, on {sets} distinct sets of rows; {excluded} of "
            "{combinations} combinations make no sense and were left out for the reasons above.",
            language,
            ran=count(summary.run - summary.failed),
            run=count(summary.run),
            sets=count(summary.row_sets_run),
            excluded=count(summary.excluded),
            combinations=count(summary.combinations),
        )  # fmt: skip
    ]
    if not summary.estimated:
        texts.append(
            translate(
                "None of them has an estimate: each selects fewer than three samples, or rows "
                "that bound the correlation on one side only.",
                language,
            )
        )
        return texts
    texts.append(
        translate(
            "{estimated} of them have an estimate, and these rest on {row_sets} distinct sets of "
            "rows: that, not the number of specifications, is how much evidence there is.",
            language,
            estimated=count(summary.estimated),
            row_sets=count(summary.row_sets),
        )  # fmt: skip
    )
    if summary.estimated < summary.run:
        texts.append(
            translate(
                "The others select fewer than three samples, or rows that bound the correlation "
                "on one side only.",
                language,
            )
        )
    texts.append(
        translate(
            "The estimates run from r = {low} to r = {high}, the middle one is r = {middle}.",
            language,
            low=format_r(summary.lowest, language),
            high=format_r(summary.highest, language),
            middle=format_r(summary.median, language),
        )  # fmt: skip
    )
    texts.append(
        translate(
            "{negative} % are negative and {positive} % positive; {below} % have an interval "
            "wholly below zero and {above} % one wholly above.",
            language,
            negative=percent(summary.negative),
            positive=percent(summary.positive),
            below=percent(summary.below),
            above=percent(summary.above),
        )  # fmt: skip
    )
    texts.append(
        translate(
            "No p-value is given over specifications: they share their rows and are no sample.",
            language,
        )
    )
    return texts


def show_importance(summary: MultiverseSummary, choices: Choices) -> Shown:
    """Show which choice moves the estimate most: its share of their variance."""

    def render(language: str) -> str:
        if not summary.estimated or math.isnan(summary.interactions):
            text = "There are no different estimates whose differences could be told apart."
            return f"<p>{escape(translate(text, language))}</p>"
        order = sorted(range(len(summary.names)), key=lambda place: -summary.importance[place])
        titles = [translate(choice.title, language) for choice in choices.choices]
        lines = [[titles[place], percent(summary.importance[place], language)] for place in order]
        together = translate("what choices do only together", language)
        lines.append([together, percent(summary.interactions, language)])
        caption = translate("Which choice moves the estimate most", language)
        head = [translate(word, language) for word in ("Choice", "Share of the variance, %")]
        return draw_table(caption, head, lines, numeric=(1,))

    return Shown(render)


def percent(share: float, language: str) -> str:
    """Return a proportion in percent, without decimals."""
    return format_number(100 * max(share, 0.0), 0, language)
