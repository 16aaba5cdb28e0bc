"""The house rules of a notebook: one idea a cell, and nothing in it that belongs to the package.

A notebook asks and shows; it never defines, loops, computes on effects, names a path or prints.
`check_notebook` reports every cell that does, with the rule and where the code belongs instead.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from metaworkbook.errors import PageError, Problem
from metaworkbook.publishing.parameters import TAG, declared_parameters
from metaworkbook.publishing.source import check_canonical, read_notebook

LONGEST_CELL = 10
IMPORTS = ("metaworkbook.evidence", "metaworkbook.models", "metaworkbook.reporting")
PLAIN_IMPORTS = ("metaworkbook.results", "metaworkbook.errors")
ARITHMETIC = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//",
    ast.Mod: "%", ast.Pow: "**", ast.MatMult: "@",
}  # fmt: skip
LOOPS = (ast.For, ast.AsyncFor, ast.While)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
PRINTS = ("print", "pprint", "display_html")
PATHS = ("open", "Path")
FILE_NAME = re.compile(r"(^[./~][\w./-]*/)|(\.(csv|json|toml|yaml|ipynb|html|svg|png|py)$)")
# A statistic with its decimals in prose was computed somewhere: sentences must say it instead.
TYPED_NUMBER = re.compile(
    r"(?<![\w`])(r|z|p|d|g|tau2?|tau²|τ²?|I2|I²|estimate)\s*[=≈]\s*[-−–]?\d*[.,]\d+"
)
# latex2mathml renders these wrongly and says nothing.
BAD_TEX = re.compile(r"\\tag\b|\\begin\{aligned\}")
IN_PACKAGE = "Move it into the package and call it here."


def check_notebook(file: Path) -> list[Problem]:
    """Return every problem of a notebook: its layout, its parameters cell, and the house rules."""
    place = f"{file.parent.name}/{file.name}"
    try:
        notebook = read_notebook(file)
    except PageError as error:
        return list(error.problems)
    problems = check_canonical(notebook, file.read_bytes(), place)
    declared, found = declared_parameters(notebook, place)
    problems.extend(found)
    for name, parameter in declared.items():
        if not parameter.comment:
            allowed = "a comment after each value"
            words = f"{name} without a comment"
            problems.append(Problem(place, 0, TAG, name, words, allowed, "Say what it chooses."))
    for number, cell in enumerate(notebook["cells"], 1):
        if cell["cell_type"] == "code":
            rules = check_code(cell["source"], TAG in cell.get("metadata", {}).get("tags", []))
        else:
            rules = _check_prose(cell["source"])
        for found_words, allowed, remedy in rules:
            problems.append(Problem(place, 0, f"cell {number}", "", found_words, allowed, remedy))
    problems.extend(_check_last(notebook, place))
    return problems


def keeps_rules(notebook: dict[str, Any]) -> bool:
    """Return whether the code of a notebook keeps the house rules, so that it can be followed."""
    return not any(
        next(check_code(cell["source"], TAG in cell.get("metadata", {}).get("tags", [])), None)
        for cell in notebook["cells"]
        if cell["cell_type"] == "code"
    )


def check_code(source: str, parameters: bool) -> Iterator[tuple[str, str, str]]:
    """Return what a code cell breaks, as found, allowed and remedy; ``parameters`` if it is theirs.

    The parameters cell is checked as Python only: `declared_parameters` judges its lines.
    """
    lines = [line for line in source.splitlines() if line.strip()]
    if len(lines) > LONGEST_CELL and not parameters:
        yield f"{len(lines)} lines", f"at most {LONGEST_CELL}", "Split the cell by idea."
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        yield f"{error.msg} in line {error.lineno}", "Python without magics", "Correct the line."
        return
    if parameters:
        return
    for node in ast.walk(tree):
        yield from _check_node(node)


def _check_node(node: ast.AST) -> Iterator[tuple[str, str, str]]:
    if isinstance(node, DEFINITIONS):
        word = "a lambda" if isinstance(node, ast.Lambda) else f"the definition of {node.name}"
        yield word, "calls of package functions", IN_PACKAGE
    elif isinstance(node, (*LOOPS, *COMPREHENSIONS)):
        word = "a loop" if isinstance(node, LOOPS) else "a comprehension"
        yield f"{word} in line {node.lineno}", "calls of package functions", IN_PACKAGE
    elif isinstance(node, (ast.BinOp, ast.AugAssign)) and type(node.op) in ARITHMETIC:
        sign = ARITHMETIC[type(node.op)]
        yield f"arithmetic ({sign}) in line {node.lineno}", "calls of package functions", IN_PACKAGE
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        yield from _check_import(node)
    elif isinstance(node, ast.Call):
        yield from _check_call(node)
    elif isinstance(node, ast.Constant) and FILE_NAME.search(str(node.value)):
        yield f'the path "{node.value}"', "no paths", "Let the package find its files."


def _check_import(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, str, str]]:
    if isinstance(node, ast.Import):
        modules = [alias.name for alias in node.names]
    elif node.module == "metaworkbook":
        modules = [f"metaworkbook.{alias.name}" for alias in node.names]
    else:
        modules = ["." * node.level + (node.module or "")]
    for module in modules:
        inside = any(module == wing or module.startswith(wing + ".") for wing in IMPORTS)
        if not inside and module not in PLAIN_IMPORTS:
            allowed = "evidence, models, reporting and results of metaworkbook"
            yield f"the import of {module}", allowed, "Call the package instead."


def _check_call(node: ast.Call) -> Iterator[tuple[str, str, str]]:
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    attribute = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    if name in PRINTS:
        yield f"{name}() in line {node.lineno}", "the value as the cell's last line", "Show it so."
    elif name in PATHS:
        yield f"{name}() in line {node.lineno}", "no paths", "Let the package find its files."
    elif attribute in ("filterwarnings", "simplefilter"):
        yield "a warning filter", "warnings seen", "Mend what the warning tells of."


def _check_prose(source: str) -> Iterator[tuple[str, str, str]]:
    for line in source.splitlines():
        for match in TYPED_NUMBER.finditer(line):
            remedy = "Let reporting.sentences say it, so that it follows the evidence."
            yield f'the typed number "{match[0]}"', "no computed number in prose", remedy
        for match in BAD_TEX.finditer(line):
            yield f'"{match[0]}"', "TeX without aligned and tag", "Write one formula a line."


def _check_last(notebook: dict[str, Any], place: str) -> list[Problem]:
    codes = [cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "code"]
    if codes and re.search(r"^\s*(results\.)?save\(\s*page\b", codes[-1], re.MULTILINE):
        return []
    remedy = "End the notebook with results.save(page, ...)."
    return [Problem(place, 0, "last cell", "", "no results.save(page, ...)", "one", remedy)]
