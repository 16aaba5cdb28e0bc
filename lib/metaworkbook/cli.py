"""The commands. Each imports what it needs when it runs, so that the help is there at once."""

from __future__ import annotations

import errno
import math
import os
import signal
import sys
from pathlib import Path
from typing import Any

from metaworkbook.errors import WorkbookError, make_printable


def describe_lack(error: ImportError) -> str:
    """Return what to do where a package that this one needs cannot be imported."""
    named = os.environ.get("PYTHONPATH")
    rogue = f", or unset PYTHONPATH ({named}), whose files come first" if named else ""
    return make_printable(f"the environment is damaged: {error}. Run: make setup{rogue}")


try:
    import click
except ImportError as error:
    sys.exit(describe_lack(error))

INTERRUPTED = 130
TERMINATED = 143


class Terminated(SystemExit):
    """The system asks this command to end."""


STOPPED = (KeyboardInterrupt, Terminated)
# What the system says where nothing can be printed.
UNHEARD = (errno.ENOSPC, errno.EDQUOT, errno.EIO)
FILE = click.Path(path_type=Path)
JOBS = click.IntRange(1, 64)
SECONDS = click.FloatRange(1, 1e6)


def option(*names: str, **told: Any) -> Any:
    """Return `click.option`, its default shown."""
    return click.option(*names, show_default=True, **told)


BACKEND = option("--backend", default="loky", help="loky: processes here; dask: a cluster.")
SCHEDULER = click.option("--scheduler", default="", help="Address of the Dask scheduler.")


@click.group(no_args_is_help=True)
def app() -> None:
    """Check the evidence, build the site, see what moved."""


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
    click.echo(f"Sound: {counts}, {_count(len(plan), 'page')}; checksum {ledger.checksum[:12]}")


@app.command()
@option("--only", multiple=True, help="Run only this page; may be given again.")
@option("--jobs", type=JOBS, default=2, help="Pages that run at a time.")
@option(
    "--engine",
    default="kernels",
    help="kernels: a Jupyter kernel a page; forked: faster, same outputs.",
)
@option("--wait", is_flag=True, help="Wait for another build to end.")
@option("--time-limit", type=SECONDS, default=600.0, help="Seconds a page may take.")
@option(
    "--memory-limit",
    type=click.IntRange(0, 100_000_000),
    default=4096,
    help="Megabytes a page may allocate; 0 for no limit.",
)
@BACKEND
@SCHEDULER
@option("--grid", type=FILE, help="Run one page over a grid of parameters instead.")
def report(
    only: tuple[str, ...],
    jobs: int,
    engine: str,
    wait: bool,
    time_limit: float,
    memory_limit: int,
    backend: str,
    scheduler: str,
    grid: Path | None,
) -> None:
    """Run the pages that changed and build the site into build/site."""
    from metaworkbook import paths
    from metaworkbook.publishing import swap
    from metaworkbook.publishing.build import Options, build
    from metaworkbook.publishing.progress import choose_progress

    if engine not in ("kernels", "forked"):
        raise WorkbookError(f'--engine: found "{engine}"; allowed: kernels, forked. Correct it.')
    if math.isnan(time_limit):
        raise WorkbookError("--time-limit: found nan; allowed: seconds, 1 or more. Correct it.")
    limits = (time_limit, memory_limit)
    if grid is not None:
        _run_grid(grid, only, jobs, engine, limits, backend, scheduler)
        return
    options = Options(list(only), jobs, engine, wait, *limits, backend, scheduler)
    try:
        with choose_progress() as progress:
            outcome = build(options, progress)
    except STOPPED as error:
        state = swap.tell_state(paths.build())
        raise _stop(error, f"{state[0].lower()}{state[1:]}") from None
    index = outcome.site / "index.html"
    if outcome.failures:
        state = "holds the other pages" if outcome.swapped else "is the last good site"
        where = f"{index} {state}" if index.exists() else "there is no site"
        click.echo(f"{_count(len(outcome.failures), 'page')} failed; {where}.", err=True)
        raise SystemExit(1)
    if not outcome.swapped:
        click.echo(f"Nothing changed: {index} is current ({_count(len(outcome.kept), 'page')}).")
    else:
        ran = _count(len(outcome.ran), "page")
        left = f", {len(outcome.stale)} not brought up to date" if outcome.stale else ""
        click.echo(f"Built {index}: {ran} run, {len(outcome.kept)} unchanged{left}.")


@app.command()
@click.option("--markdown", is_flag=True, help="Print tables for a pull request.")
@click.option(
    "--all", "every", is_flag=True, help="Print every result that moved, not the first of a page."
)
def diff(markdown: bool, every: bool) -> None:
    """Print which results differ from the accepted ones, by how much, and what changed since.

    The exit code is 1 where anything moved, and where the accepted results have no reason in
    CHANGELOG.md.
    """
    from metaworkbook.publishing import acceptance
    from metaworkbook.publishing.compare import show_markdown, show_plain

    changes, reasons = acceptance.find_changes()
    show = show_markdown if markdown else show_plain
    limit = {"limit": None} if every else {}
    click.echo(show(changes, reasons, acceptance.find_rows(changes), **limit), nl=False)
    if changes:
        click.echo("If this is meant, run: metaworkbook accept", err=True)
        raise SystemExit(1)
    if not acceptance.has_reason():
        click.echo(_ask_reason(acceptance.accepted_mark()), err=True)
        raise SystemExit(1)


