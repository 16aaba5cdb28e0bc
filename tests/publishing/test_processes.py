"""Work shared out to processes: all of it done once, and every failure comes back."""

from __future__ import annotations

import os
import time

import pytest

from metaworkbook.errors import WorkbookError
from metaworkbook.publishing.processes import share

PATIENCE = 20


@pytest.mark.parametrize("jobs", [1, 2, 3, 50])
@pytest.mark.parametrize("count", [0, 1, 7])
def test_every_task_is_done_once(tmp_path, jobs, count):
    def make(number):
        def task():
            with (tmp_path / str(number)).open("a") as file:
                file.write("done")

        return task

    share([make(number) for number in range(count)], jobs)
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {
        str(number): "done" for number in range(count)
    }


@pytest.mark.parametrize("jobs", [1, 2, 50])
def test_what_tasks_return_comes_in_their_order(jobs):
    values = [3, None, 1, 2, None]
    assert share([lambda value=value: value for value in values], jobs) == [3, 1, 2]


def await_files(folder, count):
    end = time.monotonic() + PATIENCE
    while len(list(folder.iterdir())) < count and time.monotonic() < end:
        time.sleep(0.01)


def test_tasks_run_in_other_processes(tmp_path):
    def task():
        (tmp_path / str(os.getpid())).touch()
        await_files(tmp_path, 3)

    share([task] * 3, 3)
    assert len(list(tmp_path.iterdir())) == 3


def test_whoever_is_free_takes_the_next_task(tmp_path):
    """One process waits until all other tasks are done: the other one has to do them."""

    def wait():
        await_files(tmp_path, 5)

    def task():
        (tmp_path / f"{len(list(tmp_path.iterdir()))} {os.getpid()}").touch()

    share([wait, *[task] * 5], 2)
    assert len({file.name.split()[1] for file in tmp_path.iterdir()}) == 1


def raise_(error):
    raise error


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize(
    ("error", "expected", "words"),
    [
        (WorkbookError("a mistake"), WorkbookError, "a mistake"),
        (OSError(28, "No space left on device", "x"), OSError, "No space left"),
        (KeyError("a defect"), (RuntimeError, KeyError), "a defect"),
    ],
)
def test_a_failure_comes_back_from_here_and_from_a_child(place, error, expected, words):
    tasks = [int, int]
    tasks[place] = lambda: raise_(error)
    with pytest.raises(expected, match=words):
        share(tasks, 2)


def test_a_child_that_dies_is_a_failure(tmp_path):
    parent = os.getpid()

    def die():
        if os.getpid() != parent:
            (tmp_path / "dying").touch()
            os._exit(7)
        await_files(tmp_path, 1)

    with pytest.raises(RuntimeError, match="a process ended with code 7"):
        share([die, die], 2)
