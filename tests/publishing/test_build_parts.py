"""A change of the package or of the page list runs the pages whose part of it moved, no others."""

from __future__ import annotations

import io

import pytest

from metaworkbook.publishing import build as building
from metaworkbook.publishing import keys
from metaworkbook.publishing.build import Options, build
from metaworkbook.publishing.progress import Progress

from . import books

WING = """from importlib import import_module

PUBLIC = {table}


def __getattr__(name):
    return getattr(import_module(f"{{__name__}}.{{PUBLIC[name]}}"), name)
"""
SOURCES = {
    "__init__.py": "",
    "cli.py": "",
    "results/__init__.py": "",
    "evidence/__init__.py": WING.format(table='{"check_reporting": "checklist", "read": "ledger"}'),
    "evidence/checklist.py": "",
    "evidence/choices.py": "",
    "evidence/ledger.py": "from metaworkbook.evidence import choices\n",
    "models/__init__.py": WING.format(table='{"pool": "pooling", "scan": "gosh"}'),
    "models/pooling.py": "def pool():\n    from metaworkbook.models import arrays\n",
    "models/arrays.py": "",
    "models/gosh.py": "",
    "models/unused.py": "",
    "reporting/__init__.py": WING.format(table='{"show": "tables"}'),
    "reporting/tables.py": "",
    "reporting/locale/nb.po": "",
    "publishing/site.py": "",
    **{f"publishing/{name}": "" for name in keys.RUNNING},
}
CELLS = {
    "pools": "from metaworkbook import models\n\nmodels.pool(level)",
    "scans": "from metaworkbook import models, reporting\n\nreporting.show(models.scan(level))",
    "lists": "from metaworkbook import evidence\n\nevidence.check_reporting(level)",
    "reads": "from metaworkbook import evidence\n\nevidence.read(level)",
    "free": "import importlib",
}
TOUCHED = {
    "models/unused.py": [],
    "cli.py": [],
    "publishing/site.py": [],
    "models/gosh.py": ["scans"],
    "models/pooling.py": ["pools"],
    "models/arrays.py": ["pools"],
    "models/__init__.py": ["pools", "scans"],
    "reporting/locale/nb.po": ["scans"],
    "evidence/choices.py": ["reads"],
    "results/__init__.py": list(CELLS),
    "publishing/engines.py": list(CELLS),
}


@pytest.fixture
def package(project, monkeypatch):
    """A package of a few empty modules in place of this one, and a page for each of `CELLS`."""
    folder = project.parent / "metaworkbook"
    for name, text in SOURCES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(keys, "__file__", str(folder / "publishing" / "keys.py"))
    monkeypatch.setattr(building, "open_nursery", books.StandIn)
    for name, cell in CELLS.items():
        books.add_page(project, name, books.make_notebook(cell))
    go()
    return folder


def go(**options):
    books.StandIn.ran = []
    look = options.pop("look", lambda notebook, parameters, ledger: ledger.checksum)
    outcome = build(Options(**options), Progress(io.StringIO()), books.make_renderer(), look)
    return books.StandIn.ran, outcome


def touch(file):
    with file.open("a", encoding="utf-8") as text:
        text.write("\n")


@pytest.mark.parametrize("name", TOUCHED)
def test_a_touched_module_runs_the_pages_that_can_use_it(package, name):
    expected = TOUCHED[name]
    # Whatever else it touches, a page that can load anything runs when any result could move.
    if name.split("/")[0] in ("models", "reporting", "evidence"):
        expected = [each for each in CELLS if each in (*expected, "free")]
    touch(package / name)
    ran, outcome = go()
    assert ran == expected
    assert outcome.swapped
    assert [*outcome.ran, *outcome.kept] == [*ran, *(each for each in CELLS if each not in ran)]
    ran, outcome = go()
    assert (ran, outcome.swapped) == ([], False)


def test_a_data_file_of_a_wing_counts_when_it_is_new_or_gone(package):
    new = package / "reporting" / "locale" / "se.po"
    touch(new)
    assert go()[0] == ["scans", "free"]
    new.unlink()
    assert go()[0] == ["scans", "free"]


def test_a_page_that_comes_to_use_more_runs_when_that_is_touched(package, project):
    notebook = books.make_notebook(CELLS["scans"])
    books.write_notebook(notebook, project / "notebooks" / "pools.ipynb")
    assert go()[0] == ["pools"]
    touch(package / "models" / "gosh.py")
    assert go()[0] == ["pools", "scans", "free"]


def test_package_and_evidence_may_move_together(package, project):
    def look(notebook, parameters, ledger):
        return "the same"

    touch(package / "cli.py")
    assert go(look=look)[0] == []
    (project / "requirements.lock").write_text("nothing==2\n", encoding="utf-8")
    assert go(look=look)[0] == list(CELLS)
    effects = project / "effects" / "studies.csv"
    header, first, second = effects.read_text("utf-8").splitlines(keepends=True)
    effects.write_text(header + second + first, encoding="utf-8")
    touch(package / "models" / "gosh.py")
    assert go(look=look)[0] == ["scans", "free"]
    assert go(look=look)[0] == []


def test_another_page_runs_those_that_read_the_list_and_a_new_title_none(package, project):
    list_ = project / "notebooks" / "pages.toml"
    text = list_.read_text("utf-8")
    list_.write_text(text.replace("Title of pools", "Pooled"), encoding="utf-8")
    assert go()[0] == []
    books.add_page(project, "new", books.make_notebook("1"))
    assert go()[0] == ["lists", "free", "new"]


def test_the_declared_choices_run_those_that_read_them(package, project):
    (project / "notebooks" / "multiverse.toml").write_text("x = 1\n", encoding="utf-8")
    assert go()[0] == ["reads", "free"]


def test_the_modules_said_to_read_the_project_are_those_that_do():
    """Beside the ledger, which `sight` watches, a module reads what `keys.READING` says."""
    folder = books.REAL / "lib" / "metaworkbook"
    found = {
        file.relative_to(folder).as_posix()
        for file in folder.rglob("*.py")
        if file.relative_to(folder).parts[0] not in (*keys.OUTSIDE, "paths.py")
        and any(f"paths.{each}()" in file.read_text("utf-8") for each in ("notebooks", "root"))
    }
    assert found == set(keys.READING)
