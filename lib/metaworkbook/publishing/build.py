"""The build: from evidence and notebooks to a site, doing only what has to be done.

Validate the evidence, check the pages, run those that changed, put the site together aside, swap
it in whole. A mistake stops the build before anything runs and leaves the last site in place.
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from typing import Any

from metaworkbook import paths
from metaworkbook.errors import LedgerError, Problem, ProblemsError, WorkbookError
from metaworkbook.publishing import keys, manifest, swap
from metaworkbook.publishing.crate import UNDATED, UNDATED_WORDS
from metaworkbook.publishing.failures import Failure
from metaworkbook.publishing.keeping import keep
from metaworkbook.publishing.plan import (
    Planned,
    check_values,
    choose_pages,
    make_plan,
    output_files,
    record_file,
    results_file,
)
from metaworkbook.publishing.processes import share
from metaworkbook.publishing.progress import Progress
from metaworkbook.publishing.publication import (
    begin,
    describe_state,
    forget_others,
    publish,
)
from metaworkbook.publishing.remote import RemoteNursery, open_nursery
from metaworkbook.publishing.runner import FEW, JOBS, MEMORY_LIMIT, TIME_LIMIT, Nursery, Run, Task
from metaworkbook.publishing.source import write_notebook
from metaworkbook.publishing.workers import check_backend

# Where a page's notebook lies while it runs.
PLANNED = "planned"


@dataclass(frozen=True)
class Options:
    """How to build.

    Attributes
    ----------
    only : list of str
        Names of the pages to run; all where empty.
    jobs : int
        Pages that run at a time.
    engine : str
        "kernels" or "forked".
    wait : bool
        Wait for another build instead of refusing.
    time_limit, memory_limit : float, int
        Seconds and megabytes that a page may take.
    backend, scheduler : str
        Where pages run, see `workers.open_workers`.
    """

    only: list[str] = field(default_factory=list)
    jobs: int = JOBS
    engine: str = "kernels"
    wait: bool = False
    time_limit: float = TIME_LIMIT
    memory_limit: int = MEMORY_LIMIT
    backend: str = "loky"
    scheduler: str = ""


@dataclass(frozen=True)
class Outcome:
    """What a build did.

    Attributes
    ----------
    site : Path
        The folder of the site.
    ran, kept, stale : list of str
        Names of the pages run, of those that are current without, and of those that are neither
        because only others were asked for.
    failures : list of Failure
    notes : list of str
        What pages wrote to stderr.
    swapped : bool
        Whether the site is new.
    """

    site: Path
    ran: list[str]
    kept: list[str]
    stale: list[str]
    failures: list[Failure]
    notes: list[str]
    swapped: bool


def build(
    options: Options | None = None,
    progress: Progress | None = None,
    renderer: Any = None,
    look: Callable[[dict[str, Any], dict[str, Any], Any], str] | None = None,
) -> Outcome:
    """Bring ``build/site`` up to date.

    Parameters
    ----------
    options : Options, optional
    progress : Progress, optional
        Where to show how it gets on.
    renderer : module, optional
        What turns executed notebooks into pages; `publishing.site` by default.
    look : callable, optional
        ``look(notebook, parameters, ledger)`` gives the digest of what a page sees of the evidence,
        blank if that cannot be told; `sight.look` by default. A page that sees what it saw is not
        run again although the evidence changed elsewhere.

    Raises
    ------
    ProblemsError
        With every problem of the evidence, the page list and the notebooks.
    BusyError
        If another build is running.
    """
    options, folder = options or Options(), paths.build()
    check_backend(options.backend, options.scheduler)
    with swap.lock(folder, options.wait), swap.explain(folder):
        swap.heal(folder)
        return _Build(folder, options, progress or Progress(), renderer, look).run()


class _Build:
    def __init__(
        self, folder: Path, options: Options, progress: Progress, renderer: Any, look: Any
    ):
        self.folder, self.options, self.progress = folder, options, progress
        self.renderer, self.look = renderer, look
        self.site = folder / swap.SITE

    def run(self) -> Outcome:
        self.beginning = begin()
        plan, problems = make_plan(self.folder)
        if not problems and not self.options.only and self._is_current(plan):
            return Outcome(self.site, [], [planned.name for planned in plan], [], [], [], False)
        chosen = plan if problems else choose_pages(plan, self.options.only)
        stale = [] if problems else self._find_used(chosen)
        work = swap.make_folder(self.folder, swap.WORK)
        try:
            with contextlib.ExitStack() as stack:
                # The nursery imports while the evidence is read.
                nursery = self._open_nursery(work, stale) if stale else None
                if nursery:
                    stack.enter_context(nursery)
                ledger = _read_ledger(problems, chosen)
                # What was read and imported stays: nobody need look through it for garbage.
                gc.freeze()
                stale = self._find_seen(stale, ledger, work)
                run = self._run_pages(nursery, stale, work, ledger) if stale else Run()
            return self._publish(plan, chosen, stale, run, ledger)
        finally:
            gc.unfreeze()
            swap.remove(work)

    def _is_current(self, plan: list[Planned]) -> bool:
        if any(planned.changes for planned in plan):
            return False
        state = describe_state(self.folder, plan, self.beginning)
        return manifest.read_state(self.site) == state and manifest.is_whole(self.site)

    def _find_used(self, chosen: list[Planned]) -> list[Planned]:
        """Return the pages to run unless the evidence spares them: what they use has moved."""
        stale = [planned for planned in chosen if planned.changes]
        reach = None
        for planned in stale:
            known = planned.record.inputs.get("part") if planned.record else None
            if not known or keys.DECIDING.intersection(planned.changes):
                reach = reach or keys.open_reach()
                known = keys.digest_part(reach, planned.notebook, planned.inputs)
            planned.inputs["part"] = known
        return self._spare(stale)

    def _find_seen(self, stale: list[Planned], ledger: Any, work: Path) -> list[Planned]:
        """Return the pages to run: the evidence changed where they look, or something else did."""
        if not stale:
            return []
        look = self.look or load_look()

        def note(planned: Planned) -> None:
            seen = look(planned.notebook, planned.resolved, ledger)
            (work / f"{planned.name}.seen").write_text(seen, encoding="utf-8")

        def weigh(planned: Planned) -> int:
            file = results_file(self.folder, planned.name)
            return file.stat().st_size if file.is_file() else 0

        # Who saved most looks at most; before any results, the last pages, which sum up the others.
        order = sorted(reversed(stale), key=weigh, reverse=True)
        share([partial(note, planned) for planned in order], self.options.jobs)
        for planned in stale:
            planned.inputs["rows"] = (work / f"{planned.name}.seen").read_text(encoding="utf-8")
        return self._spare(stale)

    def _spare(self, stale: list[Planned]) -> list[Planned]:
        """Record as current the pages that no change concerns; return the others."""
        concerned = []
        for planned in stale:
            record = planned.record
            if record is None or keys.list_concerns(record, planned.inputs, planned.changes):
                concerned.append(planned)
            else:
                inputs = record.inputs | planned.inputs
                keys.Record(inputs, record.outputs).write(record_file(self.folder, planned.name))
        return concerned

    def _open_nursery(self, work: Path, stale: list[Planned]) -> Nursery | RemoteNursery:
        options, notebooks = self.options, [planned.notebook for planned in stale]
        # Where nothing but the evidence moved, most pages will turn out not to see it.
        sure = [planned for planned in stale if planned.changes != ["ledger"]]
        return open_nursery(
            options.engine, work, notebooks, len(sure) > FEW, options.backend, options.scheduler
        )

    def _run_pages(self, nursery: Nursery, stale: list[Planned], work: Path, ledger: Any) -> Run:
        tasks = []
        for planned in stale:
            folder = work / planned.name
            folder.mkdir()
            # The notebook that was planned runs, whatever its file says by then.
            notebook = folder / PLANNED / planned.page.notebook
            notebook.parent.mkdir()
            write_notebook(planned.notebook, notebook)
            cells = planned.notebook["cells"]
            tasks.append(Task(planned.name, notebook, cells, planned.parameters, folder))
        self.progress.begin(len(tasks))
        options, beforehand = self.options, cache(partial(_prepare_assembly, ledger))

        def tell(*event: Any) -> None:
            self.progress.tell(*event)
            # There is time for it while pages run.
            beforehand()

        run = nursery.run(tasks, options.jobs, options.time_limit, options.memory_limit, tell)
        self.beginning.confirm()
        by_name = {planned.name: planned for planned in stale}
        for name in list(run.done):
            failure = keep(by_name[name], work / name, self.folder)
            if failure:
                run.done.remove(name)
                run.failures.append(failure)
        for note in run.notes:
            self.progress.complain(f"note: {note}")
        for failure in run.failures:
            self.progress.complain(str(failure))
        return run

    def _publish(
        self,
        plan: list[Planned],
        chosen: list[Planned],
        stale: list[Planned],
        run: Run,
        ledger: Any,
    ) -> Outcome:
        kept = [p.name for p in plan if p not in stale and (p in chosen or not p.changes)]
        left = [p.name for p in plan if p.changes and p not in chosen]
        # A page that failed must not leave a hole in a good site; without one, show what there is.
        stood, failures = self.site.exists(), run.failures
        swapped = not (failures and stood)
        if swapped:
            forget_others(self.folder, plan)
            files = {p.name: output_files(self.folder, p.name) for p in plan}
            available = [p for p in plan if all(file.is_file() for file in files[p.name])]
            swapped = bool(available)
            if available:
                self.progress.say(f"putting the site together: {len(available)} pages")
                if self.beginning.shared["date"] == UNDATED:
                    self.progress.say(f"note: {UNDATED_WORDS}")
                renderer = self.renderer or load_renderer()
                jobs = self.options.jobs
                unfit = publish(self.folder, available, ledger, renderer, self.beginning, jobs)
                for failure in unfit:
                    self.progress.complain(str(failure))
                failures = [*failures, *unfit]
                swapped = self.site.exists() and not (unfit and stood)
        return Outcome(self.site, run.done, kept, left, failures, run.notes, swapped)


def _prepare_assembly(ledger: Any) -> None:
    """Do what putting the site together needs no page for; what fails here fails there."""
    with contextlib.suppress(Exception):
        import_module("metaworkbook.publishing.assembly").prepare(ledger)


def load_renderer() -> Any:
    """Return what turns executed notebooks into pages."""
    from metaworkbook.publishing import site

    return site


def load_look() -> Any:
    """Return what tells which rows of the evidence a page sees."""
    from metaworkbook.publishing import sight

    return sight.look


def _read_ledger(problems: list[Problem], chosen: list[Planned]) -> Any:
    """Return the validated evidence; raise its problems together with those of the pages."""
    from metaworkbook.evidence.descriptions import describe_effects
    from metaworkbook.evidence.ledger import read_ahead

    ledger = None
    try:
        # Looks at what pages see ask for both again, many times.
        ledger = read_ahead()
        # What fails here fails in its page, with words.
        with contextlib.suppress(Exception):
            describe_effects(ledger)
        problems = [*problems, *check_values(chosen, ledger)]
    except LedgerError as error:
        problems = [*problems, *error.problems]
    if problems:
        raise ProblemsError(problems)
    return ledger


__all__ = ["Options", "Outcome", "WorkbookError", "build"]
