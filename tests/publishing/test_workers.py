"""A real Dask cluster of two worker processes: the same table, and nothing lost with a worker."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from metaworkbook.errors import WorkbookError
from metaworkbook.evidence.demonstration import X, Y, open_choices, open_source
from metaworkbook.models.multiverse import run_multiverse
from metaworkbook.publishing import keys
from metaworkbook.publishing.workers import open_workers

ASKED = {"x": X, "y": Y}


@pytest.fixture(scope="module")
def cluster():
    from dask.distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0"
    ) as cluster:
        yield cluster


def run(jobs, **options):
    return run_multiverse(
        open_source("demonstration"), ASKED, open_choices("demonstration"), jobs, **options
    )


def test_a_cluster_gives_the_table_of_one_process(cluster):
    with open_workers("dask", cluster.scheduler_address, 1) as jobs:
        there = run(jobs)
    assert there.to_rows() == run(1).to_rows()


def test_a_worker_killed_midway_loses_nothing(cluster):
    from dask.distributed import Client

    with Client(cluster.scheduler_address, set_as_default=False) as client:
        victims = sorted(client.run(os.getpid).values())
    assert len(victims) == 2
    killed = []

    def kill(done, total):
        if 0 < done < total and not killed:
            killed.append(victims[0])
            os.kill(victims[0], signal.SIGKILL)

    with open_workers("dask", cluster.scheduler_address, 1) as jobs:
        there = run(jobs, tell=kill)
    assert killed
    assert there.to_rows() == run(1).to_rows()
    assert not there.failed.any()


def test_a_scheduler_lost_midway_is_named(tmp_path):
    told = tmp_path / "scheduler.json"
    dask = [sys.executable, "-m", "dask"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    options = ["--no-dashboard", "--scheduler-file", str(told)]
    address = ["--host", "127.0.0.1", "--port", "0"]
    scheduler = subprocess.Popen([*dask, "scheduler", *address, *options], **quiet)
    worker = subprocess.Popen([*dask, "worker", "--nworkers", "1", "--no-nanny", *options], **quiet)
    try:
        end = time.monotonic() + 120
        while not told.is_file() and time.monotonic() < end:
            time.sleep(0.1)
        place = json.loads(told.read_text(encoding="utf-8"))["address"]
        from dask.distributed import Client

        with Client(place, set_as_default=False) as client:
            client.wait_for_workers(1, timeout=120)
        with pytest.raises(WorkbookError, match="lost the cluster"):  # noqa: SIM117
            with open_workers("dask", place, 1) as jobs:
                run(jobs, tell=lambda done, total: scheduler.kill() if done else None)
    finally:
        for process in (scheduler, worker):
            process.kill()
            process.wait()


def test_workers_with_another_package_are_refused(cluster, monkeypatch):
    here = keys.digest_package
    monkeypatch.setattr(keys, "digest_package", lambda: "another" + here())
    with pytest.raises(WorkbookError, match="another version"):  # noqa: SIM117
        with open_workers("dask", cluster.scheduler_address, 1):
            pass


@pytest.mark.parametrize(
    ("backend", "scheduler", "words"),
    [
        ("threads", "", "allowed: loky, dask"),
        ("dask", "", "Add --scheduler"),
        ("loky", "tcp://127.0.0.1:1", "Add --backend dask"),
    ],
)
def test_options_that_do_not_fit_are_refused(backend, scheduler, words):
    with pytest.raises(WorkbookError, match=words):  # noqa: SIM117
        with open_workers(backend, scheduler, 1):
            pass


def test_a_scheduler_that_does_not_answer_is_named(monkeypatch):
    from metaworkbook.publishing import workers

    monkeypatch.setattr(workers, "PATIENCE", 1)
    with pytest.raises(WorkbookError, match="does not answer"):  # noqa: SIM117
        with open_workers("dask", "tcp://127.0.0.1:9", 1):
            pass
