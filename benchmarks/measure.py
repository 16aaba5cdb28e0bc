"""What a measurement is, and how it is taken.

Times are processor seconds of the process that does the work, so that other work on the machine
distorts them little.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

REFERENCE = Path(__file__).parents[1] / "tests" / "reference"


@dataclass(frozen=True)
class Row:
    """One comparison: processor seconds of a task here and elsewhere, and the ratio wanted."""

    task: str
    ours: float
    against: str
    theirs: float
    how: str
    wanted: float | None = None

    @property
    def ratio(self) -> float:
        """How many times faster the task is here."""
        return self.theirs / self.ours


def seconds(task: Callable[[], object], repeats: int = 3) -> float:
    """Return the shortest time of some runs, after one that is not counted."""
    task()
    return min(once(task) for _ in range(repeats))


def once(task: Callable[[], object]) -> float:
    """Return the time of one run."""
    start = time.process_time()
    task()
    return time.process_time() - start


def data_set(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return effects and variances of a reference data set."""
    reference = json.loads((REFERENCE / f"{name}.json").read_text(encoding="utf-8"))
    return np.array(reference["yi"]), np.array(reference["vi"])


def peak() -> int:
    """Return this process's peak resident memory in kB.

    Linux hands the parent's peak on through `getrusage`, so the process's own record is read first.
    """
    record = Path("/proc/self/status")
    if record.exists():
        line = next(line for line in record.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // 1024 if sys.platform == "darwin" else peak
