"""Entries: every field escaped, every row in its place, folded or as a link."""

from __future__ import annotations

import pandas as pd
import pytest

from metaworkbook.reporting import entries
from metaworkbook.reporting.display import to_text

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)>'


@pytest.mark.parametrize("field", ["citation", "summary", "detail", "oddity", "path", "effect_id",
                                   "study_id", "doi", "x_measure", "coder_note"])  # fmt: skip
def test_evidence_escapes_every_field(rows, field):
    rows.loc[0, field] = HOSTILE
    shown = entries.show_evidence(rows).html("en")
    assert "<script" not in shown
    assert "<img" not in shown


def test_evidence_gives_each_row_its_place(rows):
    shown = entries.show_evidence(rows).html("en")
    for effect_id in rows["effect_id"]:
        assert f'id="row-{effect_id}"' in shown


def test_entries_take_an_empty_frame():
    assert entries.show_evidence(pd.DataFrame()).html("nb") == ""


def test_rows_that_were_read_differently_show_both_readings(rows):
    rows.loc[0, ["second_reading", "direction", "direction_second"]] = [
        "direction n", "negative", "mixed"]  # fmt: skip
    rows["n_second"] = 44.0
    shown = to_text(entries.show_evidence(rows.iloc[:1]).html("en"))
    assert "direction: first negative, second mixed; n: first 50, second 44" in shown


def test_very_many_rows_are_links_in_their_places(rows, monkeypatch):
    rows.loc[0, ["citation", "effect_id", "study_id"]] = HOSTILE
    monkeypatch.setattr(entries, "MOST_ENTRIES", len(rows) - 1)
    shown = entries.show_evidence(rows).html("nb")
    assert "<script" not in shown
    assert shown.count("<li") == len(rows)
    for effect_id, study in zip(rows["effect_id"][1:], rows["study_id"][1:], strict=True):
        assert f'<li id="row-{effect_id}"><a href="study/{study}.html">' in shown
    assert f"{len(rows)} rader" in to_text(shown)
