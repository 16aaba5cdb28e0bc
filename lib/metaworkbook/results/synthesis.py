"""Results of `models.synthesis`."""

from __future__ import annotations

from dataclasses import dataclass

from metaworkbook.results.base import Result
from metaworkbook.results.directions import Censored, InformationShare, SignTest
from metaworkbook.results.pooling import Pooled


@dataclass(frozen=True)
class Variant(Result):
    """One way of reading the same rows: its name, what it left out or assumed, and its result.

    ``name`` is "without-directions", "reporting-0.7", "reporting-0.4", "one-sided", "rho-0.3",
    "rho-0.8", "one-vote" or "without-sample"; ``detail`` names the sample left out, if one was.
    """

    name: str
    detail: str
    result: Censored | None


@dataclass(frozen=True)
class Synthesis(Result):
    """All rows of a question together, with every variant that a verdict must survive.

    ``main`` is None below the gate (fewer than three samples); ``decision`` is "negative" or
    "positive" where the interval stays on one side of zero in the main result and in every
    variant, "not_decided" where it does not, "side_by_side" for two samples, "no_pooling" below.
    ``information`` is what each kind of row contributes to ``main``.
    """

    samples: int
    rows: int
    persons: float
    main: Censored | None
    variants: tuple[Variant, ...]
    classical: Pooled | None
    signs: SignTest
    decision: str
    gate: str
    information: InformationShare | None = None
