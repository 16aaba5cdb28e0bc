"""Runs pages on a Dask cluster: each travels with the evidence and comes back executed.

A worker needs the installed package and nothing else: no folder is shared. `RemoteNursery` stands
in the place of `runner.Nursery`; a page whose worker dies is run again on another.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from metaworkbook import paths
from metaworkbook.errors import WorkbookError
from metaworkbook.publishing.failures import Failure
from metaworkbook.publishing.runner import JOBS, MEMORY_LIMIT, TIME_LIMIT, Nursery, Run, Task, Tell
from metaworkbook.publishing.source import read_notebook
from metaworkbook.publishing.workers import open_workers

#: What a page can read of the project, as patterns below its root.
PROJECT = ("effects/datapackage.yaml", "effects/[!.]*.csv", "notebooks/*", "requirements.lock")
#: Parts of a work folder that come back from a worker.
OUTPUTS = ("executed.ipynb", "results/*.json")
#: What a notebook says that is worth importing the package beforehand.
HEAVY = re.compile(r"^from metaworkbook import .*\b(models|reporting)\b", re.MULTILINE)
Files = dict[str, bytes]


class RemoteNursery:
    """Runs pages on an existing cluster, with the interface of `runner.Nursery`.

    Parameters
    ----------
    engine : str
        "kernels" or "forked".
    scheduler : str
        Address of the Dask scheduler.
    """

    def __init__(self, engine: str, scheduler: str):
        self.engine, self.scheduler = engine, scheduler

    def __enter__(self) -> RemoteNursery:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing runs between two calls."""

    def run(
        self,
        tasks: Iterable[Task],
        jobs: int = JOBS,
        time_limit: float = TIME_LIMIT,
        memory_limit: int = MEMORY_LIMIT,
        tell: Tell = lambda page, event, done, total: None,
    ) -> Run:
        """Run every task on the cluster; arguments and result as in `runner.Nursery.run`.

        ``jobs`` is the cluster's own affair.
        """
        from joblib import Parallel, delayed

        by_page = {task.page: task for task in tasks}
        project = pack(paths.root(), PROJECT)
        limits = (time_limit, memory_limit)
        run = Run()
        with open_workers("dask", self.scheduler, jobs):
            for task in by_page.values():
                tell(task.page, "started", 0, len(task.cells) + 1)
            parallel = Parallel(return_as="generator_unordered", batch_size=1)
            calls = (
                delayed(run_page)(project, task.page, task.notebook.name, task.parameters,
                                  self.engine, limits)
                for task in by_page.values()
            )  # fmt: skip
            for page, made, told in parallel(calls):
                task = by_page[page]
                unpack(made, task.folder)
                run.done += told["done"]
                run.notes += told["notes"]
                run.failures += [Failure(**failure) for failure in told["failures"]]
                event = "done" if told["done"] else "failed"
                tell(page, event, len(task.cells) + 1, len(task.cells) + 1)
        order = list(by_page)
        run.done.sort(key=order.index)
        run.failures.sort(key=lambda failure: order.index(failure.page))
        run.notes.sort()
        return run


def open_nursery(
    engine: str,
    work: Path,
    notebooks: Iterable[dict[str, Any]],
    many: bool,
    backend: str = "loky",
    scheduler: str = "",
) -> Nursery | RemoteNursery:
    """Return what runs pages of these notebooks, ``many`` of them or perhaps only a few.

    Processes here, or those of a cluster.
    """
    if backend == "dask":
        return RemoteNursery(engine, scheduler)
    sources = (cell["source"] for notebook in notebooks for cell in notebook["cells"])
    return Nursery(engine, work, any(HEAVY.search(source) for source in sources), many)


def run_page(
    project: Files,
    page: str,
    notebook: str,
    parameters: dict[str, Any],
    engine: str,
    limits: tuple[float, int],
) -> tuple[str, Files, dict[str, Any]]:
    """Run one page on a worker; return its name, the files it made, and what came of it.

    The page runs in a process of its own, whose project is a copy of what travelled.
    """
    with tempfile.TemporaryDirectory(prefix="mw-") as name:
        folder = Path(name)
        unpack(project, folder / "project")
        plan = {"page": page, "notebook": notebook, "parameters": parameters, "engine": engine,
                "limits": limits}  # fmt: skip
        (folder / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
        environment = os.environ | {paths.ROOT_VARIABLE: str(folder / "project")}
        command = [sys.executable, "-m", __name__, str(folder)]
        ended = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
        report = folder / "told.json"
        if not report.is_file():
            lines = ended.stderr.decode("utf-8", "replace").strip().splitlines()
            why = lines[-1] if lines else f"code {ended.returncode}"
            raise WorkbookError(
                f"page {page}: the process on the worker ended: {why}. "
                "Run: make setup, on the worker, and try again."
            )
        made = pack(folder / "work", OUTPUTS)
        return page, made, json.loads(report.read_text(encoding="utf-8"))


def main() -> None:
    """Run the page of the plan in the folder given; started by `run_page`."""
    folder = Path(sys.argv[1])
    plan = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    work = folder / "work"
    work.mkdir()
    notebook = paths.notebooks() / plan["notebook"]
    cells = read_notebook(notebook)["cells"]
    task = Task(plan["page"], notebook, cells, plan["parameters"], work)
    with Nursery(plan["engine"], folder) as nursery:
        run = nursery.run([task], 1, *plan["limits"])
    told = {"done": run.done, "notes": run.notes, "failures": [asdict(f) for f in run.failures]}
    (folder / "told.json").write_text(json.dumps(told), encoding="utf-8")


def pack(folder: Path, patterns: Iterable[str]) -> Files:
    """Return the files below ``folder`` that match, by relative name."""
    return {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for pattern in patterns
        for file in sorted(folder.glob(pattern))
        if file.is_file()
    }


def unpack(files: Files, folder: Path) -> None:
    """Write files below ``folder``."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


if __name__ == "__main__":
    main()
