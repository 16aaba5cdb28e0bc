"""Writes what the package computes of many sets, for the comparison with the page's own pooling.

Run as ``python tests/site/cases.py FILE``. Sets of coefficients are the reference sets; mixed sets
are drawn with a fixed seed and hold every kind of row, samples of several rows, and such as leave
the mean without a bound.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from metaworkbook.errors import ConvergenceError
from metaworkbook.models.censored import pool_censored
from metaworkbook.models.pooling import pool
from metaworkbook.results import to_json

REFERENCE = Path(__file__).parents[1] / "reference"
SETS, SEED = 24, 20261128
RHOS = (0.6, 0.3, 0.8, 0.0)
FIELDS = ("estimate", "ci_low", "ci_high", "tau2", "log_likelihood", "bounded")


def list_coefficients() -> list[dict[str, Any]]:
    """Return each reference set with its REML result under Knapp-Hartung."""
    cases = []
    for file in sorted(REFERENCE.glob("*.json")):
        data = json.loads(file.read_text(encoding="utf-8"))
        if "yi" not in data or len(data["yi"]) < 2:
            continue
        found = pool(data["yi"], data["vi"], method="REML", ci="knapp-hartung")
        fields = ("estimate", "se", "tau2", "ci_low", "ci_high")
        cases.append(
            {"name": file.stem, "yi": data["yi"], "vi": data["vi"]}
            | {"expected": {name: to_json(getattr(found, name)) for name in fields}}
        )
    return cases


def draw_rows(rng: np.random.Generator, kinds: list[str], samples: int) -> list[dict[str, Any]]:
    """Return rows of the given kinds; a sample has one to four, of equal or unequal size."""
    rows = []
    for sample in range(samples):
        n = int(rng.integers(15, 250))
        equal = rng.random() < 0.5
        for _ in range(int(rng.choice([1, 1, 1, 2, 3, 4]))):
            size = n if equal else int(rng.integers(15, 250))
            crit = float(np.tanh(1.96 / np.sqrt(size - 3)))
            r = float(np.tanh(rng.normal(-0.15, 0.25)))
            kind = kinds[int(rng.integers(len(kinds)))]
            low, high = {
                "exact": (r, r), "negative": (-1.0, -crit), "positive": (crit, 1.0),
                "none": (-crit, crit), "unsigned": (-crit, crit), "none-negative": (-crit, 0.0),
                "none-positive": (0.0, crit), "down": (-1.0, 0.0), "up": (0.0, 1.0),
                "anything": (-1.0, 1.0),
            }[kind]  # fmt: skip
            rows.append(
                {"lower": low, "upper": high, "n": size, "outside": kind == "unsigned",
                 "sample": f"s{sample}"}
            )  # fmt: skip
    return rows


MIXES = (
    ["exact", "negative", "positive", "none", "unsigned", "none-negative", "down", "up"],
    ["negative", "none", "down", "anything"],
    ["negative", "negative", "negative", "down"],
    ["positive", "up", "up", "negative"],
    ["unsigned", "down"],
    ["exact", "exact", "none-positive"],
)


#: Rows of one large sample that hardly can be true together.
CONTRADICTION = [
    {"lower": low, "upper": high, "n": 360, "outside": False, "sample": "contradiction"}
    for low, high in ((0.7, 0.7), (-0.02, 0.02))
]


def list_mixed() -> list[dict[str, Any]]:
    """Return drawn sets of all kinds of row with the censored result of each."""
    rng = np.random.default_rng(SEED)
    cases = []
    while len(cases) < SETS:
        kinds = MIXES[len(cases) % len(MIXES)]
        rows = draw_rows(rng, kinds, int(rng.integers(3, 16)))
        if len(cases) % 5 == 0:
            rows += CONTRADICTION
        rho = RHOS[len(cases) % len(RHOS)]
        columns = [[row[name] for row in rows] for name in ("lower", "upper", "n", "outside")]
        try:
            found = pool_censored(*columns, [row["sample"] for row in rows], rho=rho)
        except ConvergenceError:
            continue
        expected = {name: to_json(getattr(found, name)) for name in FIELDS}
        cases.append({"rows": rows, "rho": rho, "expected": expected})
    return cases


def write(file: Path) -> None:
    """Write all cases to ``file`` as JSON."""
    cases = {"coefficients": list_coefficients(), "mixed": list_mixed()}
    file.write_text(json.dumps(cases, allow_nan=False), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
