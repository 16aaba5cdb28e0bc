"""What a page sees of the evidence: told exactly, or not told and then the page runs."""

from __future__ import annotations

import csv
import dataclasses
import shutil

import numpy as np
import pandas as pd
import pytest

from metaworkbook import evidence, paths
from metaworkbook.publishing import sight
from metaworkbook.publishing.digests import write_pieces
from metaworkbook.publishing.pages import read_pages
from metaworkbook.publishing.parameters import declared_parameters, resolve_parameters
from metaworkbook.publishing.sight import look
from metaworkbook.publishing.source import read_notebook

from . import books

IMPORTS = "from metaworkbook import evidence, models, reporting, results\n\n"
PARAMETERS = 'page: str = ""  # p\nx: str = "attachment_avoidance"  # x\nlevel: float = 0.5  # l'


@pytest.fixture(scope="module")
def ledger():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(paths.ROOT_VARIABLE, str(books.REAL))
        return evidence.read_ledger()


def alter(ledger, table, row, column, value):
    """The ledger with one cell changed, as another reading of the files would give it."""
    tables = {name: whole.copy() for name, whole in ledger.tables.items()}
    tables[table].loc[row, column] = value
    return dataclasses.replace(ledger, tables=tables, checksum=f"{table} {row} {column} {value}")


def see(ledger, *cells, **values):
    book = books.make_notebook(IMPORTS + "ledger = evidence.read_ledger()", *cells,
                               parameters=PARAMETERS)  # fmt: skip
    return look(book, {"page": "p", "x": "attachment_avoidance", "level": 0.5} | values, ledger)


SELECT = 'selected = evidence.select(ledger, x=x, y="alliance")'
FIT = "pooled = models.synthesise(**selected.bounds())"
SHOW = "reporting.draw_forest(selected.rows, pooled, page)"


def test_a_page_sees_the_rows_of_its_question_and_no_others(ledger):
    cells = SELECT, FIT, SHOW
    before = see(ledger, *cells)
    assert len(before) == 64
    assert see(ledger, *cells) == before
    selected = evidence.select(ledger, x="attachment_avoidance", y="alliance")
    inside = selected.rows.index[0]
    about = set(selected.rows.index) | set(selected.left_out.index)
    outside = next(line for line in ledger.tables["effects"].index if line not in about)
    assert see(alter(ledger, "effects", inside, "notes", "other words"), *cells) != before
    assert see(alter(ledger, "effects", outside, "notes", "other words"), *cells) == before
    claim = ledger.tables["claims"].index[0]
    assert see(alter(ledger, "claims", claim, "notes", "other"), *cells) == before


def test_another_question_sees_something_else(ledger):
    assert see(ledger, SELECT) != see(ledger, SELECT, x="attachment_anxiety")


def test_a_table_read_by_the_notebook_itself_is_seen(ledger):
    cell = 'reporting.show_leftovers(ledger["leftovers"])'
    before = see(ledger, cell)
    leftover = ledger.tables["leftovers"].index[0]
    column = ledger.tables["leftovers"].columns[-1]
    assert see(alter(ledger, "leftovers", leftover, column, "x"), cell) != before
    claim = ledger.tables["claims"].index[0]
    assert see(alter(ledger, "claims", claim, "notes", "other"), cell) == before


def test_nothing_is_drawn_saved_or_fitted(ledger, tmp_path, monkeypatch):
    monkeypatch.setenv(paths.BUILD_VARIABLE, str(tmp_path))
    assert see(ledger, SELECT, FIT, SHOW)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "cell",
    [
        "evidence.climb_ladder([ledger, pooled])",
        "evidence.check_parameters(ledger, **dict(x=pooled.k))",
        "evidence.check_parameters(ledger, pairs=len(pooled))",
        "reporting.show(f'{pooled.k}')",
        "reporting.show(pooled.k == 3)",
        "reporting.show(1) if pooled.bounded else 0",
        "ledger.checksum",
        "ledger.tables",
        "evidence.nothing_of_the_kind(ledger)",
        "unknown_name",
        "1 / 0",
        "import pandas",
        "for each in ledger.tables:\n    each",
        'open("x")',
    ],
)
def test_what_cannot_be_told_is_blank(ledger, cell):
    assert see(ledger, SELECT, FIT, cell) == ""


@pytest.mark.parametrize(
    "cell",
    [
        "evidence.select",
        "reporting.show(len(pooled), round(pooled.k), dict(a=pooled))",
        "reporting.show(evidence.keep_pooled({}, pooled), len(evidence.describe_all(pooled)))",
    ],
)
def test_what_only_shows_is_told(ledger, cell):
    assert len(see(ledger, SELECT, FIT, cell)) == 64


def digest(value):
    return b"".join(write_pieces(value))


