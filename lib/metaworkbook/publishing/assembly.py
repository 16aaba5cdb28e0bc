"""Puts the site together in a folder of its own: pages in both languages, studies, downloads."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from metaworkbook.errors import WorkbookError
from metaworkbook.publishing.illustrations import locate
from metaworkbook.publishing.pages import Page
from metaworkbook.publishing.plan import executed_file, results_file
from metaworkbook.publishing.processes import share
from metaworkbook.publishing.provenance import Provenance
from metaworkbook.publishing.references import list_sources

LANGUAGES = {"en": "", "nb": "nb"}
FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}", re.ASCII)


def assemble(
    staging: Path,
    build: Path,
    pages: list[Page],
    ledger: Any,
    provenance: Provenance,
    renderer: Any,
    jobs: int = 1,
) -> None:
    """Write the whole site into ``staging``.

    Parameters
    ----------
    staging : Path
        An empty folder.
    build : Path
        Where the executed notebooks and the results lie.
    pages : list of Page
        The pages that were run.
    ledger : Ledger
        The validated evidence.
    provenance : Provenance
        For every footer.
    renderer : module
        With ``render_page``, ``render_index``, ``render_study``, ``write_downloads`` and
        ``write_illustrations``.
    jobs : int
        Processes that render at the same time.
    """
    results = {page.name: read_json(results_file(build, page.name)) for page in pages}
    tasks: list[Callable[[], None]] = []

    def add(file: Path, render: Callable[..., str], *values: Any) -> None:
        tasks.append(lambda: write(file, render(*values, provenance=provenance)))

    def render_page(page: Page, language: str, provenance: Provenance) -> str:
        notebook = read_json(executed_file(build, page.name))
        renderer.write_illustrations(staging / "data" / locate(language), notebook, language)
        sourced = bool(list_sources(results[page.name], ledger))
        return renderer.render_page(
            notebook, page, pages, language, provenance, sourced, results[page.name]
        )

    def render_index(language: str, provenance: Provenance) -> str:
        return renderer.render_index(results, pages, language, provenance)

    def render_study(study: str, language: str, provenance: Provenance) -> str:
        return renderer.render_study(study, ledger, results, pages, language, provenance)

    studies = [check_name(name) for name in ledger["studies"]["study_id"]]
    # The longest task first, then the pages: no process ends with a long one.
    tasks.append(lambda: renderer.write_downloads(staging / "data", ledger, results, pages))
    for language, folder in LANGUAGES.items():
        place = staging / folder
        (place / "study").mkdir(parents=True, exist_ok=True)
        add(place / "index.html", render_index, language)
        for page in pages:
            add(place / f"{check_name(page.name)}.html", render_page, page, language)
    for language, folder in LANGUAGES.items():
        for study in studies:
            add(staging / folder / "study" / f"{study}.html", render_study, study, language)
    share(tasks, jobs)


def check_name(name: str) -> str:
    """Return a name that may become a file name of the site; refuse any other."""
    if not FILE_NAME.fullmatch(name):
        raise WorkbookError(
            f'the name "{name}" cannot become a file name; allowed: letters, digits, - and _, '
            "at most 100. Rename it."
        )
    return name


def read_json(file: Path) -> Any:
    """Return what a JSON file holds."""
    return json.loads(file.read_text(encoding="utf-8"))


def write(file: Path, text: str) -> None:
    """Write a text file with the line ends it has."""
    file.write_bytes(text.encode("utf-8"))
