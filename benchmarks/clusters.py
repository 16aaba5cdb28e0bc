"""Three-level models: 2,000 effects in 400 clusters, and how the time grows."""

from __future__ import annotations

import numpy as np

from benchmarks import metafor
from benchmarks.measure import Row, seconds
from metaworkbook.models.multilevel import three_level

EFFECTS = 2000
WANTED = 200
#: Sizes at which the growth of the time is shown, here and in metafor.
GROWTH = (500, 1000, 2000, 4000, 8000, 16_000, 32_000)
METAFOR_SIZES = (500, 1000)


def data(effects: int) -> dict[str, np.ndarray]:
    """Return simulated effects, five a cluster."""
    generator = np.random.default_rng(1)
    cluster = np.repeat(np.arange(effects // 5), 5)
    vi = generator.uniform(0.01, 0.2, effects)
    yi = 0.3 + generator.normal(0, 0.3, effects // 5)[cluster]
    yi = yi + generator.normal(0, 1, effects) * np.sqrt(0.05 + vi)
    return {"yi": yi, "vi": vi, "cluster": cluster}


def here(effects: int) -> float:
    """Return the seconds of the whole fit, CR2 included."""
    columns = data(effects)
    return seconds(lambda: three_level(**columns))


def in_metafor(effects: int, extra: str = "") -> float:
    """Return the seconds of metafor's fit, without robust errors."""
    return metafor.seconds(
        data(effects),
        "d$effect <- seq_len(nrow(d))",
        f"rma.mv(yi, vi, random = ~ 1 | cluster/effect, data = d{extra})",
    )


def rows(long: bool = False) -> list[Row]:
    """Measure the fit at 2,000 effects; without ``long``, metafor's time there is extrapolated."""
    if not metafor.version():
        return []
    ours = here(EFFECTS)
    task = f"three_level, {EFFECTS:,} effects in {EFFECTS // 5} clusters"
    if long:
        theirs, how = in_metafor(EFFECTS), "whole task"
    else:
        took = [in_metafor(size) for size in METAFOR_SIZES]
        power = np.log(took[1] / took[0]) / np.log(METAFOR_SIZES[1] / METAFOR_SIZES[0])
        theirs = took[1] * (EFFECTS / METAFOR_SIZES[1]) ** power
        how = f"{METAFOR_SIZES[0]} and {METAFOR_SIZES[1]} effects, extrapolated as n^{power:.1f}"
    found = [Row(task, ours, "metafor rma.mv", theirs, how, WANTED)]
    sparse = in_metafor(EFFECTS, ", sparse = TRUE") if long else None
    if sparse:
        found.append(Row(task, ours, "metafor rma.mv, sparse", sparse, "whole task"))
    return found


def growth() -> list[tuple[str, str, str]]:
    """Return the time a thousand effects at each size: it stays, where time is linear."""
    found = []
    for size in GROWTH:
        took = here(size)
        each = f"{1e3 * took:.0f} ms, {1e6 * took / size:.1f} ms a thousand effects"
        found.append((f"three_level, {size:,} effects", each, "linear"))
    return found