@dataclasses.dataclass
class Answer:
    rows: object


VALUES = [
    None, True, 1, 1.0, "1", [1], (1,), {"a": 1}, {1}, float("nan"), np.array([1, 2]),
    np.array([1.0, 2.0]), np.array([[1, 2]]), pd.Series([1, 2]), pd.Series([1, 2], index=[2, 3]),
    pd.Series([1, 2], name="a"), pd.DataFrame({"a": [1, 2]}), pd.DataFrame({"b": [1, 2]}),
    pd.DataFrame({"a": [1, 3]}), pd.DataFrame({"a": [1, 2]}, index=[1, 2]),
    pd.DataFrame([[1, 2]], columns=["a", "a"]), Answer(1), Answer([1]), ["ab", "c"], ["a", "bc"],
]  # fmt: skip


def test_different_values_have_different_digests():
    digests = [digest(value) for value in VALUES]
    assert len(set(digests)) == len(VALUES)


def test_equal_values_have_one_digest():
    assert digest({"b", "a", "c"}) == digest({"c", "b", "a"})
    assert digest(float("nan")) == digest(float("nan"))
    assert digest(np.float64(0.1)) == digest(0.1)


@pytest.mark.parametrize("notebook", ["02_pooled", "06_directions", "07_reviews", "08_prevalence"])
def test_the_sight_of_real_pages_can_be_told(ledger, notebook, monkeypatch):
    monkeypatch.setenv(paths.ROOT_VARIABLE, str(books.REAL))
    pages = read_pages(books.REAL / "notebooks")
    page = next(page for page in pages if page.notebook == f"{notebook}.ipynb")
    content = read_notebook(books.REAL / "notebooks" / page.notebook)
    declared, _ = declared_parameters(content, page.notebook)
    assert len(look(content, resolve_parameters(page, declared), ledger)) == 64


def test_a_source_that_is_the_ledger_is_seen_row_by_row(tmp_path, monkeypatch):
    """A page of a source hands the evidence to the multiverse, too."""
    effects = tmp_path / "effects"
    shutil.copytree(books.REAL / "effects", effects)
    shutil.copytree(books.REAL / "notebooks", tmp_path / "notebooks")
    monkeypatch.setenv(paths.ROOT_VARIABLE, str(tmp_path))
    cells = (
        'asked = dict(x=x, y="alliance")\nledger = evidence.open_source("ledger")',
        'choices = evidence.open_choices("ledger")',
        "multiverse = models.run_multiverse(ledger, asked, choices)",
        "reporting.show_multiverse(models.summarise_multiverse(multiverse))",
    )

    ledger = evidence.read_ledger()
    before = see(ledger, *cells)
    assert len(before) == 64
    rows = ledger.tables["effects"]
    claim = ledger.tables["claims"].iloc[0]
    outside = rows[~rows["x"].str.startswith("attachment_avoidance")].iloc[0]
    inside = evidence.select(ledger, x="attachment_avoidance", y="alliance").rows.iloc[0]
    for file, cell, moves in (
        ("claims.csv", claim["claim"], False),
        ("effects.csv", outside["effect_id"], False),
        ("effects.csv", inside["effect_id"], True),
    ):
        with (effects / file).open(encoding="utf-8", newline="") as text:
            header, *records = csv.reader(text)
        (record,) = [each for each in records if cell in each]
        column = header.index("notes")
        record[column] += " (as it is told)"
        with (effects / file).open("w", encoding="utf-8", newline="") as text:
            csv.writer(text, lineterminator="\n").writerows([header, *records])
        assert (see(evidence.read_ledger(), *cells) != before) == moves


@pytest.mark.parametrize("call", ["models.pool(ledger)", "reporting.show({'a': [ledger]})"])
def test_evidence_handed_to_what_is_not_followed_is_blank(ledger, call):
    assert see(ledger, SELECT, call) == ""


def test_a_look_that_costs_too_much_is_given_up(ledger, monkeypatch):
    monkeypatch.setattr(sight, "BUDGET", -1.0)
    assert see(ledger, SELECT) == ""
    monkeypatch.undo()
    assert len(see(ledger, SELECT)) == 64


@pytest.mark.parametrize(
    "code",
    [
        "exit()", "quit()", "raise SystemExit(3)", "raise KeyboardInterrupt", "y = input()",
        "y = sum(range(1000000000000))", "y = list(range(400000000))", "breakpoint()",
        'y = eval("1")', '__import__("os").system("true")', "y = bytes(4000000000)",
    ],
)  # fmt: skip
def test_code_that_ends_asks_or_swells_is_not_followed(ledger, code):
    """The look runs in the builder itself, where no limit of a page holds."""
    assert see(ledger, SELECT, code) == ""
