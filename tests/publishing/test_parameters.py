"""Parameters: declared plainly, given by right name and type, refused before anything runs."""

from __future__ import annotations

import nbformat
import pytest

from metaworkbook.publishing.pages import Page
from metaworkbook.publishing.parameters import (
    TYPES,
    check_parameters,
    declared_parameters,
    injected_parameters,
    resolve_parameters,
)
from metaworkbook.publishing.source import format_notebook

from . import books

SOURCE = """page: str = ""  # the page's name
rater: str = "client"  # who rates: blåbær
level: float = 0.95  # of the interval
k: int = -3  # a whole number
shown: bool = True  # whether
phases: list[str] = ["early", "late"]  # which
rhos: list[float] = [0.3, 1]  # assumed
"""


def declare(source=SOURCE):
    return declared_parameters(books.make_notebook(parameters=source), "notebooks/a.ipynb")


def make_page(**parameters):
    return Page("name", "a.ipynb", {"en": "", "nb": ""}, "answers", parameters)


def test_declared_parameters_have_type_default_and_comment():
    declared, problems = declare()
    assert problems == []
    assert list(declared) == ["page", "rater", "level", "k", "shown", "phases", "rhos"]
    assert declared["rater"].comment == "who rates: blåbær"
    assert (declared["k"].annotation, declared["k"].default) == ("int", -3)
    assert declared["phases"].default == ["early", "late"]


def test_papermill_reads_the_same_parameters(tmp_path):
    from papermill import inspect_notebook

    file = tmp_path / "a.ipynb"
    file.write_text(format_notebook(books.make_notebook(parameters=SOURCE)), encoding="utf-8")
    assert nbformat.read(file, as_version=4)
    seen = {name: told["inferred_type_name"] for name, told in inspect_notebook(file).items()}
    assert seen == {name: parameter.annotation for name, parameter in declare()[0].items()}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("x = 3", "no typed value in `x = 3`"),
        ("x: int", "no typed value"),
        ("x: float | None = None", "the type float | None"),
        ("x: dict = {}", "the type dict"),
        ("x: list[list[int]] = []", "the type list[list[int]]"),
        ("x: int = 1 + 1", "an expression"),
        ("x: int = len('a')", "an expression"),
        ("x: int = 1.5", "allowed: a whole number"),
        ("x: int = True", "allowed: a whole number"),
        ("x: bool = 1", "allowed: true or false"),
        ("x: list[int] = ['a']", "allowed: a list, each item a whole number"),
        ("level: float = 1", "level again"),
        ("import os", "no typed value"),
        ("x: int = (", "was never closed"),
    ],
)
def test_a_bad_declaration_is_refused(line, expected):
    _, problems = declare(SOURCE + line)
    assert len(problems) == 1
    assert expected in str(problems[0])
    assert str(problems[0]).startswith("notebooks/a.ipynb (cell 1), parameters: found ")


def test_every_notebook_takes_the_page():
    assert "a parameter page: str" in str(declare("x: int = 1  # one")[1][0])
    assert "found page: int" in str(declare("page: int = 1  # one")[1][0])


def test_the_cell_must_exist_once_and_be_code():
    _, problems = declared_parameters(books.make_notebook("1", parameters=None), "n")
    assert "found no parameters cell" in str(problems[0])
    twice = books.make_notebook("1")
    twice["cells"][1]["metadata"] = {"tags": ["parameters"]}
    assert "2 cells tagged parameters" in str(declared_parameters(twice, "n")[1][0])
    words = books.make_notebook("# words", parameters=None)
    words["cells"][0]["metadata"] = {"tags": ["parameters"]}
    assert "on a markdown cell" in str(declared_parameters(words, "n")[1][0])


def test_an_unknown_parameter_names_notebook_allowed_ones_and_the_closest():
    (problem,) = check_parameters(make_page(ratr="client"), declare()[0])
    assert str(problem) == (
        "notebooks/pages.toml (name), parameter ratr of a.ipynb: "
        'found "ratr"; allowed: k, level, phases, rater, rhos, shown. '
        'Did you mean "rater"? Rename or remove it.'
    )


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("rater", 3, "a text"),
        ("level", "0.9", "a number"),
        ("level", True, "a number"),
        ("k", 1.0, "a whole number"),
        ("shown", 1, "true or false"),
        ("phases", "early", "a list, each item a text"),
        ("phases", [1], "a list, each item a text"),
        ("rhos", {"a": 1}, "a list, each item a number"),
    ],
)
def test_a_wrong_type_is_refused(name, value, allowed):
    (problem,) = check_parameters(make_page(**{name: value}), declare()[0])
    assert f"parameter {name} of a.ipynb: found {value!r} ({type(value).__name__})" in str(problem)
    assert f"allowed: {allowed}." in str(problem)


def test_right_values_pass():
    page = make_page(rater="any", level=1, k=2, shown=False, phases=[], rhos=[1, 0.5])
    assert check_parameters(page, declare()[0]) == []


def test_resolved_parameters_are_the_pages_own_over_the_defaults():
    resolved = resolve_parameters(make_page(level=1, rhos=[1]), declare()[0])
    assert resolved == {
        "page": "name", "rater": "client", "level": 1.0, "k": -3, "shown": True,
        "phases": ["early", "late"], "rhos": [1.0],
    }  # fmt: skip
    assert isinstance(resolved["level"], float)


def test_only_given_values_and_the_page_are_injected():
    assert injected_parameters(make_page(level=1), declare()[0]) == {"page": "name", "level": 1.0}
    assert injected_parameters(make_page(), declare()[0]) == {"page": "name"}


def test_every_type_has_words():
    _, problems = declare(SOURCE + "\n".join(f"x{n}: {t} = {{}}" for n, t in enumerate(TYPES)))
    assert len(problems) == len(TYPES)


def test_a_wrong_value_is_told_with_the_line_of_its_page():
    page = Page("name", "a.ipynb", {"en": "", "nb": ""}, "answers", {"k": "x", "z": 1}, row=14)
    for problem in check_parameters(page, declare()[0]):
        assert str(problem).startswith("notebooks/pages.toml, row 14 (name), parameter ")
