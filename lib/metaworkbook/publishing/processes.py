"""Child processes that end with their parent, and work shared out between them."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import traceback
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from metaworkbook.errors import WorkbookError

DEATH_SIGNAL, SUBREAPER = 1, 36


def die_with(parent: int) -> None:
    """Have the system kill this process when the process ``parent`` dies (Linux knows how)."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(DEATH_SIGNAL, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)


def adopt_orphans() -> None:
    """Have descendants that lose their parent become children of this process (Linux knows how)."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(SUBREAPER, 1)


def end_descendants() -> None:
    """Kill every process that this one or a descendant of it began."""
    import psutil

    for descendant in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            descendant.kill()


def share(tasks: Sequence[Callable[[], Any]], jobs: int) -> list[Any]:
    """Call every task, in ``jobs`` processes at once, and return what is not None, in their order.

    What else they do must show in files only. Each process takes the next task when it is done with
    one, so long ones had better come first.

    Raises
    ------
    WorkbookError
        The first user's mistake that a task met.
    OSError
        If the system refused, as a full disk does.
    RuntimeError
        If a task failed otherwise or a process died, with its stack trace.
    """
    from multiprocessing import get_context

    context = get_context("fork")
    children = []
    taken = context.Value("l", 0)
    for _ in range(1, min(jobs, len(tasks))):
        receiver, sender = context.Pipe(duplex=False)
        child = context.Process(target=_call, args=(tasks, taken, sender, os.getpid()))
        with warnings.catch_warnings():
            # Python warns of forking beside threads; these children only write text files.
            warnings.simplefilter("ignore", DeprecationWarning)
            child.start()
        sender.close()
        children.append((child, receiver))
    try:
        returned = _take(tasks, taken)
        for child, receiver in children:
            returned |= _settle(child, receiver)
    finally:
        for child, receiver in children:
            child.kill()
            child.join()
            receiver.close()
    return [returned[place] for place in sorted(returned)]


def _take(tasks: Sequence[Callable[[], Any]], taken: Any) -> dict[int, Any]:
    """Do tasks until none is left that no process has taken; return what came of them."""
    returned = {}
    while True:
        with taken.get_lock():
            place = taken.value
            taken.value += 1
        if place >= len(tasks):
            return returned
        value = tasks[place]()
        if value is not None:
            returned[place] = value


def _call(tasks: Sequence[Callable[[], Any]], taken: Any, sender: Any, parent: int) -> None:
    die_with(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        returned = _take(tasks, taken)
    except WorkbookError as error:
        sender.send(("mistake", str(error)))
    except OSError as error:
        sender.send(("system", (error.errno, error.strerror, error.filename)))
    except Exception:
        sender.send(("defect", traceback.format_exc()))
    else:
        sender.send(("done", returned))


def _settle(child: Any, receiver: Any) -> dict[int, Any]:
    try:
        kind, told = receiver.recv()
    except EOFError:
        child.join()
        kind, told = "defect", f"a process ended with code {child.exitcode}"
    if kind == "mistake":
        raise WorkbookError(told)
    if kind == "system":
        raise OSError(*told)
    if kind == "defect":
        raise RuntimeError(told)
    return told
