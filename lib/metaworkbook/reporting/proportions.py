"""Tables of class shares and of change: what is pooled, what stands beside, and why."""

from __future__ import annotations

import math

import pandas as pd

from metaworkbook.reporting.display import Shown, escape
from metaworkbook.reporting.language import LANGUAGES, format_number, translate
from metaworkbook.reporting.tables import draw_table, quote_source
from metaworkbook.results.change import Change
from metaworkbook.results.proportions import PooledShare

SYSTEMS = {
    "three_way": "interview, three classes",
    "four_way": "interview, four classes",
    "self_report": "self-report",
    "other": "another system",
}
CLASSES = {
    "dismissing": "dismissing",
    "security": "secure",
    "insecurity": "insecure",
    "preoccupied": "preoccupied",
    "fearful": "fearful",
    "unresolved": "unresolved",
    "avoidant_class": "avoidant (three-class measure)",
}
GROUPS = {
    "clinical": "clinical",
    "non_clinical": "non-clinical",
    "therapists": "therapists",
    "students": "students",
    "": "not told",
}
CHANGES = {
    "avoidance_change": "fall in avoidance",
    "anxiety_change": "fall in anxiety",
    "security_change": "gain in security",
    "attachment_change": "attachment, dimension not told apart",
}
CONTROLS = {"uncontrolled": "before and after", "controlled": "against a comparison"}
TOLD_BY = {"thesis": "the thesis", "review": "a review", "study": "a study"}


def format_share(value: float, language: str) -> str:
    """Return a share as a percentage with one decimal."""
    return format_number(100 * value, 1, language)


def format_shares(low: float, high: float, language: str) -> str:
    """Return an interval of shares in percent."""
    ends = (format_share(low, language), format_share(high, language))
    return translate("{low} to {high}", language, low=ends[0], high=ends[1])


def show_pooled_shares(
    pools: dict[str, PooledShare | None],
    counts: dict[str, dict],
    rounded: dict[str, PooledShare | None],
) -> Shown:
    """Show the pooled share of each class by coding system and group.

    Parameters
    ----------
    pools : dict of PooledShare or None
        By "system/class/group"; None where there are fewer than three samples.
    counts : dict
        ``events`` and ``totals`` by the same names.
    rounded : dict of PooledShare or None
        The same with the nearest count where several round to the printed share.
    """

    def render(language: str) -> str:
        def say(text: str) -> str:
            return translate(text, language)

        lines = []
        for name, pool in sorted(pools.items(), key=lambda item: _order(item[0])):
            system, kind, group = name.split("/")
            totals = counts[name]["totals"]
            share, interval = "–", say("too few samples to pool")
            if pool is not None:
                share = format_share(pool.share, language)
                interval = format_shares(pool.ci_low, pool.ci_high, language)
            wider = rounded.get(name)
            nearest = "–"
            if wider is not None and (pool is None or wider.k > pool.k):
                nearest = f"{format_share(wider.share, language)} (k = {wider.k})"
            lines.append(
                [say(CLASSES[kind]), say(SYSTEMS[system]), say(GROUPS[group]), len(totals),
                 format_number(sum(totals), 0, language), share, interval, nearest]
            )  # fmt: skip
        header = ("Class", "Coded by", "Group", "Samples", "Persons", "Share, %",
                  "95 % interval", "With nearest counts, %")  # fmt: skip
        return draw_table(
            say("Share of each attachment class"), [say(word) for word in header], lines,
            numeric=(3, 4, 5, 6, 7),
        )  # fmt: skip

    return Shown(render)


def _order(name: str) -> tuple[int, int, int]:
    system, kind, group = name.split("/")
    return (
        list(CLASSES).index(kind), list(SYSTEMS).index(system), list(GROUPS).index(group),
    )  # fmt: skip


