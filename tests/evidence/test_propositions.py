"""The propositions: four verdicts on made-up ledgers, and the expected moves on the real one."""

from __future__ import annotations

import pandas as pd
import pytest

from metaworkbook.evidence.ledger import Ledger
from metaworkbook.evidence.parameters import resolve_constructs
from metaworkbook.evidence.propositions import KINDS, PROPOSITIONS
from metaworkbook.evidence.questions import ask_propositions, list_entered
from metaworkbook.models.verdicts import judge_propositions

from .synthetic import SIGNS, Writer, proposition

JUDGED = [one.id for one in PROPOSITIONS if not one.fixed]
#: The parts set against each other to make a proposition mixed, by position.
OPPOSED = {"P13": (1, 2)}


def judge(writer_or_ledger, identity: str):
    ledger = writer_or_ledger.ledger() if isinstance(writer_or_ledger, Writer) else writer_or_ledger
    return judge_propositions(ask_propositions(ledger, only=identity))[0]


def write_mains(identity: str, turn: float) -> Writer:
    writer = Writer()
    for ask in proposition(identity).parts:
        if ask.main:
            writer.point(ask, turn * SIGNS[ask.expected])
    return writer


def test_every_proposition_of_the_thesis_is_asked_once():
    assert [one.id for one in PROPOSITIONS] == [f"P{number}" for number in range(1, 16)]


def test_every_part_names_known_constructs_and_a_known_kind():
    ledger = Writer().ledger()
    for one in PROPOSITIONS:
        assert one.fixed or any(ask.main for ask in one.parts)
        assert len({ask.name for ask in one.parts}) == len(one.parts)
        for ask in one.parts:
            assert ask.kind in KINDS
            assert resolve_constructs(ledger, ask.x)
            assert resolve_constructs(ledger, ask.y)
            assert ask.expected in SIGNS


@pytest.mark.parametrize("identity", JUDGED)
def test_rows_as_the_proposition_states_them_support_it(identity):
    verdict = judge(write_mains(identity, 1), identity)
    assert verdict.verdict == "supported"
    assert verdict.k >= 1


@pytest.mark.parametrize("identity", JUDGED)
def test_rows_of_the_other_sign_contradict_it(identity):
    assert judge(write_mains(identity, -1), identity).verdict == "contradicted"


@pytest.mark.parametrize("identity", JUDGED)
def test_parts_that_point_opposite_ways_make_it_mixed(identity):
    writer = Writer()
    asks = proposition(identity).parts
    for turn, position in zip((1, -1), OPPOSED.get(identity, (0, 1)), strict=True):
        writer.point(asks[position], turn * SIGNS[asks[position].expected])
    assert judge(writer, identity).verdict == "mixed"


@pytest.mark.parametrize("identity", JUDGED)
def test_an_empty_ledger_leaves_it_undecided_and_says_what_is_missing(identity):
    verdict = judge(Writer(), identity)
    assert verdict.verdict == "undecided"
    for part in verdict.parts:
        published = part.kind in ("reviews", "equivalence")
        assert part.lacking == ("no_review" if published else "nothing")
    assert verdict.k == 0


def test_the_pathway_stays_undecided_with_its_reason():
    verdict = judge(write_mains("P13", 1), "P15")
    assert verdict.verdict == "undecided"
    assert "pathway" in verdict.fixed


def test_two_samples_give_no_verdict_and_the_gate_is_named():
    writer = Writer()
    ask = proposition("P1").parts[0]
    writer.point(ask, -1)
    rows = writer.rows["effects"]
    del rows[2:]
    part = judge(writer, "P1").parts[0]
    assert (part.points, part.lacking, part.k) == ("undecided", "samples", 2)


def test_signs_that_differ_leave_the_interval_across_zero():
    writer = Writer()
    for value in (-0.4, 0.4, -0.3, 0.3):
        writer.effect(writer.sample(), "attachment_avoidance", "alliance_total",
                      1.0 if value > 0 else -1.0, statistic="r", value=value,
                      phase="early")  # fmt: skip
    part = judge(writer, "P1").parts[0]
    assert (part.points, part.lacking) == ("undecided", "main")


def test_one_sample_that_carries_the_result_is_named():
    writer = Writer()
    for value, n in ((-0.3, 2000), (-0.2, 30), (-0.15, 30), (-0.2, 30)):
        writer.effect(writer.sample(), "attachment_avoidance", "alliance_total", -1.0,
                      statistic="r", value=value, n=n, phase="early")  # fmt: skip
    part = judge(writer, "P1").parts[0]
    assert (part.points, part.lacking) == ("undecided", "variant")
    assert (part.crossing.name, part.crossing.detail) == ("without-sample", "s1")


def test_a_comparison_without_its_other_side_says_so():
    writer = Writer()
    ask = proposition("P2").parts[0]
    writer.point(ask, -1)
    writer.rows["effects"] = [row for row in writer.rows["effects"] if row["y"] == "alliance_bond"]
    part = judge(writer, "P2").parts[0]
    assert (part.points, part.lacking, part.counts) == ("undecided", "sides", (4, 0))


