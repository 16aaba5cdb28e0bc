"""Where things lie: every folder of the project has its one name here."""

from __future__ import annotations

import os
from pathlib import Path

from metaworkbook.errors import WorkbookError

ROOT_VARIABLE = "METAWORKBOOK_ROOT"
BUILD_VARIABLE = "METAWORKBOOK_BUILD"


def root() -> Path:
    """Return the project folder: METAWORKBOOK_ROOT, else the nearest one above, else the package's.

    Raises
    ------
    WorkbookError
        If none of the three holds ``effects/datapackage.yaml``.
    """
    here = Path.cwd()
    package = Path(__file__).resolve().parents[2]
    named = os.environ.get(ROOT_VARIABLE)
    candidates = [Path(named)] if named else [here, *here.parents, package]
    for folder in candidates:
        if (folder / "effects" / "datapackage.yaml").is_file():
            return folder.resolve()
    raise WorkbookError(
        f"no project found: looked for effects/datapackage.yaml in {candidates[0]}"
        f"{'' if named else ' and the folders above it'}. "
        f"Run the command inside the project, or set {ROOT_VARIABLE} to its folder."
    )


def effects() -> Path:
    """Return the folder of the evidence."""
    return root() / "effects"


def notebooks() -> Path:
    """Return the folder of the notebooks."""
    return root() / "notebooks"


def build() -> Path:
    """Return the folder of all that is generated: METAWORKBOOK_BUILD, else ``build`` here."""
    named = os.environ.get(BUILD_VARIABLE)
    return Path(named).resolve() if named else root() / "build"


def results() -> Path:
    """Return the folder of the results, one JSON file a page."""
    return build() / "results"
