"""The accepted results in ``tests/expected/``, and why this build's results differ from them.

Beside the results lies what they were made from: a digest of every row of the evidence, every
module, every notebook and every file of settings. A diff can then name the rows and the code that a
number moved with.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from metaworkbook import paths
from metaworkbook.errors import WorkbookError
from metaworkbook.publishing import keys, swap
from metaworkbook.publishing.compare import Change, compare_folders
from metaworkbook.publishing.plan import make_plan, results_file
from metaworkbook.publishing.source import digest_sources, read_notebook

SOURCES = "_sources.json"
CHANGES = "CHANGELOG.md"
# What else moves results: what the pages ask, the declared choices, the columns, the environment.
SETTINGS = (
    "notebooks/pages.toml", "notebooks/multiverse.toml", "effects/datapackage.yaml",
    "requirements.lock",
)  # fmt: skip
KINDS = {"rows": "row", "modules": "module", "notebooks": "notebook", "settings": "setting"}
SHORT = 16
MARK = 8
SHOWN = 12


def expected_folder() -> Path:
    """Return the folder of the accepted results."""
    return paths.root() / "tests" / "expected"


def find_changes() -> tuple[list[Change], list[str]]:
    """Return what moved against the accepted results, and the sources that changed since.

    Raises
    ------
    WorkbookError
        If the results are not those of the present sources.
    """
    _require_current()
    accepted = expected_folder()
    return compare_folders(accepted, paths.results()), explain_sources(accepted / SOURCES)


def accept() -> list[Change]:
    """Make this build's results the accepted ones; return what that changes.

    Raises
    ------
    WorkbookError
        If the results are not those of the present sources.
    """
    names = _require_current()
    folder = expected_folder()
    with swap.explain(folder, "Accept again."):
        folder.mkdir(parents=True, exist_ok=True)
        _drop_unreadable(folder)
        changes = compare_folders(folder, paths.results())
        for name in names:
            source = results_file(paths.build(), name)
            _replace(folder / source.name, source.read_bytes())
        text = json.dumps(digest_all(), indent=1, ensure_ascii=False, sort_keys=True)
        _replace(folder / SOURCES, f"{text}\n".encode())
        for file in folder.glob("*.json"):
            if file.stem not in names and file.name != SOURCES:
                file.unlink()
    return changes


def _replace(file: Path, content: bytes) -> None:
    """Write a file, whole or not at all."""
    unfinished = file.with_name(f".{file.name}.new")
    try:
        unfinished.write_bytes(content)
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)


def _drop_unreadable(folder: Path) -> None:
    """Remove accepted results that are no JSON: they are about to be replaced."""
    for file in folder.glob("*.json"):
        try:
            json.loads(file.read_bytes())
        except (ValueError, RecursionError):
            file.unlink()


def accepted_mark() -> str:
    """Return the words that name the accepted results, for the entry that gives their reason."""
    folder = expected_folder()
    return f"results {keys.digest_files(folder.glob('[!_.]*.json'), folder)[:MARK]}"


def has_reason() -> bool:
    """Return whether the reason for the accepted results stands in the list of changes."""
    file = paths.root() / CHANGES
    return file.is_file() and accepted_mark() in file.read_text("utf-8", "replace")


def digest_all() -> dict[str, dict[str, str]]:
    """Return short digests of every row of the evidence, module, notebook and setting, by place."""
    root = paths.root()
    package = Path(keys.__file__).resolve().parents[1]
    rows: dict[str, str] = {}
    for file in keys.list_tables(root / "effects"):
        rows.update(_digest_rows(file))
    modules = {
        file.relative_to(package).as_posix(): keys.digest_file(file)[:SHORT]
        for file in keys.list_computing(package)
    }
    notebooks = {
        file.name: digest_sources(read_notebook(file))[:SHORT]
        for file in sorted(paths.notebooks().glob("*.ipynb"))
    }
    settings = {name: keys.digest_file(root / name)[:SHORT] for name in SETTINGS}
    return {"rows": rows, "modules": modules, "notebooks": notebooks, "settings": settings}


def explain_sources(file: Path) -> list[str]:
    """Return a sentence for each kind of source that changed since the results were accepted."""
    sentences = []
    for kind, verb, names in _compare_sources(file):
        shown = ", ".join(sorted(names)[:SHOWN])
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        plural = "" if len(names) == 1 else "s"
        sentences.append(f"{len(names)} {KINDS[kind]}{plural} {verb}: {shown}{more}")
    return sentences


def find_rows(changes: list[Change]) -> dict[str, list[str]]:
    """Return, for each page that moved, the changed rows of the evidence that its results name."""
    moved = [
        name
        for kind, _, names in _compare_sources(expected_folder() / SOURCES)
        if kind == "rows"
        for name in names
    ]
    found = {}
    for page in {change.page for change in changes}:
        files = (expected_folder() / f"{page}.json", paths.results() / f"{page}.json")
        text = "".join(file.read_text(encoding="utf-8") for file in files if file.is_file())
        # Tables may share an id: each of their rows is named.
        found[page] = sorted(name for name in moved if f'"{name.partition(" ")[2]}"' in text)
    return found


def _compare_sources(file: Path) -> Iterator[tuple[str, str, list[str]]]:
    """Yield kind, "changed", "added" or "removed", and the names of the sources it is true of."""
    try:
        old = json.loads(file.read_text(encoding="utf-8"))
        if not all(isinstance(old.get(kind, {}), dict) for kind in KINDS):
            raise ValueError("no digests by kind")
    except FileNotFoundError:
        return
    except (ValueError, AttributeError, RecursionError) as error:
        raise WorkbookError(
            f"{file}: {error}. Restore the file, or run: metaworkbook accept"
        ) from None
    new = digest_all()
    for kind in KINDS:
        before, after = old.get(kind, new[kind]), new[kind]
        for verb, names in (
            ("changed", [n for n in after if n in before and after[n] != before[n]]),
            ("added", [n for n in after if n not in before]),
            ("removed", [n for n in before if n not in after]),
        ):
            if names:
                yield kind, verb, names


def _digest_rows(file: Path) -> dict[str, str]:
    """Return the digest of each row of a table, by table and the row's first cell."""
    digests: dict[str, str] = {}
    with file.open(encoding="utf-8-sig", newline="") as lines:
        header, *records = csv.reader(lines)
        for record in [header, *records]:
            text = "\x1f".join(record)
            name = f"{file.stem} {record[0] if record else ''}"
            joined = digests.get(name, "") + text
            digests[name] = hashlib.sha256(joined.encode("utf-8")).hexdigest()[:SHORT]
    return digests


def _require_current() -> list[str]:
    """Return the names of the pages; refuse where their results are missing or out of date."""
    plan, problems = make_plan(paths.build())
    stale = [planned.name for planned in plan if planned.changes]
    if problems or stale:
        what = f"{len(stale)} pages are out of date" if stale else "the pages cannot be read"
        if len(stale) == 1:
            what = f"the page {stale[0]} is out of date"
        raise WorkbookError(f"{what}. Run: metaworkbook report, and then this again.")
    return [planned.name for planned in plan]
