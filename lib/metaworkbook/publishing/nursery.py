"""The process that runs pages: it imports and reads once, then forks one short-lived child a page.

Started as ``python -m metaworkbook.publishing.nursery ENGINE [AHEAD [MANY]]`` by `runner`. It reads
one line of JSON (the pages to run and their limits) and writes one line of JSON an event. A child
that hangs is killed with its kernel, one that dies is reported, and when the builder goes,
everything goes.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import pkgutil
import signal
import sys
import time
from collections.abc import Iterable
from importlib import import_module
from multiprocessing import get_context
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

import metaworkbook
from metaworkbook.publishing.children import attend
from metaworkbook.publishing.processes import adopt_orphans, end_descendants
from metaworkbook.publishing.runner import AHEAD, FEW, MANY

# What pages load, some of it only when they draw; what only some pages need comes last.
STACK = (
    "ipykernel.zmqshell",
    "IPython.core.completerlib",
    "IPython.core.oinspect",
    "pandas.core.methods.to_dict",
    "matplotlib.backends.backend_svg",
    "matplotlib.backends.backend_agg",
)
SELDOM = ("scipy.stats", "pymare")
WINGS = ("evidence", "models", "reporting", "results")


def main() -> None:
    """Prepare, read the plan, run it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    adopt_orphans()
    engine, ahead, many = sys.argv[1], AHEAD in sys.argv[2:], MANY in sys.argv[2:]
    channel = os.fdopen(os.dup(1), "w", buffering=1)
    # Nothing made here is ever garbage: nobody searches it, nor do children, copying its memory.
    gc.disable()
    import_module("metaworkbook.publishing.engines")
    if ahead:
        _prepare()
    if many:
        _prepare_more()
    line = sys.stdin.readline()
    if not line:
        return
    plan = json.loads(line)
    if ahead and not many and len(plan["tasks"]) > FEW:
        _prepare_more()
    gc.freeze()
    gc.enable()
    _Nursery(plan, engine, channel).run()


def _prepare() -> None:
    """Import and read what children need; what is not to be had fails in its page, with words."""
    walk = pkgutil.walk_packages(metaworkbook.__path__, "metaworkbook.")
    wings = [module.name for module in walk if module.name.split(".")[1] in WINGS]
    _import([*STACK, *wings])
    with contextlib.suppress(Exception):
        _read_ahead()


def _prepare_more() -> None:
    """Do what not every page needs: a few pages do it themselves, if they do."""
    _import(SELDOM)
    with contextlib.suppress(Exception):
        _draw_ahead()
    with contextlib.suppress(Exception):
        _read_demonstration()


def _import(names: Iterable[str]) -> None:
    for name in names:
        try:
            import_module(name)
        except Exception:
            print(f"not imported beforehand: {name}", file=sys.stderr)


def _read_ahead() -> None:
    """Read the evidence, the languages and the schema of notebooks: nearly every page uses them."""
    from nbformat.validator import get_validator

    from metaworkbook.evidence.descriptions import describe_effects
    from metaworkbook.evidence.ledger import read_ahead
    from metaworkbook.reporting.language import LANGUAGES, format_number, translate

    for language in LANGUAGES:
        translate("", language)
        format_number(0.0, 0, language)
    get_validator()
    describe_effects(read_ahead())


def _read_demonstration() -> None:
    """Read the made-up evidence."""
    from metaworkbook.evidence.demonstration import SOURCES, open_source
    from metaworkbook.evidence.descriptions import describe_effects

    for source in SOURCES:
        describe_effects(open_source(source))


def _draw_ahead() -> None:
    """Draw a figure, so that fonts are found and both formats' writers loaded."""
    from metaworkbook.reporting.figures import style

    with style.figure_context("ahead"):
        figure = style.new_figure(1.0, 1.0)
        figure.add_axes((0.2, 0.2, 0.8, 0.8)).set_xlabel("0")
        style.to_svg(figure, "ahead", "", "")


