"""Runs pages: hands their notebooks to a nursery process and collects what comes back.

Nothing of Jupyter is imported here, so a build that finds nothing to do stays fast.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from metaworkbook import paths
from metaworkbook.errors import WorkbookError, make_printable
from metaworkbook.publishing.failures import Failure, describe, number_cell
from metaworkbook.publishing.swap import tell_state

TIME_LIMIT = 600.0
MEMORY_LIMIT = 4096
JOBS = 2
# What tells the nursery to import the package before any page, and that many will run.
AHEAD, MANY = "ahead", "many"
# Pages up to which it is not worth preparing what only some need.
FEW = 2
# One thread a page: two pages share the cores, and sums do not depend on the number of cores.
# A fixed hash seed and epoch keep sets and figures in the same form on every run.
FIXED = {
    "PYTHONHASHSEED": "0",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    # No user's own style, not even of figures that a notebook draws by itself.
    "MATPLOTLIBRC": os.devnull,
    "JUPYTER_PREFER_ENV_PATH": "1",
    "JUPYTER_PLATFORM_DIRS": "1",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
}
EPOCH = "315532800"
Tell = Callable[[str, str, int, int], None]


@dataclass(frozen=True)
class Task:
    """One page to run: its notebook, the values to inject, and a folder that is its own."""

    page: str
    notebook: Path
    cells: list[dict[str, Any]]
    parameters: dict[str, Any]
    folder: Path


@dataclass
class Run:
    """What came of running pages: names of those done, failures, and what pages wrote to stderr."""

    done: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class Nursery:
    """The process that runs pages; started early, it imports while the evidence is checked.

    Parameters
    ----------
    engine : str
        "kernels" (real Jupyter kernels) or "forked" (faster, same outputs).
    work : Path
        An existing folder for everything Jupyter wants to leave behind.
    ahead : bool
        Import the package once, for pages that use it.
    many : bool
        More than a few pages are known to run.
    """

    def __init__(self, engine: str, work: Path, ahead: bool = False, many: bool = False):
        self.log = work / "nursery.log"
        words = [word for word, said in ((AHEAD, ahead), (MANY, ahead and many)) if said]
        with self.log.open("w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "metaworkbook.publishing.nursery", engine, *words],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=environment(work),
                cwd=work,
                text=True,
                # Ctrl-C is for the build: the nursery goes when its input ends.
                start_new_session=True,
            )

    def __enter__(self) -> Nursery:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(
        self,
        tasks: Iterable[Task],
        jobs: int = JOBS,
        time_limit: float = TIME_LIMIT,
        memory_limit: int = MEMORY_LIMIT,
        tell: Tell = lambda page, event, done, total: None,
    ) -> Run:
        """Run every task and return what came of them; a failed page does not stop the others.

        Parameters
        ----------
        tasks : iterable of Task
            Each one's folder must exist; the executed notebook and the results appear in it.
        jobs : int
            How many pages run at a time.
        time_limit : float
            Seconds that a page may take.
        memory_limit : int
            Megabytes that a page may allocate; 0 for no limit.
        tell : callable
            Called with page, event ("started", "cell", "done", "failed"), cells done and in all.
        """
        by_page = {task.page: task for task in tasks}
        # The last pages of the list sum up the others and take longest: begun first, none of them
        # runs alone at the end.
        plan = {
            "tasks": [
                {
                    "page": task.page,
                    "notebook": str(task.notebook),
                    "parameters": task.parameters,
                    "folder": str(task.folder),
                }
                for task in reversed(by_page.values())
            ],
            "jobs": jobs,
            "time_limit": time_limit,
            "memory_limit": memory_limit,
        }
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        run, open_pages = Run(), dict(by_page)
        try:
            self.process.stdin.write(json.dumps(plan) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise self._died() from None
        while open_pages:
            line = self.process.stdout.readline()
            if not line:
                raise self._died()
            event = json.loads(line)
            task, kind = by_page[event["page"]], event["event"]
            tell(task.page, kind, event.get("cell", 0), len(task.cells) + 1)
            if kind == "done":
                run.done.append(task.page)
                for index, text in event["notes"]:
                    number = number_cell(index, task.cells)
                    place = f"page {task.page}, cell {number}, wrote to stderr"
                    run.notes.append(make_printable(f"{place}: {text}"))
            elif kind == "failed":
                failure = describe(
                    event["failure"], task.page, task.notebook.name, task.cells,
                    time_limit, memory_limit,
                )  # fmt: skip
                run.failures.append(failure)
            if kind in ("done", "failed"):
                del open_pages[task.page]
        order = list(by_page)
        run.done.sort(key=order.index)
        run.failures.sort(key=lambda failure: order.index(failure.page))
        run.notes.sort()
        return run

    def close(self) -> None:
        """End the nursery and every page it still runs."""
        for stream in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(BrokenPipeError):
                stream.close()
        self.process.wait()

    def _died(self) -> WorkbookError:
        self.close()
        words, code = "the process that runs the notebooks", self.process.returncode
        if code < 0:
            ended, why, remedy = signal.Signals(-code).name, "", "Run again."
            if code == -signal.SIGKILL:
                why = ", as the system does when memory runs out"
                remedy = "Free memory, or run with --jobs 1."
            state = tell_state(paths.build())
            return WorkbookError(f"{words} was ended by {ended}{why}. {state} {remedy}")
        try:
            last = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        except OSError:
            return WorkbookError(
                f"{self.log.parent}: removed while pages ran. Leave it alone and run again."
            )
        why = last[-1] if last else f"code {code}"
        return WorkbookError(f"{words} ended: {why}. Run: make setup, and try again.")


def environment(work: Path) -> dict[str, str]:
    """Return the environment that every page runs in, whatever the user's own says."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONWARNINGS"}
    own = {
        paths.ROOT_VARIABLE: str(paths.root()),
        paths.BUILD_VARIABLE: str(work),
        "IPYTHONDIR": str(work / "ipython"),
        "JUPYTER_RUNTIME_DIR": str(work / "runtime"),
        "SOURCE_DATE_EPOCH": os.environ.get("SOURCE_DATE_EPOCH", EPOCH),
    }
    return inherited | FIXED | own
