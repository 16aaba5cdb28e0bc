"""Where things lie: every folder of the project has its one name here."""

from __future__ import annotations

import filecmp
import os
from functools import cache
from pathlib import Path

from metaworkbook.errors import WorkbookError

ROOT_VARIABLE = "METAWORKBOOK_ROOT"
BUILD_VARIABLE = "METAWORKBOOK_BUILD"
# Where the two variables are read; see `bind`.
_variables = os.environ
# Folders of the project that people write.
OWN = ("effects", "notebooks", "lib", "tests", ".git")


def root() -> Path:
    """Return the project folder: METAWORKBOOK_ROOT, else the nearest one above, else the package's.

    Raises
    ------
    WorkbookError
        If none of the three holds ``effects/datapackage.yaml``.
    """
    package = Path(__file__).resolve().parents[2]
    named = _variables.get(ROOT_VARIABLE)
    candidates = [Path(named)] if named else [*_look_above(), package]
    for folder in candidates:
        if (folder / "effects" / "datapackage.yaml").is_file():
            folder = folder.resolve()
            own = folder / "lib" / "metaworkbook"
            if own.is_dir() and not _is_same(own, package / "lib" / "metaworkbook"):
                raise WorkbookError(
                    f"{folder}: this environment runs the package of {package}, as one does that "
                    f"was copied with its project. Run in {folder}: make setup"
                )
            return folder
    raise WorkbookError(
        f"no project found: looked for effects/datapackage.yaml in {candidates[0]}"
        f"{'' if named else ' and the folders above it'}. "
        f"Run the command inside the project, or set {ROOT_VARIABLE} to its folder."
    )


def _look_above() -> list[Path]:
    """Return the current folder and those above it."""
    try:
        here = Path.cwd()
    except OSError:
        raise WorkbookError("the current folder is gone. Change to another.") from None
    return [here, *here.parents]


@cache
def _is_same(one: Path, other: Path) -> bool:
    """Return whether two folders of the package hold the same modules, byte for byte."""
    if one.samefile(other):
        return True
    mine, others = (
        {file.relative_to(each) for file in each.rglob("*.py")} for each in (one, other)
    )
    return mine == others and all(
        filecmp.cmp(one / name, other / name, shallow=False) for name in mine
    )


def bind() -> None:
    """Hold on to what the two variables say now, whatever a page makes of its environment."""
    global _variables
    names = (ROOT_VARIABLE, BUILD_VARIABLE)
    _variables = {name: os.environ[name] for name in names if name in os.environ}


def effects() -> Path:
    """Return the folder of the evidence."""
    return root() / "effects"


def notebooks() -> Path:
    """Return the folder of the notebooks."""
    return root() / "notebooks"


def build() -> Path:
    """Return the folder of all that is generated: METAWORKBOOK_BUILD, else ``build`` here.

    Raises
    ------
    WorkbookError
        If METAWORKBOOK_BUILD cannot be a folder, or is one in which other things lie: a build
        removes what it does not know.
    """
    named = _variables.get(BUILD_VARIABLE)
    if not named:
        return root() / "build"
    project = root()
    try:
        folder = Path(named).resolve()
        holding = [part for part in OWN if folder.is_relative_to(project / part)]
        home = Path.home().resolve()
    except (OSError, RuntimeError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise WorkbookError(
            f"{BUILD_VARIABLE}: found {named[:80]!r}, which cannot be a folder ({why}). "
            "Name another."
        ) from None
    if holding or any(path.is_relative_to(folder) for path in (project, home)):
        raise WorkbookError(
            f"{BUILD_VARIABLE}: found {folder}; allowed: a folder for what is generated alone, for "
            "a build removes what it does not know there. Name another."
        )
    return folder


def results() -> Path:
    """Return the folder of the results, one JSON file a page."""
    return build() / "results"
