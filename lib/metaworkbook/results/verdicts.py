"""What a proposition asks of the evidence, and what it is told: `models.verdicts`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from metaworkbook.results.base import Result
from metaworkbook.results.directions import InformationShare, SignTest


@dataclass(frozen=True)
class Part(Result):
    """One part of a proposition with the rows that speak to it.

    ``kind`` is the analysis ("synthesis", "contrast", "reviews", "equivalence", "proportions",
    "change", "directions"), ``expected`` the sign the proposition states ("negative" or
    "positive"), ``main`` whether the proposition stands or falls with the part. ``data`` holds the
    arrays its model takes, ``against`` those of the other side of a comparison, ``signs`` the
    direction and sample of every row that tells one. ``entered`` are the ids of the rows of
    ``data`` and ``against``, ``ladder`` the steps of coverage with samples and persons.
    """

    name: str
    kind: str
    expected: str
    main: bool
    data: dict[str, Any]
    against: dict[str, Any] | None
    signs: dict[str, Any] | None
    margin: float
    entered: tuple[str, ...]
    ladder: tuple[dict[str, Any], ...]
    page: str


@dataclass(frozen=True)
class Question(Result):
    """A proposition of the thesis with its parts; ``fixed`` says why it is not judged, if so."""

    id: str
    statement: str
    parts: tuple[Part, ...]
    pages: tuple[str, ...]
    fixed: str


@dataclass(frozen=True)
class Reading(Result):
    """One estimate of a part with its interval; ``name`` and ``detail`` tell what it assumed.

    What could not be fitted has estimate NaN and the whole line for an interval: it decides
    nothing.
    """

    name: str
    detail: str
    estimate: float
    ci_low: float
    ci_high: float


@dataclass(frozen=True)
class Estimand(Result):
    """The main reading of a part and every variant that its verdict must survive.

    ``main`` is None where the rows allow no estimate; ``lacking`` then says what is missing:
    "nothing", "samples" (fewer than the gate asks), "sides" or "groups" (fewer on a side of a
    comparison), "unbounded" (a class that all or none of a group have), "signs" (too few that tell
    one), "reviews" (two side by side) or "no_review". ``scale`` is "z" (Fisher), "log_odds", "d"
    or "share". ``samples`` holds the persons of each independent sample or review, ``sides`` the
    two readings that a comparison sets against each other, ``counts`` the samples on either side
    where they are too few.
    """

    main: Reading | None
    variants: tuple[Reading, ...]
    scale: str
    samples: dict[str, float]
    lacking: str = ""
    sides: tuple[Reading, ...] = ()
    information: InformationShare | None = None
    counts: tuple[int, ...] = ()


@dataclass(frozen=True)
class PartVerdict(Result):
    """Where a part points under the verdict rule: "for", "against" or "undecided".

    ``lacking`` names what leaves it undecided: as in `Estimand`, or "one_side" (an interval
    without an end on one side), "main" (the main interval includes zero), "variant" (the variant
    ``crossing`` does). ``k`` and ``n`` count its independent samples or reviews and persons.
    """

    name: str
    kind: str
    expected: str
    main: bool
    points: str
    reading: Reading | None
    sides: tuple[Reading, ...]
    information: InformationShare | None
    margin: float
    scale: str
    k: int
    n: float
    lacking: str
    crossing: Reading | None
    variants: tuple[Reading, ...]
    samples: dict[str, float]
    signs: SignTest | None
    ladder: tuple[dict[str, Any], ...]
    entered: tuple[str, ...]
    page: str
    counts: tuple[int, ...] = ()


@dataclass(frozen=True)
class Verdict(Result):
    """What the evidence says of a proposition: supported, contradicted, mixed or undecided.

    ``k`` and ``n`` are independent samples (or reviews) and persons behind the main parts; a
    sample that serves several counts once in ``k``. ``fixed`` is the reason of a proposition that
    is not judged.
    """

    id: str
    statement: str
    verdict: str
    parts: tuple[PartVerdict, ...]
    k: int
    n: float
    pages: tuple[str, ...] = field(default_factory=tuple)
    fixed: str = ""