def test_rows_set_apart_held_back_or_adjusted_do_not_speak():
    changes = ({"hold_back": "misread"}, {"contrast": "adjusted"}, {"duplicate_of": "s1-1"})
    for change in changes:
        writer = write_mains("P1", 1)
        for row in writer.rows["effects"]:
            row.update(change)
        assert judge(writer, "P1").k == 0
    writer = write_mains("P1", 1)
    for row in writer.rows["samples"]:
        row["set_apart"] = "group"
    assert judge(writer, "P1").k == 0


def test_two_rows_of_one_sample_are_one_sample():
    writer = write_mains("P1", 1)
    for row in writer.rows["effects"]:
        row["sample_id"] = "s1"
    assert judge(writer, "P1").k == 1


def test_shares_whose_count_is_not_unique_stay_out():
    writer = write_mains("P12", 1)
    for row in writer.rows["shares"]:
        row["count"], row["n"] = None, 4000
    assert judge(writer, "P12").k == 0


def test_change_on_the_waiting_list_does_not_count_as_change_through_therapy():
    writer = write_mains("P8", 1)
    for row in writer.rows["effects"]:
        row["control"] = ""
    assert judge(writer, "P8").k == 0


@pytest.fixture(scope="module")
def real_verdicts(real_ledger) -> dict[str, str]:
    return verdicts_of(real_ledger)


def verdicts_of(ledger: Ledger) -> dict[str, str]:
    return {one.id: one.verdict for one in judge_propositions(ask_propositions(ledger))}


def moved(before: dict[str, str], ledger: Ledger) -> dict[str, tuple[str, str]]:
    after = verdicts_of(ledger)
    return {one: (before[one], after[one]) for one in before if before[one] != after[one]}


def change_reviews(ledger: Ledger, review_id: str, **cells) -> Ledger:
    reviews = ledger["reviews"]
    for column, value in cells.items():
        reviews.loc[reviews["review_id"] == review_id, column] = value
    return Ledger(ledger.tables | {"reviews": reviews}, "changed")


def test_turning_one_modality_moves_only_the_alliance_with_outcome(real_ledger, real_verdicts):
    turned = {"estimate": -0.19, "ci_low": -0.25, "ci_high": -0.13}
    ledger = change_reviews(real_ledger, "karver2018-01", **turned)
    assert moved(real_verdicts, ledger) == {"P13": ("supported", "mixed")}


def test_another_estimate_for_avoidance_moves_only_its_place_beside_the_alliance(
    real_ledger, real_verdicts
):
    ledger = change_reviews(real_ledger, "levy2011-02", estimate=-0.6, n_total=20000.0)
    assert moved(real_verdicts, ledger) == {"P14": ("contradicted", "supported")}


def test_strong_early_samples_move_only_the_early_alliance(real_ledger, real_verdicts):
    made = write_mains("P1", 1).ledger()
    tables = dict(real_ledger.tables)
    for name in ("effects", "samples", "studies"):
        tables[name] = pd.concat([tables[name], made.tables[name]], ignore_index=True)
    assert moved(real_verdicts, Ledger(tables, "widened")) == {"P1": ("undecided", "supported")}


def test_a_missing_estimate_for_avoidance_leaves_only_its_place_beside_the_alliance_open(
    real_ledger, real_verdicts
):
    ledger = change_reviews(real_ledger, "levy2011-02", hold_back="misread")
    assert moved(real_verdicts, ledger) == {"P14": ("contradicted", "undecided")}


def test_the_early_alliance_falls_back_when_a_sample_that_decides_it_turns(
    real_ledger, real_verdicts
):
    writer = write_mains("P1", 1)
    rows = [row for row in writer.rows["effects"] if row["phase"] == "early"]
    rows[0].update(value=-rows[0]["value"], direction="positive", direction_analysed="positive")
    made = writer.ledger()
    tables = dict(real_ledger.tables)
    for name in ("effects", "samples", "studies"):
        tables[name] = pd.concat([tables[name], made.tables[name]], ignore_index=True)
    assert moved(real_verdicts, Ledger(tables, "turned")) == {}


def test_the_coverage_of_a_part_counts_what_passes_its_filters():
    writer = Writer()
    for phase in ("early", "early", "late"):
        writer.effect(writer.sample(), "attachment_avoidance", "alliance_total", -1.0, phase=phase,
                      statistic="r", value=-0.3)  # fmt: skip
    (question,) = ask_propositions(writer.ledger(), "P1")
    ladders = {
        part.name: {rung["step"]: rung["samples"] for rung in part.ladder}
        for part in question.parts
    }
    early, ever = ladders["avoidance, early alliance"], ladders["avoidance, alliance at any time"]
    assert (early["read"], early["in this pool"]) == (2, 2)
    # What a review knows of was not filtered.
    assert "known" not in early
    assert (ever["known"], ever["read"], ever["in this pool"]) == (3, 3, 3)


def test_a_difference_of_two_sides_has_no_ladder_of_one():
    (question,) = ask_propositions(Writer().ledger(), "P2")
    assert [part.name for part in question.parts if part.kind == "contrast" and part.ladder] == []


def test_what_enters_a_part_is_listed_once_and_published_rows_are_none():
    writer = write_mains("P1", 1.0)
    writer.review("alliance_total", "outcome_other", 0.3)
    questions = ask_propositions(writer.ledger(), "P1 P13")
    entered = list_entered(questions)["entered"]
    assert sorted(entered) == sorted(writer.ledger().tables["effects"]["effect_id"])
    assert list_entered(ask_propositions(Writer().ledger(), "P1")) == {}
