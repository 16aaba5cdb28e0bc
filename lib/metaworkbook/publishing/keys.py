"""What a page depends on, as digests: a page is run again only when one of them has moved.

A record beside each executed page holds the digests of its inputs and outputs. A page is current
when the inputs are the same and the outputs are still what they were, whatever stopped the last
build and whoever touched a file. Of some inputs a page uses but a part: where the whole has moved
and the part has not, it need not run.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from metaworkbook.publishing.pages import Page
from metaworkbook.publishing.source import digest_sources

if TYPE_CHECKING:
    from metaworkbook.publishing.reach import Reach

# Notebooks may not import these, so a change in them moves no result.
OUTSIDE = ("publishing", "cli.py")
# But these decide how a notebook runs.
RUNNING = (
    "children.py", "engines.py", "nursery.py", "runner.py", "seeds.py", "source.py",
    "parameters.py",
)  # fmt: skip
# Inputs that a page uses but a part of, and the part.
PARTS = {"ledger": "rows", "package": "part", "choices": "part", "names": "part"}
# What the part of the package that a page uses is told from.
DECIDING = {"notebook", *(whole for whole, part in PARTS.items() if part == "part")}
# Modules that read the project beside the evidence, and the input that holds what they read.
READING = {"evidence/checklist.py": "names", "evidence/choices.py": "choices"}


@dataclass(frozen=True)
class Record:
    """Digests of what a page was made from and of what came out."""

    inputs: dict[str, str]
    outputs: dict[str, str]

    def write(self, file: Path) -> None:
        """Write the record, whole or not at all."""
        unfinished = file.with_name(f".{file.name}.new")
        content = {"inputs": self.inputs, "outputs": self.outputs}
        unfinished.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", "utf-8")
        unfinished.replace(file)


def read_record(file: Path) -> Record | None:
    """Return a page's record, or None where there is no sound one."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        return Record(dict(content["inputs"]), dict(content["outputs"]))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def shared_inputs(root: Path, names: Iterable[str] = ()) -> dict[str, str]:
    """Return the digests of what every page may depend on; ``names`` are those of the pages."""
    package = Path(__file__).resolve().parents[1]
    effects = root / "effects"
    return {
        "ledger": digest_files([effects / "datapackage.yaml", *list_tables(effects)], effects),
        "package": digest_files(list_computing(package), package),
        "lock": digest_files([root / "requirements.lock"], root),
        "choices": digest_file(root / "notebooks" / "multiverse.toml"),
        "names": digest_text("\n".join(names)),
        "python": ".".join(map(str, sys.version_info[:2])),
        "installed": digest_text("\n".join([sys.version, *list_installed()])),
    }


def list_tables(effects: Path) -> list[Path]:
    """Return the tables of an evidence folder; what a tool hides there is none."""
    return sorted(effects.glob("[!.]*.csv"))


def list_installed() -> list[str]:
    """Return every installed package with its version, as the names of their folders tell them."""
    folders = {Path(entry) for entry in sys.path}
    return sorted(
        {file.name for folder in folders if folder.is_dir() for file in folder.glob("*.dist-info")}
    )


def page_inputs(
    page: Page, notebook: dict[str, Any], resolved: dict[str, Any], shared: dict[str, str]
) -> dict[str, str]:
    """Return the digests of one page's inputs.

    Parameters
    ----------
    page : Page
    notebook : dict
        As `source.read_notebook` returns it.
    resolved : dict
        The value of every parameter.
    shared : dict
        From `shared_inputs`.
    """
    values = {"notebook": page.notebook, "parameters": resolved}
    return {
        "notebook": digest_sources(notebook),
        "parameters": digest_text(json.dumps(values, sort_keys=True, ensure_ascii=False)),
        **shared,
    }


def list_changes(record: Record | None, inputs: dict[str, str], outputs: list[Path]) -> list[str]:
    """Return the names of the inputs that moved, "outputs" among them; empty for a current page."""
    if record is None:
        return ["outputs"]
    changes = [name for name, digest in inputs.items() if record.inputs.get(name) != digest]
    if any(record.outputs.get(file.name) != digest_file(file) for file in outputs):
        changes.append("outputs")
    return changes


def list_concerns(record: Record, inputs: dict[str, str], changes: list[str]) -> list[str]:
    """Return the changes that concern a page: not that of a whole whose part is what it was."""
    parts = {
        whole: part
        for whole, part in PARTS.items()
        if inputs.get(part) and inputs[part] == record.inputs.get(part)
    }
    return [name for name in changes if name not in parts]


def open_reach() -> Reach:
    """Return what tells which files of this package a notebook reaches."""
    from metaworkbook.publishing.reach import Reach

    package = Path(__file__).resolve().parents[1]
    return Reach(package, list_reachable(package))


def digest_part(reach: Reach, notebook: dict[str, Any], inputs: dict[str, str]) -> str:
    """Return the digest of the part of the package that a page uses, with what that part reads."""
    package = reach.package
    files = [*reach.list_files(notebook), *list_running(package)]
    read = [inputs[READING[name]] for name in READING if package / name in files]
    return digest_text("\n".join([digest_files(files, package), *read]))


def digest_package() -> str:
    """Return the digest of every file of the package, those of publishing included."""
    package = Path(__file__).resolve().parents[1]
    return digest_files(list_package(package), package)


def digest_text(text: str) -> str:
    """Return the SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def digest_file(file: Path) -> str:
    """Return the SHA-256 of a file, blank if it cannot be read."""
    try:
        # Reading from a pipe would wait for ever.
        return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else ""
    except OSError:
        return ""


def digest_files(files: Iterable[Path], base: Path) -> str:
    """Return one digest of several files, of their names below ``base`` and their contents."""
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(f"{file.relative_to(base).as_posix()} {digest_file(file)}\n".encode())
    return digest.hexdigest()


def list_package(package: Path) -> list[Path]:
    """Return the files of the package, those of publishing included."""
    return [
        file
        for file in package.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts and not file.name.startswith(".")
    ]


def list_computing(package: Path) -> list[Path]:
    """Return the files of the package that can move a result."""
    return [*list_reachable(package), *list_running(package)]


def list_reachable(package: Path) -> list[Path]:
    """Return the files of the package that notebooks may use."""
    return [
        file for file in list_package(package) if file.relative_to(package).parts[0] not in OUTSIDE
    ]


def list_running(package: Path) -> list[Path]:
    """Return the files of the package that decide how a notebook runs."""
    return [package / "publishing" / name for name in RUNNING]
