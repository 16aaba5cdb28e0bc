"""Results of `models.censored_moderators` and of everything a declared moderator is asked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metaworkbook.results.base import Result
from metaworkbook.results.moderators import MetaRegression, Predictions, Subgroups


@dataclass(frozen=True)
class Moderator:
    """A declared moderator: a column of the rows, its kind ("category" or "number"), the reason.

    ``reference`` is the level that the others are compared with; blank for a number. ``blank`` is
    the level that an empty cell stands for; without it the row is untold.
    """

    name: str
    column: str
    kind: str
    title: str
    reason: str
    reference: str = ""
    blank: str = ""


@dataclass(frozen=True)
class CensoredRegression(Result):
    """Coefficients of the censored model's mean, arrays of shape (p,), on the z scale.

    A coefficient that the rows bound on one side only has no estimate (NaN) and an infinite end.
    ``lrt`` compares with one common mean on ``lrt_df`` degrees of freedom; it is NaN where a mean
    runs away or nothing is compared.
    """

    names: tuple[str, ...]
    estimate: np.ndarray
    ci_low: np.ndarray
    ci_high: np.ndarray
    tau2: float
    log_likelihood: float
    lrt: float
    lrt_df: int
    lrt_p: float
    k: int
    clusters: int
    rho: float
    reporting: float
    level: float


@dataclass(frozen=True)
class ModeratorResult(Result):
    """What one moderator says, as far as the number of samples allows.

    ``levels`` (or "number") with their ``samples`` and those of them with a coefficient
    (``exact``); a level of fewer than three samples is listed and not compared. ``means`` holds the
    censored model's mean of each compared level, ``contrasts`` the differences from ``reference``
    (a number: intercept and slope); ``subgroups`` and ``regression`` take coefficients alone.
    ``line`` is the regression's mean at the values ``at``; ``x``, ``yi``, ``vi`` are its points.
    """

    name: str
    kind: str
    levels: tuple[str, ...]
    samples: tuple[int, ...]
    exact: tuple[int, ...]
    compared: tuple[str, ...] = ()
    reference: str = ""
    blank: str = ""
    untold: int = 0
    means: CensoredRegression | None = None
    contrasts: CensoredRegression | None = None
    subgroups: Subgroups | None = None
    regression: MetaRegression | None = None
    at: np.ndarray | None = None
    line: Predictions | None = None
    x: np.ndarray | None = None
    yi: np.ndarray | None = None
    vi: np.ndarray | None = None
