"""Exceptions for a user's mistakes; each message tells place, what was found, and the remedy."""

from __future__ import annotations

from dataclasses import dataclass


def make_printable(text: str, lines: bool = True) -> str:
    """Return a text with nothing in it that a terminal would obey, in ``lines`` or in one."""
    return "".join(
        letter if letter.isprintable() or (lines and letter == "\n") else ascii(letter)[1:-1]
        for letter in text
    )


class WorkbookError(Exception):
    """Base of every error that is shown to a user as one message, without a stack trace."""


class InputError(WorkbookError, ValueError):
    """A statistical function was given data it cannot use; the message names the argument."""


class ConvergenceError(WorkbookError, ArithmeticError):
    """A solver did not reach its tolerance; never returned as if it were a result."""


class UnequalVarianceError(InputError):
    """Effects with correlation 1 but unequal variances have no weighted composite."""


class DisagreementError(WorkbookError, ArithmeticError):
    """Two independent computations of one number differ; the page that shows it is not built."""


@dataclass(frozen=True, order=True)
class Problem:
    """One problem of the ledger, a notebook or the page list, at one place.

    ``file``, ``row`` (line of the record's start, as an editor counts it), ``key`` (the row's id)
    and ``column`` say where; ``found``, ``allowed`` and ``remedy`` say what.
    """

    file: str
    row: int = 0
    key: str = ""
    column: str = ""
    found: str = ""
    allowed: str = ""
    remedy: str = ""

    def __str__(self) -> str:
        place = self.file
        if self.row:
            place += f", row {self.row}"
        if self.key:
            place += f" ({self.key})"
        if self.column:
            place += f", {self.column}"
        text = f"{place}: found {self.found}; allowed: {self.allowed}. {self.remedy}".rstrip()
        return make_printable(text, lines=False)


class ProblemsError(WorkbookError):
    """All problems found in one go; ``problems`` holds them in the order of place."""

    def __init__(self, problems: list[Problem]):
        self.problems = sorted(problems)
        lines = [str(problem) for problem in self.problems]
        count = f"{len(lines)} problem{'s' if len(lines) != 1 else ''}"
        super().__init__("\n".join([*lines, f"{count} found."]))


class LedgerError(ProblemsError):
    """The evidence in ``effects/`` cannot be used as it stands."""


class PageError(ProblemsError):
    """The page list or a notebook cannot be run as it stands."""
