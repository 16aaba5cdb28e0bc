"""Pages on a real Dask cluster of two worker processes: byte for byte those made here."""

from __future__ import annotations

import os
import signal

import pytest

from metaworkbook.publishing.build import Options, build
from metaworkbook.publishing.progress import Progress
from metaworkbook.publishing.remote import pack, unpack

from . import books

CELL = "x = 1"


@pytest.fixture(scope="module")
def cluster():
    from dask.distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0"
    ) as cluster:
        yield cluster


@pytest.fixture
def pages(project):
    for number in range(2):
        books.add_page(project, f"page{number}", books.make_notebook(CELL), level=number / 2)
    books.add_page(project, "broken", books.make_notebook("unknown_name"))
    return project


def made(project):
    found = pack(project / "build", ("executed/*.ipynb", "results/*.json"))
    assert len(found) == 4
    return found


def clear(project):
    for file in [*project.glob("build/executed/*"), *project.glob("build/results/*")]:
        file.unlink()


def test_pages_of_a_cluster_are_those_made_here(pages, cluster):
    here = build(Options(engine="forked"))
    expected = made(pages)
    clear(pages)
    there = build(Options(engine="forked", backend="dask", scheduler=cluster.scheduler_address))
    assert made(pages) == expected
    assert there.ran == here.ran == [f"page{number}" for number in range(2)]
    assert [str(f) for f in there.failures] == [str(f) for f in here.failures]
    assert "unknown_name" in str(there.failures[0])


def test_a_worker_killed_midway_loses_no_page(pages, cluster):
    from dask.distributed import Client

    with Client(cluster.scheduler_address, set_as_default=False) as client:
        client.wait_for_workers(2)
        victim = min(client.run(os.getpid).values())
    killed = []

    class Killer(Progress):
        def tell(self, page, event, done, total):
            if event in ("done", "failed") and not killed:
                killed.append(page)
                os.kill(victim, signal.SIGKILL)

    outcome = build(
        Options(engine="forked", backend="dask", scheduler=cluster.scheduler_address), Killer()
    )
    assert killed
    assert outcome.ran == [f"page{number}" for number in range(2)]
    assert len(made(pages)) == 4


def test_files_come_back_as_they_were(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "c.csv").write_bytes(b"\x00\xff")
    files = pack(tmp_path / "a", ("b/*.csv", "none/*"))
    assert files == {"b/c.csv": b"\x00\xff"}
    unpack(files, tmp_path / "z")
    assert (tmp_path / "z" / "b" / "c.csv").read_bytes() == b"\x00\xff"
