"""Accepted results: copied whole, compared only when current, explained by rows and modules."""

from __future__ import annotations

import csv
import json
import os

import pytest

from metaworkbook.errors import WorkbookError
from metaworkbook.publishing import acceptance, keys
from metaworkbook.publishing.plan import make_plan

from . import books


@pytest.fixture
def built(project, monkeypatch):
    """A project of two pages whose results are there, as after a build."""
    monkeypatch.setattr(keys, "list_package", lambda package: [package / "errors.py"])
    books.add_page(project, "one", books.make_notebook("1"))
    books.add_page(project, "two", books.make_notebook("2"))
    finish(project, one=0.1, two=0.2)
    return project


def finish(project, **estimates):
    """Write what a build would: results, executed notebooks and records for the present sources."""
    plan, problems = make_plan(project / "build")
    assert problems == []
    for planned in plan:
        content = {"page": planned.name, "results": {"estimate": estimates[planned.name]}}
        outputs = {}
        for folder, suffix in (("results", "json"), ("executed", "ipynb")):
            file = project / "build" / folder / f"{planned.name}.{suffix}"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(content), encoding="utf-8")
            outputs[file.name] = keys.digest_file(file)
        record = project / "build" / "executed" / f"{planned.name}.json"
        keys.Record(planned.inputs, outputs).write(record)


def test_accepting_copies_every_page_and_then_nothing_differs(built):
    assert len(acceptance.accept()) == 2
    folder = built / "tests" / "expected"
    assert sorted(os.listdir(folder)) == ["_sources.json", "one.json", "two.json"]
    for name in ("one", "two"):
        accepted = (folder / f"{name}.json").read_bytes()
        assert accepted == (built / "build" / "results" / f"{name}.json").read_bytes()
    assert acceptance.find_changes() == ([], [])
    assert acceptance.accept() == []


def test_a_moved_number_is_found_with_the_row_that_moved(built):
    acceptance.accept()
    file = built / "effects" / "constructs.csv"
    with file.open(encoding="utf-8", newline="") as lines:
        header, *rows = csv.reader(lines)
    rows[0][-1] += " anew"
    removed = rows.pop()
    with file.open("w", encoding="utf-8", newline="") as lines:
        csv.writer(lines, lineterminator="\n").writerows([header, *rows])
    finish(built, one=0.1, two=0.3)
    changes, reasons = acceptance.find_changes()
    assert [str(change) for change in changes] == ["two: results.estimate: 0.2 -> 0.3 (+0.1)"]
    assert reasons == [
        f"1 row changed: constructs {rows[0][0]}",
        f"1 row removed: constructs {removed[0]}",
    ]


def test_a_page_is_told_with_the_changed_rows_that_it_names(built):
    acceptance.accept()
    file = built / "effects" / "constructs.csv"
    text = file.read_text(encoding="utf-8")
    first = text.splitlines()[1].split(",")[0]
    file.write_text(text.replace(f"\n{first},", f"\n{first}, "), encoding="utf-8")
    finish(built, one=first, two=0.3)
    changes, _ = acceptance.find_changes()
    assert acceptance.find_rows(changes) == {"one": [f"constructs {first}"], "two": []}
    assert acceptance.find_rows([]) == {}


def test_rows_of_two_tables_with_one_id_are_both_named(built, monkeypatch):
    acceptance.accept()
    sources = {"rows": {"effects a b-01": "x", "second_coding a b-01": "y"}}
    others = {kind: {} for kind in acceptance.KINDS}
    monkeypatch.setattr(acceptance, "digest_all", lambda: others | sources)
    finish(built, one="a b-01", two=0.3)
    changes = acceptance.compare_folders(acceptance.expected_folder(), built / "build" / "results")
    assert acceptance.find_rows(changes)["one"] == list(sources["rows"])


def test_a_changed_notebook_is_named(built):
    acceptance.accept()
    file = built / "notebooks" / "one.ipynb"
    file.write_text(file.read_text("utf-8").replace('"1"', '"3"'), "utf-8")
    finish(built, one=0.1, two=0.2)
    assert acceptance.find_changes() == ([], ["1 notebook changed: one.ipynb"])


@pytest.mark.parametrize("name", acceptance.SETTINGS)
def test_a_changed_setting_is_named(built, name):
    acceptance.accept()
    with (built / name).open("a", encoding="utf-8") as file:
        file.write("\n# other words\n")
    finish(built, one=0.1, two=0.3)
    changes, reasons = acceptance.find_changes()
    assert len(changes) == 1
    assert reasons == [f"1 setting changed: {name}"]


