"""Where things lie, and where they may not: a build removes what it does not know."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from metaworkbook import paths
from metaworkbook.errors import WorkbookError
from metaworkbook.publishing import swap


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "project" / "effects").mkdir(parents=True)
    (tmp_path / "project" / "effects" / "datapackage.yaml").touch()
    (tmp_path / "home" / "sites").mkdir(parents=True)
    monkeypatch.setenv(paths.ROOT_VARIABLE, str(tmp_path / "project"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path / "project"


@pytest.mark.parametrize(
    "named",
    ["project", ".", "/", "home", "project/effects", "project/notebooks/build", "project/.git"],
)
def test_a_folder_with_other_things_is_refused(project, monkeypatch, named):
    monkeypatch.setenv(paths.BUILD_VARIABLE, str(project.parent / named))
    with pytest.raises(WorkbookError, match="allowed: a folder for what is generated alone"):
        paths.build()


@pytest.mark.parametrize("named", ["project/build", "elsewhere", "home/sites"])
def test_a_folder_of_its_own_is_taken(project, monkeypatch, named):
    monkeypatch.setenv(paths.BUILD_VARIABLE, str(project.parent / named))
    assert paths.build() == (project.parent / named).resolve()


@pytest.mark.parametrize("name", ["x" * 300, "loop/build"])
def test_a_folder_that_cannot_be_is_told(project, monkeypatch, name):
    (project.parent / "loop").symlink_to(project.parent / "loop")
    monkeypatch.setenv(paths.BUILD_VARIABLE, str(project.parent / name))
    with pytest.raises(WorkbookError), swap.lock(paths.build()):
        pytest.fail("it was taken for a folder")


def test_a_current_folder_that_is_gone_is_told(tmp_path, monkeypatch):
    monkeypatch.delenv(paths.ROOT_VARIABLE, raising=False)
    gone = tmp_path / "gone"
    gone.mkdir()
    before = Path.cwd()
    os.chdir(gone)
    try:
        gone.rmdir()
        with pytest.raises(WorkbookError, match="the current folder is gone"):
            paths.root()
    finally:
        os.chdir(before)


def test_a_project_with_another_package_is_refused(project):
    """As a project is that was copied together with its environment, and edited."""
    here = Path(paths.__file__).resolve().parents[2]
    assert paths.root() == project.resolve()
    own = project / "lib" / "metaworkbook"
    shutil.copytree(here / "lib" / "metaworkbook", own)
    assert paths.root() == project.resolve()
    for file, text in (("errors.py", "# edited\n"), ("more.py", "")):
        (own / file).write_text(text, encoding="utf-8")
        paths._is_same.cache_clear()
        with pytest.raises(WorkbookError, match=r"runs the package of .* Run in .*: make setup"):
            paths.root()
        shutil.copy(here / "lib" / "metaworkbook" / "errors.py", own)
    shutil.rmtree(project / "lib")
    (project / "lib").symlink_to(here / "lib")
    paths._is_same.cache_clear()
    assert paths.root() == project.resolve()


def test_what_is_bound_stays(project, monkeypatch):
    monkeypatch.setattr(paths, "_variables", os.environ)
    monkeypatch.setenv(paths.BUILD_VARIABLE, str(project / "build"))
    paths.bind()
    monkeypatch.setenv(paths.BUILD_VARIABLE, str(project / "other"))
    monkeypatch.delenv(paths.ROOT_VARIABLE)
    assert paths.build() == project / "build"
    assert paths.root() == project
