"""The canonical form of a notebook: what goes, what stays, and that it settles at once."""

from __future__ import annotations

import copy
import json

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metaworkbook.errors import PageError
from metaworkbook.publishing import source

from . import books

USED = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {"kernelspec": {"name": "mine"}, "papermill": {"duration": 3}, "widgets": {}},
    "cells": [
        {
            "cell_type": "code", "id": "kept-1", "execution_count": 7,
            "metadata": {"tags": ["parameters"], "collapsed": True, "papermill": {}},
            "outputs": [{"output_type": "stream", "name": "stdout", "text": "x"}],
            "source": ["a: int = 1\n", "b: int = 2\n", "\n"],
        },
        {"cell_type": "markdown", "id": "kept-2", "metadata": {}, "source": "Line  \r\nbreak"},
        {"cell_type": "code", "id": "empty", "metadata": {}, "source": "  \n", "outputs": []},
        {"cell_type": "code", "id": "kept-1", "metadata": {}, "source": "3", "outputs": []},
        {"cell_type": "code", "metadata": {}, "source": "4", "outputs": []},
    ],
}  # fmt: skip


def read(tmp_path, content):
    file = tmp_path / "book.ipynb"
    file.write_text(json.dumps(content), encoding="utf-8")
    return source.read_notebook(file)


def test_outputs_counts_and_tool_metadata_go(tmp_path):
    clean = source.canonicalise(read(tmp_path, USED))
    assert clean["metadata"] == source.METADATA
    first = clean["cells"][0]
    assert first["outputs"] == []
    assert first["execution_count"] is None
    assert first["metadata"] == {"tags": ["parameters"]}
    assert first["source"] == "a: int = 1\nb: int = 2"


def test_ids_stay_and_missing_or_repeated_ones_are_made(tmp_path):
    clean = source.canonicalise(read(tmp_path, USED))
    ids = [cell["id"] for cell in clean["cells"]]
    assert ids[:2] == ["kept-1", "kept-2"]
    assert len(set(ids)) == len(ids) == 4
    again = source.canonicalise(read(tmp_path, USED))
    assert ids == [cell["id"] for cell in again["cells"]]


def test_a_line_break_of_markdown_survives(tmp_path):
    assert source.canonicalise(read(tmp_path, USED))["cells"][1]["source"] == "Line  \nbreak"


def test_the_canonical_file_is_what_nbformat_writes(tmp_path):
    text = source.format_notebook(source.canonicalise(read(tmp_path, USED)))
    node = nbformat.reads(text, as_version=4)
    nbformat.validate(node)
    assert nbformat.writes(node) + "\n" == text


def test_tidy_changes_a_file_once(tmp_path):
    read(tmp_path, USED)
    assert source.tidy(tmp_path / "book.ipynb") is True
    assert source.tidy(tmp_path / "book.ipynb") is False


def test_a_canonical_file_has_no_problem_and_a_used_one_names_each(tmp_path):
    file = tmp_path / "book.ipynb"
    notebook = read(tmp_path, USED)
    words = [str(p) for p in source.check_canonical(notebook, file.read_bytes(), "b")]
    for expected in ("outputs", "an execution count", '"kept-1" again', "None", "collapsed"):
        assert any(expected in line for line in words), expected
    source.tidy(file)
    assert source.check_canonical(source.read_notebook(file), file.read_bytes(), "b") == []


def test_another_layout_alone_is_a_problem(tmp_path):
    notebook = source.canonicalise(read(tmp_path, USED))
    text = json.dumps(notebook).encode()
    assert "another layout" in str(source.check_canonical(notebook, text, "b")[0])


def test_the_digest_follows_sources_and_tags_only():
    book = books.make_notebook("1 + 1", "# Words")
    digest = source.digest_sources(book)
    same = copy.deepcopy(book)
    same["cells"][1] |= {"id": "other", "execution_count": 3, "outputs": [{}]}
    same["metadata"] = {}
    assert source.digest_sources(same) == digest
    for change in ({"source": "1 + 2"}, {"cell_type": "markdown"}, {"metadata": {"tags": ["x"]}}):
        other = copy.deepcopy(book)
        other["cells"][1] |= change
        assert source.digest_sources(other) != digest


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"{", "Expecting property name"),
        (b"\xff\xfe", "not UTF-8"),
        (b"[]", "no notebook of format 4"),
        (b'{"nbformat": 3}', "no notebook of format 4"),
        (b'{"nbformat": 4, "cells": [3]}', "cells that are not cells"),
        (b'{"nbformat": 4, "cells": [{"cell_type": "code"}]}', "cells that are not cells"),
    ],
)
def test_what_is_no_notebook_is_refused(tmp_path, content, expected):
    file = tmp_path / "book.ipynb"
    file.write_bytes(content)
    with pytest.raises(PageError, match=expected):
        source.read_notebook(file)


def test_a_missing_notebook_is_refused(tmp_path):
    with pytest.raises(PageError, match="no such file"):
        source.read_notebook(tmp_path / "book.ipynb")


CELLS = st.lists(
    st.builds(
        dict,
        cell_type=st.sampled_from(["code", "markdown"]),
        source=st.text(max_size=40),
        metadata=st.sampled_from([{}, {"tags": ["parameters"]}, {"editable": False}]),
        id=st.sampled_from(["one", "two", "no id!", "", None]),
    ),
    max_size=6,
)


@given(CELLS)
def test_canonical_is_canonical_already(cells):
    once = source.canonicalise({"cells": cells})
    assert source.canonicalise(once) == once
    assert source.digest_sources(once) == source.digest_sources({"cells": cells})
    ids = [cell["id"] for cell in once["cells"]]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, '{"nbformat": ' + "1" * 5000 + "}",
     '{"nbformat": 4, "cells": [{"cell_type": "code", "source": "\\ud800", "metadata": {}}]}'],
    ids=["brackets", "digits", "surrogate"],
)  # fmt: skip
def test_json_that_python_chokes_on_is_named(tmp_path, text):
    file = tmp_path / "book.ipynb"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(PageError) as caught:
        source.read_notebook(file)
    (problem,) = caught.value.problems
    assert problem.file.endswith("book.ipynb")
