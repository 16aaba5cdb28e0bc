"""The declared choices of a multiverse, and what came of running them all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from metaworkbook.results.base import Result

#: Columns of the table behind those of the choices.
COLUMNS = ("k", "estimate", "ci_low", "ci_high", "tau2")
#: Fewest samples with an estimate; `models.gates` says why.
VERDICT = 3


@dataclass(frozen=True)
class Option:
    """One way to decide a choice, with its reason.

    ``select`` holds arguments of `evidence.selection.select`, ``rows`` the value a row must have in
    a column, ``fit`` settings of the model (see `models.specifications`).
    """

    name: str
    reason: str
    select: dict[str, str] = field(default_factory=dict)
    rows: dict[str, str] = field(default_factory=dict)
    fit: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Choice:
    """Something that could have been decided otherwise, and every defensible way to decide it."""

    name: str
    title: str
    options: tuple[Option, ...]

    def option(self, name: str) -> int:
        """Return the position of the option called ``name``; ValueError if there is none."""
        return [option.name for option in self.options].index(name)


@dataclass(frozen=True)
class Exclusion:
    """Combinations that are not run: those with one of the named options in every named choice."""

    when: dict[str, tuple[str, ...]]
    reason: str


@dataclass(frozen=True)
class Choices:
    """All choices in the order of their file, and the combinations that make no sense."""

    choices: tuple[Choice, ...]
    exclusions: tuple[Exclusion, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the choices."""
        return tuple(choice.name for choice in self.choices)


@dataclass(frozen=True)
class Multiverse(Result):
    """Every specification and its result, on the scale of Fisher z; arrays of shape (S, ...).

    ``options`` (S, choices) holds the position of the option taken in each choice, ``k`` the
    samples, ``row_set`` the number of the set of rows (specifications with the same number rest on
    the very same rows). A specification of fewer than three samples, or whose rows bound the mean
    on one side only, has no estimate (NaN). ``combinations`` counts all combinations, ``fits`` the
    different fits behind the specifications.
    """

    choices: Choices
    options: np.ndarray
    k: np.ndarray
    estimate: np.ndarray
    ci_low: np.ndarray
    ci_high: np.ndarray
    tau2: np.ndarray
    row_set: np.ndarray
    combinations: int
    fits: int

    @property
    def size(self) -> int:
        """Number of specifications that ran."""
        return self.options.shape[0]

    @property
    def estimated(self) -> np.ndarray:
        """Which specifications have an estimate, booleans (S,)."""
        return np.isfinite(self.estimate)

    @property
    def failed(self) -> np.ndarray:
        """Which specifications have samples enough and yet no fit that converged, booleans (S,)."""
        return (self.k >= VERDICT) & np.isnan(self.estimate) & np.isnan(self.ci_low)

    def to_rows(self) -> list[dict[str, Any]]:
        """Return one dict a specification: the choices, then `COLUMNS`."""
        names = [[option.name for option in choice.options] for choice in self.choices.choices]
        values = [getattr(self, column).tolist() for column in COLUMNS]
        return [
            {
                **{
                    choice: names[place][taken]
                    for place, (choice, taken) in enumerate(
                        zip(self.choices.names, options, strict=True)
                    )
                },
                **dict(zip(COLUMNS, (value[row] for value in values), strict=True)),
            }
            for row, options in enumerate(self.options.tolist())
        ]


@dataclass(frozen=True)
class MultiverseSummary(Result):
    """What a multiverse says as a whole; shares are of the specifications with an estimate.

    ``run`` specifications were fitted, of which ``failed`` did not converge; ``excluded``
    combinations were not run. ``below`` and ``above`` are the shares whose interval lies on that
    side of zero; ``row_sets_run`` counts the different sets of rows that ran, ``row_sets`` those
    that the estimates rest on. ``importance`` (choices,) is each choice's share of the variance of
    the estimates, ``interactions`` what choices do only together; they add up to 1, and are NaN
    where fewer than two different estimates came out.
    """

    combinations: int
    excluded: int
    run: int
    failed: int
    estimated: int
    fits: int
    row_sets_run: int
    row_sets: int
    negative: float
    positive: float
    below: float
    above: float
    lowest: float
    median: float
    highest: float
    names: tuple[str, ...]
    importance: np.ndarray
    interactions: float
