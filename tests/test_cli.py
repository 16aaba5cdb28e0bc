"""The commands: what they print, where, and with which exit code; and that they start fast."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from metaworkbook import cli, paths
from metaworkbook.publishing import keys

REAL = Path(__file__).resolve().parents[1]
_spec = importlib.util.spec_from_file_location("books", REAL / "tests" / "publishing" / "books.py")
books = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(books)


@pytest.fixture
def project(tmp_path, monkeypatch):
    folder = books.make_project(tmp_path / "project")
    books.add_page(folder, "one", books.make_notebook("level"))
    monkeypatch.setenv(paths.ROOT_VARIABLE, str(folder))
    monkeypatch.setenv(paths.BUILD_VARIABLE, str(folder / "build"))
    # A package that someone edits while the tests run must not move their pages.
    monkeypatch.setattr(keys, "list_package", list_files)
    return folder


def list_files(package):
    return [package / "errors.py"]


@pytest.fixture
def call(monkeypatch, capsys):
    """Run a command in this process; return its exit code, stdout and stderr."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["metaworkbook", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capsys.readouterr()
        return ended.value.code, out, err

    return run


@pytest.fixture
def stand_ins(monkeypatch):
    """A nursery and a renderer that cost nothing: what a command says is tested here, no more."""
    from metaworkbook.publishing import build

    renderer = books.make_renderer()
    books.StandIn.ran = []
    monkeypatch.setattr(build, "open_nursery", books.StandIn)
    monkeypatch.setattr(build, "load_renderer", lambda: renderer)


def test_check_says_what_is_sound_in_one_line(project, call):
    code, out, err = call("check")
    assert (code, err) == (0, "")
    assert out.startswith("Sound: 2 studies, 0 samples, ")
    assert ", 1 page; checksum " in out
    assert out.count("\n") == 1


def test_check_prints_every_problem_of_evidence_list_and_notebooks(project, call):
    books.add_page(project, "two", books.make_notebook("print(level)"), levl=3)
    file = project / "effects" / "studies.csv"
    file.write_text(file.read_text("utf-8").replace("study_id", "study", 1), "utf-8")
    code, out, err = call("check")
    assert (code, out) == (1, "")
    lines = err.splitlines()
    assert any(line.startswith("effects/studies.csv") for line in lines)
    assert any(line.startswith("notebooks/pages.toml, row 8 (two)") for line in lines)
    assert any(line.startswith("notebooks/two.ipynb (cell 2): found print()") for line in lines)
    assert lines[-1] == f"{len(lines) - 1} problems found."
    assert "Traceback" not in err


def test_report_builds_and_then_has_nothing_to_do(project, call, stand_ins):
    code, out, err = call("report", "--jobs", "1")
    assert (code, err) == (0, "")
    index = project / "build" / "site" / "index.html"
    assert out.splitlines()[-1] == f"Built {index}: 1 page run, 0 unchanged."
    assert index.is_file()
    code, out, err = call("report")
    assert (code, out, err) == (0, f"Nothing changed: {index} is current (1 page).\n", "")


def test_report_with_a_failed_page_says_so_and_exits_1(project, call, stand_ins):
    books.add_page(project, "bad", books.make_notebook(books.FAILING))
    code, _, err = call("report")
    assert code == 1
    assert err.splitlines()[0] == "page bad (notebooks/bad.ipynb), cell 2: it broke."
    assert err.splitlines()[-1].startswith("1 page failed; ")
    assert err.splitlines()[-1].endswith("index.html holds the other pages.")


def test_report_refuses_an_unknown_engine(project, call):
    code, _, err = call("report", "--engine", "warp")
    assert (code, err) == (1, '--engine: found "warp"; allowed: kernels, forked. Correct it.\n')


@pytest.mark.parametrize("option", [["--jobs", "0"], ["--time-limit", "0"], ["--only"], ["--x"]])
def test_report_refuses_bad_options_without_a_trace(project, call, option):
    code, _, err = call("report", *option)
    assert code == 2
    assert "Traceback" not in err


