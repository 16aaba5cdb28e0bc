"""The verdict rule: supported, contradicted, mixed or undecided, never typed by hand.

A part of a proposition points for it if its 95 % interval lies on the expected side of zero in the
main analysis and in every stated variant, against it if all lie on the other side, and is
undecided otherwise. The proposition is

- **mixed** if some part points for it and another against it;
- **supported** if every main part points for it;
- **contradicted** if every main part points against it;
- **undecided** otherwise, and the parts name what is missing.

Only a part that decides can make a proposition mixed: an interval that crosses zero is no
contrary evidence, and "not significant" is no evidence of none.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from metaworkbook.models.directions import sign_test
from metaworkbook.models.estimands import SAMPLES
from metaworkbook.models.review_estimands import PUBLISHED
from metaworkbook.results.verdicts import (
    Estimand,
    Part,
    PartVerdict,
    Question,
    Reading,
    Verdict,
)

KINDS = SAMPLES | PUBLISHED
VERDICTS = ("supported", "contradicted", "mixed", "undecided")
#: The rule in sentences, as the methods page prints it; `combine_parts` and `decide` carry it out.
RULE = (
    "A part points for its proposition if its 95 % interval lies on the expected side of zero in "
    "the main analysis and in every stated variant.",
    "It points against it if all these intervals lie on the other side, and it is undecided "
    "otherwise.",
    "A proposition is mixed if one part points for it and another against it.",
    "It is supported if every deciding part points for it, and contradicted if every deciding "
    "part points against it.",
    "Otherwise it is undecided, and the parts name what is missing.",
    "A part without three samples is undecided; one published synthesis counts as decided by its "
    "own interval, because it pools at least three studies itself.",
)


def judge_propositions(questions: Iterable[Question]) -> tuple[Verdict, ...]:
    """Return the verdict on each proposition.

    Parameters
    ----------
    questions : iterable of Question
        As `evidence.ask_propositions` gives them.
    """
    return tuple(judge_proposition(question) for question in questions)


def judge_each(asked: dict[str, tuple[Question, ...]]) -> dict[str, tuple[Verdict, ...]]:
    """Return `judge_propositions` of each named way of reading the ledger."""
    return {name: judge_propositions(questions) for name, questions in asked.items()}


def judge_proposition(question: Question) -> Verdict:
    """Return the verdict on one proposition; one that is fixed stays undecided."""
    parts = tuple(judge_part(part) for part in question.parts)
    samples: dict[str, float] = {}
    for part in parts:
        if part.main:
            for sample, n in part.samples.items():
                samples[sample] = max(samples.get(sample, 0.0), n)
    return Verdict(
        id=question.id, statement=question.statement,
        verdict="undecided" if question.fixed else combine_parts(parts), parts=parts,
        k=len(samples), n=sum(samples.values()), pages=question.pages, fixed=question.fixed,
    )  # fmt: skip


def combine_parts(parts: Iterable[PartVerdict]) -> str:
    """Return the verdict that the parts give together; see the rule above."""
    parts = tuple(parts)
    pointing = {part.points for part in parts}
    mains = [part.points for part in parts if part.main]
    if {"for", "against"} <= pointing:
        return "mixed"
    for points, verdict in (("for", "supported"), ("against", "contradicted")):
        if mains and all(one == points for one in mains):
            return verdict
    return "undecided"


def judge_part(part: Part) -> PartVerdict:
    """Return where one part points, and what it lacks if nowhere."""
    estimand = KINDS[part.kind](part)
    points, lacking, crossing = decide(estimand, part.expected)
    return PartVerdict(
        name=part.name, kind=part.kind, expected=part.expected, main=part.main, points=points,
        reading=estimand.main, sides=estimand.sides, information=estimand.information,
        margin=part.margin, scale=estimand.scale, k=len(estimand.samples),
        n=sum(estimand.samples.values()), lacking=lacking, crossing=crossing,
        variants=estimand.variants, samples=estimand.samples,
        signs=sign_test(**part.signs) if part.signs and len(part.signs["signs"]) else None,
        ladder=part.ladder, page=part.page, counts=estimand.counts,
        # A published estimate without a standard error is listed on its page and enters nothing.
        entered=tuple(estimand.samples) if part.kind in PUBLISHED else part.entered,
    )  # fmt: skip


def decide(estimand: Estimand, expected: str) -> tuple[str, str, Reading | None]:
    """Return where an estimand points, what it lacks, and the first variant that leaves a side.

    By hand: -0.5 to -0.1 with variants -0.4 to -0.05 and -0.6 to 0.02 is undecided for lack of the
    second variant; without it, it points for an expected negative and against a positive.
    """
    if estimand.main is None:
        return "undecided", estimand.lacking, None
    side = _side(estimand.main)
    if side == 0:
        return "undecided", "main" if _closed(estimand.main) else "one_side", None
    crossing = next((one for one in estimand.variants if _side(one) != side), None)
    if crossing is not None:
        return "undecided", "variant", crossing
    wanted = {"negative": -1, "positive": 1}[expected]
    return ("for" if side == wanted else "against"), "", None


def _side(reading: Reading) -> int:
    """Return -1 or 1 where the whole interval lies below or above zero, else 0."""
    return (reading.ci_low > 0) - (reading.ci_high < 0)


def _closed(reading: Reading) -> bool:
    return math.isfinite(reading.ci_low) and math.isfinite(reading.ci_high)
