"""The multiverse: 5,000 specifications with distinct sets of rows, and how its time grows.

The ledger is made up: forty samples, every other with a coefficient, the rest with what an
abstract tells. Each of fifteen columns cuts off two samples of its own, and options cut them or
not, so that every specification rests on rows of its own. A sample of several rows costs an
integral at every step of a fit; one line shows by how much. Times are those of the clock, since
several processes share the work; the last line says what else the machine had to do.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator

import numpy as np

from benchmarks.measure import once
from metaworkbook.evidence.demonstration import X, Y, open_choices, open_source
from metaworkbook.evidence.ledger import Ledger, read_ledger
from metaworkbook.models.decomposition import summarise_multiverse
from metaworkbook.models.multiverse import run_multiverse
from metaworkbook.results.multiverse import Choice, Choices, Multiverse, Option

SAMPLES = 40
COLUMNS, PARTS = 10, 5
WANTED = "60 s on 2 cores"
ASKED = {"x": X, "y": Y}
REAL = {"x": "attachment_avoidance", "y": "alliance"}
SIZES = (320, 1280, 5120)


def make_ledger(twice: int = 0) -> Ledger:
    """Return the made-up ledger; the first ``twice`` samples have a second row."""
    generator = np.random.default_rng(7)
    shown = open_source("demonstration")
    tables = {name: shown[name] for name in shown.tables}
    sample = np.append(np.arange(SAMPLES), np.arange(twice))
    n = generator.integers(25, 180, SAMPLES).astype(float)[sample]
    z = generator.normal(-0.15, 0.12, SAMPLES)[sample]
    z = z + generator.normal(size=sample.size) / np.sqrt(n - 3)
    told = sample % 2 == 1
    notable = np.abs(z) * np.sqrt(n - 3) > 1.96
    effects = tables["effects"].iloc[np.zeros(sample.size, dtype=int)].reset_index(drop=True)
    effects["sample_id"] = [f"s{number}" for number in sample]
    effects["effect_id"] = [f"s{number}-{row:02d}" for row, number in enumerate(sample)]
    effects["n"] = n
    effects["value"] = np.where(told, np.tanh(z), np.nan)
    effects["statistic"] = np.where(told, "r", "direction_only")
    effects["direction"] = effects["direction_analysed"] = np.where(z < 0, "negative", "positive")
    effects["significance"] = np.where(notable, "significant", "not_significant")
    for column in range(COLUMNS + PARTS):
        effects[f"part{column}"] = np.where(sample // 2 == column, "cut", "kept")
    samples = tables["samples"].iloc[np.zeros(SAMPLES, dtype=int)].reset_index(drop=True)
    samples["sample_id"] = [f"s{number}" for number in range(SAMPLES)]
    return Ledger(tables | {"effects": effects, "samples": samples}, "made up")


def make_choices(specifications: int, model: str) -> Choices:
    """Return choices with that many combinations, 5 times a power of 2."""
    parts = int(np.log2(specifications / PARTS))
    one = [Option(f"part{i}", "", rows={f"part{COLUMNS + i}": "kept"}) for i in range(PARTS)]
    choices = [
        Choice(f"c{i}", "", (Option("all", ""), Option("kept", "", rows={f"part{i}": "kept"})))
        for i in range(parts)
    ]
    fit = Option(model, "", fit={"model": model})
    return Choices((Choice("part", "", tuple(one)), *choices, Choice("model", "", (fit,))))


def timed(task: Callable[[], Multiverse]) -> tuple[float, Multiverse]:
    """Return the clock's seconds of one run, and what it gave."""
    start = time.perf_counter()
    found = task()
    return time.perf_counter() - start, found


def figures() -> Iterator[tuple[str, str, str]]:
    """Yield the whole task with 1 and 2 processes, its growth, and the real one."""
    ledger, whole = make_ledger(), 0.0
    for model in ("censored", "composites"):
        for size in SIZES:
            for jobs in (1, 2):
                choices = make_choices(size, model)
                took, found = timed(lambda c=choices, j=jobs: run_multiverse(ledger, ASKED, c, j))
                sets = len(set(found.row_set.tolist()))
                what = f"multiverse, {model}, {found.size:,} specifications on {sets:,} sets"
                wanted = WANTED if size == SIZES[-1] and jobs == 2 else ""
                whole += took if wanted else 0.0
                yield f"{what}, {jobs} processes", f"{took:.1f} s", wanted
    yield "both together, 2 processes", f"{whole:.1f} s", WANTED
    double, choices = make_ledger(twice=5), make_choices(SIZES[0], "censored")
    took, found = timed(lambda: run_multiverse(double, ASKED, choices, 2))
    what = f"multiverse, censored, {found.size:,} specifications, 5 samples of two rows"
    yield f"{what}, 2 processes", f"{took:.1f} s", ""
    took, found = timed(lambda: run_multiverse(read_ledger(), REAL, open_choices("ledger"), 2))
    what = f"the real one: {found.size:,} specifications, {found.fits} fits, 2 processes"
    yield what, f"{took:.1f} s", ""
    seconds = once(lambda: summarise_multiverse(found))
    yield "its summary and decomposition", f"{seconds:.1f} s", ""
    yield "load of the machine meanwhile", f"{os.getloadavg()[0]:.1f}", ""
