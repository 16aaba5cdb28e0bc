"""The checklists follow what is there, and nothing is ticked by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from metaworkbook.evidence.checklist import (
    ITEMS,
    PRISMA,
    SWIM,
    check_reporting,
    list_parts,
    share_filled,
)
from metaworkbook.evidence.propositions import PROPOSITIONS

from .synthetic import Writer


@pytest.fixture
def pages(tmp_path, monkeypatch):
    """A project whose only page is the methods page."""
    Writer().ledger()  # reads dictionary and constructs of the real project, once for all
    (tmp_path / "effects").mkdir()
    (tmp_path / "effects" / "datapackage.yaml").write_text("name: x\n", encoding="utf-8")
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "pages.toml").write_text(
        '[[page]]\nname = "methods"\n', encoding="utf-8"
    )
    monkeypatch.setenv("METAWORKBOOK_ROOT", str(tmp_path))


def status(checklist, standard, item):
    row = checklist[(checklist["standard"] == standard) & (checklist["item"] == item)]
    return row["status"].iloc[0]


def test_all_items_of_both_standards_are_asked():
    prisma = {item.rstrip("abcdef") for standard, item, *_ in ITEMS if standard == PRISMA}
    swim = {item for standard, item, *_ in ITEMS if standard == SWIM}
    assert prisma == {str(number) for number in range(1, 28)}
    assert swim == {str(number) for number in range(1, 10)}
    assert len({item[:2] for item in ITEMS}) == len(ITEMS)


def test_an_item_is_done_only_while_its_page_exists(pages):
    found = check_reporting(Writer().ledger())
    assert status(found, PRISMA, "12") == "done"
    assert status(found, PRISMA, "3") == "missing"


def test_what_nothing_records_is_missing(pages):
    found = check_reporting(Writer().ledger())
    assert status(found, PRISMA, "7") == "missing"
    assert status(found, PRISMA, "24") == "missing"


def test_a_column_answers_as_far_as_it_is_filled(pages):
    writer = Writer()
    for reading in ("agrees", None, None):
        writer.effect(writer.sample(), "security", "alliance_total", 1.0, second_reading=reading)
    found = check_reporting(writer.ledger())
    assert status(found, PRISMA, "9") == "partly"
    assert status(found, PRISMA, "6") == "done"


@pytest.mark.parametrize(
    ("cells", "share"), [(["a", ""], 0.5), ([1.0, float("nan")], 0.5), ([], 0.0), (["a"], 1.0)]
)
def test_filled_cells_are_neither_blank_nor_missing(cells, share):
    assert share_filled(pd.Series(cells, dtype=object)) == share


def test_every_page_and_column_named_is_a_possible_one(real_ledger):
    for _, _, topic, answer in ITEMS:
        kind, _, name = answer.partition(":")
        assert kind in ("page", "column", "none"), topic
        if kind == "column":
            table, column = name.split(".")
            assert column in real_ledger.tables[table], topic


def test_parts_are_listed_as_they_are_asked():
    parts = list_parts()
    assert len(parts) == sum(len(one.parts) for one in PROPOSITIONS)
    early = parts[parts["part"] == "avoidance, early alliance"].iloc[0]
    assert (early["id"], early["asked"], early["main"]) == ("P1", "phase early", True)
    bond = parts[parts["part"] == "avoidance: bond less goals and tasks"].iloc[0]
    assert bond["against"] == "y alliance task alliance goal"
