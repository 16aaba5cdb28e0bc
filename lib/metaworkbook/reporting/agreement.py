"""The numbers of a page beside what the second engine gives for them."""

from __future__ import annotations

import math

from metaworkbook.reporting.display import Shown, escape
from metaworkbook.reporting.language import LANGUAGES, format_number, translate
from metaworkbook.reporting.proportions import CLASSES, GROUPS, SYSTEMS
from metaworkbook.reporting.published import GROUPINGS
from metaworkbook.reporting.tables import draw_table
from metaworkbook.reporting.wordings import name_choice
from metaworkbook.results.agreement import Recomputed

WHAT = {
    "all-rows": "All rows",
    "coefficients": "Coefficients alone",
    "signs": "Sign test",
    "combined": "Combined p-values",
    "egger": "Egger's test",
    "pet": "PET",
    "peese": "PEESE",
    "trim_l0": "Trim and fill, L0",
    "trim_r0": "Trim and fill, R0",
    "one_step": "Selection model, one step",
    "two_steps": "Selection model, two steps",
}
QUANTITIES = {
    "estimate": "estimate",
    "ci_low": "lower end",
    "ci_high": "upper end",
    "tau2": "heterogeneity (tau²)",
    "log_likelihood": "log-likelihood",
    "p_value": "p",
    "statistic": "test statistic",
    "intercept": "intercept",
    "slope": "slope",
}
#: Parts of the keys of groups, such as "three_way/security/clinical".
PARTS = SYSTEMS | CLASSES | GROUPS | GROUPINGS
#: Decimals beyond which nobody reads agreement.
MOST_DECIMALS = 8


def show_recomputed(
    numbers: tuple[Recomputed, ...], names: dict[str, dict[str, str]] | None = None
) -> Shown:
    """Show in a sentence how closely two engines agree, and in a table what each gives.

    Parameters
    ----------
    numbers : tuple of Recomputed
        What a function of `models.recomputation` returned: all within their tolerances.
    names : dict, optional
        Names of predictors by language, as `evidence.name_predictors` gives them, where the keys of
        groups hold predictors.
    """
    known = names or {language: {} for language in LANGUAGES}

    def render(language: str) -> str:
        if not numbers:
            told = translate("There is no pooled number here to compute twice.", language)
            return f"<p>{escape(told)}</p>"
        apart = max(
            (abs(each.first - each.second) for each in numbers if math.isfinite(each.first)),
            default=0.0,
        )
        told = translate(
            "One number of this page was computed a second time by independent code; the two "
            "computations agree to at least {decimals} decimals."
            if len(numbers) == 1
            else "{count} numbers of this page were computed a second time by independent code; "
            "the two computations agree to at least {decimals} decimals.",
            language, count=len(numbers), decimals=_decimals(apart),
        )  # fmt: skip
        lines = [
            [
                _name(each.what, known[language], language),
                translate(QUANTITIES[each.quantity], language),
                format_number(each.first, 5, language),
                format_number(each.second, 5, language),
            ]
            for each in numbers
        ]
        caption = translate("Each number by both computations, on the scale of analysis", language)
        header = ("Result", "Number", "First", "Second")
        table = draw_table(
            caption, [translate(word, language) for word in header], lines, numeric=(2, 3)
        )
        summary = escape(translate("Both computations, number by number", language))
        return f"<p>{escape(told)}</p><details><summary>{summary}</summary>{table}</details>"

    return Shown(render)


def _name(what: str, names: dict[str, str], language: str) -> str:
    """Return the words for a result; the keys of groups are read out part by part."""
    if what in WHAT:
        return translate(WHAT[what], language)
    return ", ".join(
        names.get(part) or name_choice(PARTS.get(part, part), language) for part in what.split("/")
    )


def _decimals(apart: float) -> int:
    """Return to how many decimals two numbers agree that lie ``apart``."""
    if apart < 0.5 * 10.0**-MOST_DECIMALS:
        return MOST_DECIMALS
    return max(0, math.floor(-math.log10(2 * apart)))
