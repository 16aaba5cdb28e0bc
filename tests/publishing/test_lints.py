"""The house rules of notebooks, each broken once, and kept by the real ones."""

from __future__ import annotations

import pytest

from metaworkbook.publishing.lints import check_notebook
from metaworkbook.publishing.source import write_notebook

from . import books


def check(tmp_path, *cells, **options):
    folder = tmp_path / "notebooks"
    folder.mkdir()
    write_notebook(books.make_notebook(*cells, **options), folder / "a.ipynb")
    return [str(problem) for problem in check_notebook(folder / "a.ipynb")]


def test_a_plain_notebook_passes(tmp_path):
    good = "from metaworkbook.models.pooling import pool\n\npooled = pool([0.1, 0.2], [0.1, 0.1])"
    assert (
        check(tmp_path, "# Does it?\n\nThe level is 0.5, at k < 5 it is not.", good, "pooled") == []
    )


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("def f():\n    pass", "the definition of f"),
        ("class A:\n    pass", "the definition of A"),
        ("f = lambda: 1", "a lambda"),
        ("for x in y:\n    x", "a loop in line 1"),
        ("while x:\n    x", "a loop in line 1"),
        ("[x for x in y]", "a comprehension in line 1"),
        ("a + b", "arithmetic (+) in line 1"),
        ("\na *= 2", "arithmetic (*) in line 1"),
        ("a ** 2", "arithmetic (**) in line 1"),
        ("print(level)", "print() in line 1"),
        ('open("x")', "open() in line 1"),
        ('read("effects.csv")', 'the path "effects.csv"'),
        ('read("../effects/x")', 'the path "../effects/x"'),
        ("import pandas as pd", "the import of pandas"),
        ("from pathlib import Path", "the import of pathlib"),
        ("from metaworkbook.publishing import site", "the import of metaworkbook.publishing"),
        ("from metaworkbook import cli", "the import of metaworkbook.cli"),
        ("from .x import y", "the import of .x"),
        ('import warnings\nwarnings.simplefilter("ignore")', "a warning filter"),
        ("%matplotlib inline", "Python without magics"),
        ("\n".join("x" for _ in range(11)), "found 11 lines; allowed: at most 10"),
        ("# So r = -.13 it is.", 'the typed number "r = -.13"'),
        ("# The estimate = 0.25.", 'the typed number "estimate = 0.25"'),
        ("# $$a \\tag{1}$$", '"\\tag"'),
    ],
)
def test_each_rule_names_the_cell(tmp_path, cell, expected):
    problems = check(tmp_path, "# First", cell)
    assert any(expected in problem for problem in problems), problems
    assert all(problem.startswith("notebooks/a.ipynb (cell 3)") for problem in problems)


@pytest.mark.parametrize(
    "cell",
    [
        'table[table["tier"] == "A"]',
        "# A level of 0.05, r = 0 is not meant, https://doi.org/10.1037/x",
        'find("and/or")',
        "from metaworkbook import results, errors",
        "-level",
        "\n".join("x\n" for _ in range(10)),
    ],
)
def test_what_is_allowed_passes(tmp_path, cell):
    assert check(tmp_path, cell) == []


def test_parameters_want_comments_and_the_last_cell_saves(tmp_path):
    problems = check(tmp_path, "1", parameters='page: str = ""', save=False)
    assert any("page: found page without a comment" in problem for problem in problems)
    assert any("(last cell): found no results.save(page, ...)" in problem for problem in problems)


def test_a_file_that_is_no_notebook_is_one_problem(tmp_path):
    file = tmp_path / "a.ipynb"
    file.write_text("nothing", encoding="utf-8")
    assert len(check_notebook(file)) == 1


REAL = sorted((books.REAL / "notebooks").glob("*.ipynb"))


def test_there_are_real_notebooks():
    assert len(REAL) >= 4


@pytest.mark.parametrize("file", REAL, ids=lambda file: file.stem)
def test_the_real_notebooks_keep_the_rules(file):
    assert [str(problem) for problem in check_notebook(file)] == []
