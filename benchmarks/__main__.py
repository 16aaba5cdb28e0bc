"""Print all measurements, or some: ``python -m benchmarks [--long] [topic ...]``."""

from __future__ import annotations

import argparse
import os
import platform

import numpy as np

from benchmarks import (
    clusters,
    importing,
    metafor,
    multiverse,
    permutations,
    report,
    scale,
    single_effects,
    subsets,
)
from benchmarks.measure import Row

COMPARISONS = {
    "gosh": lambda long: subsets.rows(),
    "permutations": lambda long: permutations.rows(),
    "single_effects": lambda long: single_effects.rows(),
    "three_level": clusters.rows,
}
FIGURES = {
    "growth": clusters.growth,
    "memory": subsets.memory,
    "import": importing.measurements,
    "multiverse": multiverse.figures,
    "report": report.figures,
    "scale": scale.figures,
}


def main() -> None:
    """Measure and print two tables in Markdown."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    topics = [*COMPARISONS, *FIGURES]
    parser.add_argument("topic", nargs="*", help=f"any of {', '.join(topics)}; all if none")
    parser.add_argument("--long", action="store_true", help="minutes: metafor at 2,000 effects")
    options = parser.parse_args()
    unknown = set(options.topic) - set(topics)
    if unknown:
        parser.error(f"unknown topic {', '.join(sorted(unknown))}; allowed: {', '.join(topics)}")
    wanted = options.topic or topics
    print(describe_machine())
    compared = [name for name in COMPARISONS if name in wanted]
    if compared:
        print("\n| task | here | against | there | measured on | ratio | wanted |")
        print("|---|---|---|---|---|---|---|")
    for name in compared:
        for row in COMPARISONS[name](options.long):
            print(as_line(row), flush=True)
    figures = [name for name in FIGURES if name in wanted]
    if figures:
        print("\n| what | measured | wanted |\n|---|---|---|")
    for name in figures:
        for cells in FIGURES[name]():
            print("| " + " | ".join(cells) + " |", flush=True)


def describe_machine() -> str:
    """Return what the numbers hang on."""
    other = metafor.version()
    return (
        f"Python {platform.python_version()}, NumPy {np.__version__}, {os.cpu_count()} cores, "
        "times in processor seconds, "
        + (f"metafor {other}" if other else "no metafor (comparisons with it left out)")
    )


def as_line(row: Row) -> str:
    """Return a comparison as a line of the table."""
    wanted = f"{row.wanted:,}" if row.wanted else ""
    cells = (
        row.task,
        f"{row.ours:.3g} s",
        row.against,
        f"{row.theirs:,.3g} s" if row.theirs < 1000 else f"{row.theirs:,.0f} s",
        row.how,
        f"{row.ratio:,.0f}",
        wanted,
    )
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    main()
