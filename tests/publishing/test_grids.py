"""Grids: one row a combination, strict about every parameter, a failure in its own row."""

from __future__ import annotations

import csv

import pytest

from metaworkbook.errors import ProblemsError
from metaworkbook.publishing.grids import list_numbers, read_grid, run_grid

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


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('page = "plain"\n[grid]\nlevle = [0.5]', 'Did you mean "level"'),
        ('page = "plain"\n[grid]\nlevel = [0.5, "much"]', "'much' (str)"),
        ('page = "plain"\n[grid]\nlevel = [0.5, 0.5]', "a value twice"),
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
