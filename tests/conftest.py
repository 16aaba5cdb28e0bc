"""Ledgers for every wing: a small made-up one, and the real one."""

from __future__ import annotations

import pytest
from hypothesis import settings

from metaworkbook.evidence.ledger import read_ledger

from . import ledgers

# The same cases on every run and machine: a failure is never a matter of luck.
settings.register_profile("repeatable", derandomize=True, deadline=None, database=None)
settings.load_profile("repeatable")


@pytest.fixture
def tables():
    """Tables of the small ledger, to be changed and written."""
    return ledgers.make_tables()


@pytest.fixture
def folder(tmp_path, tables):
    """A sound ledger folder of the small ledger."""
    return ledgers.write(tmp_path / "effects", tables)


@pytest.fixture
def real_folder(tmp_path):
    """A copy of the real ledger."""
    return ledgers.copy_real(tmp_path / "effects")


@pytest.fixture(scope="session")
def small_ledger(tmp_path_factory):
    """The small ledger, read."""
    return read_ledger(
        ledgers.write(tmp_path_factory.mktemp("ledger") / "effects", ledgers.make_tables())
    )


@pytest.fixture(scope="session")
def real_ledger():
    """The project's own ledger, read."""
    return read_ledger(ledgers.REAL)