def show_beside(beside: pd.DataFrame) -> Shown:
    """Show shares that stand beside the pools: of the thesis, of reviews, or without a count."""

    def render(language: str) -> str:
        lines = [
            [row["citation"],
             translate(CLASSES.get(row["attachment_class"], row["attachment_class"]), language),
             quote_source(row["text"] or "–", language), format_share(row["share"], language),
             translate(TOLD_BY[row["told_by"]], language),
             translate(row["reason_text"], language).format(detail=row["reason_detail"])]
            for row in beside.to_dict("records")
        ]  # fmt: skip
        header = ("Source", "Class", "Of whom", "Share, %", "Told by", "Why not in a pool")
        return draw_table(
            translate("Shares beside the pools", language),
            [translate(word, language) for word in header],
            lines,
            numeric=(3,),
        )

    return Shown(render)


def describe_shares(pools: dict[str, PooledShare | None], language: str) -> str:
    """Return in one sentence how much of the dismissing class can be compared."""
    told = {name: pool for name, pool in pools.items() if "/dismissing/" in name}
    fitted = {name for name, pool in told.items() if pool is not None}
    pairs = [
        system
        for system in SYSTEMS
        if {f"{system}/dismissing/clinical", f"{system}/dismissing/non_clinical"} <= fitted
    ]
    if pairs:
        systems = "; ".join(translate(SYSTEMS[system], language) for system in pairs)
        return translate(
            "Clinical and non-clinical groups can be compared by {systems}.", language,
            systems=systems,
        )  # fmt: skip
    return translate(
        "No coding system has three samples with counts in both a clinical and a non-clinical "
        "group, so what can be read does not allow the comparison.",
        language,
    )


def show_share_answer(pools: dict[str, PooledShare | None]) -> Shown:
    """Show the answer of the page as its lead sentence."""
    return Shown(lambda language: f'<p class="lead">{escape(describe_shares(pools, language))}</p>')


def show_changes(changes: dict[str, Change]) -> Shown:
    """Show the change of attachment by kind, controlled and uncontrolled apart."""

    def render(language: str) -> str:
        def say(text: str) -> str:
            return translate(text, language)

        lines = []
        for name, change in changes.items():
            kind, control = name.split("/")
            size = say("no pool: {sized} sized").format(sized=change.sized)
            if change.pooled is not None:
                size = say("{d} ({low} to {high})").format(
                    d=format_number(change.pooled.estimate, 2, language),
                    low=format_number(change.pooled.ci_low, 2, language),
                    high=format_number(change.pooled.ci_high, 2, language),
                )
            signs = change.signs
            lines.append(
                [say(CHANGES[kind]), say(CONTROLS[control]), change.samples,
                 format_number(change.persons, 0, language), size, signs.k_positive,
                 signs.k_negative, signs.k_unsigned, change.significant, change.not_significant,
                 _p(change, language)]
            )  # fmt: skip
        header = ("Change", "Compared", "Samples", "Persons", "Size in SD (95 % interval)",
                  "Samples up", "Samples down", "Sign not told", "Significant", "Not significant",
                  "Sign test, p")  # fmt: skip
        return draw_table(
            say("Change of attachment through therapy (up is improvement)"),
            [say(word) for word in header], lines, numeric=range(2, 11),
        )  # fmt: skip

    return Shown(render)


def _p(change: Change, language: str) -> str:
    """Return the p of the sign test, as its range where signs are untold."""
    signs = change.signs
    if signs.k_negative + signs.k_positive == 0 or math.isnan(signs.p_low):
        return "–"
    low, high = (format_number(p, 2, language) for p in (signs.p_low, signs.p_high))
    if signs.k_unsigned == 0:
        return format_number(signs.p_value, 2, language)
    return translate("{low} to {high}", language, low=low, high=high)


def describe_prevalence(pools: dict[str, PooledShare | None]) -> dict:
    """Return the headline of the page, by language."""
    return {"headline": {language: describe_shares(pools, language) for language in LANGUAGES}}