class _Nursery:
    def __init__(self, plan: dict[str, Any], engine: str, channel: Any):
        self.plan, self.engine, self.channel = plan, engine, channel
        self.waiting = list(plan["tasks"])
        self.children: dict[int, dict[str, Any]] = {}

    def run(self) -> None:
        try:
            while self.waiting or self.children:
                while self.waiting and len(self.children) < self.plan["jobs"]:
                    self._start(self.waiting.pop(0))
                if not self._watch():
                    return
        finally:
            for child in list(self.children.values()):
                self._kill(child)
            # What a page detached has come here.
            end_descendants()

    def _start(self, task: dict[str, Any]) -> None:
        context = get_context("fork")
        receiver, sender = context.Pipe(duplex=False)
        limits = (self.plan["memory_limit"], os.getpid())
        process = context.Process(target=attend, args=(task, self.engine, limits, sender))
        process.start()
        sender.close()
        deadline = time.monotonic() + self.plan["time_limit"]
        self.children[process.sentinel] = {
            "task": task, "process": process, "pipe": receiver, "deadline": deadline,
            "kernel": 0, "cell": -1, "refused": "",
        }  # fmt: skip
        self._tell(task["page"], "started")

    def _watch(self) -> bool:
        """Wait for the next thing to happen and deal with it; False when the builder is gone."""
        earliest = min(child["deadline"] for child in self.children.values())
        pipes = {child["pipe"]: child for child in self.children.values() if child["pipe"]}
        watched = [*self.children, *pipes, sys.stdin]
        ready = wait(watched, max(0.0, earliest - time.monotonic()))
        if sys.stdin in ready:
            return False
        for pipe in [each for each in ready if each in pipes]:
            self._listen(pipes[pipe])
        for sentinel in [each for each in ready if each in self.children]:
            self._finish(self.children.pop(sentinel))
        for sentinel, child in list(self.children.items()):
            if child["deadline"] <= time.monotonic():
                del self.children[sentinel]
                self._kill(child)
                self._tell_failure(child, "time", "", "")
        return True

    def _listen(self, child: dict[str, Any]) -> None:
        try:
            while child["pipe"].poll():
                what, value = child["pipe"].recv()
                child[what] = value
                if what == "cell":
                    self._tell(child["task"]["page"], "cell", cell=value)
        except (EOFError, OSError):
            child["pipe"] = None

    def _finish(self, child: dict[str, Any]) -> None:
        if child["pipe"]:
            self._listen(child)
        process, folder = child["process"], Path(child["task"]["folder"])
        process.join()
        told = _read_report(folder / "report.json")
        if child["refused"]:
            child["cell"] = -1
            self._tell_failure(child, "refused", "OSError", child["refused"])
        elif process.exitcode == 0 and told is None:
            words = "its report cannot be read"
            self._tell_failure(child, "refused", "ValueError", words)
        elif process.exitcode == 0:
            if told["event"] == "failed" and told["failure"]["index"] is None:
                told["failure"]["index"] = child["cell"]
            self._tell(child["task"]["page"], **told)
        elif process.exitcode and process.exitcode < 0:
            self._tell_failure(child, "killed", signal.Signals(-process.exitcode).name, "")
        else:
            self._tell_failure(child, "ended", str(process.exitcode), "")
        self._kill(child)

    def _kill(self, child: dict[str, Any]) -> None:
        if child["process"].is_alive():
            if child["pipe"]:
                self._listen(child)
            child["process"].kill()
            child["process"].join()
        if child["kernel"]:
            # The kernel leads a process group of its own.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child["kernel"], signal.SIGKILL)

    def _tell_failure(self, child: dict[str, Any], kind: str, error: str, message: str) -> None:
        task, index = child["task"], child["cell"]
        failure = {"kind": kind, "error": error, "message": message, "index": index}
        self._tell(task["page"], "failed", failure=failure)

    def _tell(self, page: str, event: str, **more: Any) -> None:
        self.channel.write(json.dumps({"page": page, "event": event, **more}) + "\n")


def _read_report(file: Path) -> dict[str, Any] | None:
    """Return the report of a child, or None: a page can spoil what writes it."""
    try:
        told = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    shapes = ({"event", "notes"}, {"event", "failure"})
    return told if isinstance(told, dict) and set(told) in shapes else None


if __name__ == "__main__":
    main()
