"""A project of its own for each test."""

from __future__ import annotations

import pytest

from metaworkbook import paths

from . import books


@pytest.fixture
def project(tmp_path, monkeypatch):
    """An empty project folder that the package takes for the project, building inside it."""
    folder = books.make_project(tmp_path / "project")
    monkeypatch.setenv(paths.ROOT_VARIABLE, str(folder))
    monkeypatch.setenv(paths.BUILD_VARIABLE, str(folder / "build"))
    return folder