def test_outside_a_project_the_message_says_what_to_do(tmp_path, monkeypatch, call):
    monkeypatch.setenv(paths.ROOT_VARIABLE, str(tmp_path))
    monkeypatch.delenv(paths.BUILD_VARIABLE, raising=False)
    for command in ("check", "report", "tidy", "clean"):
        code, out, err = call(command)
        assert (code, out) == (1, "")
        assert err.startswith("no project found: ")


def test_tidy_changes_what_a_tool_left_and_says_so(project, call):
    file = project / "notebooks" / "one.ipynb"
    clean = file.read_bytes()
    file.write_bytes(clean.replace(b'"execution_count": null', b'"execution_count": 3'))
    assert call("tidy") == (0, "tidied one.ipynb\n1 notebook, 1 changed.\n", "")
    assert file.read_bytes() == clean
    assert call("tidy", str(file)) == (0, "1 notebook, 0 changed.\n", "")


def test_clean_removes_the_build_folder(project, call, monkeypatch):
    (project / "build" / "site").mkdir(parents=True)
    code, out, _ = call("clean")
    assert (code, out) == (0, f"Removed {project / 'build'}.\n")
    assert not (project / "build").exists()
    assert call("clean")[0] == 0
    monkeypatch.delenv(paths.BUILD_VARIABLE)
    (project / "build").symlink_to("nowhere")
    assert call("clean")[0] == 0
    assert not (project / "build").is_symlink()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="only Linux has a disk always full")
def test_an_output_that_cannot_be_written_is_one_message(project):
    with open("/dev/full", "w", encoding="utf-8") as full:
        command = [sys.executable, "-m", "metaworkbook.cli", "check"]
        told = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    words = "standard output: no space left on device. Send it elsewhere and run again.\n"
    assert (told.returncode, told.stderr) == (1, words)


def test_diff_fails_until_the_results_are_accepted_with_a_reason(project, call, stand_ins):
    code, out, err = call("diff")
    assert (code, out) == (1, "")
    assert err == "the page one is out of date. Run: metaworkbook report, and then this again.\n"
    call("report")
    code, out, err = call("diff")
    assert code == 1
    assert out.splitlines() == [
        "1 result moved on 1 page.", "", "one: 1 result moved",
        "  the page: new, results not yet accepted",
    ]  # fmt: skip
    assert err == "If this is meant, run: metaworkbook accept\n"
    code, out, err = call("accept")
    assert (code, err) == (0, "")
    first, second = out.splitlines()
    assert first == f"Accepted 1 change on 1 page into {project / 'tests' / 'expected'}."
    mark = second.split('"')[1]
    code, out, err = call("diff")
    assert (code, out, err) == (1, "No result moved.\n", second + "\n")
    (project / "CHANGELOG.md").write_text(f"- First results. ({mark})\n", encoding="utf-8")
    assert call("diff") == (0, "No result moved.\n", "")
    assert call("diff", "--markdown") == (0, "No result moved.\n", "")


def test_diff_names_the_number_and_the_notebook(project, call, stand_ins):
    call("report")
    call("accept")
    file = project / "notebooks" / "one.ipynb"
    file.write_text(file.read_text("utf-8").replace('"level"', '"level, 1"'), "utf-8")
    call("report")
    code, out, _ = call("diff")
    lines = out.splitlines()
    assert code == 1
    assert lines[:-1] == [
        "1 result moved on 1 page.", "since: 1 notebook changed: one.ipynb", "",
        "one: 1 result moved",
    ]  # fmt: skip
    assert lines[-1].startswith("  source: ")
    assert call("diff", "--all")[1] == out
    _, out, _ = call("diff", "--markdown")
    assert out.startswith("**1 result moved on 1 page.**\n\n- 1 notebook changed: one.ipynb\n")


def test_verify_finds_what_was_altered(project, call, stand_ins):
    assert call("verify")[0] == 1
    call("report")
    site = project / "build" / "site"
    code, out, err = call("verify")
    assert (code, err) == (0, "")
    assert out.endswith(" files as the manifest says, built from the present sources.\n")
    (site / "one.html").write_text("altered", encoding="utf-8")
    for arguments in ([], [str(site)]):
        code, out, err = call("verify", *arguments)
        assert (code, out) == (1, "")
        assert err.startswith("one.html: found checksum ")
        assert err.splitlines()[-1] == "1 problem found."