@app.command()
def accept() -> None:
    """Make the results of this build the accepted ones, in tests/expected."""
    from metaworkbook.publishing import acceptance

    changes = acceptance.accept()
    pages = _count(len({change.page for change in changes}), "page")
    folder = acceptance.expected_folder()
    click.echo(f"Accepted {_count(len(changes), 'change')} on {pages} into {folder}.")
    if not acceptance.has_reason():
        click.echo(_ask_reason(acceptance.accepted_mark()))


@app.command()
@click.argument("site", type=FILE, required=False)
def verify(site: Path | None) -> None:
    """Check a built site against its manifest: every file, and in the project every source.

    SITE is the folder of a site, build/site by default.
    """
    from metaworkbook import paths
    from metaworkbook.errors import ProblemsError
    from metaworkbook.publishing import manifest

    root = None if site else paths.root()
    problems, count = manifest.verify(site or paths.build() / "site", root)
    if problems:
        raise ProblemsError(problems)
    sources = "" if site else ", built from the present sources"
    click.echo(f"Verified: {_count(count, 'file')} as the manifest says{sources}.")


def _run_grid(
    file: Path,
    only: tuple[str, ...],
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
    except STOPPED as error:
        words = "the runs made so far are kept: run it again to go on."
        raise _stop(error, words) from None
    failed = f", {len(outcome.failures)} failed" if outcome.failures else ""
    click.echo(f"{_count(outcome.runs, 'run')}, {outcome.kept} kept{failed}: {outcome.file}")
    if outcome.failures:
        raise SystemExit(1)


@app.command()
@click.argument("page")
@option("--jobs", type=JOBS, default=2, help="Processes.")
@BACKEND
@SCHEDULER
def multiverse(page: str, jobs: int, backend: str, scheduler: str) -> None:
    """Run every declared combination of choices of a page into build/multiverse/PAGE.csv.

    PAGE is a page that asks about an x and a y.
    """
    from metaworkbook.publishing.progress import Counter
    from metaworkbook.publishing.sweeps import sweep

    counter = Counter(f"multiverse {page}")
    try:
        done = sweep(page, jobs, backend, scheduler, counter.tell)
    except STOPPED as error:
        words = "the fits made so far are kept: run it again to go on."
        raise _stop(error, words) from None
    told = done.summary
    click.echo(
        f"{told.run - told.failed} of {told.run} specifications ran ({told.combinations} "
        f"combinations, {told.excluded} excluded for their reasons) on "
        f"{_count(told.row_sets_run, 'distinct set')} of rows; {told.estimated} have an estimate "
        f"and rest on {_count(told.row_sets, 'distinct set')} of rows."
    )
    click.echo(f"{_count(done.made, 'fit')} made, {done.found} kept from before: {done.file}")


@app.command()
@click.argument("notebooks", type=FILE, nargs=-1)
def tidy(notebooks: tuple[Path, ...]) -> None:
    """Bring notebooks to the form they are committed in: no outputs, counts or tool metadata.

    All of the project where no NOTEBOOKS are named.
    """
    from metaworkbook import paths
    from metaworkbook.publishing import source

    files = notebooks or sorted(paths.notebooks().glob("*.ipynb"))
    changed = [file for file in files if source.tidy(file, str(file) if notebooks else "")]
    for file in changed:
        click.echo(f"tidied {file.name}")
    click.echo(f"{_count(len(files), 'notebook')}, {len(changed)} changed.")


@app.command()
def clean() -> None:
    """Remove everything generated."""
    from metaworkbook import paths
    from metaworkbook.publishing import swap

    folder = paths.build()
    if folder.exists():
        with swap.lock(folder):
            left = swap.clean(folder)
        if left:
            names = ", ".join(left)
            click.echo(f"Left {folder}: {names} in it came from no build.", err=True)
            return
    # A link may lead nowhere.
    swap.remove(folder)
    click.echo(f"Removed {folder}.")


def _terminate(*_: Any) -> None:
    raise Terminated(TERMINATED)


def _stop(error: BaseException, words: str) -> SystemExit:
    """Say what a command that was stopped leaves; return how it ends."""
    click.echo(f"Stopped; {words}", err=True)
    return error if isinstance(error, Terminated) else SystemExit(INTERRUPTED)


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
    signal.signal(signal.SIGTERM, _terminate)
    try:
        app()
    except WorkbookError as error:
        print(make_printable(str(error)), file=sys.stderr)
        sys.exit(1)
    except ImportError as error:
        # What this package itself lacks is a defect of it.
        if (error.name or "").split(".")[0] == "metaworkbook":
            raise
        print(describe_lack(error), file=sys.stderr)
        sys.exit(1)
    except OSError as error:
        if error.errno not in UNHEARD or error.filename is not None:
            raise
        # What was printed went nowhere; nor must Python try again when it ends.
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
        words = f"standard output: {error.strerror.lower()}. Send it elsewhere and run again."
        print(words, file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
