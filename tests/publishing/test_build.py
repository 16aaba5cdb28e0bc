"""The build: only what changed runs, the site is old or new, mistakes stop it before it starts.

Most tests replace the nursery by one that makes its pages in place and counts them.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import sys
import traceback

import pytest

from metaworkbook.errors import PageError, ProblemsError, WorkbookError
from metaworkbook.evidence.ledger import read_ledger
from metaworkbook.publishing import assembly, keys, plan, swap
from metaworkbook.publishing import build as building
from metaworkbook.publishing.build import Options, build
from metaworkbook.publishing.progress import Progress

from . import books


@pytest.fixture
def ran(monkeypatch):
    """Names of the pages run since the list was last cleared."""
    books.StandIn.ran = []
    monkeypatch.setattr(building, "open_nursery", books.StandIn)
    # A package that someone edits while the tests run must not move their pages.
    monkeypatch.setattr(keys, "list_package", lambda package: [package / "errors.py"])
    return books.StandIn.ran


@pytest.fixture
def three(project, ran):
    """A project with a page of its own notebook and two that share one."""
    books.add_page(project, "one", books.make_notebook("1"))
    books.add_page(project, "shared", books.make_notebook("2"))
    books.add_page(project, "other", level=0.9)
    return project


def see_all(notebook, parameters, ledger):
    """Stand-in pages read the whole evidence."""
    return ledger.checksum


def go(renderer=None, look=see_all, **options):
    return build(
        Options(**options), Progress(io.StringIO()), renderer or books.make_renderer(), look
    )


def rebuild(ran, **options):
    ran.clear()
    return go(**options)


def read_site(project):
    return books.digest_folder(project / "build" / "site")


def edit(file, old, new):
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_site_has_every_page_in_both_languages(three, ran):
    outcome = go()
    assert (outcome.ran, outcome.kept, outcome.swapped) == (["one", "shared", "other"], [], True)
    studies = [line.split(",")[0] for line in
               (three / "effects" / "studies.csv").read_text("utf-8").splitlines()[1:]]  # fmt: skip
    html = ["index.html", "one.html", "shared.html", "other.html"]
    html += [f"study/{study}.html" for study in studies]
    expected = {*html, *(f"nb/{name}" for name in html)}
    expected |= {f"data/{name}.json" for name in ("one", "shared", "other")}
    expected |= {"manifest.json", "ro-crate-metadata.json"}
    assert set(read_site(three)) == expected
    assert "lang=nb" in (three / "build" / "site" / "nb" / "one.html").read_text("utf-8")
    assert sorted(os.listdir(three / "build")) == [".lock", "bodies", "executed", "results", "site"]


def test_nothing_runs_and_nothing_is_written_when_nothing_changed(three, ran):
    go()
    before = (three / "build" / "site").stat().st_ino
    outcome = rebuild(ran)
    assert (ran, outcome.ran, outcome.swapped) == ([], [], False)
    assert outcome.kept == ["one", "shared", "other"]
    assert (three / "build" / "site").stat().st_ino == before


def test_each_change_runs_the_pages_that_can_see_it(three, ran):
    go()
    notebooks = three / "notebooks"
    edit(notebooks / "one.ipynb", '"1"', '"3"')
    rebuild(ran)
    assert ran == ["one"]
    edit(notebooks / "pages.toml", "level = 0.9", "level = 0.8")
    rebuild(ran)
    assert ran == ["other"]
    edit(notebooks / "shared.ipynb", '"2"', '"4"')
    rebuild(ran)
    assert ran == ["shared", "other"]
    edit(three / "requirements.lock", "1", "2")
    rebuild(ran)
    assert ran == ["one", "shared", "other"]


def test_a_title_renders_anew_but_runs_nothing(three, ran):
    go()
    edit(three / "notebooks" / "pages.toml", "Title of one", "New title")
    outcome = rebuild(ran)
    assert (ran, outcome.swapped) == ([], True)


def test_outputs_and_tool_metadata_in_a_notebook_run_nothing(three, ran):
    go()
    edit(three / "notebooks" / "one.ipynb", '"execution_count": null', '"execution_count": 7')
    rebuild(ran)
    assert ran == []


@pytest.mark.parametrize("file", ["executed/one.ipynb", "results/one.json", "executed/one.json"])
def test_a_lost_or_altered_output_is_made_again(three, ran, file):
    go()
    before = read_site(three)
    (three / "build" / file).write_text("altered", encoding="utf-8")
    rebuild(ran)
    assert ran == ["one"]
    (three / "build" / file).unlink()
    rebuild(ran)
    assert ran == ["one"]
    assert read_site(three) == before


def change_evidence(project):
    """Exchange the two studies: sound as before, and another file."""
    file = project / "effects" / "studies.csv"
    header, first, second = file.read_text("utf-8").splitlines(keepends=True)
    file.write_text(header + second + first, encoding="utf-8")


def test_a_change_of_the_evidence_runs_every_page(three, ran):
    go()
    change_evidence(three)
    rebuild(ran)
    assert ran == ["one", "shared", "other"]


def test_rows_that_did_not_move_spare_their_pages(three, ran):
    seen = {0.5: "a", 0.9: "b"}

    def look(notebook, parameters, ledger):
        return seen[parameters["level"]] + str(len(ledger["studies"]))

    go(look=look)
    change_evidence(three)
    outcome = rebuild(ran, look=look)
    assert (ran, outcome.kept, outcome.swapped) == ([], ["one", "shared", "other"], True)
    assert rebuild(ran, look=look).swapped is False
    change_evidence(three)
    seen[0.9] = "c"
    outcome = rebuild(ran, look=look)
    assert (ran, outcome.kept) == (["other"], ["one", "shared"])
    edit(three / "notebooks" / "one.ipynb", '"1"', '"3"')
    rebuild(ran, look=look)
    assert ran == ["one"]


def test_a_page_whose_sight_cannot_be_told_always_runs(three, ran):
    go(look=lambda *_: "")
    change_evidence(three)
    rebuild(ran, look=lambda *_: "")
    assert ran == ["one", "shared", "other"]


def test_only_runs_the_page_named(three, ran):
    go()
    change_evidence(three)
    outcome = rebuild(ran, only=["shared"])
    assert (ran, outcome.stale, outcome.kept) == (["shared"], ["one", "other"], [])
    outcome = rebuild(ran)
    assert (ran, outcome.stale, outcome.kept) == (["one", "other"], [], ["shared"])
    with pytest.raises(PageError, match=r'found "shard"; allowed: one, .* Did you mean "shared"'):
        go(only=["shard"])


def test_only_on_a_new_project_gives_a_site_of_that_page(three, ran):
    go(only=["one"])
    assert "one.html" in read_site(three)
    assert "shared.html" not in read_site(three)


def test_a_page_that_is_no_longer_listed_goes(three, ran):
    go()
    listed = (three / "notebooks" / "pages.toml").read_text("utf-8")
    (three / "notebooks" / "pages.toml").write_text(listed[: listed.rindex("[[page]]")], "utf-8")
    rebuild(ran)
    assert ran == []
    assert "other.html" not in read_site(three)
    assert sorted(os.listdir(three / "build" / "results")) == ["one.json", "shared.json"]


def test_a_failed_page_keeps_the_last_good_site_and_the_others_are_ready(three, ran):
    go()
    before = read_site(three)
    edit(three / "notebooks" / "one.ipynb", '"1"', f'"{books.FAILING}"')
    edit(three / "notebooks" / "shared.ipynb", '"2"', '"4"')
    outcome = rebuild(ran)
    assert [failure.page for failure in outcome.failures] == ["one"]
    assert (outcome.ran, outcome.swapped) == (["shared", "other"], False)
    assert read_site(three) == before
    edit(three / "notebooks" / "one.ipynb", books.FAILING, "1")
    rebuild(ran)
    assert ran == []
    edit(three / "notebooks" / "one.ipynb", '"1"', '"5"')
    rebuild(ran)
    assert ran == ["one"]


def test_without_a_site_the_other_pages_are_shown(project, ran):
    books.add_page(project, "good", books.make_notebook("1"))
    books.add_page(project, "bad", books.make_notebook(books.FAILING))
    outcome = go()
    assert (outcome.swapped, len(outcome.failures)) == (True, 1)
    assert "good.html" in read_site(project)
    assert "bad.html" not in read_site(project)
    rebuild(ran)
    assert ran == ["bad"]


PLANTED = {
    "a header": ("effects/studies.csv", "study_id", "study", "effects/studies.csv"),
    "a parameter": ("notebooks/pages.toml", "level = 0.9", "levl = 0.9", 'Did you mean "level"?'),
    "a type": ("notebooks/pages.toml", "level = 0.9", 'level = "x"', "allowed: a number"),
    "a name": ("notebooks/pages.toml", '"other"', '"../other"', 'found "../other"'),
    "a tag": ("notebooks/one.ipynb", '"parameters"', '"params"', "no parameters cell"),
    "a notebook": ("notebooks/one.ipynb", "{", "", "notebooks/one.ipynb: found "),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_a_mistake_stops_the_build_before_a_page_runs(three, ran, planted):
    go()
    before = read_site(three)
    file, old, new, expected = PLANTED[planted]
    edit(three / file, old, new)
    ran.clear()
    with pytest.raises(ProblemsError) as caught:
        go()
    assert any(expected in str(problem) for problem in caught.value.problems)
    assert ran == []
    assert read_site(three) == before
    assert sorted(os.listdir(three / "build")) == [".lock", "bodies", "executed", "results", "site"]


def test_a_value_that_the_evidence_does_not_know_stops_the_build(three, ran):
    """The notebook would find it too, but only once it runs."""
    asked = 'page: str = ""  # its name\nrater: str = "any"  # who rates\nx: str = "dismissing"'
    other = 'page: str = ""  # its name\nsource: str = "demonstration"  # where from\nx: str = "z"'
    books.add_page(three, "asked", books.make_notebook("rater", parameters=asked))
    books.add_page(three, "elsewhere", books.make_notebook("x", parameters=other))
    go()
    before = read_site(three)
    for old, new in (('"any"', '"patient"'), ('"dismissing"', '"avoidant"')):
        edit(three / "notebooks" / "asked.ipynb", json.dumps(old)[1:-1], json.dumps(new)[1:-1])
    ran.clear()
    with pytest.raises(ProblemsError) as caught:
        go()
    found = [
        ("notebooks/pages.toml", "asked", "parameter rater of asked.ipynb", '"patient"'),
        ("notebooks/pages.toml", "asked", "parameter x of asked.ipynb", '"avoidant"'),
    ]
    assert [(p.file, p.key, p.column, p.found) for p in caught.value.problems] == found
    # Whatever else is wrong with the page, the same values are.
    title = 'title = "Title of asked"'
    edit(three / "notebooks" / "pages.toml", title, 'title = ""')
    with (three / "notebooks" / "pages.toml").open("a", encoding="utf-8") as file:
        file.write("[page.parameters]\nx = 3\n")
    with pytest.raises(ProblemsError) as caught:
        go()
    places = [(problem.key, problem.column) for problem in caught.value.problems]
    assert ("asked", "title") in places
    assert ("asked", "parameter rater of asked.ipynb") in places
    assert ("elsewhere", "parameter x of elsewhere.ipynb") in places
    assert ran == []
    assert read_site(three) == before


def test_all_mistakes_of_evidence_and_pages_come_at_once(three):
    for file, old, new, _ in (PLANTED["a header"], PLANTED["a parameter"], PLANTED["a tag"]):
        edit(three / file, old, new)
    with pytest.raises(ProblemsError) as caught:
        go()
    files = {problem.file for problem in caught.value.problems}
    assert {"effects/studies.csv", "notebooks/pages.toml", "notebooks/one.ipynb"} <= files


@pytest.mark.parametrize("jobs", [1, 3])
def test_a_mistake_found_while_rendering_keeps_the_site(three, ran, jobs):
    go()
    before = read_site(three)
    edit(three / "notebooks" / "one.ipynb", '"1"', '"3"')
    outcome = go(books.make_renderer(WorkbookError("a formula that cannot be shown")), jobs=jobs)
    assert list(map(str, outcome.failures)) == [
        "page one (notebooks/one.ipynb): a formula that cannot be shown."
    ]
    assert outcome.swapped is False
    assert read_site(three) == before
    rebuild(ran)
    assert ran == []
    assert ".work-" not in str(os.listdir(three / "build"))


@pytest.mark.parametrize("jobs", [1, 3])
def test_a_full_disk_while_rendering_is_one_message(three, ran, jobs):
    with pytest.raises(WorkbookError, match=r"the disk is full\. There is no site\. Free"):
        go(books.make_renderer(OSError(28, "No space left on device", "x")), jobs=jobs)
    assert sorted(os.listdir(three / "build")) == [".lock", "bodies", "executed", "results"]


@pytest.mark.parametrize("jobs", [1, 3])
def test_a_defect_of_the_renderer_is_not_taken_for_a_users_mistake(three, ran, jobs):
    """It is told with its trace, and with the page that met it."""
    outcome = go(books.make_renderer(KeyError("missing word")), jobs=jobs)
    assert [failure.page for failure in outcome.failures] == ["one", "shared", "other"]
    for failure in outcome.failures:
        first, *trace = str(failure).splitlines()
        assert f"page {failure.page} (notebooks/{failure.notebook}): it cannot be shown" in first
        assert trace[0].startswith("Traceback")
        assert trace[-1] == "KeyError: 'missing word'"
    assert outcome.swapped is False


# The parts of a renderer, and the pages that a call of one shows.
PARTS = {
    "render_body": lambda notebook, page, *_: [page.name],
    "render_page": lambda body, page, *_: [page.name],
    "render_index": lambda results, *_: list(results),
}


@pytest.mark.parametrize("part", PARTS)
def test_a_page_that_cannot_be_shown_is_named_and_the_others_are_built(three, ran, part):
    choking = books.make_renderer()
    work = getattr(choking, part)

    def choke(*given):
        if "shared" in PARTS[part](*given):
            raise ZeroDivisionError("a display that nobody foresaw")
        return work(*given)

    setattr(choking, part, choke)
    outcome = go(choking, jobs=2)
    assert [failure.page for failure in outcome.failures] == ["shared"]
    assert outcome.swapped is True
    site = read_site(three)
    assert {"one.html", "other.html"} <= set(site)
    assert "shared.html" not in site
    outcome = go(choking, jobs=2)
    assert ([failure.page for failure in outcome.failures], outcome.swapped) == (["shared"], False)
    assert read_site(three) == site
    ran.clear()
    outcome = go()
    assert (outcome.failures, outcome.swapped, ran) == ([], True, [])


def test_a_full_disk_while_a_page_is_kept_names_the_page_and_the_others_are_kept(
    three, ran, monkeypatch
):
    write = keys.Record.write

    def refuse(record, file):
        if file.stem == "one":
            raise OSError(28, "No space left on device", str(file))
        write(record, file)

    monkeypatch.setattr(keys.Record, "write", refuse)
    outcome = go()
    assert list(map(str, outcome.failures)) == [
        "page one (notebooks/one.ipynb): the disk is full. Free space and run again."
    ]
    assert outcome.ran == ["shared", "other"]
    monkeypatch.undo()


def test_a_study_can_write_nowhere_but_its_folder(three, ran):
    for name in ("../x", "a/b", "", ".hidden", "x" * 101, "å"):
        with pytest.raises(WorkbookError, match="cannot become a file name"):
            assembly.check_name(name)
    assert assembly.check_name("mallinckrodt1995-a") == "mallinckrodt1995-a"


def test_two_builds_give_the_same_bytes(three, ran):
    go()
    before = read_site(three)
    for entry in (three / "build").iterdir():
        swap.remove(entry)
    go(jobs=3)
    assert read_site(three) == before


def kill_at(count, project):
    """Kill this process before the given line of the build, counted in each of its processes."""
    left, builder = count, os.getpid()
    files = {module.__file__ for module in (building, assembly, swap, keys, plan)}

    def trace(frame, event, argument):
        nonlocal left
        if frame.f_code.co_filename not in files:
            return None
        if event == "line":
            left -= 1
            if left == 0:
                os.kill(builder, signal.SIGKILL)
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)
    go()
    sys.settrace(None)


POINTS = 50


def test_a_kill_at_any_moment_leaves_the_old_site_or_the_new_one(three, ran, monkeypatch):
    """The points lie a prime number of lines apart, from the first line until the build ends."""
    ledger = read_ledger()
    monkeypatch.setattr(building, "_read_ledger", lambda problems, chosen: ledger)
    folder, saved = three / "build", three / "saved"
    go()
    old = read_site(three)
    edit(three / "notebooks" / "one.ipynb", '"1"', '"3"')
    shutil.copytree(folder, saved)
    go()
    new = read_site(three)
    assert new != old
    seen, killed, line, stride = [], 1, 1, 13
    while killed:
        swap.remove(folder)
        shutil.copytree(saved, folder)
        child = os.fork()
        if not child:
            code = 1
            try:
                kill_at(line, three)
                code = 0
            except Exception:
                traceback.print_exc()
            finally:
                os._exit(code)
        killed = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert killed in (0, -signal.SIGKILL), f"failed, to be killed before line {line}"
        site = read_site(three)
        assert site in (old, new), f"killed before line {line}"
        seen.append(site == new)
        go()
        assert read_site(three) == new, f"not healed after a kill before line {line}"
        assert sorted(os.listdir(folder)) == [".lock", "bodies", "executed", "results", "site"]
        line += stride
    assert len(seen) >= POINTS
    assert {True, False} == set(seen)


def test_real_kernels_build_a_whole_site(project):
    books.add_page(project, "one", books.make_notebook("level"))
    books.add_page(project, "two", books.make_notebook("1 / 0"))
    outcome = go()
    assert outcome.ran == ["one"]
    assert "cell 2: ZeroDivisionError" in str(outcome.failures[0])
    saved = json.loads((project / "build" / "results" / "one.json").read_text("utf-8"))
    assert saved["results"] == {"level": 0.5}
    assert sorted(os.listdir(project / "build")) == [
        ".lock",
        "bodies",
        "executed",
        "results",
        "site",
    ]


@pytest.mark.parametrize("how", ["lost", "altered", "more"])
def test_a_site_that_is_not_what_was_built_is_put_together_again(three, ran, how):
    go()
    before = read_site(three)
    index = three / "build" / "site" / "index.html"
    if how == "lost":
        index.unlink()
    else:
        (index if how == "altered" else index.with_name("more.html")).write_text("x", "utf-8")
    outcome = rebuild(ran)
    assert (ran, outcome.swapped) == ([], True)
    assert read_site(three) == before


class Editor(books.StandIn):
    """A nursery during whose run somebody edits a file."""

    edit = None

    def run(self, tasks, *rest):
        Editor.edit()
        Editor.found = {task.page: task.notebook.read_text(encoding="utf-8") for task in tasks}
        return super().run(tasks, *rest)


@pytest.mark.parametrize("name", ["effects/studies.csv", "notebooks/multiverse.toml"])
def test_evidence_edited_while_pages_run_is_refused(three, ran, monkeypatch, name):
    go()
    before = read_site(three)
    edit(three / "notebooks" / "one.ipynb", '"1"', '"3"')
    file = three / name
    old = file.read_bytes() if file.is_file() else b""
    monkeypatch.setattr(building, "open_nursery", Editor)
    monkeypatch.setattr(Editor, "edit", lambda: file.write_bytes(old + b"\n"))
    with pytest.raises(WorkbookError, match=f"{name}: edited while the pages ran"):
        go()
    assert read_site(three) == before
    file.write_bytes(old)
    monkeypatch.setattr(building, "open_nursery", books.StandIn)
    rebuild(ran)
    assert ran == ["one"]


def test_the_notebook_that_was_planned_runs(three, ran, monkeypatch):
    """An edit while pages run belongs to the next build, whatever the file says meanwhile."""
    file = three / "notebooks" / "one.ipynb"
    old = file.read_text(encoding="utf-8")
    monkeypatch.setattr(building, "open_nursery", Editor)
    monkeypatch.setattr(Editor, "edit", lambda: edit(file, '"1"', '"9"'))
    go()
    assert '"1"' in Editor.found["one"]
    assert '"9"' not in Editor.found["one"]
    monkeypatch.setattr(building, "open_nursery", books.StandIn)
    rebuild(ran)
    assert ran == ["one"]
    file.write_text(old, encoding="utf-8")
    rebuild(ran)
    assert ran == ["one"]


def test_the_list_of_pages_edited_while_pages_run_is_seen_by_the_next_build(
    three, ran, monkeypatch
):
    title = three / "notebooks" / "pages.toml"
    monkeypatch.setattr(building, "open_nursery", Editor)
    monkeypatch.setattr(Editor, "edit", lambda: edit(title, "Title of one", "New title"))
    go()
    monkeypatch.setattr(building, "open_nursery", books.StandIn)
    outcome = rebuild(ran)
    assert (ran, outcome.swapped) == ([], True)


def test_another_environment_runs_every_page(three, ran, monkeypatch):
    go()
    before = read_site(three)
    monkeypatch.setattr(keys, "list_installed", lambda: ["numpy-9.9.9.dist-info"])
    rebuild(ran)
    assert ran == ["one", "shared", "other"]
    # Two machines with the same lock make the same site.
    assert read_site(three) == before


def test_what_lies_behind_a_link_stays(three, ran, tmp_path):
    go()
    kept = tmp_path / "elsewhere"
    shutil.copytree(three / "build" / "results", kept)
    shutil.rmtree(three / "build" / "results")
    (kept / "important.json").write_text("{}", encoding="utf-8")
    (kept / "important.txt").write_text("mine", encoding="utf-8")
    (three / "build" / "results").symlink_to(kept)
    edit(three / "notebooks" / "one.ipynb", '"1"', '"3"')
    go()
    assert (kept / "important.txt").is_file()
    assert (kept / "important.json").is_file()


def test_a_folder_in_the_place_of_a_result_is_removed(three, ran):
    go()
    result = three / "build" / "results" / "one.json"
    result.unlink()
    result.mkdir()
    outcome = rebuild(ran)
    assert (outcome.ran, outcome.failures) == (["one"], [])
