"""Tables kept between questions: asked once, never mistaken, never changed by who got them."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from metaworkbook.evidence.memory import KEPT, Memory


def count_calls():
    calls = []

    def make(effects, studies):
        calls.append(1)
        return pd.DataFrame({"n": [len(effects), len(studies)]})

    return Memory(make, "effects", "studies"), calls


def test_makes_a_table_once_and_hands_it_out_unharmed(small_ledger):
    memory, calls = count_calls()
    first = memory.recall(small_ledger)
    expected = first["n"].tolist()
    first["n"] = 0
    first.loc[0, "more"] = 1
    assert memory.recall(small_ledger)["n"].tolist() == expected
    assert len(calls) == 1


def test_makes_it_anew_for_another_table_and_not_for_one_it_does_not_use(small_ledger):
    memory, calls = count_calls()
    memory.recall(small_ledger)
    unused = small_ledger.tables | {"reviews": small_ledger["reviews"].iloc[:0]}
    memory.recall(replace(small_ledger, tables=unused))
    assert len(calls) == 1
    used = small_ledger.tables | {"studies": small_ledger["studies"].iloc[:0]}
    found = memory.recall(replace(small_ledger, tables=used))
    assert found["n"].tolist() == [len(small_ledger["effects"]), 0]


def test_keeps_no_more_than_it_may(small_ledger):
    memory, _ = count_calls()
    for _ in range(KEPT + 2):
        tables = small_ledger.tables | {"studies": small_ledger["studies"].copy()}
        memory.recall(replace(small_ledger, tables=tables))
    assert len(memory._kept) == KEPT
