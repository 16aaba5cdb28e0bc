"""Small-study checks in tables: what each gives, what it assumes, when not to believe it."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from metaworkbook.reporting.display import Shown, escape
from metaworkbook.reporting.figures.reported import describe as describe_rows
from metaworkbook.reporting.language import LANGUAGES, format_number, translate
from metaworkbook.reporting.sentences import name_pair
from metaworkbook.reporting.tables import draw_table, format_interval, format_r
from metaworkbook.results.asymmetry import SmallStudies

FEW = "Fewer than ten samples print a coefficient, so no test or model of small studies is shown."
#: Each method: its name, what it assumes, and when its result should not be believed.
METHODS = {
    "egger": (
        "Egger's regression, mixed model",
        "That without selection, effects do not depend on the size of the study.",
        "When small studies differ in fact: other patients, other measures, more care.",
    ),
    "egger_lm": (
        "Egger's regression, weighted",
        "The same, and that results vary in proportion to their errors.",
        "When results differ more than chance allows.",
    ),
    "begg": (
        "Begg's rank correlation",
        "Only that the order of effects does not depend on the order of sizes.",
        "When it finds nothing: with few samples it finds hardly anything.",
    ),
    "trim_l0": (
        "Trim and fill (L0)",
        "That the most extreme results on one side were held back, whatever their p.",
        "As an estimate: it is shown as sensitivity only.",
    ),
    "trim_r0": (
        "Trim and fill (R0)",
        "The same, counted by the longest run on one side.",
        "As an estimate: one extreme study can decide it.",
    ),
    "pet": (
        "PET (line in the standard error)",
        "That selection grows in proportion to the standard error.",
        "When there is a real effect: it then corrects too much.",
    ),
    "peese": (
        "PEESE (line in the variance)",
        "That selection grows with the variance.",
        "When there is no effect: it then corrects too little.",
    ),
    "one_step": (
        "Selection at p = .025",
        "That only significance in the expected direction decides on publication.",
        "When hardly a result lies on one side of the step, or its weight is at a bound.",
    ),
    "two_steps": (
        "Selection at p = .025 and .5",
        "That significance and the side of zero decide.",
        "When an interval of p holds few results: its weight is then a guess.",
    ),
    "henmi_copas": (
        "Henmi and Copas",
        "That large studies suffer less from selection, so they alone set the estimate.",
        "When the large studies are the odd ones.",
    ),
}


def show_small_studies(checks: SmallStudies) -> Shown:
    """Show every method with its result, its assumption and its limits."""

    def render(language: str) -> str:
        lines = []
        for name, (title, assumes, doubt) in METHODS.items():
            told = _tell(name, getattr(checks, name), checks, language)
            words = [translate(text, language) for text in (title, assumes, doubt)]
            lines.append([words[0], told, words[1], words[2]])
        heads = ("Method", "Result", "What it assumes", "Not to be believed")
        caption = translate("Small-study checks", language)
        return draw_table(caption, [translate(head, language) for head in heads], lines)

    return Shown(render)


def _tell(name: str, result: Any, checks: SmallStudies, language: str) -> str:
    if result is None:
        text = "no result: it did not converge" if name in checks.failed else "not shown"
        return translate(text, language)
    if name in ("egger", "egger_lm"):
        return translate(
            "p = {p}; r = {r} where the error is zero ({interval})", language,
            p=format_number(result.p_value, 3, language), r=format_r(result.limit, language),
            interval=format_interval(result.limit_ci_low, result.limit_ci_high, language),
        )  # fmt: skip
    if name == "begg":
        return translate(
            "tau = {tau}, p = {p}", language, tau=format_number(result.tau, 2, language),
            p=format_number(result.p_value, 3, language),
        )  # fmt: skip
    if name in ("pet", "peese"):
        return _estimate(result.estimate[0], result.ci_low[0], result.ci_high[0], language)
    told = _estimate(result.estimate, result.ci_low, result.ci_high, language)
    if name in ("trim_l0", "trim_r0"):
        return translate("{count} filled in; {told}", language, count=result.k0, told=told)
    if name in ("one_step", "two_steps"):
        p = format_number(result.lrt_p, 3, language)
        told = translate("{told}; selection p = {p}", language, told=told, p=p)
        if result.at_bound:
            told += "; " + translate("a weight is at its bound", language)
    return told


def _estimate(estimate: float, low: float, high: float, language: str) -> str:
    if math.isnan(low):
        return translate("r = {r}, no interval", language, r=format_r(estimate, language))
    return translate(
        "r = {r} ({interval})", language, r=format_r(estimate, language),
        interval=format_interval(low, high, language),
    )  # fmt: skip


def describe_small_studies(
    checks: SmallStudies, rows: pd.DataFrame, x: dict[str, str], y: dict[str, str]
) -> dict[str, dict[str, str]]:
    """Return the page's headline by language."""
    headline = {}
    for language in LANGUAGES:
        told = translate(FEW, language)
        if checks.egger is not None:
            told = translate(
                "Egger's test gives p = {p}; the estimates that allow for selection run from "
                "r = {low} to r = {high}.",
                language, p=format_number(checks.egger.p_value, 3, language),
                **_range(checks, language),
            )  # fmt: skip
        headline[language] = f"{name_pair(x, y, language)}. {told}"
    return {"headline": headline}


def _range(checks: SmallStudies, language: str) -> dict[str, str]:
    fits = [checks.trim_l0, checks.trim_r0, checks.one_step, checks.two_steps, checks.henmi_copas]
    values = [fit.estimate for fit in fits if fit is not None]
    values += [fit.estimate[0] for fit in (checks.pet, checks.peese) if fit is not None]
    return {"low": format_r(min(values), language), "high": format_r(max(values), language)}


def show_reported(rows: pd.DataFrame) -> Shown:
    """Show in a sentence which kinds of statements came from samples of which size."""
    known = rows[rows["ni"].notna()]

    def render(language: str) -> str:
        if known.empty:
            return ""
        return f"<p>{escape(describe_rows(known, language))}</p>"

    return Shown(render)
