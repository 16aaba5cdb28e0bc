"""Puts the site together in a folder of its own: pages in both languages, studies, downloads."""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from metaworkbook.errors import WorkbookError
from metaworkbook.evidence.demonstration import SOURCES, open_source
from metaworkbook.evidence.descriptions import describe_effects
from metaworkbook.publishing.archive import open_archive
from metaworkbook.publishing.bodies import FOLDER, Bodies
from metaworkbook.publishing.failures import Failure, RenderError, blame
from metaworkbook.publishing.illustrations import locate
from metaworkbook.publishing.pages import Page
from metaworkbook.publishing.plan import executed_file, results_file
from metaworkbook.publishing.processes import share
from metaworkbook.publishing.provenance import Provenance
from metaworkbook.publishing.references import list_sources
from metaworkbook.reporting.language import format_number, translate

LANGUAGES = {"en": "", "nb": "nb"}
# The name of a group of studies, which no page can have, and how many there are.
STUDIES, GROUPS = "studies_", 32
# What writes the site's files, imported at their first use otherwise.
WRITERS = (
    "metaworkbook.publishing.site",
    "latex2mathml.converter",
    "nbconvert.filters.markdown_mistune",
    "pygments.lexers.python",
    "pybtex.database.output.bibtex",
    "rocrate.rocrate",
)
FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}", re.ASCII)


def prepare(ledger: Any) -> None:
    """Load and lay out what needs no page: later, every process that writes has it.

    Parameters
    ----------
    ledger : Ledger
        The validated evidence.
    """
    from metaworkbook.publishing import frame

    for name in WRITERS:
        import_module(name)
    open_archive(ledger)
    for template in frame.environment().list_templates(extensions=["j2"]):
        frame.environment().get_template(template)
    for language in LANGUAGES:
        translate("", language)
        format_number(0.0, 0, language)
    for source in SOURCES:
        describe_effects(open_source(source))


def assemble(
    staging: Path,
    build: Path,
    pages: list[Page],
    ledger: Any,
    provenance: Provenance,
    renderer: Any,
    package: str,
    jobs: int = 1,
) -> list[Failure]:
    """Write the whole site into ``staging``; return what failed: then it lacks those pages.

    Parameters
    ----------
    staging : Path
        An empty folder.
    build : Path
        Where the executed notebooks and the results lie, and the bodies of pages rendered before.
    pages : list of Page
        The pages that were run.
    ledger : Ledger
        The validated evidence.
    provenance : Provenance
        For every footer.
    renderer : module
        With ``render_body``, ``render_page``, ``render_index``, ``gather_study``, ``tell_study``,
        ``render_study``, ``write_downloads`` and ``write_illustrations``.
    package : str
        Digest of the package that renders.
    jobs : int
        Processes that render at the same time.
    """
    names = [check_name(page.name) for page in pages]
    groups = group_studies(check_name(name) for name in ledger["studies"]["study_id"])
    results = {name: read_json(results_file(build, name)) for name in names}
    # Laid out before processes part, since each of them asks for it.
    open_archive(ledger)
    titles = [[page.name, page.title] for page in pages]
    bodies = Bodies(build / FOLDER, package)
    for folder in LANGUAGES.values():
        (staging / folder / "study").mkdir(parents=True, exist_ok=True)

    def write_page(page: Page) -> None:
        with blame(page):
            fill_page(page)

    def fill_page(page: Page) -> None:
        name, result = page.name, results[page.name]
        executed = executed_file(build, name).read_bytes()
        digest = bodies.digest(
            hashlib.sha256(executed).hexdigest(),
            asdict(replace(page, row=0)),
            titles,
            result.get("headline"),
        )
        body = bodies.find(name, digest)
        if body is None:
            notebook = json.loads(executed)
            body = {
                language: renderer.render_body(notebook, page, pages, language, result)
                for language in LANGUAGES
            }
            bodies.keep(name, digest, body)
        sourced = bool(list_sources(result, ledger))
        for language, folder in LANGUAGES.items():
            shown = body[language]
            renderer.write_illustrations(staging / "data" / locate(language), shown["figures"])
            html = renderer.render_page(shown, page, pages, language, provenance, sourced, result)
            write(staging / folder / f"{name}.html", html)

    def write_index() -> None:
        for language, folder in LANGUAGES.items():
            try:
                html = renderer.render_index(results, pages, language, provenance)
                write(staging / folder / "index.html", html)
            except Exception:
                # Whose results alone do the same is to blame.
                for page in pages:
                    with blame(page):
                        own = {page.name: results[page.name]}
                        renderer.render_index(own, pages, language, provenance).encode("utf-8")
                raise

    def write_studies(name: str, studies: list[str]) -> None:
        gathered = [renderer.gather_study(study, ledger, results, pages) for study in studies]
        digest = bodies.digest(gathered)
        told = bodies.find(name, digest)
        if told is None:
            told = [
                {language: renderer.tell_study(study, language) for language in LANGUAGES}
                for study in gathered
            ]
            bodies.keep(name, digest, told)
        for study, one, body in zip(studies, gathered, told, strict=True):
            for language, folder in LANGUAGES.items():
                html = renderer.render_study(
                    body[language], one["study"], pages, language, provenance
                )
                write(staging / folder / "study" / f"{study}.html", html)

    newest = sorted(pages, key=lambda page: -executed_file(build, page.name).stat().st_mtime)
    # The longest task first, then the pages, those just run before others.
    tasks: list[Callable[[], None]] = [
        partial(renderer.write_downloads, staging / "data", ledger, results, pages),
        *(partial(write_page, page) for page in newest),
        write_index,
        *(partial(write_studies, *group) for group in groups.items()),
    ]
    failures = share([partial(attempt, task) for task in tasks], jobs)
    bodies.forget_others([*names, *groups])
    first = {failure.page: failure for failure in reversed(failures)}
    return [first[name] for name in names if name in first]


def attempt(task: Callable[[], None]) -> Failure | None:
    """Call a task; return the failure of the page that stopped it, if one did."""
    try:
        task()
    except RenderError as error:
        return error.failure
    return None


def group_studies(studies: Iterable[str]) -> dict[str, list[str]]:
    """Return the studies in groups whose bodies are kept together, by name of the group.

    A study stays in its group whatever others come and go.
    """
    groups: dict[str, list[str]] = defaultdict(list)
    for study in studies:
        groups[f"{STUDIES}{zlib.crc32(study.encode()) % GROUPS:02}"].append(study)
    return dict(groups)


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