def test_help_names_every_command_and_option(call):
    code, out, _ = call("--help")
    assert code == 0
    for command in ("check", "report", "tidy", "clean", "diff", "accept", "verify"):
        assert command in out
    _, out, _ = call("report", "--help")
    for option in ("--only", "--jobs", "--engine", "--wait", "--time-limit", "--memory-limit"):
        assert option in out


def interrupt(*_):
    raise KeyboardInterrupt


def terminate(*_):
    signal.raise_signal(signal.SIGTERM)


@pytest.mark.parametrize(("stop", "code"), [(interrupt, 130), (terminate, 143)])
def test_an_interruption_is_told_calmly(project, call, monkeypatch, stop, code):
    from metaworkbook.publishing import build

    monkeypatch.setattr(build, "build", stop)
    before = signal.getsignal(signal.SIGTERM)
    try:
        assert call("report")[::2] == (code, "Stopped; there is no site.\n")
        (project / "build" / "site").mkdir(parents=True)
        assert call("report")[::2] == (code, "Stopped; the last site is unchanged.\n")
    finally:
        signal.signal(signal.SIGTERM, before)


ROGUE = {
    "secrets.py": ("report", "secrets", "or unset PYTHONPATH"),
    "click.py": ("--help", "click", "or unset PYTHONPATH"),
}


@pytest.mark.parametrize("name", ROGUE)
def test_a_package_that_cannot_be_imported_is_one_message(project, tmp_path, name):
    """A module in front of the environment's own does what a damaged one would do."""
    command, lacking, remedy = ROGUE[name]
    (tmp_path / "rogue").mkdir()
    (tmp_path / "rogue" / name).write_text("raise ImportError(f'no {__name__}')", "utf-8")
    told = subprocess.run(
        [sys.executable, "-m", "metaworkbook.cli", command],
        env=os.environ | {"PYTHONPATH": str(tmp_path / "rogue")},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert told.returncode == 1
    (line,) = told.stderr.splitlines()
    assert f"no {lacking}" in line
    assert "Run: make setup" in line
    assert remedy in line


def test_a_notebook_that_is_not_there_is_named_as_it_was(project, call, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for given in ("nope.ipynb", "a/b/nope.ipynb", str(tmp_path / "nope.ipynb")):
        code, _, err = call("tidy", given)
        assert code == 1
        assert err.startswith(f"{given}: found no such file or directory")


def test_a_site_without_a_day_says_so(project, call, stand_ins, monkeypatch):
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    assert "note: no commit tells the day of the sources" in call("report")[1]
    (project / "build" / "site" / "index.html").unlink()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000000000")
    assert "no commit" not in call("report")[1]


def test_nothing_heavy_is_imported_when_nothing_has_to_be_done(project, call, stand_ins):
    """What makes a command slow is what it imports, so the imports are counted, not seconds."""
    assert call("report")[0] == 0
    heavy = ("pandas", "scipy", "matplotlib", "papermill", "nbformat", "nbconvert", "IPython")
    script = (
        "import sys\n"
        "from metaworkbook import cli\n"
        "from metaworkbook.publishing import keys\n"
        "keys.list_package = lambda package: [package / 'errors.py']\n"
        "sys.argv = ['metaworkbook', 'report']\n"
        "try:\n    cli.main()\nexcept SystemExit as ended:\n    assert not ended.code\n"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    out = subprocess.run(
        [sys.executable, "-c", script], env=os.environ, capture_output=True, text=True, check=True
    )
    assert out.stdout.splitlines()[-1] == "[]"
    assert out.stdout.startswith("Nothing changed: ")


def test_a_build_started_without_streams_builds(project, stand_ins, monkeypatch):
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, None)
    monkeypatch.setattr(sys, "argv", ["metaworkbook", "report"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    for stream in (sys.stdout, sys.stderr):
        stream.close()
    monkeypatch.undo()
    assert ended.value.code == 0
    assert (project / "build" / "site" / "index.html").is_file()
