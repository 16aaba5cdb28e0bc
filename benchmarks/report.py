"""The report on a copy of the project: all pages by each engine, one row changed, nothing changed.

Times are those of the clock, command line and start of Python included, since several processes
share the work; the last line says what else the machine had to do.
"""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from metaworkbook import paths

#: A row of effects.csv of which one cell is rewritten, and the cell.
ROW, COLUMN = "eames2000-01", "summary"


def figures() -> Iterator[tuple[str, str, str]]:
    """Yield the seconds of each kind of build and how many pages it ran."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "project"
        for name in ("effects", "notebooks"):
            shutil.copytree(paths.root() / name, project / name)
        shutil.copy(paths.root() / "requirements.lock", project)
        yield "report, all pages from nothing, forked", *build(project, "forked"), "30 s on 2 cores"
        yield "report, nothing changed", *build(project, "forked"), "0.5 s"
        change_row(project / "effects" / "effects.csv")
        yield f"report, {COLUMN} of one row changed", *build(project, "forked"), "5 s for one page"
        shutil.rmtree(project / "build")
        yield (
            "report, all pages from nothing, kernels",
            *build(project, "kernels"),
            "60 s on 2 cores",
        )
    yield "load of the machine meanwhile", f"{os.getloadavg()[0]:.1f}", ""


def build(project: Path, engine: str) -> tuple[str]:
    """Return the seconds of one report of a project, with what the command said last."""
    environment = os.environ | {"METAWORKBOOK_ROOT": str(project)}
    environment.pop("METAWORKBOOK_BUILD", None)
    command = [sys.executable, "-m", "metaworkbook.cli", "report", "--engine", engine]
    start = time.perf_counter()
    answer = subprocess.run(
        command, cwd=project, env=environment, capture_output=True, text=True, check=True
    )
    took = time.perf_counter() - start
    said = answer.stdout.strip().splitlines()[-1].rpartition("index.html")[2].strip(" :.")
    return (f"{took:.2f} s ({said})",)


def change_row(file: Path) -> None:
    """Rewrite one cell, so that the evidence stays sound and says something else."""
    with file.open(encoding="utf-8", newline="") as rows:
        header, *records = csv.reader(rows)
    row = next(record for record in records if record[0] == ROW)
    row[header.index(COLUMN)] += " Changed."
    with file.open("w", encoding="utf-8", newline="") as rows:
        csv.writer(rows, lineterminator="\n").writerows([header, *records])
