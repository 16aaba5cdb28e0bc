"""The sweep of a page: its whole multiverse, kept as it goes and written as one table.

Each block of fits is appended to a file the moment it arrives, under the digest of its rows and
settings. An interrupted sweep finds them there and makes only what is missing; what was made by
another version of the package is made anew.
"""

from __future__ import annotations

import csv
import io
import json
import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from metaworkbook import paths
from metaworkbook.errors import Problem, ProblemsError
from metaworkbook.evidence.choices import SELECT
from metaworkbook.evidence.demonstration import LEDGER, open_choices, open_source
from metaworkbook.models.decomposition import summarise_multiverse
from metaworkbook.models.multiverse import run_multiverse
from metaworkbook.models.specifications import Fit
from metaworkbook.publishing import keys
from metaworkbook.publishing.pages import FILE
from metaworkbook.publishing.plan import Planned, choose_pages, make_plan
from metaworkbook.publishing.workers import open_workers
from metaworkbook.results import Multiverse, MultiverseSummary, to_json
from metaworkbook.results.multiverse import COLUMNS

FOLDER = "multiverse"
Tell = Callable[[int, int], None]


@dataclass(frozen=True)
class Sweep:
    """What a sweep did: its table, the multiverse, its summary, fits found and made anew."""

    file: Path
    multiverse: Multiverse
    summary: MultiverseSummary
    found: int
    made: int


def sweep(
    page: str,
    jobs: int = 1,
    backend: str = "loky",
    scheduler: str = "",
    tell: Tell | None = None,
) -> Sweep:
    """Run the multiverse of a page and write ``build/multiverse/<page>.csv``.

    Parameters
    ----------
    page : str
        Name of a page whose notebook asks about an x and a y.
    jobs : int
        Processes.
    backend, scheduler : str
        See `workers.open_workers`.
    tell : callable, optional
        Called with the number of fits at hand and of all fits.

    Raises
    ------
    ProblemsError
        If the page, the choices or the evidence cannot be used as they stand.
    WorkbookError
        If the workers cannot be had.
    """
    asked, source = ask(page)
    ledger, choices = open_source(source), open_choices(source)
    folder = paths.build() / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    store = Store(folder, page, digest_engine())
    with open_workers(backend, scheduler, jobs) as workers, store:
        multiverse = run_multiverse(ledger, asked, choices, workers, store.known, store.keep, tell)
    summary = summarise_multiverse(multiverse)
    file = folder / f"{page}.csv"
    write_whole(file, format_table(multiverse))
    text = json.dumps(to_json({"page": page, **summary.to_dict()}), indent=1, allow_nan=False)
    write_whole(folder / f"{page}.json", text + "\n")
    return Sweep(file, multiverse, summary, multiverse.fits - store.kept, store.kept)


def ask(page: str) -> tuple[dict[str, str], str]:
    """Return what a page asks of the selection, and its source ("ledger" or "demonstration").

    Raises
    ------
    ProblemsError
        If the page list has problems, the page is not in it, or it asks about no x and y.
    """
    plan, problems = make_plan(paths.build())
    if problems:
        raise ProblemsError(problems)
    planned = choose_pages(plan, [page], "multiverse PAGE")[0]
    if not _asks(planned):
        names = ", ".join(each.name for each in plan if _asks(each))
        found = f"{page}, whose notebook has no parameters x and y"
        place = f"{paths.notebooks().name}/{FILE}"
        raise ProblemsError([Problem(place, 0, page, "", found, names, "Name one of these pages.")])
    resolved = planned.resolved
    asked = {name: resolved[name] for name in ("x", "y", *SELECT) if name in resolved}
    return asked, resolved.get("source", LEDGER)


def _asks(planned: Planned) -> bool:
    return {"x", "y"} <= set(planned.resolved)


def digest_engine() -> str:
    """Return the digest of the modules whose change may move a fit."""
    package = Path(keys.__file__).resolve().parents[1]
    return keys.digest_files((package / "models").glob("*.py"), package)[:12]


class Store:
    """The fits of a page's multiverse made so far, in a file to which blocks are appended.

    Parameters
    ----------
    folder : Path
        An existing folder.
    page : str
        The page's name.
    stamp : str
        Digest of what computes the fits; files of the page with another stamp are removed.
    """

    def __init__(self, folder: Path, page: str, stamp: str):
        self.file = folder / f".{page}.{stamp}.jsonl"
        self.kept = 0
        for old in folder.glob(f".{page}.*.jsonl"):
            if old != self.file:
                old.unlink(missing_ok=True)
        self.known = read_fits(self.file)

    def __enter__(self) -> Store:
        # One write a block at the end of the file: two sweeps at once do not tear each other's.
        self.handle = os.open(self.file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        if self.file.stat().st_size and not self.file.read_bytes().endswith(b"\n"):
            os.write(self.handle, b"\n")
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.handle)

    def keep(self, fits: dict[str, Fit]) -> None:
        """Append a block of fits."""
        lines = "".join(json.dumps([key, *fit]) + "\n" for key, fit in fits.items())
        os.write(self.handle, lines.encode())
        self.kept += len(fits)


def read_fits(file: Path) -> dict[str, Fit]:
    """Return the fits of a file; a line that an interruption cut short is passed over."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    fits = {}
    for line in lines:
        try:
            key, *numbers = json.loads(line)
            fits[str(key)] = Fit(*(float(number) for number in numbers))
        except (ValueError, TypeError):
            continue
    return fits


def format_table(multiverse: Multiverse) -> str:
    """Return the table as CSV: shortest digits that give the number back, blank where none is."""
    text = io.StringIO()
    rows = multiverse.to_rows()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*multiverse.choices.names, *COLUMNS])
    writer.writerows([_cell(cell) for cell in row.values()] for row in rows)
    return text.getvalue()


def _cell(value: str | float) -> str:
    if isinstance(value, float):
        return "" if math.isnan(value) else repr(value)
    return str(value)


def write_whole(file: Path, text: str) -> None:
    """Write a file whole or not at all."""
    unfinished = file.with_name(f".{file.name}.{os.getpid()}")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(file)
