"""Tiny notebooks and projects for the tests of publishing."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from pathlib import Path
from types import SimpleNamespace

from metaworkbook.publishing.failures import Failure
from metaworkbook.publishing.runner import Run
from metaworkbook.publishing.source import canonicalise, write_notebook

REAL = Path(__file__).resolve().parents[2]
PARAMETERS = 'page: str = ""  # the page\'s name\nlevel: float = 0.5  # a number\n'
SAVE = 'from metaworkbook import results\n\nresults.save(page, {"level": level})'


def make_notebook(*cells: str, parameters: str | None = PARAMETERS, save: bool = True) -> dict:
    """A notebook of code cells, or markdown ones where the text begins with "# "."""
    raw = []
    if parameters is not None:
        raw.append(
            {"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": parameters}
        )
    for text in [*cells, SAVE] if save else cells:
        kind = "markdown" if text.startswith("# ") else "code"
        raw.append({"cell_type": kind, "metadata": {}, "source": text})
    return canonicalise({"cells": raw})


def make_project(folder: Path) -> Path:
    """A project whose evidence is sound and nearly empty: two studies and the constructs."""
    effects, notebooks = folder / "effects", folder / "notebooks"
    effects.mkdir(parents=True)
    notebooks.mkdir()
    shutil.copy(REAL / "effects" / "datapackage.yaml", effects)
    for file in (REAL / "effects").glob("*.csv"):
        with file.open(encoding="utf-8", newline="") as rows:
            header, *records = csv.reader(rows)
        if file.name == "studies.csv":
            alone = header.index("same_sample_as")
            records = [record for record in records if not record[alone]][:2]
        elif file.name != "constructs.csv":
            records = []
        with (effects / file.name).open("w", encoding="utf-8", newline="") as kept:
            csv.writer(kept, lineterminator="\n").writerows([header, *records])
    (folder / "requirements.lock").write_text("nothing==1\n", encoding="utf-8")
    return folder


def add_page(folder: Path, name: str, notebook: dict | None = None, **parameters) -> None:
    """Add a page to a project's list, with its notebook if one is given."""
    file = f"{name}.ipynb" if notebook is not None else "shared.ipynb"
    if notebook is not None:
        write_notebook(notebook, folder / "notebooks" / file)
    lines = [
        "[[page]]", f'name = "{name}"', f'notebook = "{file}"', f'title = "Title of {name}"',
        f'title_nb = "Tittel {name}"', 'section = "answers"',
    ]  # fmt: skip
    if parameters:
        lines.append("[page.parameters]")
        lines += [f"{key} = {json.dumps(value)}" for key, value in parameters.items()]
    with (folder / "notebooks" / "pages.toml").open("a", encoding="utf-8") as list_:
        list_.write("\n".join(lines) + "\n\n")


def make_renderer(fail: Exception | None = None) -> SimpleNamespace:
    """A renderer that writes what it was given, so that a test can tell old from new."""

    def render_body(notebook, page, pages, language, result):
        if fail:
            raise fail
        return {"shown": notebook, "figures": []}

    def render_page(body, page, pages, language, provenance, sourced, result):
        return f"<html lang={language}>{page.name} {json.dumps(body, sort_keys=True)}</html>"

    def render_index(results, pages, language, provenance):
        return f"<html lang={language}>{json.dumps(results, sort_keys=True)}</html>"

    def render_study(told, study, pages, language, provenance):
        return f"<html lang={language}>{told} {provenance.checksum}</html>"

    def write_downloads(folder, ledger, results, pages):
        folder.mkdir(exist_ok=True)
        for name, content in results.items():
            (folder / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")

    return SimpleNamespace(
        render_body=render_body,
        render_page=render_page,
        render_index=render_index,
        gather_study=lambda study, ledger, results, pages: {"study": {"study_id": study}},
        tell_study=lambda gathered, language: gathered["study"]["study_id"],
        render_study=render_study,
        write_downloads=write_downloads,
        write_illustrations=lambda folder, figures: [],
    )


FAILING = "raise ValueError"


class StandIn:
    """A nursery that makes pages from their parameters and the evidence, and counts them."""

    ran: list[str]

    def __init__(self, engine, work, notebooks, many, backend, scheduler):
        self.work = work

    def __enter__(self):
        return self

    def __exit__(self, *_):
        """Nothing to end."""

    def run(self, tasks, jobs, time_limit, memory_limit, tell):
        run = Run()
        for task in tasks:
            StandIn.ran.append(task.page)
            source = "".join(cell["source"] for cell in task.cells)
            if FAILING in source:
                run.failures.append(Failure(task.page, task.notebook.name, 2, "it broke", ""))
                continue
            evidence = (self.work.parents[1] / "effects" / "studies.csv").read_text("utf-8")
            content = {"parameters": task.parameters, "source": source, "evidence": evidence}
            (task.folder / "results").mkdir()
            for name in ("executed.ipynb", f"results/{task.page}.json"):
                (task.folder / name).write_text(json.dumps(content), encoding="utf-8")
            run.done.append(task.page)
        return run


def digest_folder(folder: Path) -> dict[str, str]:
    """Digest of every file in a folder, by its name below it."""
    return {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }
