"""What each kind of part estimates, and the variants that its verdict must survive.

`ANALYSES` says it for each kind, in the words of the methods page.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from metaworkbook.models.change import pool_changes
from metaworkbook.models.contrasts import subtract
from metaworkbook.models.gates import gate
from metaworkbook.models.proportions import compare_shares, exact_shares
from metaworkbook.models.synthesis import synthesise
from metaworkbook.results.synthesis import Synthesis
from metaworkbook.results.verdicts import Estimand, Part, Reading

#: By kind: what it estimates, and the variants of it.
ANALYSES = {
    "synthesis": (
        "correlation by the censored model",
        "without directions alone; non-significant results reported with probability 0.7 and 0.4; "
        "significant read as one-sided; rows of a sample correlated 0.3 and 0.8, or as one vote; "
        "without each sample",
    ),
    "contrast": ("difference of two such correlations", "the same on both sides at once"),
    "reviews": (
        "published correlations, pooled a second time",
        "overlap 0, 0.3 and 0.9; derived standard errors doubled; without each kind of therapy "
        "while three remain",
    ),
    "equivalence": (
        "margin less the difference of two published correlations",
        "the same on both sides at once",
    ),
    "proportions": ("odds ratio of a class, clinical to non-clinical", "without each sample"),
    "change": (
        "standardised mean change of the same people",
        "correlation of before and after 0.3 and 0.7; without each sample while three remain",
    ),
    "directions": (
        "share of positive samples among those that tell a direction, less one half",
        "all samples without a direction positive, all negative; without each sample",
    ),
}


def read(name: str, result: Any, detail: str = "") -> Reading:
    """Return estimate and interval of any result; the whole line for None."""
    if result is None:
        return Reading(name, detail, math.nan, -math.inf, math.inf)
    return Reading(name, detail, result.estimate, result.ci_low, result.ci_high)


def count_persons(cluster: np.ndarray, ni: np.ndarray) -> dict[str, float]:
    """Return the persons of each sample: the largest number any of its rows rests on."""
    persons: dict[str, float] = {}
    for sample, n in zip(cluster, np.nan_to_num(np.asarray(ni, dtype=float)), strict=True):
        persons[str(sample)] = max(persons.get(str(sample), 0.0), float(n))
    return persons


def estimate_synthesis(part: Part) -> Estimand:
    """Return the censored synthesis of the part's rows."""
    samples = count_persons(part.data["cluster"], part.data["ni"])
    found = _synthesise(part.data)
    if found is None or found.main is None:
        return Estimand(None, (), "z", samples, _missing(samples))
    main = read("main", found.main)
    return Estimand(main, _variants(found), "z", samples, information=found.information)


def estimate_contrast(part: Part) -> Estimand:
    """Return the difference of the two sides' correlations; a variant is taken on both at once."""
    sides = (part.data, part.against or {})
    people = [count_persons(side["cluster"], side["ni"]) for side in sides]
    samples = people[0] | people[1]
    first, second = (_synthesise(side) for side in sides)
    if not all(side is not None and side.main is not None for side in (first, second)):
        lacking = "sides" if samples else "nothing"
        return Estimand(None, (), "z", samples, lacking, counts=tuple(map(len, people)))
    shared = bool(set(people[0]) & set(people[1]))
    mains = read("main", first.main), read("main", second.main)
    main = subtract(*mains, shared)
    pairs = match_variants(mains, (_variants(first), _variants(second)))
    variants = tuple(subtract(a, b, shared) for a, b in pairs)
    return Estimand(main, variants, "z", samples, sides=mains)


def match_variants(
    mains: tuple[Reading, Reading], variants: tuple[tuple[Reading, ...], ...]
) -> Iterator[tuple[Reading, Reading]]:
    """Yield each variant on both sides; one that does not touch a side leaves it as it is."""
    tables = [{(got.name, got.detail): got for got in side} for side in variants]
    for name, detail in dict.fromkeys([*tables[0], *tables[1]]):
        a, b = (
            table.get((name, detail), Reading(name, detail, *_numbers(main)))
            for table, main in zip(tables, mains, strict=True)
        )
        yield a, b


