"""A page run over a grid of parameters: one row of results for every combination.

The grid is a TOML file that names the page and, under ``[grid]``, a list of values for each
parameter it varies. Every value is checked against the notebook's declarations before anything
runs: an unknown parameter or a value of another type is refused, never run at the default.
"""

from __future__ import annotations

import contextlib
import csv
import io
import itertools
import json
import math
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from metaworkbook import paths
from metaworkbook.errors import Problem, ProblemsError
from metaworkbook.publishing import swap
from metaworkbook.publishing.failures import Failure
from metaworkbook.publishing.parameters import (
    check_parameters,
    declared_parameters,
    injected_parameters,
)
from metaworkbook.publishing.plan import Planned, choose_pages, make_plan, results_file
from metaworkbook.publishing.progress import Progress
from metaworkbook.publishing.remote import open_nursery
from metaworkbook.publishing.runner import Task
from metaworkbook.publishing.sweeps import write_whole
from metaworkbook.publishing.workers import check_backend

FOLDER = "grid"
#: More runs than this are a mistake in the file.
MOST = 10_000
#: Levels of the results below which numbers become columns.
DEPTH = 3


@dataclass(frozen=True)
class Grid:
    """A page and every combination of parameters it will be run with."""

    planned: Planned
    combinations: list[dict[str, Any]]


@dataclass(frozen=True)
class Outcome:
    """What came of a grid: its table, how many runs there were, and those that failed."""

    file: Path
    runs: int
    failures: list[Failure]


def read_grid(file: Path) -> Grid:
    """Return the runs that a grid file asks for.

    Raises
    ------
    ProblemsError
        With every problem of the file, the page list and the values.
    """
    plan, problems = make_plan(paths.build())
    if problems:
        raise ProblemsError(problems)
    place = file.name
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        found = str(getattr(error, "strerror", None) or error)
        raise ProblemsError([Problem(place, found=found, allowed="TOML in UTF-8")]) from None
    problems = [
        Problem(place, 0, "", key, f'"{key}"', "page, grid", "Remove it.")
        for key in sorted(set(content) - {"page", "grid"})
    ]
    page, grid = content.get("page"), content.get("grid")
    if not isinstance(page, str):
        problems.append(Problem(place, 0, "", "page", repr(page), "a page's name", "Name it."))
    sound = isinstance(grid, dict) and grid
    if not sound or not all(isinstance(each, list) and each for each in grid.values()):
        allowed = "a list of values for each parameter"
        problems.append(Problem(place, 0, "", "grid", repr(grid), allowed, "Write [grid]."))
    if problems:
        raise ProblemsError(problems)
    planned = choose_pages(plan, [page], f"{place}, page")[0]
    return Grid(planned, _combine(planned, grid, place))


def _combine(planned: Planned, grid: dict[str, list], place: str) -> list[dict[str, Any]]:
    declared, _ = declared_parameters(planned.notebook, planned.page.notebook)
    problems: dict[Problem, None] = {}
    if "page" in grid:
        allowed = "every parameter but page"
        problems[Problem(place, 0, planned.name, "page", '"page"', allowed, "Remove it.")] = None
    for name, values in grid.items():
        for value in values:
            page = replace(planned.page, parameters={name: value})
            problems |= dict.fromkeys(check_parameters(page, declared, place))
        if len({repr(value) for value in values}) < len(values):
            found = f"{name} with a value twice"
            problem = Problem(place, 0, planned.name, name, found, "each once", "Remove one.")
            problems[problem] = None
    count = math.prod(len(values) for values in grid.values())
    if count > MOST:
        problem = Problem(place, 0, planned.name, "grid", f"{count} runs", f"at most {MOST}")
        problems[problem] = None
    if problems:
        raise ProblemsError(list(problems))
    return [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]


def run_grid(
    file: Path,
    jobs: int,
    engine: str,
    limits: tuple[float, int],
    backend: str = "loky",
    scheduler: str = "",
    progress: Progress | None = None,
) -> Outcome:
    """Run a page over a grid and write ``build/grid/<page>.csv``.

    Parameters
    ----------
    file : Path
        The grid.
    jobs, engine, limits
        As in `build.Options`; ``limits`` are the seconds and megabytes that a run may take.
    backend, scheduler : str
        See `workers.open_workers`.
    progress : Progress, optional

    Returns
    -------
    Outcome
        A run that failed has its message in the column ``failure`` and no results; the others
        have theirs.
    """
    check_backend(backend, scheduler)
    grid, progress = read_grid(file), progress or Progress()
    build = paths.build()
    build.mkdir(parents=True, exist_ok=True)
    page = grid.planned.name
    declared, _ = declared_parameters(grid.planned.notebook, grid.planned.page.notebook)
    work = swap.make_folder(build, swap.WORK)
    with contextlib.ExitStack() as stack:
        stack.callback(swap.remove, work)
        tasks = []
        for number, values in enumerate(grid.combinations, 1):
            given = replace(grid.planned.page, parameters=grid.planned.page.parameters | values)
            folder = work / str(number)
            folder.mkdir()
            notebook = paths.notebooks() / given.notebook
            injected = injected_parameters(given, declared)
            cells = grid.planned.notebook["cells"]
            tasks.append(Task(f"{page}-{number}", notebook, cells, injected, folder))
        progress.begin(len(tasks))
        nursery = stack.enter_context(open_nursery(engine, work, backend, scheduler))
        run = nursery.run(tasks, jobs, *limits, progress.tell)
        failures = {failure.page: failure for failure in run.failures}
        rows = []
        for values, task in zip(grid.combinations, tasks, strict=True):
            failure = failures.get(task.page)
            made = results_file(task.folder, page)
            results = {}
            if failure is None and made.is_file():
                results = json.loads(made.read_text(encoding="utf-8"))
            rows.append({**values, **dict(list_numbers(results)), "failure": str(failure or "")})
    table = build / FOLDER / f"{page}.csv"
    table.parent.mkdir(exist_ok=True)
    write_whole(table, format_rows(rows))
    for failure in run.failures:
        progress.complain(str(failure))
    return Outcome(table, len(rows), run.failures)


def list_numbers(results: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield what one results file says in single values: the card, then the results themselves.

    Names are joined by dots; lists, and what lies deeper than `DEPTH`, stay in the page.
    """
    for part in ("card", "results"):
        content = results.get(part)
        if isinstance(content, dict):
            yield from _walk(content, "card." if part == "card" else "", DEPTH)


def _walk(content: dict[str, Any], prefix: str, depth: int) -> Iterator[tuple[str, Any]]:
    for name, value in content.items():
        if isinstance(value, dict) and depth > 1:
            yield from _walk(value, f"{prefix}{name}.", depth - 1)
        elif value is None or isinstance(value, str | int | float | bool):
            yield f"{prefix}{name}", value


def format_rows(rows: list[dict[str, Any]]) -> str:
    """Return rows as CSV: columns in order of first appearance, ``failure`` last."""
    names = dict.fromkeys(name for row in rows for name in row if name != "failure")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*names, "failure"])
    for row in rows:
        cells = [row.get(name) for name in (*names, "failure")]
        writer.writerow(["" if cell is None else cell for cell in cells])
    return text.getvalue()
