"""How long the package takes to import in a fresh process."""

from __future__ import annotations

import subprocess
import sys

WANTED = "0.3 s"
MODULES = (
    "metaworkbook",
    "metaworkbook.models.pooling",
    "metaworkbook.models.multilevel",
    "metaworkbook.models.sensitivity",
    "metaworkbook.models.moderators",
    "metaworkbook.models.small_studies",
)
HEAVY = ("pymare", "scipy.stats", "matplotlib", "pandas")
CODE = """
import sys, time
start = time.perf_counter()
import {module}
print(time.perf_counter() - start, *(name for name in {heavy} if name in sys.modules))
"""


def measurements() -> list[tuple[str, str, str]]:
    """Return import time and which heavy packages came along, best of three processes."""
    found = []
    for module in MODULES:
        code = CODE.format(module=module, heavy=HEAVY)
        answers = [
            subprocess.run(
                [sys.executable, "-c", code], capture_output=True, text=True, check=True
            ).stdout.split()
            for _ in range(3)
        ]
        best = min(answers, key=lambda answer: float(answer[0]))
        along = f", loads {' '.join(best[1:])}" if best[1:] else ""
        found.append((f"import {module}", f"{float(best[0]):.3f} s{along}", WANTED))
    return found
