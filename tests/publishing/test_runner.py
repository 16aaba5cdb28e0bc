"""Running pages: a zoo of misbehaving notebooks, on both engines, each told in one message."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import nbformat
import psutil
import pytest

from metaworkbook.errors import WorkbookError
from metaworkbook.publishing import runner
from metaworkbook.publishing.runner import Nursery, Task
from metaworkbook.publishing.source import write_notebook

from . import books

FIGURE = "import matplotlib.pyplot as plt\n\nplt.plot([1, 2]);"
BILINGUAL = """class Both:
    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/html": "<p>en</p>", "application/vnd.metaworkbook.nb+html": "<p>nb</p>",
                "text/plain": "both"}
Both()"""
ZOO = {
    "good": books.make_notebook("print(level)\nprint(page)", "level", BILINGUAL, "# Words", "None"),
    "shown": books.make_notebook(
        "from IPython.display import HTML, display\n\ndisplay(HTML('<b>1</b>'))\n{2, 3}\n[1]",
        FIGURE, "import pandas as pd\n\npd.DataFrame({'a': [1, 2]})", "import asyncio\n\n"
        "await asyncio.sleep(0)\nset('abcdefgh')", "1; 2", "_",
    ),
    "error": books.make_notebook("# First", "1 / 0", "level"),
    "user": books.make_notebook(
        "from metaworkbook.errors import InputError\n\nraise InputError('yi: found nan.')"
    ),
    "exits": books.make_notebook("import sys\n\nsys.exit(3)"),
    "dies": books.make_notebook("import os\n\nos._exit(3)"),
    "shot": books.make_notebook("import os, signal\n\nos.kill(os.getpid(), signal.SIGKILL)"),
    "eats": books.make_notebook("x = bytearray(10**12)"),
    "warns": books.make_notebook("import warnings\n\nwarnings.warn('look here')"),
    "syntax": books.make_notebook("1 +"),
    "full": books.make_notebook("open('/dev/full', 'w').write('x' * 10**6)"),
    "brief": books.make_notebook(parameters='page: str = ""  # the page\'s name', save=False),
}  # fmt: skip
EXPECTED = {
    "error": "cell 3: ZeroDivisionError: division by zero. Open the notebook",
    "user": "cell 2: yi: found nan.",
    "exits": "cell 2: SystemExit: 3. ",
    "eats": "cell 2: more memory wanted than the 3000 MB a page may have (MemoryError)",
    "syntax": "cell 2: SyntaxError: invalid syntax",
    "full": "cell 2: the disk is full. Free space and run again.",
}
DEAD = {
    "kernels": {"dies": "cell 2: the kernel died", "shot": "cell 2: the kernel died"},
    "forked": {
        "dies": "cell 2: its process ended with code 3",
        "shot": "cell 2: its process was ended by SIGKILL",
    },
}


def make_tasks(folder, zoo, parameters=None):
    tasks = []
    for name, notebook in zoo.items():
        own = folder / name
        own.mkdir(exist_ok=True)
        write_notebook(notebook, own / "book.ipynb")
        values = {"page": name, "level": 0.25} if parameters is None else parameters
        tasks.append(Task(name, own / "book.ipynb", notebook["cells"], values, own))
    return tasks


def run(folder, engine, zoo, ahead=False, **limits):
    folder.mkdir(exist_ok=True)
    events = []
    with Nursery(engine, folder, ahead) as nursery:
        result = nursery.run(
            make_tasks(folder, zoo), tell=lambda *event: events.append(event), **limits
        )
    return result, events


@pytest.fixture(scope="module", params=["kernels", "forked"])
def zoo(request, tmp_path_factory):
    """The whole zoo run once by an engine."""
    folder = tmp_path_factory.mktemp("zoo") / "work"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("METAWORKBOOK_ROOT", str(books.REAL))
        result, events = run(folder, request.param, ZOO, memory_limit=3000)
    return request.param, folder, result, events


def test_one_failed_page_does_not_stop_the_others(zoo):
    _, folder, result, _ = zoo
    assert result.done == ["good", "shown", "warns", "brief"]
    assert [failure.page for failure in result.failures] == [
        "error", "user", "exits", "dies", "shot", "eats", "syntax",
        "full",
    ]  # fmt: skip
    saved = json.loads((folder / "good" / "results" / "good.json").read_text(encoding="utf-8"))
    assert saved == {"page": "good", "results": {"level": 0.25}}


def test_each_failure_is_one_message_with_page_cell_and_remedy(zoo):
    engine, _, result, _ = zoo
    messages = {failure.page: str(failure) for failure in result.failures}
    for page, words in (EXPECTED | DEAD[engine]).items():
        assert messages[page].startswith(f"page {page} (notebooks/book.ipynb), {words}")
        assert "\n" not in messages[page]
        assert "Traceback" not in messages[page]
    assert messages["user"].endswith("cell 2: yi: found nan.")


# An hour goes by on every clock as soon as the page hangs, and who waits looks at it at once: how
# fast the machine is makes no difference.
CLOCK = """
import multiprocessing.connection, os, time

