"""What a build has before it: every page with its notebook, its values and what it depends on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from metaworkbook import paths
from metaworkbook.errors import PageError, Problem, ProblemsError
from metaworkbook.publishing import keys
from metaworkbook.publishing.pages import FILE, Page, collect_pages, suggest
from metaworkbook.publishing.parameters import (
    check_parameters,
    declared_parameters,
    drop_unfit,
    injected_parameters,
    resolve_parameters,
)
from metaworkbook.publishing.source import read_notebook


@dataclass(frozen=True)
class Planned:
    """One page of a build.

    Attributes
    ----------
    page : Page
    notebook : dict
        The notebook as `source.read_notebook` returns it.
    parameters : dict
        The values to inject.
    resolved : dict
        The value of every parameter.
    inputs : dict of str
        Digests of what the page depends on.
    record : Record or None
        What they were when the page was last run.
    changes : list of str
        Which of them moved since; empty for a current page.
    """

    page: Page
    notebook: dict[str, Any]
    parameters: dict[str, Any]
    resolved: dict[str, Any]
    inputs: dict[str, str]
    record: keys.Record | None
    changes: list[str]

    @property
    def name(self) -> str:
        """The page's name."""
        return self.page.name


def make_plan(build: Path) -> tuple[list[Planned], list[Problem]]:
    """Return every page that can be run, and every problem of the page list and its notebooks.

    Only what would make a page run wrongly is a problem here; `lints` has the house rules. Where
    there is a problem, pages are without the values that are one, so that the others can be judged.
    """
    folder = paths.notebooks()
    pages, problems = collect_pages(folder)
    notebooks: dict[str, Any] = {}
    for name in dict.fromkeys(page.notebook for page in pages):
        place = f"{folder.name}/{name}"
        try:
            notebook = read_notebook(folder / name)
        except PageError as error:
            problems.extend(error.problems)
            continue
        declared, found = declared_parameters(notebook, place)
        problems.extend(found)
        if not found:
            notebooks[name] = notebook, declared
    shared = keys.shared_inputs(paths.root(), [page.name for page in pages])
    plan = []
    for page in pages:
        if page.notebook not in notebooks:
            continue
        notebook, declared = notebooks[page.notebook]
        problems.extend(check_parameters(page, declared, f"{folder.name}/{FILE}"))
        page = drop_unfit(page, declared)
        resolved = resolve_parameters(page, declared)
        inputs = keys.page_inputs(page, notebook, resolved, shared)
        record = keys.read_record(record_file(build, page.name))
        changes = keys.list_changes(record, inputs, output_files(build, page.name))
        injected = injected_parameters(page, declared)
        plan.append(Planned(page, notebook, injected, resolved, inputs, record, changes))
    return plan, problems


def check_values(plan: list[Planned], ledger: Any) -> list[Problem]:
    """Return every value of a page's parameters that the evidence does not know.

    The notebooks check the same; here it is known before anything runs. Pages that ask another
    source than the ledger have words of their own.
    """
    from metaworkbook.evidence.demonstration import LEDGER
    from metaworkbook.evidence.parameters import PARAMETERS, check_parameters

    problems = []
    for planned in plan:
        if planned.resolved.get("source", LEDGER) != LEDGER:
            continue
        values = planned.resolved.items()
        given = {name: value for name, value in values if name in PARAMETERS}
        try:
            check_parameters(ledger, **given)
        except ProblemsError as error:
            problems += [
                replace(
                    problem,
                    file=f"notebooks/{FILE}",
                    row=planned.page.row,
                    key=planned.name,
                    column=f"parameter {problem.column} of {planned.page.notebook}",
                )
                for problem in error.problems
            ]
    return problems


def choose_pages(plan: list[Planned], only: list[str], place: str = "--only") -> list[Planned]:
    """Return the pages named in ``only``, all of them where it is empty.

    ``place`` is where a message says that they were named.

    Raises
    ------
    PageError
        If a name is not that of a page.
    """
    names = [planned.name for planned in plan]
    problems = [
        Problem(
            place, found=f'"{name}"', allowed=", ".join(names),
            remedy=suggest(name, names) + "Name a page of notebooks/pages.toml.",
        )
        for name in only
        if name not in names
    ]  # fmt: skip
    if problems:
        raise PageError(problems)
    return [planned for planned in plan if not only or planned.name in only]


def executed_file(build: Path, page: str) -> Path:
    """Return where a page's executed notebook lies."""
    return build / "executed" / f"{page}.ipynb"


def results_file(build: Path, page: str) -> Path:
    """Return where a page's results lie."""
    return build / "results" / f"{page}.json"


def record_file(build: Path, page: str) -> Path:
    """Return where the record of a page's inputs and outputs lies."""
    return build / "executed" / f"{page}.json"


def output_files(build: Path, page: str) -> list[Path]:
    """Return the two files that running a page makes."""
    return [executed_file(build, page), results_file(build, page)]
