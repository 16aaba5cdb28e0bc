"""The site is whole at every moment: the lock, the exchange, what a kill leaves, full disks."""

from __future__ import annotations

import errno
import os
import subprocess
import sys

import pytest

from metaworkbook.errors import WorkbookError
from metaworkbook.publishing import swap

from . import books


@pytest.fixture
def build(tmp_path):
    build = tmp_path / "build"
    build.mkdir()
    return build


def make_site(folder, word):
    folder.mkdir()
    (folder / "index.html").write_text(word, encoding="utf-8")
    (folder / "nb").mkdir()
    (folder / "nb" / "index.html").write_text(word, encoding="utf-8")
    return folder


def read_site(build):
    return {(build / "site" / name).read_text() for name in ("index.html", "nb/index.html")}


@pytest.fixture(params=["one step", "two steps"])
def way(request, monkeypatch):
    """The exchange in one step, and the way of systems that have none."""
    if request.param == "two steps":
        monkeypatch.setattr(swap, "exchange", lambda one, other: False)
    return request.param


def test_the_first_site_and_the_next_are_installed_whole(build, way):
    for word in ("old", "new"):
        swap.install(make_site(build / f".site-{word}", word), build)
        assert read_site(build) == {word}
        assert sorted(os.listdir(build)) == ["site"]


def test_the_exchange_is_one_step_here(build):
    make_site(build / "one", "1")
    make_site(build / "two", "2")
    assert swap.exchange(build / "one", build / "two")
    assert (build / "one" / "index.html").read_text() == "2"
    assert (build / "two" / "index.html").read_text() == "1"


def test_an_exchange_with_nothing_is_an_error(build):
    make_site(build / "one", "1")
    with pytest.raises(FileNotFoundError):
        swap.exchange(build / "one", build / "two")


def kill_at(line, build):
    """Kill this process when it is about to run the given line of swap.py, counted as they run."""
    import signal

    count = 0

    def trace(frame, event, argument):
        nonlocal count
        if frame.f_code.co_filename != swap.__file__:
            return None
        if event == "line":
            count += 1
            if count == line:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)
    swap.install(build / ".site-new", build)
    sys.settrace(None)


def test_a_kill_at_any_line_leaves_a_whole_site_and_heals(tmp_path, way):
    line, killed = 0, 1
    words = set()
    while killed:
        line += 1
        build = tmp_path / str(line)
        build.mkdir()
        make_site(build / "site", "old")
        make_site(build / ".site-new", "new")
        child = os.fork()
        if not child:
            try:
                kill_at(line, build)
            finally:
                os._exit(0)
        killed = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if way == "one step":
            assert len(read_site(build)) == 1
        swap.heal(build)
        words |= read_site(build)
        assert len(read_site(build)) == 1
        assert os.listdir(build) == ["site"]
    assert words == {"old", "new"}
    assert line > 5


HOLD = """
import sys
from pathlib import Path
from metaworkbook.publishing import swap
with swap.lock(Path(sys.argv[1]), wait=True):
    print("mine", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def hold(build):
    """Start another process that holds the build folder until its input ends."""
    started = []

    def start():
        command = [sys.executable, "-c", HOLD, str(build)]
        other = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        started.append(other)
        return other

    yield start
    for other in started:
        other.stdin.close()
        other.stdout.close()
        other.wait()


def test_a_second_build_is_refused_by_name(build, hold):
    other = hold()
    assert other.stdout.readline() == "mine\n"
    named = rf"another build is running \(process {other.pid}\) in .*--wait"
    with pytest.raises(swap.BusyError, match=named):
        swap.lock(build).__enter__()
    other.stdin.close()
    other.wait()
    with swap.lock(build):
        assert (build / ".lock").read_text() == f"{os.getpid()}\n"


def test_a_killed_build_frees_the_folder(build, hold):
    other = hold()
    assert other.stdout.readline() == "mine\n"
    other.kill()
    other.wait()
    with swap.lock(build):
        assert (build / ".lock").read_text() == f"{os.getpid()}\n"


def test_a_second_build_can_wait(build, hold):
    with swap.lock(build):
        other = hold()
        os.set_blocking(other.stdout.fileno(), False)
        assert not other.stdout.buffer.read()
    os.set_blocking(other.stdout.fileno(), True)
    assert other.stdout.readline() == "mine\n"


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "the disk is full. There is no site. Free space"),
        (errno.EACCES, "it may not be written"),
        (errno.EROFS, "it may not be written"),
        (errno.EFBIG, "it is larger than a file may be"),
        (errno.ENOTDIR, "a file is in the way of a folder"),
    ],
)
def test_what_the_system_refuses_is_one_message(build, number, words):
    with pytest.raises(WorkbookError, match=words), swap.explain(build):
        raise OSError(number, os.strerror(number), str(build / "x"))


def test_other_errors_of_the_system_are_not_hidden(build):
    with pytest.raises(OSError, match="Input/output"), swap.explain(build):
        raise OSError(errno.EIO, os.strerror(errno.EIO))


def test_a_file_in_the_place_of_the_build_folder_is_one_message(tmp_path):
    (tmp_path / "build").write_text("", encoding="utf-8")
    with pytest.raises(WorkbookError, match="a file is in the way"):
        swap.lock(tmp_path / "build").__enter__()


def test_leftovers_go_and_the_rest_stays(build):
    make_site(build / ".site-abc", "torn")
    make_site(build / ".work-abc", "torn")
    make_site(build / "site", "good")
    (build / "results").mkdir()
    swap.heal(build)
    assert sorted(os.listdir(build)) == ["results", "site"]


def test_books_are_compared_whole(build):
    make_site(build / "site", "1")
    assert set(books.digest_folder(build)) == {"site/index.html", "site/nb/index.html"}


def test_a_lock_that_was_removed_binds_nobody(build, monkeypatch):
    """Whoever waits while the folder is removed begins again with the folder of that name."""
    take, seen = swap._take, []

    def remove_meanwhile(handle, folder, wait):
        if not seen:
            swap.remove(folder)
        seen.append(handle)
        take(handle, folder, wait)

    monkeypatch.setattr(swap, "_take", remove_meanwhile)
    with swap.lock(build, wait=True):
        assert (build / swap.LOCK).read_text(encoding="utf-8") == f"{os.getpid()}\n"
    assert len(seen) == 2


def test_cleaning_removes_what_builds_make_and_nothing_else(build):
    make_site(build / "site", "old")
    for name in ("results", ".work-1", ".site-2", "grid", "browser", "site-samples"):
        (build / name).mkdir()
    (build / "thesis.txt").write_text("mine", encoding="utf-8")
    assert swap.clean(build) == ["thesis.txt"]
    assert os.listdir(build) == ["thesis.txt"]
