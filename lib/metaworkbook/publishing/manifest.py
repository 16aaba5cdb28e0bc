"""The manifest of a site: every source it was made from and every file in it, with checksums."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
from pathlib import Path
from typing import Any

from metaworkbook.errors import PageError, Problem, WorkbookError
from metaworkbook.publishing import keys
from metaworkbook.publishing.source import canonicalise, format_notebook, read_notebook

FILE = "manifest.json"
FORMAT = 1


def list_sources(root: Path) -> dict[str, str]:
    """Return the checksum of every source of a site, by its path in the project.

    That of a notebook is of its canonical form: what a tool leaves in it moves no page.
    """
    package = Path(__file__).resolve().parents[1]
    files = [
        *keys.list_tables(root / "effects"),
        root / "effects" / "datapackage.yaml",
        *(root / "notebooks").glob("*.ipynb"),
        root / "notebooks" / "pages.toml",
        root / "notebooks" / "multiverse.toml",
        root / "requirements.lock",
    ]
    sources = {file.relative_to(root).as_posix(): _digest_source(file) for file in files}
    for file in keys.list_package(package):
        name = f"lib/{package.name}/{file.relative_to(package).as_posix()}"
        sources[name] = keys.digest_file(file)
    return sources


def _digest_source(file: Path) -> str:
    if file.suffix == ".ipynb":
        with contextlib.suppress(PageError):
            return keys.digest_text(format_notebook(canonicalise(read_notebook(file))))
    return keys.digest_file(file)


def list_files(site: Path) -> dict[str, str]:
    """Return the checksum of every file of a site but the manifest, by its path in the site.

    Links and empty folders, of which a build makes none, are among them.
    """
    found = {}
    start = len(os.fspath(site)) + 1
    for folder, folders, names in os.walk(site):
        if not folders and not names and folder != os.fspath(site):
            found[f"{folder[start:].replace(os.sep, '/')}/"] = "no file"
        links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
        for name in [*names, *links]:
            file = os.path.join(folder, name)
            found[file[start:].replace(os.sep, "/")] = _digest(file)
    found.pop(FILE, None)
    return found


def _digest(file: str) -> str:
    """Return what `keys.digest_file` does; a site has many files, each a path only once."""
    try:
        # Reading from a pipe would wait for ever; no build makes a link.
        if not stat.S_ISREG(os.lstat(file).st_mode):
            return "no file"
        with open(file, "rb", buffering=0) as content:
            return hashlib.sha256(content.read()).hexdigest()
    except OSError:
        return ""


def write_manifest(
    site: Path, sources: dict[str, str], state: dict[str, Any], files: dict[str, str]
) -> None:
    """Write the manifest of a finished site.

    Parameters
    ----------
    site : Path
        The folder of the site.
    sources : dict of str
        From `list_sources`, taken before the first of them was read.
    state : dict
        What the build compares next time.
    files : dict of str
        From `list_files`.
    """
    content = {"format": FORMAT, "sources": sources, "files": files, "state": state}
    text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False)
    (site / FILE).write_text(text + "\n", encoding="utf-8")


def read_state(site: Path) -> dict[str, Any] | None:
    """Return what the build left to compare with, or None where there is no sound manifest."""
    try:
        return dict(json.loads((site / FILE).read_text(encoding="utf-8"))["state"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def is_whole(site: Path) -> bool:
    """Return whether every file of a site is there as its manifest says, and no other."""
    try:
        return not verify(site)[0]
    except WorkbookError:
        return False


def verify(site: Path, root: Path | None = None) -> tuple[list[Problem], int]:
    """Return what in a site is not what its manifest says, and how many files it lists.

    Parameters
    ----------
    site : Path
        The folder of the site.
    root : Path, optional
        The project; where given, its sources must be those the site was made from.

    Raises
    ------
    WorkbookError
        If the site has no readable manifest.
    """
    try:
        content = json.loads((site / FILE).read_text(encoding="utf-8"))
        files, sources = (_read_list(content[name]) for name in ("files", "sources"))
        if content["format"] != FORMAT or not isinstance(content["state"], dict):
            raise ValueError("another manifest")
    except OSError:
        raise WorkbookError(
            f"{site / FILE}: no readable file. Run: metaworkbook report, or name the folder of a "
            "site that it built."
        ) from None
    except (ValueError, KeyError, TypeError, RecursionError):
        raise WorkbookError(f"{site / FILE}: no manifest. Run: metaworkbook report") from None
    remedy = "Restore the file, or run: metaworkbook report"
    problems = _compare(files, list_files(site), "the file the build wrote", remedy)
    if root is not None:
        remedy = "Run: metaworkbook report"
        problems += _compare(sources, list_sources(root), "what the site was built from", remedy)
    return sorted(problems), len(files)


def _read_list(content: Any) -> dict[str, str]:
    """Return checksums by path; raise TypeError for anything else."""
    if not isinstance(content, dict) or not all(isinstance(each, str) for each in content.values()):
        raise TypeError("no checksums by path")
    return content


def _compare(
    listed: dict[str, str], found: dict[str, str], allowed: str, remedy: str
) -> list[Problem]:
    problems = []
    for name in listed.keys() | found.keys():
        if name not in listed:
            what = "a file that is not in the manifest"
        elif name not in found:
            what = "no file"
        elif listed[name] != found[name]:
            what = f"checksum {found[name][:12]} for {listed[name][:12]}"
        else:
            continue
        problems.append(Problem(name, found=what, allowed=allowed, remedy=remedy))
    return problems
