"""What went wrong with a page: one message that no terminal obeys, with the right remedy."""

from __future__ import annotations

import pytest

from metaworkbook.publishing.failures import describe

AGAIN = "Open the notebook, set this page's parameters and run to that cell."


def tell(kind, error="", message="", index=None):
    told = {"kind": kind, "error": error, "message": message, "index": index}
    return str(describe(told, "one", "one.ipynb", [{"source": "1"}, {"source": "2"}], 60, 100))


def test_a_terminal_obeys_nothing_of_a_message():
    text = tell("cell", "ValueError", "\x1b[2J\x1b]0;title\x07gone\x9b31m")
    assert r"ValueError: \x1b[2J\x1b]0;title\x07gone\x9b31m." in text


def test_a_users_mistake_keeps_its_lines():
    text = tell("cell", "LedgerError", "first\x1b[31m\n\x08second\n2 problems found.")
    assert text == (
        "page one (notebooks/one.ipynb): first\\x1b[31m\n\\x08second\n2 problems found."
    )


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("SIGKILL", "SIGKILL, as the system does when memory runs out. Free memory, or run with"),
        ("SIGSEGV", f"SIGSEGV. {AGAIN}"),
        ("SIGTERM", f"SIGTERM. {AGAIN}"),
    ],
)
def test_only_one_signal_tells_of_memory(name, words):
    assert f"its process was ended by {words}" in tell("killed", name)


@pytest.mark.parametrize(("index", "setup"), [(None, True), (-1, True), (0, False), (1, False)])
def test_only_before_the_first_cell_the_environment_is_to_blame(index, setup):
    text = tell("runner", "AttributeError", "'dict' object has no attribute 'splitlines'", index)
    assert ("make setup" in text) is setup
    assert ("Look at what the notebook" in text) is not setup