monotonic, wait = time.monotonic, multiprocessing.connection.wait
time.monotonic = lambda: monotonic() + 3600 * os.path.exists({hung!r})
multiprocessing.connection.wait = lambda watched, timeout=None: wait(watched, 0.05)
"""


@pytest.mark.parametrize("engine", ["kernels", "forked"])
def test_a_page_that_hangs_is_stopped(tmp_path, monkeypatch, engine):
    monkeypatch.setenv("METAWORKBOOK_ROOT", str(books.REAL))
    monkeypatch.setitem(runner.FIXED, "PYTHONPATH", str(tmp_path))
    hung = str(tmp_path / "hung")
    (tmp_path / "sitecustomize.py").write_text(CLOCK.format(hung=hung), encoding="utf-8")
    hangs = books.make_notebook(f"open({hung!r}, 'w').close()\nwhile True:\n    pass")
    result, _ = run(tmp_path / "work", engine, {"hangs": hangs}, time_limit=3600)
    (failure,) = result.failures
    assert str(failure) == (
        "page hangs (notebooks/book.ipynb), cell 2: still running after 3600 seconds, "
        "so it was stopped. Make the cell faster, or raise --time-limit."
    )


def test_a_warning_becomes_a_note_and_stays_out_of_the_page(zoo):
    _, folder, result, _ = zoo
    (note,) = result.notes
    assert note.startswith("page warns, cell 2, wrote to stderr: ")
    assert "UserWarning: look here" in note
    assert "look here'" in (folder / "warns" / "executed.ipynb").read_text(encoding="utf-8")
    assert "UserWarning" not in (folder / "warns" / "executed.ipynb").read_text(encoding="utf-8")


def test_a_terminal_obeys_nothing_that_a_page_writes(tmp_path, monkeypatch):
    monkeypatch.setenv("METAWORKBOOK_ROOT", str(books.REAL))
    paint = books.make_notebook("import sys\n\nprint('\\x1b[2Jone\\ntwo', file=sys.stderr)")
    result, _ = run(tmp_path / "work", "forked", {"paint": paint})
    assert result.notes == ["page paint, cell 2, wrote to stderr: \\x1b[2Jone\ntwo"]


LOOK = "Look at what the notebook"
SPOILERS = {
    "forges": ("import json\n\njson.dumps = lambda *a, **k: 'broken'", "cannot be read", LOOK),
    "lies": ("import json\n\njson.dumps = lambda *a, **k: '{}'", "cannot be read", LOOK),
    "closes": ("import os\n\nos.closerange(3, 200)", "Bad file descriptor", LOOK),
    "removes": ("import os, shutil\n\nshutil.rmtree(os.environ['METAWORKBOOK_BUILD'])",
                "No such file or directory", LOOK),
    "shows": ("from IPython.display import display\n\n"
              "display({'text/html': {'a': 1}}, raw=True)", "is not valid", "run to that cell."),
    "crashes": ("import os, signal\n\nos.kill(os.getpid(), signal.SIGSEGV)", "by SIGSEGV. Open",
                "run to that cell."),
}  # fmt: skip


def test_a_page_that_spoils_what_runs_it_is_told_so_and_the_others_run(tmp_path, monkeypatch):
    monkeypatch.setenv("METAWORKBOOK_ROOT", str(books.REAL))
    # Each spoils when it has saved.
    zoo = {
        name: books.make_notebook(books.SAVE, cell, "1", save=False)
        for name, (cell, *_) in SPOILERS.items()
    }
    result, _ = run(tmp_path / "work", "forked", zoo | {"good": ZOO["good"]})
    assert result.done == ["good"]
    told = {failure.page: str(failure) for failure in result.failures}
    assert told.keys() == SPOILERS.keys()
    for name, (_, words, remedy) in SPOILERS.items():
        assert words in told[name], name
        assert remedy in told[name], name
        assert "make setup" not in told[name], name


def test_a_page_whose_thread_never_ends_is_done(tmp_path, monkeypatch):
    monkeypatch.setenv("METAWORKBOOK_ROOT", str(books.REAL))
    thread = "import threading\n\nthreading.Thread(target=threading.Event().wait).start()"
    result, _ = run(tmp_path / "work", "forked", {"thread": books.make_notebook(thread)})
    assert (result.done, result.failures) == (["thread"], [])


@pytest.mark.parametrize("engine", ["kernels", "forked"])
def test_a_page_saves_in_its_own_folder_whatever_it_does(tmp_path, monkeypatch, engine):
    monkeypatch.setenv("METAWORKBOOK_ROOT", str(books.REAL))
    free = "import os\n\nos.chdir('/')\nos.environ.clear()"
    move = f"import os\n\nos.environ['METAWORKBOOK_BUILD'] = '{tmp_path}/elsewhere'"
    zoo = {"free": books.make_notebook(free), "move": books.make_notebook(move)}
    for ahead in (False, True):
        folder = tmp_path / f"work-{ahead}"
        result, _ = run(folder, engine, zoo, ahead)
        assert result.failures == []
        assert all((folder / name / "results" / f"{name}.json").is_file() for name in zoo)
    assert not (tmp_path / "elsewhere").exists()
    assert not (books.REAL / "build" / "results" / "free.json").exists()


def test_progress_is_told_page_by_page_and_cell_by_cell(zoo):
    _, _, _, events = zoo
    good = [(event, cell, total) for page, event, cell, total in events if page == "good"]
    assert good[0] == ("started", 0, 8)
    assert good[-1][0] == "done"
    assert [cell for event, cell, _ in good if event == "cell"] == list(range(8))
    assert {event for _, event, _, _ in events} == {"started", "cell", "done", "failed"}


def test_the_executed_notebook_is_valid_and_holds_no_clock(zoo):
    _, folder, _, _ = zoo
    text = (folder / "good" / "executed.ipynb").read_text(encoding="utf-8")
    node = nbformat.reads(text, as_version=4)
    nbformat.validate(node)
    injected = node.cells[1]
    assert (injected.id, injected.metadata) == (
        "injected-parameters",
        {"tags": ["injected-parameters"]},
    )
    assert 'page = "good"' in injected.source
    assert "level = 0.25" in injected.source
    assert all(set(cell.metadata) <= {"tags"} for cell in node.cells)
    assert "papermill" not in node.metadata
    for word in ("duration", "start_time", "iopub", str(folder)):
        assert word not in text


def test_outputs_keep_both_languages(zoo):
    _, folder, _, _ = zoo
    node = nbformat.read(folder / "good" / "executed.ipynb", as_version=4)
    (output,) = node.cells[4].outputs
    assert output.data["text/html"] == "<p>en</p>"
    assert output.data["application/vnd.metaworkbook.nb+html"] == "<p>nb</p>"
    (stream,) = node.cells[2].outputs
    assert stream.text == "0.25\ngood\n"


def test_both_engines_give_the_same_bytes_and_so_do_two_runs(tmp_path, monkeypatch):
    monkeypatch.setenv("METAWORKBOOK_ROOT", str(books.REAL))
    zoo = {name: ZOO[name] for name in ("good", "shown", "warns")}
    files = [f"{name}/executed.ipynb" for name in zoo]
    files += [f"{name}/results/{name}.json" for name in zoo]
    made = []
    for turn, engine in enumerate(["kernels", "forked", "kernels", "forked"]):
        run(tmp_path / str(turn), engine, zoo, ahead=turn > 1)
        made.append({file: (tmp_path / str(turn) / file).read_bytes() for file in files})
    assert made[0] == made[1] == made[2] == made[3]
    assert b"image/png" in made[0]["shown/executed.ipynb"]


def test_a_missing_kernel_says_how_to_install_it(tmp_path, monkeypatch):
    monkeypatch.setenv("METAWORKBOOK_ROOT", str(books.REAL))
    # Jupyter always knows a kernel called python3 where ipykernel is installed; not this one.
    monkeypatch.setitem(runner.FIXED, "PYTHONPATH", str(tmp_path))
    (tmp_path / "sitecustomize.py").write_text(
        "import metaworkbook.publishing.engines as e\ne.KERNEL = 'nowhere'\n", encoding="utf-8"
    )
    result, _ = run(tmp_path / "work", "kernels", {"good": ZOO["good"]})
    assert "no Jupyter kernel called" in str(result.failures[0])
    assert "make setup" in str(result.failures[0])


def test_a_kernel_of_another_python_is_started_as_its_specification_says(tmp_path, monkeypatch):
    monkeypatch.setenv("METAWORKBOOK_ROOT", str(books.REAL))
    other = tmp_path / "python"
    other.write_text(
        f'#!/bin/sh\n: > "{tmp_path}/started"\nexec "{sys.executable}" "$@"\n', "utf-8"
    )
    other.chmod(0o755)
    folder = tmp_path / "kernels" / "python3"
    folder.mkdir(parents=True)
    argv = [str(other), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    specification = {"argv": argv, "display_name": "Other", "language": "python"}
    (folder / "kernel.json").write_text(json.dumps(specification), encoding="utf-8")
    monkeypatch.setitem(runner.FIXED, "JUPYTER_PATH", str(tmp_path))
    result, _ = run(tmp_path / "work", "kernels", {"good": ZOO["good"]})
    assert result.failures == []
    assert (tmp_path / "started").exists()


def test_a_nursery_that_cannot_start_is_one_message(tmp_path, monkeypatch):
    monkeypatch.setenv("METAWORKBOOK_ROOT", str(books.REAL))
    monkeypatch.setitem(runner.FIXED, "PYTHONPATH", str(tmp_path))
    (tmp_path / "papermill.py").write_text("raise ImportError('broken set-up')", encoding="utf-8")
    with pytest.raises(WorkbookError, match=r"ended: .*broken set-up.* Run: make setup"):
        run(tmp_path / "work", "kernels", {"good": ZOO["good"]})


@pytest.mark.parametrize("engine", ["kernels", "forked"])
def test_a_page_that_cannot_write_what_it_made_says_so(tmp_path, monkeypatch, engine):
    monkeypatch.setenv("METAWORKBOOK_ROOT", str(books.REAL))
    folder = tmp_path / "work"
    (folder / "good").mkdir(parents=True)
    (folder / "good" / "executed.ipynb").symlink_to("/dev/full")
    with Nursery(engine, folder) as nursery:
        result = nursery.run(make_tasks(folder, {"good": ZOO["good"]}))
    assert list(map(str, result.failures)) == [
        "page good (notebooks/book.ipynb): the disk is full. Free space and run again."
    ]


def test_a_folder_with_a_long_name_works(tmp_path, monkeypatch):
    monkeypatch.setenv("METAWORKBOOK_ROOT", str(books.REAL))
    folder = tmp_path / ("long" * 30)
    folder.mkdir()
    result, _ = run(folder / "work", "kernels", {"good": ZOO["good"]})
    assert result.failures == []


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="only Linux adopts orphans")
@pytest.mark.parametrize("engine", ["kernels", "forked"])
def test_what_a_page_detaches_ends_with_the_run(tmp_path, monkeypatch, engine):
    monkeypatch.setenv("METAWORKBOOK_ROOT", str(books.REAL))
    script = f"(setsid sleep 1000 & echo $! > '{tmp_path}/pid') & wait"
    detach = books.make_notebook(f"import subprocess\n\nsubprocess.run({script!r}, shell=True)")
    result, _ = run(tmp_path / "work", engine, {"detach": detach})
    assert result.failures == []
    detached = int((tmp_path / "pid").read_text())
    # Whoever is its parent by now may not have buried it yet.
    dead = not psutil.pid_exists(detached) or psutil.Process(detached).status() == "zombie"
    assert dead


def test_a_nursery_that_is_killed_is_one_message(tmp_path, monkeypatch):
    monkeypatch.setenv("METAWORKBOOK_ROOT", str(books.REAL))
    shoot = "import os, signal\n\nos.kill(os.getppid(), signal.SIGKILL)"
    with pytest.raises(WorkbookError, match=r"was ended by SIGKILL, .* Free memory, or run with"):
        run(tmp_path / "work", "forked", {"shoot": books.make_notebook(shoot)})


@pytest.mark.parametrize("engine", ["kernels", "forked"])
def test_when_the_builder_is_killed_everything_goes(tmp_path, engine):
    """The hanging page writes its process id first; it must be gone when the builder is."""
    told = f"import os\n\nopen('{tmp_path}/pid', 'w').write(str(os.getpid()))"
    hang = books.make_notebook(told, f"open('{tmp_path}/go', 'w').close()", "while True: pass")
    (tmp_path / "hang").mkdir()
    write_notebook(hang, tmp_path / "hang" / "book.ipynb")
    os.mkfifo(tmp_path / "go")
    script = f"""
from pathlib import Path
from metaworkbook.publishing.runner import Nursery, Task
folder = Path({str(tmp_path)!r})
task = Task("hang", folder / "hang" / "book.ipynb", [], {{"page": "hang"}}, folder / "hang")
Nursery({engine!r}, folder).run([task])
"""
    builder = subprocess.Popen(
        [sys.executable, "-c", script], env=os.environ | {"METAWORKBOOK_ROOT": str(books.REAL)}
    )
    # Opening a pipe waits until the other side opens it too.
    (tmp_path / "go").open().close()
    page = int((tmp_path / "pid").read_text())
    group = os.pidfd_open(page) if hasattr(os, "pidfd_open") else None
    builder.send_signal(signal.SIGKILL)
    builder.wait()
    if group is not None:
        import select

        # Long enough for the busiest machine: a page that stays hangs for ever.
        ended, _, _ = select.select([group], [], [], 300)
        os.close(group)
        assert ended
