"""The rows behind each part of each proposition, as the arrays that `models.verdicts` judges."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from metaworkbook.evidence import changes, published, shares
from metaworkbook.evidence.codings import RECODINGS, recode
from metaworkbook.evidence.coverage import count_steps
from metaworkbook.evidence.descriptions import describe_effects
from metaworkbook.evidence.ledger import Ledger
from metaworkbook.evidence.parameters import resolve_constructs
from metaworkbook.evidence.propositions import MARGIN, PROPOSITIONS, Ask, Proposition
from metaworkbook.evidence.rows import bound_one_sided, leave_out, select_part, widen
from metaworkbook.evidence.selection import Selection, select_reviews
from metaworkbook.results.verdicts import Part, Question

PAGE = "propositions"
# Kinds of parts that no effect enters.
FROM_REVIEWS = ("reviews", "equivalence")
UNSIZED = "no printed size of the change"


def ask_propositions(ledger: Ledger, only: str = "") -> tuple[Question, ...]:
    """Return every proposition of the thesis with the rows that speak to each of its parts.

    ``only`` names propositions, separated by spaces; blank is all of them.
    """
    wanted = only.split()
    described = describe_effects(ledger)
    return tuple(
        _ask(ledger, described, proposition)
        for proposition in PROPOSITIONS
        if not wanted or proposition.id in wanted
    )


def list_entered(questions: tuple[Question, ...]) -> dict[str, list]:
    """Return the ids of all rows of effects that enter a part; {} without any."""
    entered = dict.fromkeys(
        row
        for question in questions
        for part in question.parts
        if part.kind not in FROM_REVIEWS
        for row in part.entered
    )
    return {"entered": list(entered), "left_out": []} if entered else {}


def ask_recoded(ledger: Ledger, questions: tuple[Question, ...]) -> dict[str, tuple[Question, ...]]:
    """Return ``questions``, from `ask_propositions`, asked of each ledger of `codings.recode`.

    A part about which no row was recoded stays as it is.
    """
    return {how: _ask_again(ledger, recode(ledger, how), questions) for how in RECODINGS}


def _ask_again(
    before: Ledger, after: Ledger, questions: tuple[Question, ...]
) -> tuple[Question, ...]:
    old, new = before.tables["effects"], after.tables["effects"]
    moved = ((old != new) & ~(old.isna() & new.isna())).any(axis=1)
    described = describe_effects(after)
    recoded = described[moved]
    known = {proposition.id: proposition for proposition in PROPOSITIONS}

    def ask_part(part: Part, ask: Ask) -> Part:
        concerned = ask.kind not in FROM_REVIEWS and _is_about(after, recoded, ask)
        return gather_part(after, described, ask) if concerned else part

    return tuple(
        replace(question, parts=tuple(map(ask_part, question.parts, known[question.id].parts)))
        for question in questions
    )


def _is_about(ledger: Ledger, rows: pd.DataFrame, ask: Ask) -> bool:
    """Return whether a part can see any of the rows, on either side of its comparison."""
    if ask.kind == "proportions":
        return True
    sides = [ask] if ask.against is None else [ask, _other_side(ask)]
    return any(
        (
            rows["x"].isin(resolve_constructs(ledger, side.x))
            & rows["y"].isin(resolve_constructs(ledger, side.y))
        ).any()
        for side in sides
    )


def _ask(ledger: Ledger, described: pd.DataFrame, proposition: Proposition) -> Question:
    parts = tuple(gather_part(ledger, described, ask) for ask in proposition.parts)
    pages = dict.fromkeys([PAGE, *(part.page for part in parts if part.page)])
    return Question(proposition.id, proposition.statement, parts, tuple(pages), proposition.fixed)


def gather_part(ledger: Ledger, described: pd.DataFrame, ask: Ask) -> Part:
    """Return one part with its rows as arrays, its signs and its coverage.

    ``described`` are all effects, by `descriptions.describe_effects`.
    """
    if ask.kind in GATHER_PUBLISHED:
        return _gather_published(ledger, ask)
    found = select_part(ledger, described, ask)
    everything = widen(found, ask)
    against, more = None, ()
    if ask.kind in ("synthesis", "contrast"):
        pool = found
        data = _bounds(found)
    elif ask.kind == "directions":
        pool = everything
        data = everything.signs() | {"ni": everything.rows["n"].to_numpy(float)}
    else:
        data = changes.measure_change(everything.rows)
        sized = everything.rows["effect_id"].isin(data.pop("effect_id"))
        unsized = leave_out(everything.rows[~sized], UNSIZED)
        pool = Selection(everything.rows[sized], pd.concat([everything.left_out, unsized]))
    # Signs and coverage of one side say nothing of the difference of two.
    signs, ladder = None, ()
    if ask.kind != "contrast":
        signs, ladder = everything.signs(), _count_steps(ledger, ask, pool, everything)
    if ask.against is not None:
        other = select_part(ledger, described, _other_side(ask))
        against, more = _bounds(other), tuple(other.rows["effect_id"])
    return _part(ask, data, against, (*pool.rows["effect_id"], *more), signs, ladder)


def _count_steps(
    ledger: Ledger, ask: Ask, pool: Selection, everything: Selection
) -> tuple[dict[str, Any], ...]:
    """Return the coverage of a part: of the rows that pass its filters, how many go how far."""
    left_out = pool.left_out[pool.left_out["effect_id"].isin(everything.rows["effect_id"])]
    within = Selection(pool.rows, left_out)
    # A review's studies were not filtered alike.
    if ask.filters or ask.where:
        return tuple(count_steps(within)[1:])
    return tuple(count_steps(within, select_reviews(ledger, ask.x, ask.y)))


def _bounds(found: Selection) -> dict[str, Any]:
    return found.bounds() | {"one_sided": bound_one_sided(found)}


def _gather_published(ledger: Ledger, ask: Ask) -> Part:
    gather = GATHER_PUBLISHED[ask.kind]
    data, entered = gather(ledger, ask)
    against, more = (None, ()) if ask.against is None else gather(ledger, _other_side(ask))
    return _part(ask, data, against, (*entered, *more), None, ())


def _part(ask: Ask, data, against, entered, signs, ladder) -> Part:
    return Part(
        name=ask.name, kind=ask.kind, expected=ask.expected, main=ask.main, data=data,
        against=against, signs=signs, margin=MARGIN, entered=tuple(dict.fromkeys(entered)),
        ladder=ladder, page=ask.page,
    )  # fmt: skip


def _other_side(ask: Ask) -> Ask:
    """Return what the other side of a comparison asks: x, y, where replaced, filters merged."""
    asked = dict(ask.against or {})
    fields = {name: asked.pop(name) for name in ("x", "y", "where") if name in asked}
    return replace(ask, **fields, filters=ask.filters | asked, against=None)


def _reviews(ledger: Ledger, ask: Ask) -> tuple[dict[str, Any], tuple[str, ...]]:
    rows = published.select_published(ledger, ask.x, ask.y, ask.where)
    return published.review_arrays(rows), tuple(rows["review_id"])


def _proportions(ledger: Ledger, ask: Ask) -> tuple[dict[str, Any], tuple[str, ...]]:
    (system,) = ask.where["system"]
    rows = shares.select_shares(shares.list_shares(ledger), ask.x, system)
    return shares.share_arrays(rows), tuple(rows["effect_id"])


GATHER_PUBLISHED = {
    "reviews": _reviews,
    "equivalence": _reviews,
    "proportions": _proportions,
}
