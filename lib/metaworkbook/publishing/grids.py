"""A page run over a grid of parameters: one row of results for every combination.

The grid is a TOML file that names the page and, under ``[grid]``, a list of values for each
parameter it varies. Every value is checked against the notebook's declarations before anything
runs: an unknown parameter or a value of another type is refused, never run at the default. The
results of a run are kept the moment it ends, under the digest of all it depends on, so that an
interrupted grid goes on where it stopped.
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
from metaworkbook.publishing import keys, swap
from metaworkbook.publishing.downloads import neutralise
from metaworkbook.publishing.failures import Failure
from metaworkbook.publishing.parameters import (
    check_parameters,
    declared_parameters,
    injected_parameters,
    resolve_parameters,
)
from metaworkbook.publishing.plan import Planned, choose_pages, make_plan, results_file
from metaworkbook.publishing.progress import Progress
from metaworkbook.publishing.remote import open_nursery
from metaworkbook.publishing.runner import FEW, Run, Task
from metaworkbook.publishing.sweeps import write_whole
from metaworkbook.publishing.workers import check_backend

FOLDER = "grid"
#: More runs than this are a mistake in the file.
MOST = 10_000
#: Levels of the results below which numbers become columns.
DEPTH = 3
CORRECT = "Name a readable file, and correct the line."
EXAMPLE = 'A grid says: page, a page\'s name, and below [grid] such as rater = ["client", "any"].'


@dataclass(frozen=True)
class Grid:
    """A page and every combination of parameters it will be run with."""

    planned: Planned
    combinations: list[dict[str, Any]]


@dataclass(frozen=True)
class Outcome:
    """What came of a grid: its table, the runs in it, those found done, and those that failed."""

    file: Path
    runs: int
    kept: int
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
        raise ProblemsError(
            [Problem(place, found=found, allowed="TOML in UTF-8", remedy=CORRECT)]
        ) from None
    problems = [
        Problem(place, 0, "", key, f'"{key}"', "page, grid", f"Remove it. {EXAMPLE}")
        for key in sorted(set(content) - {"page", "grid"})
    ]
    page, grid = content.get("page"), content.get("grid")
    if not isinstance(page, str):
        problems.append(
            Problem(
                place, 0, "", "page", _name(page), "a page's name", f'Write page = "...". {EXAMPLE}'
            )
        )
    sound = isinstance(grid, dict) and grid
    if not sound or not all(isinstance(each, list) and each for each in grid.values()):
        allowed = "a list of values for each parameter"
        empty = [name for name, each in (grid if sound else {}).items() if not each]
        found = f"nothing for {empty[0]}" if empty else _name(grid)
        problems.append(Problem(place, 0, "", "grid", found, allowed, f"Write [grid]. {EXAMPLE}"))
    if problems:
        raise ProblemsError(problems)
    planned = choose_pages(plan, [page], f"{place}, page")[0]
    return Grid(planned, _combine(planned, grid, place))


def _name(value: Any) -> str:
    """Return a value in few words."""
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "values that are no lists"
    return "nothing" if value is None else repr(value)[:40]


def _combine(planned: Planned, grid: dict[str, list], place: str) -> list[dict[str, Any]]:
    declared, _ = declared_parameters(planned.notebook, planned.page.notebook)
    problems: dict[Problem, None] = {}
    if "page" in grid:
        allowed = "every parameter but page"
        problems[Problem(place, 0, planned.name, "page", '"page"', allowed, "Remove it.")] = None
    for name, values in grid.items():
        pages = [replace(planned.page, parameters={name: value}, row=0) for value in values]
        wrong = [each for page in pages for each in check_parameters(page, declared, place)]
        problems |= dict.fromkeys(wrong)
        taken = [] if wrong else [repr(resolve_parameters(page, declared)[name]) for page in pages]
        if len(set(taken)) < len(taken):
            found = f"{name} with a value twice"
            problem = Problem(place, 0, planned.name, name, found, "each once", "Remove one.")
            problems[problem] = None
    count = math.prod(len(values) for values in grid.values())
    if count > MOST:
        problem = Problem(place, 0, planned.name, "grid", f"{count} runs", f"at most {MOST}",
                          "Vary less.")  # fmt: skip
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
    store = build / FOLDER / f".{page}"
    store.mkdir(parents=True, exist_ok=True)
    work = swap.make_folder(build, swap.WORK)
    with contextlib.ExitStack() as stack:
        stack.callback(swap.remove, work)
        tasks, files = _prepare(grid, work, store)
        for old in set(store.iterdir()) - set(files.values()):
            old.unlink()
        missing = {task.page: task for task in tasks if not files[task.page].is_file()}

        def tell(name: str, event: str, done: int, total: int) -> None:
            made = results_file(missing[name].folder, page)
            if event == "done" and made.is_file():
                write_whole(files[name], made.read_text(encoding="utf-8"))
            progress.tell(name, event, done, total)

        progress.begin(len(missing))
        run = Run()
        if missing:
            notebooks = [grid.planned.notebook]
            many = len(missing) > FEW
            opened = open_nursery(engine, work, notebooks, many, backend, scheduler)
            nursery = stack.enter_context(opened)
            run = nursery.run(list(missing.values()), jobs, *limits, tell)
        failures = {failure.page: failure for failure in run.failures}
        rows = []
        for values, task in zip(grid.combinations, tasks, strict=True):
            file = files[task.page]
            results = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
            failure = str(failures.get(task.page, ""))
            rows.append({**values, **dict(list_numbers(results)), "failure": failure})
    table = build / FOLDER / f"{page}.csv"
    write_whole(table, format_rows(rows))
    for failure in run.failures:
        progress.complain(str(failure))
    return Outcome(table, len(rows), len(rows) - len(missing), run.failures)


def _prepare(grid: Grid, work: Path, store: Path) -> tuple[list[Task], dict[str, Path]]:
    """Return a task for every combination, and by its name the file that keeps its results."""
    planned, shared = grid.planned, keys.shared_inputs(paths.root())
    declared, _ = declared_parameters(planned.notebook, planned.page.notebook)
    notebook = paths.notebooks() / planned.page.notebook
    tasks, files = [], {}
    for number, values in enumerate(grid.combinations, 1):
        given = replace(planned.page, parameters=planned.page.parameters | values)
        resolved = resolve_parameters(given, declared)
        inputs = keys.page_inputs(given, planned.notebook, resolved, shared)
        folder = work / str(number)
        folder.mkdir()
        cells, injected = planned.notebook["cells"], injected_parameters(given, declared)
        task = Task(f"{planned.name}-{number}", notebook, cells, injected, folder)
        files[task.page] = store / f"{keys.digest_text(json.dumps(inputs, sort_keys=True))}.json"
        tasks.append(task)
    return tasks, files


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
    """Return rows as CSV: columns in order of first appearance, ``failure`` last.

    Text that a spreadsheet would run as a formula gets an apostrophe, as in the site's downloads.
    """
    names = dict.fromkeys(name for row in rows for name in row if name != "failure")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*names, "failure"])
    for row in rows:
        cells = [row.get(name) for name in (*names, "failure")]
        writer.writerow([neutralise(cell) if isinstance(cell, str) else cell for cell in cells])
    return text.getvalue()
