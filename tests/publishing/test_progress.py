"""Progress: plain lines for files and pipes, bars for terminals."""

from __future__ import annotations

import io

import pytest

from metaworkbook.publishing.progress import Bars, Progress, choose_progress

EVENTS = [
    ("one", "started", 0, 4),
    ("one", "cell", 2, 4),
    ("two", "started", 0, 3),
    ("one", "done", 0, 4),
    ("two", "failed", 0, 3),
]


class Terminal(io.StringIO):
    def isatty(self):
        return True


def show(progress):
    with progress:
        progress.begin(2)
        for event in EVENTS:
            progress.tell(*event)
        progress.say("[all] done")


def test_lines_name_each_page_when_it_ends():
    stream = io.StringIO()
    show(Progress(stream))
    assert stream.getvalue() == "[1/2] one\n[2/2] two  FAILED\n[all] done\n"


def test_bars_show_the_same_lines_above_them():
    stream = Terminal()
    bars = Bars(stream)
    show(bars)
    text = stream.getvalue()
    for line in ("[1/2] one", "[2/2] two  FAILED", "[all] done"):
        assert line in text
    assert bars.rows == {}
    assert bars.bar.finished


@pytest.mark.parametrize(("stream", "kind"), [(io.StringIO(), Progress), (Terminal(), Bars)])
def test_the_stream_decides(stream, kind):
    assert type(choose_progress(stream)) is kind


def test_complaints_go_to_stderr(capsys):
    Progress(io.StringIO()).complain("it broke")
    out, err = capsys.readouterr()
    assert (out, err) == ("", "it broke\n")
