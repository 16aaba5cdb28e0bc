"""What a notebook declares as its parameters, and whether a page gives it only such values.

papermill only warns at an unknown parameter and accepts any type, so a misspelt name would run the
defaults unnoticed. Here both are refused before anything runs.
"""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass, replace
from typing import Any

from metaworkbook.errors import Problem
from metaworkbook.publishing.pages import FILE, Page, suggest

TAG = "parameters"
# papermill recognises plain annotations only: no unions, no Optional, no nested lists.
TYPES = {
    "str": (str, None), "int": (int, None), "float": (float, None), "bool": (bool, None),
    "list[str]": (list, str), "list[int]": (list, int), "list[float]": (list, float),
}  # fmt: skip
WORDS = {"str": "a text", "int": "a whole number", "float": "a number", "bool": "true or false"}


@dataclass(frozen=True)
class Parameter:
    """One declared parameter: its name, the annotation, the default, and the comment beside it."""

    name: str
    annotation: str
    default: Any
    comment: str


def declared_parameters(
    notebook: dict[str, Any], place: str
) -> tuple[dict[str, Parameter], list[Problem]]:
    """Return the parameters a notebook declares, by name, and the problems of its parameters cell.

    Parameters
    ----------
    notebook : dict
        As `source.read_notebook` returns it.
    place : str
        How messages name the notebook, such as ``notebooks/02_pooled.ipynb``.
    """
    tagged = [
        (number, cell)
        for number, cell in enumerate(notebook["cells"], 1)
        if TAG in cell.get("metadata", {}).get("tags", [])
    ]
    if len(tagged) != 1 or tagged[0][1]["cell_type"] != "code":
        found = "no parameters cell" if not tagged else f"{len(tagged)} cells tagged {TAG}"
        if len(tagged) == 1:
            found = f"the tag {TAG} on a {tagged[0][1]['cell_type']} cell"
        remedy = f"Give the tag {TAG} to the cell that declares the parameters."
        return {}, [Problem(place, found=found, allowed="one code cell", remedy=remedy)]
    number, cell = tagged[0]
    return _read_cell(cell["source"], place, f"cell {number}")


def check_parameters(
    page: Page, declared: dict[str, Parameter], place: str = f"notebooks/{FILE}"
) -> list[Problem]:
    """Return a problem for every value a page gives that its notebook does not take."""
    problems = []
    allowed = sorted(set(declared) - {"page"})
    for name, value in page.parameters.items():
        where = f"parameter {name} of {page.notebook}"
        if name not in declared:
            remedy = suggest(name, allowed) + "Rename or remove it."
            words = ", ".join(allowed) or "none"
            problems.append(Problem(place, page.row, page.name, where, f'"{name}"', words, remedy))
        elif not _fits(value, declared[name].annotation):
            words = _describe(declared[name].annotation)
            found = f"{value!r} ({type(value).__name__})"
            problems.append(Problem(place, page.row, page.name, where, found, words, "Correct it."))
    return problems


def drop_unfit(page: Page, declared: dict[str, Parameter]) -> Page:
    """Return a page without the values that `check_parameters` finds wrong."""
    fit = {
        name: value
        for name, value in page.parameters.items()
        if name in declared and _fits(value, declared[name].annotation)
    }
    return replace(page, parameters=fit)


def resolve_parameters(page: Page, declared: dict[str, Parameter]) -> dict[str, Any]:
    """Return every parameter's value for a page: its own, else the default; in declared order."""
    given = {**page.parameters, "page": page.name}
    values = {}
    for name, parameter in declared.items():
        value = given.get(name, parameter.default)
        if parameter.annotation == "float":
            value = float(value)
        elif parameter.annotation == "list[float]":
            value = [float(item) for item in value]
        values[name] = value
    return values


def injected_parameters(page: Page, declared: dict[str, Parameter]) -> dict[str, Any]:
    """Return what a run injects: the page's name and the values the page gives, nothing else."""
    values = resolve_parameters(page, declared)
    return {"page": page.name, **{name: values[name] for name in page.parameters}}


def _read_cell(source: str, place: str, key: str) -> tuple[dict[str, Parameter], list[Problem]]:
    example = 'rater: str = "client"  # who rates the alliance'
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        found = f"{error.msg} in line {error.lineno}"
        problem = Problem(place, 0, key, TAG, found, f"lines such as {example}", "Correct it.")
        return {}, [problem]
    lines = source.splitlines()
    declared: dict[str, Parameter] = {}
    problems = []
    for statement in tree.body:
        line = lines[statement.lineno - 1].strip()

        def note(found: str, allowed: str, remedy: str, line: str = line) -> None:
            problems.append(Problem(place, 0, key, TAG, f"{found} in `{line}`", allowed, remedy))

        if not (
            isinstance(statement, ast.AnnAssign)
            and isinstance(statement.target, ast.Name)
            and statement.value is not None
        ):
            note("no typed value", f"lines such as {example}", "Write name: type = value.")
            continue
        name, annotation = statement.target.id, ast.unparse(statement.annotation)
        if annotation not in TYPES:
            note(f"the type {annotation}", ", ".join(TYPES), "Use a plain type.")
            continue
        try:
            default = ast.literal_eval(statement.value)
        except (ValueError, TypeError, SyntaxError):
            note("an expression", "a literal value", "Write the value itself.")
            continue
        if not _fits(default, annotation):
            note(f"{default!r}", _describe(annotation), "Correct the value or the type.")
            continue
        if name in declared:
            note(f"{name} again", "each name once", "Remove one.")
            continue
        # ast counts columns in bytes of UTF-8.
        rest = lines[(statement.end_lineno or 0) - 1].encode()[statement.end_col_offset or 0 :]
        comment = rest.decode().partition("#")[2].strip()
        declared[name] = Parameter(name, annotation, default, comment)
    if "page" not in declared and not problems:
        remedy = 'Add: page: str = ""  # name of the page, set by the build'
        problems.append(Problem(place, 0, key, TAG, "no page", "a parameter page: str", remedy))
    elif "page" in declared and declared["page"].annotation != "str":
        found = f"page: {declared['page'].annotation}"
        problems.append(Problem(place, 0, key, TAG, found, "page: str", "Correct the type."))
    return declared, problems


def _fits(value: object, annotation: str) -> bool:
    kind, item = TYPES[annotation]
    if item is not None:
        return isinstance(value, list) and all(_is(each, item) for each in value)
    return _is(value, kind)


def _is(value: object, kind: type) -> bool:
    if isinstance(value, bool):
        return kind is bool
    if kind is float:
        # Neither NaN nor infinity, nor a whole number that no float can hold.
        return isinstance(value, int | float) and abs(value) <= sys.float_info.max
    return isinstance(value, kind)


def _describe(annotation: str) -> str:
    inner = annotation.removeprefix("list[").removesuffix("]")
    return WORDS[annotation] if annotation in WORDS else f"a list, each item {WORDS[inner]}"
