"""Declared moderators: read from the dictionary with their reasons, refused where incomplete."""

from __future__ import annotations

import numpy as np
import pytest

from metaworkbook import paths
from metaworkbook.errors import ProblemsError
from metaworkbook.evidence.descriptions import describe_effects
from metaworkbook.evidence.dictionary import FILE, read_dictionary
from metaworkbook.evidence.moderators import (
    check_moderators,
    list_moderators,
    read_declarations,
    read_values,
)
from metaworkbook.evidence.selection import select

GOOD = {"name": "rater", "column": "y_rater", "kind": "category", "title": "Rater",
        "reason": "Raters differ.", "reference": "client"}  # fmt: skip
ISSUE = {"rater", "phase", "measure", "informant", "setting", "population", "therapy", "year",
         "thesis"}  # fmt: skip


def test_the_project_declares_what_was_asked(real_ledger):
    moderators = list_moderators()
    assert {each.name for each in moderators} == ISSUE
    columns = describe_effects(real_ledger).columns
    for each in moderators:
        assert each.column in columns
        assert len(each.reason) > 20


def test_references_are_words_of_the_dictionary():
    columns = {c.name: c for table in read_dictionary().values() for c in table.columns}
    for each in list_moderators():
        if each.kind == "category" and not each.blank:
            assert each.reference in columns[each.column].enum, each.name


def test_values_are_words_and_numbers(real_ledger):
    rows = select(real_ledger, "client_attachment", "alliance", population="all")
    moderators = list_moderators()
    values = read_values(rows, moderators)
    assert "unclear" not in values["rater"]
    assert set(values["population"]) >= {"adults"}
    assert "" not in set(values["population"])
    assert values["year"].dtype == float
    told = rows.rows["y_rater"].to_numpy()
    assert np.all(values["rater"][told == "client"] == "client")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"reason": ""}, "Give reason"),
        ({"kind": "sort"}, "category, number"),
        ({"reference": None}, "Give reference"),
        ({"colour": "red"}, "Remove it"),
    ],
)
def test_an_incomplete_declaration_is_refused(change, words):
    with pytest.raises(ProblemsError, match=words):
        read_declarations([GOOD | change], "effects/datapackage.yaml")


def test_a_number_needs_no_reference():
    given = {name: text for name, text in GOOD.items() if name != "reference"}
    assert read_declarations([given | {"kind": "number"}], "x")[0].reference == ""


def test_a_repeated_name_and_a_missing_list_are_refused():
    with pytest.raises(ProblemsError, match="twice"):
        read_declarations([GOOD, GOOD], "x")
    with pytest.raises(ProblemsError, match="Restore"):
        read_declarations(None, "x")


def test_a_column_that_is_not_there_is_named(real_ledger):
    rows = select(real_ledger, "client_attachment", "alliance")
    wrong = read_declarations([GOOD | {"column": "y_rator"}], "x")
    with pytest.raises(ProblemsError, match="y_rator"):
        read_values(rows, wrong)


def test_the_ledger_is_checked_against_the_declarations(real_ledger, tmp_path, monkeypatch):
    check_moderators(real_ledger)
    text = (paths.effects() / FILE).read_text(encoding="utf-8")
    (tmp_path / "effects").mkdir()
    changed = text.replace("column: y_rater,", "column: yrater,", 1)
    (tmp_path / "effects" / FILE).write_text(changed, encoding="utf-8")
    monkeypatch.setenv(paths.ROOT_VARIABLE, str(tmp_path))
    with pytest.raises(ProblemsError) as caught:
        check_moderators(real_ledger)
    (problem,) = caught.value.problems
    assert (problem.file, problem.key) == (f"effects/{FILE}", "rater")
    assert (problem.column, problem.found) == ("column", '"yrater"')