def estimate_proportions(part: Part) -> Estimand:
    """Return the log odds ratio of a class, clinical against non-clinical samples."""
    data, group = part.data, part.data["clinical"]
    samples = count_persons(data["cluster"], data["totals"])
    counts = tuple(int((group == side).sum()) for side in (1, 0))
    if not all(gate(count).verdict for count in counts):
        lacking = "groups" if samples else "nothing"
        return Estimand(None, (), "log_odds", samples, lacking, counts=counts)

    def fit(keep: np.ndarray) -> Any:
        found = compare_shares(data["events"][keep], data["totals"][keep], group[keep])
        return found if found.bounded else None

    found = fit(np.ones(group.size, dtype=bool))
    if found is None:
        return Estimand(None, (), "log_odds", samples, "unbounded")
    variants = tuple(
        read("without-sample", fit(data["cluster"] != sample), sample) for sample in samples
    )
    return Estimand(read("main", found), variants, "log_odds", samples)


def estimate_change(part: Part) -> Estimand:
    """Return the pooled standardised mean change; rows of ``vi`` are before-after correlations."""
    data = part.data
    samples = count_persons(data["cluster"], data["ni"])

    def fit(which: int, keep: Any = slice(None)) -> Any:
        return pool_changes(data["yi"][keep], data["vi"][which][keep], data["cluster"][keep])

    found = fit(1)
    if found is None:
        return Estimand(None, (), "d", samples, _missing(samples))
    variants = [read("before-after-0.3", fit(0)), read("before-after-0.7", fit(2))]
    if gate(len(samples) - 1).verdict:
        variants += [
            read("without-sample", fit(1, data["cluster"] != sample), sample) for sample in samples
        ]
    return Estimand(read("main", found), tuple(variants), "d", samples)


def estimate_directions(part: Part) -> Estimand:
    """Return the share of samples that point up, less one half, one vote a sample."""
    samples = count_persons(part.data["cluster"], part.data["ni"])
    votes = count_votes(part.data["signs"], part.data["cluster"])
    told = sum(1 for sign in votes.values() if sign)
    if not gate(told).verdict:
        return Estimand(None, (), "share", samples, "signs" if samples else "nothing")
    variants = []
    if told < len(votes):
        variants = [
            read_share("untold-up", votes, untold=1.0),
            read_share("untold-down", votes, untold=-1.0),
        ]
    for sample in votes:
        rest = {other: sign for other, sign in votes.items() if other != sample}
        variants.append(read_share("without-sample", rest, detail=sample))
    return Estimand(read_share("main", votes), tuple(variants), "share", samples)


def count_votes(signs: np.ndarray, cluster: np.ndarray) -> dict[str, float]:
    """Return one vote a sample: the majority of its signs, 0 for a tie or none told."""
    totals: dict[str, float] = {}
    for sign, sample in zip(np.nan_to_num(signs), cluster, strict=True):
        totals[str(sample)] = totals.get(str(sample), 0.0) + float(sign)
    return {sample: float(np.sign(total)) for sample, total in totals.items()}


def read_share(
    name: str, votes: dict[str, float], untold: float = 0.0, detail: str = ""
) -> Reading:
    """Return the share of votes up less one half with its exact interval (Clopper, Pearson 1934).

    ``untold`` is the vote lent to samples without a sign. By hand: 6 of 6 up has the interval
    .541 to 1, so .041 to .5 here; 5 of 5 has .478 and decides nothing.
    """
    cast = [sign or untold for sign in votes.values()]
    up, all_told = sum(1 for sign in cast if sign > 0), sum(1 for sign in cast if sign)
    exact = exact_shares([up], [all_told])
    ends = (exact.share[0] - 0.5, exact.ci_low[0] - 0.5, exact.ci_high[0] - 0.5)
    return Reading(name, detail, *(float(end) for end in ends))


def _synthesise(data: dict[str, Any]) -> Synthesis | None:
    return synthesise(**data) if len(data["cluster"]) else None


def _variants(found: Synthesis) -> tuple[Reading, ...]:
    return tuple(read(one.name, one.result, one.detail) for one in found.variants)


def _numbers(reading: Reading) -> tuple[float, float, float]:
    return reading.estimate, reading.ci_low, reading.ci_high


def _missing(samples: dict[str, float]) -> str:
    return "samples" if samples else "nothing"


SAMPLES: dict[str, Callable[[Part], Estimand]] = {
    "synthesis": estimate_synthesis,
    "contrast": estimate_contrast,
    "proportions": estimate_proportions,
    "change": estimate_change,
    "directions": estimate_directions,
}
