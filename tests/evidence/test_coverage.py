"""Coverage: what was found and what is missing, counted by hand on the small ledger."""

from __future__ import annotations

import pytest

from metaworkbook.errors import ProblemsError
from metaworkbook.evidence import coverage, selection
from metaworkbook.evidence.ledger import read_ledger
from metaworkbook.evidence.tiers import TIERS

from .. import ledgers


def test_counts_of_the_ledger(small_ledger):
    assert coverage.count_ledger(small_ledger) == {
        "effects": 17, "studies": 5, "samples": 4, "exact": 4, "reviews": 3, "claims": 2,
        "twice": 3, "leftovers": 1,
    }  # fmt: skip


def test_rows_by_pair_and_tier(small_ledger):
    counts = coverage.count_rows(small_ledger)
    first = counts.iloc[0]
    assert (first["x_family"], first["y_family"]) == ("client_attachment", "alliance")
    assert first[list(TIERS)].to_dict() == {
        "A": 3, "B": 2, "C": 4, "D": 3, "E": 2, "F": 1, "P": 0,
    }  # fmt: skip
    assert (first["rows"], first["samples"]) == (15, 4)
    assert counts["rows"].sum() == 17
    assert counts["rows"].is_monotonic_decreasing


def test_ladder(small_ledger):
    ladder = coverage.climb_ladder(selection.select(small_ledger, "client_attachment", "alliance"))
    steps = {row["step"]: (row["samples"], row["persons"]) for row in ladder.to_dict("records")}
    assert steps == {
        "known": (4, 230),
        "read": (4, 230),
        "with a direction": (4, 230),
        # alm, bjork (groups), gran (groups), hassel: coefficients; in the pool without gran.
        "with a coefficient": (4, 230),
        "in this pool": (3, 200),
    }


def test_real_ladder_never_rises_after_the_first_step(real_ledger):
    for y in ("alliance", "outcome"):
        found = selection.select(real_ledger, "client_attachment", y)
        samples = coverage.climb_ladder(found)["samples"].tolist()
        assert samples[1] >= samples[2]
        assert samples[1] >= samples[4]


def test_empty_question_has_an_empty_ladder(small_ledger):
    ladder = coverage.climb_ladder(selection.select(small_ledger, "group_membership", "alliance"))
    assert ladder[["samples", "persons"]].to_numpy().sum() == 0


def test_the_two_readings(small_ledger):
    """alm2001-01 agrees; alm2001-02 differs in direction and n; a value was read once."""
    found = coverage.compare_codings(small_ledger).set_index("field")
    assert found.loc["direction"].to_dict() == {"read": 2, "differ": 1}
    assert found.loc["significance"].to_dict() == {"read": 1, "differ": 0}
    assert found.loc["n"].to_dict() == {"read": 2, "differ": 1}
    assert found.loc["value"].to_dict() == {"read": 1, "differ": 0}


def test_names_in_both_languages(small_ledger):
    assert coverage.name_constructs(small_ledger, "dismissing alliance_bond") == {
        "en": "dismissing style or bond",
        "nb": "avvisende stil eller bånd",
    }
    assert coverage.name_constructs(small_ledger, "alliance")["nb"] == "arbeidsalliansen"
    three = coverage.name_constructs(small_ledger, "dismissing alliance_bond alliance")["en"]
    assert three == "dismissing style, bond or the alliance"
    assert coverage.name_predictors(small_ledger)["nb"]["alliance"] == "arbeidsalliansen"
    with pytest.raises(ProblemsError, match="rapport"):
        coverage.name_constructs(small_ledger, "alliance rapport")


def test_a_family_without_a_written_name_is_named_by_its_id(small_ledger, monkeypatch):
    monkeypatch.delitem(coverage.FAMILY_NAMES, "client_attachment")
    words = "client attachment"
    assert coverage.name_constructs(small_ledger, "client_attachment") == {"en": words, "nb": words}


def test_every_real_construct_and_family_has_a_name(real_ledger):
    constructs = real_ledger["constructs"]
    known = {*constructs["construct"], *coverage.FAMILY_NAMES}
    assert set(constructs["family"]) <= known
    for name in known & {*constructs["construct"], *constructs["family"]}:
        names = coverage.name_constructs(real_ledger, name)
        assert names["en"]
        assert names["nb"]


def test_a_claim_told_again_counts_once_and_stands_with_the_first(tmp_path, tables):
    first = ledgers.find(tables, "claims", "alm2001-claim")
    again = {"claim_id": "alm2001-09", "same_as": "alm2001-claim", "claim": "Longer."}
    tables["claims"].append(first | again | {"proposition": "P2 P10"})
    ledger = read_ledger(ledgers.write(tmp_path / "effects", tables))
    assert coverage.count_ledger(ledger)["claims"] == 2
    listed = coverage.list_claims(ledger).set_index("claim_id")
    assert listed["again"].to_dict() == {"alm2001-claim": ["Longer."], "gran2010-09": []}
    assert listed["proposition"]["alm2001-claim"] == "P1 P2 P10"


def test_a_family_keeps_its_name_beside_a_construct_of_the_same_id(real_ledger):
    families = coverage.name_families(real_ledger)
    constructs = coverage.name_predictors(real_ledger)
    assert families["en"]["attachment_to_therapist"] == "attachment to the therapist"
    assert constructs["en"]["attachment_to_therapist"].endswith("unspecified")
    assert set(families["nb"]) == set(real_ledger.tables["constructs"]["family"])
