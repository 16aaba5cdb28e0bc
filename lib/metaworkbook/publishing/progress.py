"""Shows how a build gets on: bars on a terminal, plain lines everywhere else."""

from __future__ import annotations

import sys
from typing import Any, TextIO


class Progress:
    """Plain lines: one when a page is done or has failed."""

    def __init__(self, stream: TextIO | None = None):
        self.stream = stream or sys.stdout
        self.total = self.count = 0

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to put away."""

    def begin(self, total: int) -> None:
        """Say how many pages will run."""
        self.total, self.count = total, 0

    def tell(self, page: str, event: str, done: int, total: int) -> None:
        """Show an event of a page: "started", "cell", "done" or "failed"."""
        if event in ("done", "failed"):
            self.count += 1
            mark = "" if event == "done" else "  FAILED"
            self.say(f"[{self.count}/{self.total}] {page}{mark}")

    def say(self, text: str) -> None:
        """Show a line of text."""
        print(text, file=self.stream, flush=True)

    def complain(self, text: str) -> None:
        """Show what went wrong, on stderr."""
        print(text, file=sys.stderr, flush=True)


class Bars(Progress):
    """A bar for all pages and one for each page that runs."""

    def __init__(self, stream: TextIO | None = None):
        super().__init__(stream)
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
        from rich.progress import Progress as Bar

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        self.bar = Bar(*columns, console=Console(file=self.stream), transient=True)
        self.rows: dict[str, Any] = {}
        self.all: Any = None

    def __enter__(self) -> Bars:
        self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.stop()

    def begin(self, total: int) -> None:
        """Add the bar for all pages."""
        super().begin(total)
        self.all = self.bar.add_task("pages", total=total)

    def tell(self, page: str, event: str, done: int, total: int) -> None:
        """Move the page's bar."""
        if event == "started":
            self.rows[page] = self.bar.add_task(page, total=total)
        elif event == "cell":
            self.bar.update(self.rows[page], completed=done)
        else:
            self.bar.remove_task(self.rows.pop(page))
            self.bar.advance(self.all)
            super().tell(page, event, done, total)

    def say(self, text: str) -> None:
        """Show a line above the bars."""
        self.bar.console.print(text, markup=False, highlight=False)

    def complain(self, text: str) -> None:
        """Show what went wrong, above the bars, where the terminal shows both streams."""
        self.say(text)


class Counter:
    """A count that grows in place on a terminal, a line every tenth of the way elsewhere."""

    def __init__(self, title: str, stream: TextIO | None = None):
        self.title, self.stream, self.told = title, stream or sys.stderr, -1

    def tell(self, done: int, total: int) -> None:
        """Show that ``done`` of ``total`` are at hand."""
        tenth = 10 * done // total if total else 10
        if self.stream.isatty():
            end = "\n" if done == total else ""
            print(f"\r{self.title}: {done} of {total}", end=end, file=self.stream, flush=True)
        elif tenth > self.told:
            print(f"{self.title}: {done} of {total}", file=self.stream, flush=True)
        self.told = tenth


def choose_progress(stream: TextIO | None = None) -> Progress:
    """Return bars for a terminal, plain lines for a file or a pipe."""
    stream = stream or sys.stdout
    return Bars(stream) if stream.isatty() else Progress(stream)
