"""Grids: one row a combination, strict about every parameter, a failure in its own row."""

from __future__ import annotations

import csv
import shutil

import pytest

from metaworkbook.errors import ProblemsError
from metaworkbook.publishing.grids import format_rows, list_numbers, read_grid, run_grid
from metaworkbook.publishing.progress import Progress

from . import books

CHECK = 'if level > 0.8:\n    raise ValueError("too much")'


@pytest.fixture
def page(project):
    books.add_page(project, "plain", books.make_notebook(CHECK))
    return project


def write(project, text):
    file = project / "grid.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_one_row_a_combination_and_failures_in_theirs(page):
    file = write(page, 'page = "plain"\n[grid]\nlevel = [0.25, 0.75, 0.9]\n')
    outcome = run_grid(file, 2, "forked", (60, 0))
    with outcome.file.open(encoding="utf-8", newline="") as text:
        rows = list(csv.DictReader(text))
    assert outcome.file == page / "build" / "grid" / "plain.csv"
    assert [row["level"] for row in rows] == ["0.25", "0.75", "0.9"]
    assert [row["failure"] == "" for row in rows] == [True, True, False]
    assert "too much" in rows[2]["failure"]
    assert len(outcome.failures) == 1
    assert not list((page / "build").glob(".work*"))


def test_an_interrupted_grid_goes_on_where_it_stopped(page):
    file = write(page, 'page = "plain"\n[grid]\nlevel = [0.25, 0.5, 0.75, 0.9]\n')

    class Stopper(Progress):
        def tell(self, page, event, done, total):
            if event == "done":
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_grid(file, 1, "forked", (60, 0), progress=Stopper())
    outcome = run_grid(file, 1, "forked", (60, 0))
    assert (outcome.runs, outcome.kept, len(outcome.failures)) == (4, 1, 1)
    resumed = outcome.file.read_bytes()
    again = run_grid(file, 1, "forked", (60, 0))
    assert again.kept == 3
    assert again.file.read_bytes() == resumed
    shutil.rmtree(page / "build")
    assert run_grid(file, 2, "forked", (60, 0)).file.read_bytes() == resumed


def test_text_that_a_spreadsheet_would_run_is_disarmed():
    rows = [{"x": "=1+1", "n": -2, "failure": "@x"}, {"x": None, "n": 0.5, "failure": ""}]
    assert format_rows(rows) == "x,n,failure\n'=1+1,-2,'@x\n,0.5,\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('page = "plain"\n[grid]\nlevle = [0.5]', 'Did you mean "level"'),
        ('page = "plain"\n[grid]\nlevel = [0.5, "much"]', "'much' (str)"),
        ('page = "plain"\n[grid]\nlevel = [0.5, 0.5]', "a value twice"),
        ('page = "plain"\n[grid]\nlevel = [1, 1.0]', "a value twice"),
        ('page = "plain"\n[grid]\nlevel = [nan]', "allowed: a number"),
        ('page = "plain"\n[grid]\nlevel = [-inf]', "allowed: a number"),
        (f'page = "plain"\n[grid]\nlevel = [1{"0" * 400}]', "allowed: a number"),
        ('page = "plain"\n[grid]\nlevel = []', "a list of values"),
        ('page = "plain"\n[grid]', "a list of values"),
        (f'page = "plain"\n[grid]\nlevel = {[*range(10_001)]}', "at most 10000"),
        ('page = "plain"\n[grid]\npage = ["other"]', "every parameter but page"),
        ('page = "plain"\n[grid]\nlevel = 0.5', "a list of values"),
        ('page = "plian"\n[grid]\nlevel = [0.5]', 'Did you mean "plain"'),
        ("[grid]\nlevel = [0.5]", "a page's name"),
        ('page = "plain"\nlevels = 1\n[grid]\nlevel = [0.5]', 'found "levels"'),
        ("page =", "TOML"),
    ],
)
def test_a_grid_that_cannot_be_run_is_refused(page, text, words):
    with pytest.raises(ProblemsError) as caught:
        read_grid(write(page, text))
    assert words in str(caught.value)
    # Each says what to do, and none lays out the file.
    for line in str(caught.value).splitlines()[:-1]:
        assert line.endswith(".")
        assert len(line) < 600


def test_a_list_of_pages_is_no_grid(page):
    with pytest.raises(ProblemsError) as caught:
        read_grid(page / "notebooks" / "pages.toml")
    first = str(caught.value).splitlines()[0]
    assert first.startswith("pages.toml, grid: found nothing; allowed: a list of values")
    assert "Write [grid]. A grid says: page, a page's name" in first


def test_a_missing_file_is_named(page):
    with pytest.raises(ProblemsError, match="No such file"):
        read_grid(page / "grid.toml")


def test_single_values_become_columns_and_lists_stay():
    results = {
        "card": {"k": 3, "x": {"en": "a"}},
        "results": {"fit": {"estimate": 0.1, "deep": {"deeper": {"deepest": 1}}}, "rows": [1, 2]},
        "headline": {"en": "words"},
    }
    assert dict(list_numbers(results)) == {"card.k": 3, "card.x.en": "a", "fit.estimate": 0.1}
