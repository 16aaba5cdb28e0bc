"""The demonstration: a public data set in the ledger's shape, and nowhere near the evidence."""

from __future__ import annotations

import pytest

from metaworkbook.errors import ProblemsError
from metaworkbook.evidence.demonstration import X, Y, describe_demonstration, open_source
from metaworkbook.evidence.selection import select
from metaworkbook.models.pooling import pool

#: Digits printed by the published analysis (documentation of metafor for this data set).
PRINTED = 5e-5


@pytest.fixture(scope="module")
def rows():
    return select(open_source("demonstration"), X, Y).exact()


def test_it_gives_the_published_analysis(rows):
    fit = pool(rows["yi"], rows["vi"], "REML", ci="wald")
    assert fit.k == 16
    assert fit.estimate == pytest.approx(0.1499, abs=PRINTED)
    assert fit.se == pytest.approx(0.0316, abs=PRINTED)
    assert fit.tau2 == pytest.approx(0.0081, abs=PRINTED)
    assert fit.i2 == pytest.approx(0.6173, abs=PRINTED)
    assert fit.q == pytest.approx(38.1595, abs=PRINTED)


def test_every_row_is_a_coefficient_of_a_sample_of_its_own(rows):
    assert len(set(rows["cluster"])) == len(rows["yi"])


def test_its_constructs_say_what_they_are_and_are_not_in_the_ledger(real_ledger):
    table = open_source("demonstration").tables["constructs"]
    assert table["name_en"].str.contains("demonstration").all()
    assert table["name_nb"].str.contains("demonstrasjon").all()
    assert not set(table["construct"]) & set(real_ledger.tables["constructs"]["construct"])
    assert not set(table["family"]) & set(real_ledger.tables["constructs"]["family"])


def test_its_tables_have_every_column_of_the_ledger(real_ledger):
    tables = open_source("demonstration").tables
    assert set(tables) == set(real_ledger.tables)
    for name, table in real_ledger.tables.items():
        assert set(table.columns) <= set(tables[name].columns), name


def test_every_column_is_described():
    about = describe_demonstration()
    file = open_source("demonstration")
    assert {"study_id", "citation", "year", "n", "r"} <= {c["name"] for c in about["columns"]}
    for moderator in about["moderators"]:
        assert set(moderator) - {"reference"} == {"name", "column", "kind", "title", "reason"}
        known = set(file.tables["effects"]) | {"year"}
        assert moderator["column"] in known


def test_another_source_is_refused():
    with pytest.raises(ProblemsError, match="ledger, demonstration"):
        open_source("elsewhere")
