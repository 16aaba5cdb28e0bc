"""The reference values of other software, one file a data set (see tests/reference/README.md)."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "reference"


@cache
def load(name: str) -> dict[str, Any]:
    """Return the reference of one data set."""
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


@cache
def having(entry: str) -> tuple[str, ...]:
    """Return the names of all data sets that have this entry, sorted."""
    names = sorted(path.stem for path in FOLDER.glob("*.json"))
    return tuple(name for name in names if entry in load(name))
