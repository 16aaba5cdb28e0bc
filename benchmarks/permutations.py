"""Permutation test of a meta-regression of 13 studies, 10,000 permutations."""

from __future__ import annotations

import numpy as np

from benchmarks import metafor
from benchmarks.measure import Row, data_set, seconds
from metaworkbook.models.moderators import meta_regression, permutation_test

COUNT = 10_000
WANTED = 100
SAMPLE = {"loop": 200, "metafor": 200}


def rows() -> list[Row]:
    """Measure a REML regression on one moderator, Wald tests."""
    yi, vi = data_set("bcg")
    moderator = np.linspace(13, 55, yi.size)[np.random.default_rng(1).permutation(yi.size)]
    X = np.column_stack([np.ones_like(moderator), moderator])
    ours = seconds(lambda: permutation_test(yi, vi, X, permutations=COUNT, seed=1, ci="wald"))
    orders = [np.random.default_rng(2).permutation(yi.size) for _ in range(SAMPLE["loop"])]

    def loop() -> None:
        for order in orders:
            meta_regression(yi, vi, X[order], ci="wald")

    task = f"permutation test, REML, 13 studies, {COUNT:,} permutations"
    scale = COUNT / SAMPLE["loop"]
    how = f"{SAMPLE['loop']} permutations, scaled up"
    found = [Row(task, ours, "loop over meta_regression", seconds(loop, 1) * scale, how)]
    if metafor.version():
        sample = SAMPLE["metafor"]
        took = metafor.seconds(
            {"yi": yi, "vi": vi, "x": moderator},
            "fit <- rma(yi, vi, mods = ~ x, data = d)",
            f"permutest(fit, iter = {sample}, exact = FALSE, progbar = FALSE)",
        )
        how = f"{sample} permutations, scaled up"
        found.append(Row(task, ours, "metafor permutest", took * COUNT / sample, how, WANTED))
    return found
