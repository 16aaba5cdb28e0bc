"""The methods page: the verdict rule, the parts as asked, the gates, simulations, checklists."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from metaworkbook.reporting.display import Shown, escape
from metaworkbook.reporting.language import LANGUAGES, format_number, translate
from metaworkbook.reporting.tables import WORDS, Markup, draw_table
from metaworkbook.reporting.verdicts import KINDS
from metaworkbook.results.directions import Coverage

STATUS = {"done": "done", "partly": "partly", "missing": "missing"}
GATES = (
    ("pooling", "pooling"),
    ("verdict", "verdict"),
    ("prediction", "prediction interval"),
    ("funnel_tests", "funnel tests"),
    ("several_moderators", "several moderators"),
)


def show_rule(rule: Iterable[str]) -> Shown:
    """Show the verdict rule, a line a sentence."""
    rule = tuple(rule)

    def render(language: str) -> str:
        items = "".join(f"<li>{escape(translate(line, language))}</li>" for line in rule)
        return f"<ol>{items}</ol>"

    return Shown(render)


def show_analyses(analyses: dict[str, tuple[str, str]]) -> Shown:
    """Show what each kind of part estimates, and the variants that its verdict must survive."""

    def render(language: str) -> str:
        lines = [
            [translate(text, language) for text in (KINDS[kind], *told)]
            for kind, told in analyses.items()
        ]
        header = ("Analysis", "What is estimated", "Variants")
        return draw_table(
            translate("What a verdict has to survive", language),
            [translate(word, language) for word in header], lines,
        )  # fmt: skip

    return Shown(render)


def show_parts(parts: pd.DataFrame, names: dict[str, dict[str, str]]) -> Shown:
    """Show every part of every proposition as it is asked of the ledger.

    ``names`` are those of constructs and families by language, as `evidence.name_predictors` gives
    them.
    """

    def name(ids: str, language: str) -> str:
        return ", ".join(names[language][one] for one in ids.split())

    def say(filters: str, language: str) -> str:
        return "; ".join(translate(one, language) for one in filters.split("; "))

    def render(language: str) -> str:
        lines = []
        for row in parts.to_dict("records"):
            asked = f"{name(row['x'], language)} → {name(row['y'], language)}"
            if row["asked"]:
                asked += f"; {say(row['asked'], language)}"
            lines.append(
                [row["id"], translate(row["part"], language),
                 translate(KINDS[row["kind"]], language), asked,
                 say(row["against"], language) or "–",
                 translate(WORDS[row["expected"]], language),
                 translate("yes" if row["main"] else "no", language)]
            )  # fmt: skip
        header = ("No.", "Part", "Analysis", "Rows asked for", "Other side", "Expected sign",
                  "Deciding")  # fmt: skip
        return draw_table(
            translate("The propositions as they are asked", language),
            [translate(word, language) for word in header], lines,
        )  # fmt: skip

    return Shown(render)


def show_gates(gates: Iterable[Any]) -> Shown:
    """Show what is allowed from which number of samples on; ``gates`` as `models.list_gates`."""
    gates = tuple(gates)

    def render(language: str) -> str:
        lines = [
            [gate.k, *(translate(_allow(gate, name), language) for name, _ in GATES)]
            for gate in gates
        ]
        header = [translate("Samples, at least", language)]
        header += [translate(words, language) for _, words in GATES]
        return draw_table(translate("What is allowed at which number", language), header, lines,
                          numeric=(0,))  # fmt: skip

    return Shown(render)


def _allow(gate: Any, name: str) -> str:
    if name == "pooling" and gate.side_by_side:
        return "side by side"
    return "yes" if getattr(gate, name) else "no"


def show_coverage(found: Iterable[Coverage]) -> Shown:
    """Show how often the censored interval held the truth in simulated studies."""
    found = tuple(found)

    def render(language: str) -> str:
        lines = [
            [one.k, format_number(100 * one.withheld, 0, language),
             format_number(one.reporting, 1, language),
             format_number(100 * one.coverage, 1, language),
             format_number(100 * one.monte_carlo_se, 1, language),
             format_number(one.bias, 3, language), format_number(one.mean_width, 2, language),
             format_number(100 * one.unbounded, 0, language)]
            for one in found
        ]  # fmt: skip
        header = ("Samples", "Withheld, %", "Reporting assumed", "Coverage, %",
                  "Its error, %", "Bias (z)", "Mean width (z)", "Open interval, %")  # fmt: skip
        return draw_table(
            translate("What the censored interval is worth, by simulation", language),
            [translate(word, language) for word in header], lines, numeric=range(8),
        )  # fmt: skip

    return Shown(render)


def show_checklist(checklist: pd.DataFrame) -> Shown:
    """Show the items of the reporting checklists with what answers them."""

    def render(language: str) -> str:
        lines = []
        for row in checklist.to_dict("records"):
            where: object = "–"
            if row["page"] and row["status"] == "done":
                where = Markup(f'<a href="{escape(row["page"])}.html">{escape(row["page"])}</a>')
            elif row["column"]:
                where = translate(
                    "{column}, {share} % filled", language, column=row["column"],
                    share=format_number(100 * row["filled"], 0, language),
                )  # fmt: skip
            lines.append(
                [f"{row['standard']} {row['item']}".replace(" ", "\u00a0"),
                 translate(row["topic"], language),
                 translate(STATUS[row["status"]], language), where]
            )  # fmt: skip
        header = ("Item", "Topic", "Status", "Where")
        return draw_table(
            translate("Reporting checklists, computed", language),
            [translate(word, language) for word in header], lines,
        )  # fmt: skip

    return Shown(render)


def describe_methods(checklist: pd.DataFrame) -> dict[str, Any]:
    """Return the headline of the page: how many items of the checklists are answered."""
    counts = checklist["status"].value_counts()
    text = (
        "Of {all} items of PRISMA 2020 and SWiM {done} are answered, {partly} partly, and "
        "{missing} are missing."
    )
    return {
        "headline": {
            language: translate(
                text, language, all=len(checklist),
                **{status: int(counts.get(status, 0)) for status in STATUS},
            )
            for language in LANGUAGES
        }
    }  # fmt: skip


def show_checklist_count(checklist: pd.DataFrame) -> Shown:
    """Show in one sentence how many items are answered."""
    headline = describe_methods(checklist)["headline"]
    return Shown(lambda language: f'<p class="lead">{escape(headline[language])}</p>')
