"""The two readings paired, and put in each other's place."""

from __future__ import annotations

import pytest

from metaworkbook.evidence.codings import RECODINGS, confirm_codings, pair_codings, recode
from metaworkbook.evidence.ledger import read_ledger
from metaworkbook.evidence.questions import ask_propositions, ask_recoded
from metaworkbook.models.verdicts import judge_propositions
from metaworkbook.publishing.digests import write_pieces

from .synthetic import Writer, proposition


def twice(first: dict, second: dict, agreement: str = "direction") -> Writer:
    writer = Writer()
    identity = writer.effect(writer.sample(), "attachment_avoidance", "alliance_total", -1.0,
                             second_reading=agreement, **first)  # fmt: skip
    writer.rows["second_coding"].append(
        {"effect_id": identity, "found": "yes", "x_ok": "yes", "y_ok": "no",
         "direction": "positive", "significance": "significant"} | second
    )  # fmt: skip
    return writer


def test_fields_pair_only_where_both_readers_gave_them():
    pairs = pair_codings(twice({"value": -0.3, "n": 40}, {"n": 41}).ledger())
    assert (pairs["n"]["first"].tolist(), pairs["n"]["second"].tolist()) == (["40"], ["41"])
    assert len(pairs["value"]["first"]) == 0
    assert pairs["direction"]["first"].tolist() == ["negative"]


@pytest.mark.parametrize(
    ("cells", "word"),
    [
        ({"significance": "significant"}, "not_stated"),
        ({"significance": "significant", "p_reported": "< .05"}, "significant"),
        ({"significance": "not_significant", "ci_low": -0.1}, "not_significant"),
    ],
)
def test_significance_is_mapped_to_the_stricter_convention(cells, word):
    pairs = pair_codings(twice(cells, {}).ledger())
    assert pairs["significance"]["first"].tolist() == [word]


def test_shares_in_percent_are_proportions():
    writer = twice({"statistic": "proportion", "value": 0.26}, {"value": 26.0})
    pairs = pair_codings(writer.ledger())
    assert pairs["value"]["first"].tolist() == pairs["value"]["second"].tolist() == ["0.26"]


def test_rows_not_found_again_do_not_pair_and_are_counted():
    writer = twice({}, {"found": "no"}, "not_found")
    assert all(len(told["first"]) == 0 for told in pair_codings(writer.ledger()).values())
    assert confirm_codings(writer.ledger())["found"] == {"events": 0, "totals": 1}


def test_x_and_y_are_counted_apart():
    counts = confirm_codings(twice({}, {}).ledger())
    assert counts["x_ok"] == {"events": 1, "totals": 1}
    assert counts["y_ok"] == {"events": 0, "totals": 1}


def test_dropping_holds_back_what_differs_and_nothing_else():
    writer = twice({}, {})
    writer.effect(writer.sample(), "attachment_avoidance", "alliance_total", -1.0,
                  second_reading="agrees")  # fmt: skip
    held = recode(writer.ledger(), "dropped").tables["effects"]["hold_back"]
    assert held.ne("").tolist() == [True, False]


def test_rows_not_found_are_held_back_only_in_their_own_run():
    writer = twice({}, {"found": "no"}, "not_found")
    ledger = writer.ledger()
    assert recode(ledger, "dropped").tables["effects"]["hold_back"].tolist() == [""]
    assert recode(ledger, "found_only").tables["effects"]["hold_back"].ne("").all()
    assert ledger.tables["effects"]["hold_back"].tolist() == [""]


def test_swapping_takes_the_second_reading_under_the_polarity_of_the_row():
    writer = twice({"y_scored_as": "reversed", "n": 40}, {"n": 50})
    row = recode(writer.ledger(), "swapped").tables["effects"].iloc[0]
    assert (row["direction"], row["direction_analysed"], row["n"]) == ("positive", "negative", 50)


def test_swapping_keeps_what_the_second_reader_did_not_give():
    row = recode(twice({"n": 40}, {"n": 2}).ledger(), "swapped").tables["effects"].iloc[0]
    assert row["n"] == 40


def test_an_unknown_way_is_refused():
    with pytest.raises(ValueError, match="dropped, swapped, found_only"):
        recode(Writer().ledger(), "guessed")


def test_a_verdict_that_hangs_on_disputed_rows_moves():
    writer = Writer()
    ask = proposition("P1").parts[0]
    writer.point(ask, -1)
    for row in writer.rows["effects"]:
        row["second_reading"] = "direction value"
        writer.rows["second_coding"].append(
            {"effect_id": row["effect_id"], "found": "yes", "direction": "positive",
             "value": -row["value"]}
        )  # fmt: skip
    ledger = writer.ledger()
    verdicts = {
        how: judge_propositions(ask_propositions(recode(ledger, how), only="P1"))[0].verdict
        for how in RECODINGS
    }
    assert judge_propositions(ask_propositions(ledger, only="P1"))[0].verdict == "supported"
    assert verdicts == {
        "dropped": "undecided", "swapped": "contradicted", "found_only": "supported"
    }  # fmt: skip


def test_parts_without_a_recoded_row_are_taken_over_as_they_are():
    ledger = read_ledger()
    recoded = ask_recoded(ledger, ask_propositions(ledger))
    for how in RECODINGS:
        for kept, asked in zip(recoded[how], ask_propositions(recode(ledger, how)), strict=True):
            assert b"".join(write_pieces(kept)) == b"".join(write_pieces(asked)), (how, kept.id)
