"""GOSH on all 65,519 subsets of 16 studies and a million random ones of 48; its memory."""

from __future__ import annotations

import subprocess
import sys
from functools import partial

import numpy as np

from benchmarks import metafor
from benchmarks.measure import Row, data_set, once, peak, seconds
from metaworkbook.models.gosh import draw_subsets, unpack
from metaworkbook.models.pooling import pool
from metaworkbook.models.sensitivity import gosh

TASKS = (("egger2001", 65_519, "all subsets of 16"), ("bangert", 1_000_000, "subsets of 48"))
WANTED = {"DL": 60, "REML": 400}
#: Subsets on which the slow sides are timed; their time is scaled up to the whole task.
SAMPLE = {"pool": 400, ("metafor", "DL"): 4000, ("metafor", "REML"): 400}


def rows() -> list[Row]:
    """Measure both methods on both tasks."""
    found = []
    for name, count, label in TASKS:
        yi, vi = data_set(name)
        for method, wanted in WANTED.items():
            gosh(yi, vi, 5000, method)
            task_here = partial(gosh, yi, vi, count, method)
            ours = min(once(task_here) for _ in range(2))
            task = f"GOSH {method}, {count:,} {label}"
            found.append(against_pool(task, ours, yi, vi, count, method))
            if metafor.version():
                sample = SAMPLE["metafor", method]
                took = metafor.seconds(
                    {"yi": yi, "vi": vi},
                    f'fit <- rma(yi, vi, data = d, method = "{method}")',
                    f"gosh(fit, subsets = {sample}, progbar = FALSE, seed = 1)",
                )
                how = f"{sample:,} subsets, scaled up"
                theirs = took * count / sample
                found.append(Row(task, ours, "metafor gosh", theirs, how, wanted))
    return found


def against_pool(
    task: str, ours: float, yi: np.ndarray, vi: np.ndarray, count: int, method: str
) -> Row:
    """Compare with one call of `pool` a subset."""
    sample = SAMPLE["pool"]
    chosen = unpack(draw_subsets(yi.size, sample, seed=1), yi.size).astype(bool)

    def loop() -> None:
        for row in chosen:
            pool(yi[row], vi[row], method, ci="wald")

    theirs = seconds(loop, repeats=1) * count / len(chosen)
    return Row(task, ours, "loop over pool", theirs, f"{sample} subsets, scaled up")


def memory() -> list[tuple[str, str, str]]:
    """Return the peak memory of a fresh process that fits a million subsets of 48 by REML."""
    command = [sys.executable, "-m", "benchmarks.subsets"]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    before, after = (int(number) / 1024 for number in answer.stdout.split())
    return [
        (
            "peak memory, GOSH REML, 1,000,000 subsets of 48",
            f"{after:.0f} MiB ({before:.0f} MiB before the call)",
            "1024 MiB",
        )
    ]


if __name__ == "__main__":
    effects, variances = data_set("bangert")
    start = peak()
    gosh(effects, variances, 1_000_000, "REML")
    print(start, peak())
