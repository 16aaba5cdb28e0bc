"""What went wrong with a page, told in one message: page, cell, error, and what to do."""

from __future__ import annotations

import errno
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from metaworkbook import errors
from metaworkbook.publishing.pages import Page
from metaworkbook.publishing.parameters import TAG

SHOWN = 300
# How Python begins the message where nothing more can be written.
FULL = tuple(f"[Errno {number}]" for number in (errno.ENOSPC, errno.EDQUOT))


@dataclass(frozen=True)
class Failure:
    """One page that could not be built.

    Attributes
    ----------
    page, notebook : str
        The page's name and the file name of its notebook.
    cell : int
        Number of the cell in the notebook, counted from 1 as JupyterLab shows them; 0 if unknown.
    error : str
        What happened, in words or as the error's type and message.
    remedy : str
        What to do.
    trace : str
        Where in this package it happened, for what may be a defect of it.
    """

    page: str
    notebook: str
    cell: int
    error: str
    remedy: str
    trace: str = ""

    def __str__(self) -> str:
        place = f"page {self.page} (notebooks/{self.notebook})"
        if self.cell:
            place += f", cell {self.cell}"
        text = f"{place}: {self.error.rstrip('.')}. {self.remedy}".rstrip()
        return errors.make_printable(f"{text}\n{self.trace}".rstrip())


class RenderError(Exception):
    """A page ran but cannot be shown; ``failure`` tells which and why."""

    def __init__(self, failure: Failure):
        super().__init__(str(failure))
        self.failure = failure


@contextmanager
def blame(page: Page) -> Iterator[None]:
    """Name the page that is rendered meanwhile in whatever goes wrong.

    Raises
    ------
    RenderError
        For a user's mistake, and for what may be a defect of the renderer, then with its trace.
    OSError
        If the system refused: a full disk is no page's fault.
    """
    try:
        yield
    except (OSError, RenderError):
        raise
    except errors.WorkbookError as error:
        raise RenderError(Failure(page.name, page.notebook, 0, str(error), "")) from None
    except Exception as error:
        words = f"it cannot be shown: {type(error).__name__}: {_shorten(str(error))}"
        remedy = "Look at what its cells display and save; if that is right, report what follows."
        told = Failure(page.name, page.notebook, 0, words, remedy, traceback.format_exc())
        raise RenderError(told) from None


def user_errors() -> set[str]:
    """Return the names of the errors that speak for themselves, without their type."""
    return {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, errors.WorkbookError)
    }


def describe(
    told: dict[str, Any],
    page: str,
    notebook: str,
    cells: list[dict[str, Any]],
    time_limit: float,
    memory_limit: int,
) -> Failure:
    """Return the failure of a page from what the nursery told of it.

    Parameters
    ----------
    told : dict
        ``kind``, ``error``, ``message``, and ``index``, the executed cell's index or None.
    page, notebook : str
        The page's name and the file name of its notebook.
    cells : list of dict
        The notebook's cells, to find the number of the one that failed.
    time_limit, memory_limit : float, int
        The limits in force, in seconds and megabytes.
    """
    cell = number_cell(told["index"], cells)
    error, message = told["error"], _shorten(told["message"])
    again = "Open the notebook, set this page's parameters and run to that cell."
    if told["kind"] == "cell" and error in user_errors():
        words, remedy = told["message"].strip(), ""
    elif told["message"].startswith(FULL):
        words, remedy = "the disk is full", "Free space and run again."
    elif told["kind"] == "cell":
        words, remedy = f"{error}: {message}" if message else error, again
    elif told["kind"] == "memory":
        words = f"more memory wanted than the {memory_limit} MB a page may have ({error})"
        remedy = "Make the cell smaller, or raise --memory-limit."
    elif told["kind"] == "time":
        words = f"still running after {time_limit:g} seconds, so it was stopped"
        remedy = "Make the cell faster, or raise --time-limit."
    elif told["kind"] == "dead":
        words = (
            "the kernel died without a word, as it does after os._exit, a crash or a lack of memory"
        )
        remedy = again
    elif told["kind"] == "killed":
        words, remedy = f"its process was ended by {error}", again
        if error == "SIGKILL":
            words += ", as the system does when memory runs out"
            remedy = "Free memory, or run with --jobs 1."
    elif told["kind"] == "ended":
        words = f"its process ended with code {error} without a word, as it does after os._exit"
        remedy = again
    elif error == "NoSuchKernel":
        words = "no Jupyter kernel called python3 was found"
        remedy = "Run: make setup, or: python -m ipykernel install --sys-prefix"
    elif told["kind"] == "refused" or (told["index"] is not None and told["index"] >= 0):
        words = f"what runs it was disturbed: {error}: {message}"
        remedy = (
            "Look at what the notebook displays, closes, removes and replaces: its folder, open "
            "files and modules such as json must stay as they are."
        )
    else:
        words, remedy = f"{error}: {message}", "Run: make setup, and try again."
    return Failure(page, notebook, cell, words, remedy)


def number_cell(index: int | None, cells: list[dict[str, Any]]) -> int:
    """Return a cell's number in its notebook from its index after the parameters were injected."""
    if index is None or index < 0:
        return 0
    kept = [number for number, cell in enumerate(cells, 1) if cell["source"].strip()]
    tagged = [
        place
        for place, number in enumerate(kept)
        if TAG in cells[number - 1].get("metadata", {}).get("tags", [])
    ]
    place = index - 1 if tagged and index > tagged[0] else index
    return kept[place] if place < len(kept) else 0


def _shorten(message: str) -> str:
    lines = [line.strip() for line in message.strip().splitlines() if line.strip()]
    text = " ".join(lines)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
