"""The process that runs one page: forked by the nursery, bounded, gone when its page is done."""

from __future__ import annotations

import json
import os
import tempfile
import traceback
from pathlib import Path
from typing import Any

from metaworkbook import paths
from metaworkbook.publishing.processes import die_with

# A Unix socket's path may have about 100 characters, the kernel's suffix included.
LONGEST_SOCKET = 80
OUT_OF_MEMORY = ("MemoryError", "_ArrayMemoryError")


def attend(task: dict[str, Any], engine: str, limits: tuple[int, int], sender: Any) -> None:
    """Run one page in this child, write its report and end, whatever the page still runs."""
    code = 1
    try:
        _attend(task, engine, limits, sender)
        code = 0
    except Exception:
        traceback.print_exc()
    finally:
        os._exit(code)


def _attend(task: dict[str, Any], engine: str, limits: tuple[int, int], sender: Any) -> None:
    memory, nursery = limits
    folder = Path(task["folder"])
    die_with(nursery)
    _limit_memory(memory)
    log = os.open(folder / "log.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.environ[paths.BUILD_VARIABLE] = task["folder"]
    paths.bind()
    os.chdir(folder)
    try:
        report = _run(task, engine, folder, lambda what, value: sender.send((what, value)))
        (folder / "report.json").write_text(json.dumps(report), encoding="utf-8")
    except OSError as error:
        # Where nothing can be written, the pipe still tells.
        sender.send(("refused", str(error)))


def _run(task: dict[str, Any], engine: str, folder: Path, tell: Any) -> dict[str, Any]:
    import nbformat

    from metaworkbook.publishing import engines
    from metaworkbook.publishing.source import read_notebook

    try:
        notebook = read_notebook(Path(task["notebook"]))
        with tempfile.TemporaryDirectory(prefix="mw-", dir=_socket_folder(folder)) as sockets:
            executed, notes = engines.execute(
                notebook, task["parameters"], engine, Path(sockets) / "s", tell
            )
        text = nbformat.writes(executed, version=nbformat.NO_CONVERT)
    except engines.PapermillExecutionError as error:
        failure = {
            "kind": "cell",
            "error": error.ename,
            "message": error.evalue,
            "index": error.cell_index,
        }
        if error.ename in OUT_OF_MEMORY:
            failure["kind"] = "memory"
        return {"event": "failed", "failure": failure}
    except engines.DeadKernelError:
        failure = {"kind": "dead", "error": "", "message": "", "index": None}
        return {"event": "failed", "failure": failure}
    except Exception as error:
        traceback.print_exc()
        name = type(error).__name__
        kind = "memory" if name in OUT_OF_MEMORY else "runner"
        failure = {"kind": kind, "error": name, "message": str(error), "index": None}
        return {"event": "failed", "failure": failure}
    (folder / "executed.ipynb").write_text(text + "\n", encoding="utf-8")
    return {"event": "done", "notes": notes}


def _socket_folder(folder: Path) -> str:
    own = str(folder)
    return own if len(own) <= LONGEST_SOCKET - len("/mw-12345678/s") else tempfile.gettempdir()


def _limit_memory(megabytes: int) -> None:
    """Bound what this child and its kernel may allocate, each by itself."""
    import resource

    if megabytes and hasattr(resource, "RLIMIT_DATA"):
        size = megabytes * 1024 * 1024
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        if hard == resource.RLIM_INFINITY or size < hard:
            resource.setrlimit(resource.RLIMIT_DATA, (size, hard))
