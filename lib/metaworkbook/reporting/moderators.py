"""Declared moderators in tables and lines: the declarations, the levels, the tests."""

from __future__ import annotations

import math
from collections.abc import Sequence

from metaworkbook.reporting.display import Shown, escape
from metaworkbook.reporting.figures.levels import Line, draw_lines
from metaworkbook.reporting.language import LANGUAGES, format_number, translate
from metaworkbook.reporting.sentences import name_pair
from metaworkbook.reporting.tables import draw_table
from metaworkbook.results import MetaRegression
from metaworkbook.results.censored_moderators import Moderator, ModeratorResult

FEW = "No moderator has two levels of three samples each, so nothing is compared."
TOO_FEW = {
    "category": "fewer than two levels of three samples",
    "number": "fewer than ten samples",
}
FEW_TOGETHER = (
    "All moderators in one regression need ten samples that print a coefficient and tell every "
    "moderator; there are fewer."
)


def show_declared(moderators: Sequence[Moderator], results: Sequence[ModeratorResult]) -> Shown:
    """Show every declared moderator with its reason and the samples of each level."""

    def render(language: str) -> str:
        lines = [
            [
                translate(moderator.title, language),
                translate(moderator.reason, language),
                _levels(result, language),
            ]
            for moderator, result in zip(moderators, results, strict=True)
        ]
        heads = ("Moderator", "Declared because", "Samples (with a coefficient)")
        caption = translate("Moderators declared before looking", language)
        return draw_table(caption, [translate(head, language) for head in heads], lines)

    return Shown(render)


def name_level(level: str, language: str) -> str:
    """Return a level in words."""
    return translate(level.replace("_", " "), language)


def _levels(result: ModeratorResult, language: str) -> str:
    if result.kind == "number":
        told = f"{result.samples[0]} ({result.exact[0]})"
    else:
        told = "; ".join(
            f"{name_level(level, language)} {samples} ({exact})"
            for level, samples, exact in zip(
                result.levels, result.samples, result.exact, strict=True
            )
        )
    if result.untold:
        untold = translate("rows that do not tell: {rows}", language, rows=result.untold)
        told = f"{told}; {untold}" if told else untold
    return told or "–"


def draw_levels(
    moderators: Sequence[Moderator], results: Sequence[ModeratorResult], name: str
) -> Shown:
    """Show the mean of every compared level from the censored model, one model a moderator."""

    def lines(language: str) -> list[Line]:
        found = []
        for moderator, result in zip(moderators, results, strict=True):
            if result.means is None:
                continue
            samples = dict(zip(result.levels, result.samples, strict=True))
            for place, level in enumerate(result.compared):
                label = f"{translate(moderator.title, language)}: {name_level(level, language)}"
                found.append(
                    Line(label, result.means.estimate[place], result.means.ci_low[place],
                         result.means.ci_high[place], f"({samples[level]})",
                         level == result.reference)
                )  # fmt: skip
        return found

    return draw_lines(lines, "The correlation by level, all rows", f"{name}-levels", FEW)


def show_moderator_tests(
    moderators: Sequence[Moderator], results: Sequence[ModeratorResult]
) -> Shown:
    """Show each moderator's test: all rows (likelihood ratio) and coefficients alone (F)."""

    def render(language: str) -> str:
        if all(result.contrasts is None for result in results):
            return f"<p>{escape(translate(FEW, language))}</p>"
        lines = []
        for moderator, result in zip(moderators, results, strict=True):
            lines.append(
                [translate(moderator.title, language), _contrast(result, language),
                 _likelihood(result, language), _classical(result, language)]
            )  # fmt: skip
        heads = ("Moderator", "Difference or slope, all rows (z)", "Test, all rows",
                 "Test, coefficients alone")  # fmt: skip
        caption = translate("One model a moderator", language)
        return draw_table(caption, [translate(head, language) for head in heads], lines)

    return Shown(render)


def _contrast(result: ModeratorResult, language: str) -> str:
    fit = result.contrasts
    if fit is None:
        return translate(TOO_FEW[result.kind], language)
    told = []
    for place, name in enumerate(fit.names[1:], 1):
        numbers = (fit.estimate[place], fit.ci_low[place], fit.ci_high[place])
        digits = 3 if result.kind == "number" else 2
        estimate, low, high = (format_number(number, digits, language) for number in numbers)
        label = ""
        if result.kind == "category":
            names = (name_level(level, language) for level in (name, result.reference))
            label = translate("{level} against {reference}: ", language,
                              **dict(zip(("level", "reference"), names, strict=True)))  # fmt: skip
        interval = translate("{low} to {high}", language, low=low, high=high)
        told.append(f"{label}{estimate} ({interval})")
    return "; ".join(told)


def _likelihood(result: ModeratorResult, language: str) -> str:
    fit = result.contrasts
    if fit is None or math.isnan(fit.lrt_p):
        return "–"
    return f"χ²({fit.lrt_df}) = {format_number(fit.lrt, 2, language)}, " + _p(fit.lrt_p, language)


def _classical(result: ModeratorResult, language: str) -> str:
    fit = result.subgroups or result.regression
    if fit is None or math.isnan(fit.qm_p):
        return "–"
    value = format_number(fit.qm, 2, language)
    return f"F({fit.qm_df}, {fit.df:.0f}) = {value}, " + _p(fit.qm_p, language)


def _p(value: float, language: str) -> str:
    if value < 0.001:
        return f"p < {format_number(0.001, 3, language)}"
    return f"p = {format_number(value, 3, language)}"


def show_together(fit: MetaRegression | None) -> Shown:
    """Show all moderators in one regression of the coefficients, or why there is none."""

    def render(language: str) -> str:
        if fit is None:
            return f"<p>{escape(translate(FEW_TOGETHER, language))}</p>"
        lines = []
        for place, name in enumerate(fit.names):
            values = (fit.estimate[place], fit.ci_low[place], fit.ci_high[place])
            estimate, low, high = (format_number(value, 3, language) for value in values)
            interval = translate("{low} to {high}", language, low=low, high=high)
            lines.append([translate(name.replace("_", " "), language), estimate, interval,
                          _p(fit.p_value[place], language)])  # fmt: skip
        heads = ("Moderator", "Coefficient (z)", "95 % interval", "p")
        caption = translate("All moderators in one model, coefficients alone", language)
        whole = translate(
            "Together: F({df}, {rest}) = {value}, {p}; they account for {share} % of the "
            "heterogeneity. Many moderators on few samples fit chance.",
            language, df=fit.qm_df, rest=f"{fit.df:.0f}", value=format_number(fit.qm, 2, language),
            p=_p(fit.qm_p, language), share=format_number(100 * fit.r2, 0, language),
        )  # fmt: skip
        table = draw_table(
            caption, [translate(head, language) for head in heads], lines, numeric=(1, 2, 3)
        )
        return table + f"<p>{escape(whole)}</p>"

    return Shown(render)


def describe_moderators(
    results: Sequence[ModeratorResult], x: dict[str, str], y: dict[str, str]
) -> dict[str, dict[str, str]]:
    """Return the page's headline by language: how many moderators could be compared."""
    tested = [result for result in results if result.contrasts is not None]
    headline = {
        language: f"{name_pair(x, y, language)}: "
        + translate(
            "{tested} of {declared} declared moderators have samples enough to be compared.",
            language,
            tested=len(tested),
            declared=len(results),
        )  # fmt: skip
        for language in LANGUAGES
    }
    return {"headline": headline}
