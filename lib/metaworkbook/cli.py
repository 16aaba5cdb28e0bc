"""The commands. Each imports what it needs when it runs, so that the help is there at once."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from metaworkbook.errors import WorkbookError

app = typer.Typer(
    name="metaworkbook",
    help="Check the evidence, build the site, see what moved.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
INTERRUPTED = 130
TERMINATED = 143


@app.command()
def check() -> None:
    """Check the evidence, the page list and every notebook; print every problem found."""
    from metaworkbook import paths
    from metaworkbook.errors import ProblemsError
    from metaworkbook.evidence.ledger import read_ledger
    from metaworkbook.evidence.moderators import check_moderators
    from metaworkbook.publishing.lints import check_notebook
    from metaworkbook.publishing.plan import check_values, make_plan

    plan, problems = make_plan(paths.build())
    try:
        ledger = read_ledger()
        problems += check_values(plan, ledger)
        check_moderators(ledger)
    except ProblemsError as error:
        problems += error.problems
    for file in sorted(paths.notebooks().glob("*.ipynb")):
        problems += check_notebook(file)
    if problems:
        raise ProblemsError(list(dict.fromkeys(problems)))
    counts = ", ".join(f"{len(table)} {name}" for name, table in ledger.tables.items())
    typer.echo(f"Sound: {counts}, {_count(len(plan), 'page')}; checksum {ledger.checksum[:12]}")


@app.command()
def report(
    only: Annotated[
        list[str] | None, typer.Option(help="Run only this page; may be given again.")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, max=64, help="Pages that run at a time.")] = 2,
    engine: Annotated[
        str, typer.Option(help="kernels: a Jupyter kernel a page; forked: faster, same outputs.")
    ] = "kernels",
    wait: Annotated[bool, typer.Option("--wait", help="Wait for another build to end.")] = False,
    time_limit: Annotated[float, typer.Option(min=1, help="Seconds a page may take.")] = 600,
    memory_limit: Annotated[
        int, typer.Option(min=0, help="Megabytes a page may allocate; 0 for no limit.")
    ] = 4096,
    backend: Annotated[
        str, typer.Option(help="loky: processes here; dask: an existing cluster.")
    ] = "loky",
    scheduler: Annotated[str, typer.Option(help="Address of the Dask scheduler.")] = "",
    grid: Annotated[
        Path | None, typer.Option(help="Run one page over a grid of parameters instead.")
    ] = None,
) -> None:
    """Run the pages that changed and build the site into build/site."""
    from metaworkbook.publishing.build import Options, build
    from metaworkbook.publishing.progress import choose_progress

    if engine not in ("kernels", "forked"):
        raise WorkbookError(f'--engine: found "{engine}"; allowed: kernels, forked. Correct it.')
    if grid is not None:
        _run_grid(grid, only, jobs, engine, (time_limit, memory_limit), backend, scheduler)
        return
    options = Options(only or [], jobs, engine, wait, time_limit, memory_limit, backend, scheduler)
    try:
        with choose_progress() as progress:
            outcome = build(options, progress)
    except KeyboardInterrupt:
        typer.echo("Stopped; the last site is unchanged.", err=True)
        raise typer.Exit(INTERRUPTED) from None
    index = outcome.site / "index.html"
    if outcome.failures:
        state = "holds the other pages" if outcome.swapped else "is the last good site"
        typer.echo(f"{_count(len(outcome.failures), 'page')} failed; {index} {state}.", err=True)
        raise typer.Exit(1)
    if not outcome.swapped:
        typer.echo(f"Nothing changed: {index} is current ({_count(len(outcome.kept), 'page')}).")
    else:
        ran = _count(len(outcome.ran), "page")
        left = f", {len(outcome.stale)} not brought up to date" if outcome.stale else ""
        typer.echo(f"Built {index}: {ran} run, {len(outcome.kept)} unchanged{left}.")


@app.command()
def diff(
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print tables for a pull request.")
    ] = False,
    every: Annotated[
        bool, typer.Option("--all", help="Print every result that moved, not the first of a page.")
    ] = False,
) -> None:
    """Print which results differ from the accepted ones, by how much, and what changed since.

    The exit code is 1 where anything moved, and where the accepted results have no reason in
    CHANGELOG.md.
    """
    from metaworkbook.publishing import acceptance
    from metaworkbook.publishing.compare import show_markdown, show_plain

    changes, reasons = acceptance.find_changes()
    show = show_markdown if markdown else show_plain
    limit = {"limit": None} if every else {}
    typer.echo(show(changes, reasons, acceptance.find_rows(changes), **limit), nl=False)
    if changes:
        typer.echo("If this is meant, run: metaworkbook accept", err=True)
        raise typer.Exit(1)
    if not acceptance.has_reason():
        typer.echo(_ask_reason(acceptance.accepted_mark()), err=True)
        raise typer.Exit(1)


@app.command()
def accept() -> None:
    """Make the results of this build the accepted ones, in tests/expected."""
    from metaworkbook.publishing import acceptance

    changes = acceptance.accept()
    pages = _count(len({change.page for change in changes}), "page")
    folder = acceptance.expected_folder()
    typer.echo(f"Accepted {_count(len(changes), 'change')} on {pages} into {folder}.")
    if not acceptance.has_reason():
        typer.echo(_ask_reason(acceptance.accepted_mark()))


@app.command()
def verify(
    site: Annotated[
        Path | None, typer.Argument(help="The folder of a site; build/site by default.")
    ] = None,
) -> None:
    """Check a built site against its manifest: every file, and in the project every source."""
    from metaworkbook import paths
    from metaworkbook.errors import ProblemsError
    from metaworkbook.publishing import manifest

    root = None if site else paths.root()
    problems, count = manifest.verify(site or paths.build() / "site", root)
    if problems:
        raise ProblemsError(problems)
    sources = "" if site else ", built from the present sources"
    typer.echo(f"Verified: {_count(count, 'file')} as the manifest says{sources}.")


def _run_grid(
    file: Path,
    only: list[str] | None,
    jobs: int,
    engine: str,
    limits: tuple[float, int],
    backend: str,
    scheduler: str,
) -> None:
    from metaworkbook.publishing.grids import run_grid
    from metaworkbook.publishing.progress import choose_progress

    if only:
        raise WorkbookError(
            f"--only: found {', '.join(only)} with --grid; allowed: one of the two. "
            "The grid's file names its page."
        )
    try:
        with choose_progress() as progress:
            outcome = run_grid(file, jobs, engine, limits, backend, scheduler, progress)
    except KeyboardInterrupt:
        typer.echo("Stopped; the runs made so far are kept: run it again to go on.", err=True)
        raise typer.Exit(INTERRUPTED) from None
    failed = f", {len(outcome.failures)} failed" if outcome.failures else ""
    typer.echo(f"{_count(outcome.runs, 'run')}, {outcome.kept} kept{failed}: {outcome.file}")
    if outcome.failures:
        raise typer.Exit(1)


@app.command()
def multiverse(
    page: Annotated[str, typer.Argument(help="A page that asks about an x and a y.")],
    jobs: Annotated[int, typer.Option(min=1, max=64, help="Processes.")] = 2,
    backend: Annotated[
        str, typer.Option(help="loky: processes here; dask: an existing cluster.")
    ] = "loky",
    scheduler: Annotated[str, typer.Option(help="Address of the Dask scheduler.")] = "",
) -> None:
    """Run every declared combination of choices of a page into build/multiverse/PAGE.csv."""
    from metaworkbook.publishing.progress import Counter
    from metaworkbook.publishing.sweeps import sweep

    counter = Counter(f"multiverse {page}")
    try:
        done = sweep(page, jobs, backend, scheduler, counter.tell)
    except KeyboardInterrupt:
        typer.echo("Stopped; the fits made so far are kept: run it again to go on.", err=True)
        raise typer.Exit(INTERRUPTED) from None
    told = done.summary
    typer.echo(
        f"{told.run - told.failed} of {told.run} specifications ran ({told.combinations} "
        f"combinations, {told.excluded} excluded for their reasons) on "
        f"{_count(told.row_sets_run, 'distinct set')} of rows; {told.estimated} have an estimate "
        f"and rest on {_count(told.row_sets, 'distinct set')} of rows."
    )
    typer.echo(f"{_count(done.made, 'fit')} made, {done.found} kept from before: {done.file}")


@app.command()
def tidy(
    notebooks: Annotated[
        list[Path] | None, typer.Argument(help="Notebooks; all of the project where none is named.")
    ] = None,
) -> None:
    """Bring notebooks to the form they are committed in: no outputs, counts or tool metadata."""
    from metaworkbook import paths
    from metaworkbook.publishing import source

    files = notebooks or sorted(paths.notebooks().glob("*.ipynb"))
    changed = [file for file in files if source.tidy(file)]
    for file in changed:
        typer.echo(f"tidied {file.name}")
    typer.echo(f"{_count(len(files), 'notebook')}, {len(changed)} changed.")


@app.command()
def clean() -> None:
    """Remove everything generated."""
    from metaworkbook import paths
    from metaworkbook.publishing import swap

    folder = paths.build()
    if folder.exists():
        with swap.lock(folder):
            for entry in sorted(folder.iterdir()):
                swap.remove(entry)
        swap.remove(folder)
    typer.echo(f"Removed {folder}.")


def _ask_reason(mark: str) -> str:
    return f'Say why in CHANGELOG.md, in an entry that holds the words "{mark}".'


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def main() -> None:
    """Run a command; a user's mistake gives its message and exit code 1, never a stack trace."""
    for name in ("stdout", "stderr"):
        # A command that is started without one of them writes it nowhere.
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
    # Ended by the system, a build still puts away what it began.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    try:
        app()
    except WorkbookError as error:
        print(error, file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
