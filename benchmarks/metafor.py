"""metafor as the other side of a comparison, where R has it; never needed."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import numpy as np


@cache
def version() -> str:
    """Return the installed version of metafor, or an empty text."""
    if not shutil.which("Rscript"):
        return ""
    answer = subprocess.run(
        ["Rscript", "-e", 'cat(as.character(packageVersion("metafor")))'],
        capture_output=True,
        text=True,
        check=False,
    )
    return answer.stdout if answer.returncode == 0 else ""


def seconds(columns: dict[str, np.ndarray], prepare: str, task: str) -> float:
    """Return the processor seconds of R code; the start of R and loading are left out.

    ``columns`` are at hand as the data frame ``d``; ``prepare`` runs before the clock starts.
    """
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "d.csv"
        values = np.column_stack(list(columns.values()))
        np.savetxt(table, values, delimiter=",", header=",".join(columns), comments="", fmt="%.17g")
        script = Path(folder) / "task.R"
        script.write_text(
            "suppressMessages(library(metafor))\n"
            f'd <- read.csv("{table}")\n{prepare}\n'
            f"took <- system.time(invisible({{ {task} }}))\ncat(took[[1]] + took[[2]])\n",
            encoding="utf-8",
        )
        answer = subprocess.run(
            ["Rscript", str(script)], capture_output=True, text=True, check=False
        )
    if answer.returncode:
        raise RuntimeError(f"R stopped: {answer.stderr}")
    return float(answer.stdout.split()[-1])
