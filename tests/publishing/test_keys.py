"""A page's inputs: each moves the page, and nothing else does."""

from __future__ import annotations

import pytest

from metaworkbook.publishing import keys
from metaworkbook.publishing.pages import Page

from . import books

PAGE = Page("name", "a.ipynb", {"en": "", "nb": ""}, "answers", {})


def test_shared_inputs_follow_evidence_and_lock_alone(project):
    before = keys.shared_inputs(project)
    (project / "effects" / "README.md").write_text("words", encoding="utf-8")
    (project / "notes.txt").write_text("words", encoding="utf-8")
    assert keys.shared_inputs(project) == before
    with (project / "effects" / "studies.csv").open("a", encoding="utf-8") as file:
        file.write("\n")
    moved = keys.shared_inputs(project)
    assert {name for name in moved if moved[name] != before[name]} == {"ledger"}
    (project / "requirements.lock").write_text("other==2\n", encoding="utf-8")
    assert keys.shared_inputs(project)["lock"] != before["lock"]


def test_a_table_renamed_moves_the_ledger(project):
    before = keys.shared_inputs(project)["ledger"]
    effects = project / "effects"
    (effects / "studies.csv").rename(effects / "study.csv")
    assert keys.shared_inputs(project)["ledger"] != before


def test_the_package_counts_where_notebooks_can_reach_it():
    package = books.REAL / "lib" / "metaworkbook"
    names = {file.relative_to(package).as_posix() for file in keys.list_computing(package)}
    assert {"errors.py", "evidence/ledger.py", "models/pooling.py", "results/base.py"} <= names
    assert {f"publishing/{name}.py" for name in ("children", "engines", "nursery")} <= names
    assert not {"cli.py", "publishing/site.py", "publishing/build.py"} & names
    assert not any("__pycache__" in name for name in names)


def test_page_inputs_follow_notebook_and_parameters():
    shared = {"ledger": "1"}
    book, other = books.make_notebook("1"), books.make_notebook("2")
    before = keys.page_inputs(PAGE, book, {"level": 0.5}, shared)
    assert keys.page_inputs(PAGE, book, {"level": 0.5}, shared) == before
    for inputs, name in (
        (keys.page_inputs(PAGE, other, {"level": 0.5}, shared), "notebook"),
        (keys.page_inputs(PAGE, book, {"level": 0.6}, shared), "parameters"),
        (keys.page_inputs(PAGE, book, {"level": 0.5}, {"ledger": "2"}), "ledger"),
    ):
        assert [each for each in inputs if inputs[each] != before[each]] == [name]


@pytest.fixture
def made(tmp_path):
    file = tmp_path / "out.json"
    file.write_text("content", encoding="utf-8")
    record = keys.Record({"ledger": "1", "lock": "2"}, {"out.json": keys.digest_file(file)})
    return file, record


def test_a_record_is_read_back(tmp_path, made):
    file, record = made
    record.write(tmp_path / "record.json")
    again = keys.read_record(tmp_path / "record.json")
    assert again == record
    assert keys.list_changes(again, record.inputs, [file]) == []


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"inputs": 3, "outputs": {}}', '{"inputs"'])
def test_a_torn_record_is_no_record(tmp_path, text):
    (tmp_path / "record.json").write_text(text, encoding="utf-8")
    assert keys.read_record(tmp_path / "record.json") is None


def test_changes_are_named(made):
    file, record = made
    assert keys.list_changes(None, record.inputs, [file]) == ["outputs"]
    assert keys.list_changes(record, {"ledger": "9", "lock": "2"}, [file]) == ["ledger"]
    file.write_text("altered", encoding="utf-8")
    assert keys.list_changes(record, record.inputs, [file]) == ["outputs"]
    file.unlink()
    assert keys.list_changes(record, record.inputs, [file]) == ["outputs"]


def test_a_whole_concerns_a_page_only_by_its_part():
    record = keys.Record({"ledger": "1", "rows": "1", "package": "1", "part": "1"}, {})
    changes = ["ledger", "package", "lock"]
    for inputs, concerns in (
        ({"rows": "1", "part": "1"}, ["lock"]),
        ({"rows": "2", "part": "1"}, ["ledger", "lock"]),
        ({"rows": "1", "part": "2"}, ["package", "lock"]),
        ({"rows": "", "part": "1"}, ["ledger", "lock"]),
        ({}, changes),
    ):
        assert keys.list_concerns(record, inputs, changes) == concerns
    blank = keys.Record({"ledger": "1", "rows": ""}, {})
    assert keys.list_concerns(blank, {"rows": ""}, ["ledger"]) == ["ledger"]


def test_every_whole_that_has_a_part_is_an_input(project):
    assert set(keys.PARTS) | set(keys.READING.values()) <= set(keys.shared_inputs(project))
