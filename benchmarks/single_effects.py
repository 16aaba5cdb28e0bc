"""Leave-one-out and case diagnostics of 160 effects."""

from __future__ import annotations

import numpy as np

from benchmarks import metafor
from benchmarks.measure import Row, data_set, seconds
from metaworkbook.models.pooling import pool
from metaworkbook.models.sensitivity import influence, leave_one_out

EFFECTS = 160
WANTED = 20


def rows() -> list[Row]:
    """Measure both together, since both need the same fits."""
    yi, vi = (values[:EFFECTS] for values in data_set("lopez2019"))

    def here() -> None:
        leave_one_out(yi, vi)
        influence(yi, vi)

    def loop() -> None:
        for i in range(yi.size):
            pool(np.delete(yi, i), np.delete(vi, i), "REML", ci="wald")

    ours = seconds(here, repeats=5)
    task = f"leave-one-out and influence, REML, {EFFECTS} effects"
    how = "the loop once for each of the two"
    found = [Row(task, ours, "loop over pool", 2 * seconds(loop, repeats=1), how)]
    if metafor.version():
        took = metafor.seconds(
            {"yi": yi, "vi": vi},
            "fit <- rma(yi, vi, data = d)",
            "leave1out(fit); influence(fit)",
        )
        found.append(Row(task, ours, "metafor", took, "whole task", WANTED))
    return found
