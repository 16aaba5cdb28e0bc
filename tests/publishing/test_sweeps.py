"""Sweeps: one table whatever the workers, and nothing made twice after an interruption."""

from __future__ import annotations

import csv
import json

import pytest

from metaworkbook.errors import ProblemsError
from metaworkbook.publishing import sweeps
from metaworkbook.publishing.sweeps import Store, read_fits, sweep

from . import books

ASKING = """page: str = ""  # the page's name
x: str = "conscientiousness"  # what predicts
y: str = "medication_adherence"  # what is predicted
source: str = "demonstration"  # whose rows
level: float = 0.5  # a number
"""


@pytest.fixture
def page(project):
    books.add_page(project, "shown", books.make_notebook(parameters=ASKING))
    books.add_page(project, "plain", books.make_notebook())
    return "shown"


def read(file):
    with file.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def test_the_table_holds_one_row_a_specification(page, project):
    done = sweep(page)
    rows = read(project / "build" / "multiverse" / "shown.csv")
    assert len(rows) == done.multiverse.size
    names = [*done.multiverse.choices.names, "k", "estimate", "ci_low", "ci_high", "tau2"]
    assert list(rows[0]) == names
    assert [float(row["estimate"]) for row in rows] == done.multiverse.estimate.tolist()
    told = json.loads((project / "build" / "multiverse" / "shown.json").read_text())
    assert told["run"] == len(rows)
    assert told["row_sets"] == done.summary.row_sets
    assert (done.made, done.found) == (done.multiverse.fits, 0)


def test_an_interrupted_sweep_goes_on_where_it_stopped(page, project):
    seen = []

    def stop(done, total):
        seen.append(done)
        if done > total / 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep(page, tell=stop)
    table = project / "build" / "multiverse" / "shown.csv"
    assert not table.exists()
    done = sweep(page)
    assert done.found == seen[-1]
    assert done.made == done.multiverse.fits - seen[-1]
    resumed = table.read_bytes()
    for file in table.parent.iterdir():
        file.unlink()
    sweep(page, jobs=2)
    assert table.read_bytes() == resumed


def test_a_finished_sweep_makes_nothing(page):
    sweep(page)
    again = sweep(page)
    assert (again.made, again.found) == (0, again.multiverse.fits)


def test_fits_of_another_engine_are_made_anew(page, project, monkeypatch):
    sweep(page)
    monkeypatch.setattr(sweeps, "digest_engine", lambda: "another")
    assert sweep(page).found == 0
    assert len(list((project / "build" / "multiverse").glob(".shown.*.jsonl"))) == 1


def test_a_line_cut_short_costs_one_fit_only(tmp_path):
    fits = {"a": sweeps.Fit(0.1, -0.2, float("inf"), float("nan")), "b": sweeps.Fit(1, 2, 3, 4)}
    with Store(tmp_path, "page", "stamp") as store:
        store.keep(fits)
    file = tmp_path / ".page.stamp.jsonl"
    file.write_bytes(file.read_bytes()[:-9])
    left = read_fits(file)
    assert list(left) == ["a"]
    assert left["a"].ci_high == float("inf")
    with Store(tmp_path, "page", "stamp") as store:
        store.keep({"c": sweeps.Fit(1, 1, 1, 1)})
    assert list(read_fits(file)) == ["a", "c"]


@pytest.mark.parametrize(
    ("name", "words"), [("plain", "Name one of these pages"), ("shwon", 'Did you mean "shown"')]
)
def test_a_page_that_asks_nothing_is_refused(page, name, words):
    with pytest.raises(ProblemsError, match="shown") as caught:
        sweep(name)
    assert words in str(caught.value)


def test_the_command_says_how_many_ran_and_on_how_many_sets(page):
    from click.testing import CliRunner

    from metaworkbook.cli import app

    told = CliRunner().invoke(app, ["multiverse", page, "--jobs", "1"])
    assert told.exit_code == 0
    assert "192 of 192 specifications ran (864 combinations" in told.output
    assert "rest on 12 distinct sets of rows" in told.output
    assert "144 fits made, 0 kept from before" in told.output
