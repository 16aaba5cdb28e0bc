"""A ledger of up to 100,000 effects of 20,000 samples: check, convert and pool, time and memory.

Each size is measured in a fresh process, the made-up ledger being written before it. The censored
model, whose integrals cost far more a row, is timed on parts of the smallest one.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests import crowds

from benchmarks.measure import once, peak
from metaworkbook.evidence.descriptions import describe_effects
from metaworkbook.evidence.ledger import read_ledger
from metaworkbook.evidence.selection import select
from metaworkbook.models.censored import pool_censored
from metaworkbook.models.multilevel import aggregate, three_level
from metaworkbook.models.pooling import pool

SIZES = (12_500, 25_000, 50_000, 100_000)
CENSORED = (1250, 2500, 5000)
WANTED_TIME, WANTED_MEMORY = "60 s", "2048 MiB"


def figures() -> Iterator[tuple[str, str, str]]:
    """Yield the seconds of every step at each size, and the peak memory of its process."""
    with tempfile.TemporaryDirectory() as folder:
        for size in SIZES:
            crowds.write(Path(folder) / str(size), size)
            command = [sys.executable, "-m", "benchmarks.scale", str(Path(folder) / str(size))]
            answer = subprocess.run(command, capture_output=True, text=True, check=True)
            told = json.loads(answer.stdout)
            memory, last = told.pop("memory"), size == SIZES[-1]
            name = f"{size:,} effects of {size // crowds.EACH:,} samples"
            for step, took in told.items():
                yield f"{name}: {step}", show(took, size), "linear"
            yield f"{name}: all of it", show(sum(told.values()), size), WANTED_TIME if last else ""
            yield f"{name}: peak memory", f"{memory:.0f} MiB", WANTED_MEMORY if last else ""
        bounds = select(read_ledger(Path(folder) / str(SIZES[0])), **crowds.ASKED).bounds()
    for size in CENSORED:
        part = {name: values[:size] for name, values in bounds.items()}
        for name, posterior in (("interval", False), ("interval and posterior", True)):
            took = once(lambda part=part, posterior=posterior: pool_censored(
                **part, posterior=posterior
            ))  # fmt: skip
            yield f"censored model, {name}, {size:,} effects", show(took, size), "linear"


def show(took: float, size: int) -> str:
    """Return seconds, and seconds a thousand effects: they stay, where the time is linear."""
    return f"{took:.2f} s, {1000 * took / size:.3f} s a thousand"


def measure(folder: Path) -> dict[str, float]:
    """Return the processor seconds of each step, and the peak memory in MiB."""
    found, times = {}, {}

    def step(name: str, task) -> None:
        times[name] = once(lambda: found.update({name: task()}))

    step("read and check", lambda: read_ledger(folder))
    step("convert", lambda: describe_effects(found["read and check"]))
    step("select", lambda: select(
        found["read and check"], **crowds.ASKED, described=found["convert"]
    ))  # fmt: skip
    values = found["select"].exact()
    step("one composite a sample", lambda: aggregate(**values, rho=0.6))
    composite = found["one composite a sample"]
    step("pool the composites, REML", lambda: pool(composite.yi, composite.vi))
    step("three_level", lambda: three_level(**values))
    return times | {"memory": peak() / 1024}


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]))))