def test_results_accepted_before_a_kind_of_source_was_kept_give_no_reason_of_it(built):
    acceptance.accept()
    file = built / "tests" / "expected" / acceptance.SOURCES
    kept = json.loads(file.read_text("utf-8"))
    del kept["settings"]
    file.write_text(json.dumps(kept), encoding="utf-8")
    assert acceptance.find_changes() == ([], [])


def test_a_page_no_longer_listed_leaves_the_accepted_ones(built):
    acceptance.accept()
    listed = (built / "notebooks" / "pages.toml").read_text("utf-8")
    (built / "notebooks" / "pages.toml").write_text(listed[: listed.rindex("[[page]]")], "utf-8")
    (built / "build" / "results" / "two.json").unlink()
    finish(built, one=0.1)
    (change,) = acceptance.accept()
    assert (change.page, change.kind) == ("two", "removed")
    assert not (built / "tests" / "expected" / "two.json").exists()


@pytest.mark.parametrize("act", [acceptance.accept, acceptance.find_changes])
def test_results_out_of_date_are_refused(built, act):
    (built / "build" / "results" / "one.json").write_text("{}", encoding="utf-8")
    with pytest.raises(WorkbookError, match=r"the page one is out of date\. Run: metaworkbook rep"):
        act()
    (built / "build" / "results" / "two.json").unlink()
    with pytest.raises(WorkbookError, match="2 pages are out of date"):
        act()


def test_the_reason_must_name_the_very_results_accepted(built):
    acceptance.accept()
    changes = built / "CHANGELOG.md"
    assert not acceptance.has_reason()
    changes.write_text(f"- First. ({acceptance.accepted_mark()})\n", encoding="utf-8")
    assert acceptance.has_reason()
    finish(built, one=0.1, two=0.3)
    acceptance.accept()
    assert not acceptance.has_reason()


def test_many_names_are_cut(built):
    acceptance.accept()
    file = built / "tests" / "expected" / "_sources.json"
    content = json.loads(file.read_text("utf-8"))
    content["rows"] = dict.fromkeys(content["rows"], "other")
    file.write_text(json.dumps(content), encoding="utf-8")
    (reason,) = acceptance.explain_sources(file)
    count = len(content["rows"])
    assert reason.startswith(f"{count} rows changed: ")
    assert reason.endswith(f" and {count - acceptance.SHOWN} more")


def test_a_torn_file_of_sources_is_named(built):
    acceptance.accept()
    file = built / "tests" / "expected" / "_sources.json"
    file.write_text("{", encoding="utf-8")
    with pytest.raises(WorkbookError, match="Restore the file"):
        acceptance.explain_sources(file)


def test_torn_accepted_results_are_replaced(built):
    acceptance.accept()
    folder = built / "tests" / "expected"
    whole = books.digest_folder(folder)
    for file in folder.glob("*.json"):
        file.write_bytes(file.read_bytes()[:20])
    acceptance.accept()
    assert books.digest_folder(folder) == whole


def test_accepting_stopped_anywhere_leaves_whole_files(built, monkeypatch):
    acceptance.accept()
    folder = built / "tests" / "expected"
    before = books.digest_folder(folder)
    finish(built, one=0.3, two=0.4)
    rename = type(folder).replace
    for stop in range(3):
        left = [stop]

        def replace(self, target, left=left):
            if not left[0]:
                raise KeyboardInterrupt
            left[0] -= 1
            return rename(self, target)

        monkeypatch.setattr(type(folder), "replace", replace)
        with pytest.raises(KeyboardInterrupt):
            acceptance.accept()
        monkeypatch.setattr(type(folder), "replace", rename)
        assert sorted(os.listdir(folder)) == ["_sources.json", "one.json", "two.json"]
        for file in folder.glob("*.json"):
            json.loads(file.read_bytes())
    acceptance.accept()
    assert books.digest_folder(folder) != before
    assert acceptance.find_changes()[0] == []


@pytest.mark.parametrize("content", ["[1]", '{"rows": [1]}', "[" * 100_000])
def test_sources_that_are_no_digests_are_named(built, content):
    acceptance.accept()
    (built / "tests" / "expected" / acceptance.SOURCES).write_text(content, encoding="utf-8")
    with pytest.raises(WorkbookError, match=r"_sources\.json: .*metaworkbook accept"):
        acceptance.find_changes()


def test_a_file_in_the_place_of_the_accepted_results_is_named(built):
    (built / "tests").mkdir(exist_ok=True)
    (built / "tests" / "expected").write_text("", encoding="utf-8")
    with pytest.raises(WorkbookError, match="in the way of a folder"):
        acceptance.accept()
