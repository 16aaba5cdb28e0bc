"""The multiverse: every defensible combination of the declared choices, run to one table.

This module drives `evidence.selection`: which rows a specification rests on is asked of the
selection option by option, and since a row has to pass every criterion, the rows of a combination
are those that every one of its options lets in. Fits that many specifications share are made once,
in blocks that run here, in other processes or on a cluster; the table does not depend on where.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from metaworkbook.errors import Problem, ProblemsError
from metaworkbook.evidence.descriptions import describe_effects
from metaworkbook.evidence.ledger import Ledger
from metaworkbook.evidence.parameters import check_parameters
from metaworkbook.evidence.selection import Selection, select
from metaworkbook.evidence.tiers import TIERS
from metaworkbook.models.specifications import (
    Fit,
    Job,
    count_combinations,
    count_samples,
    fit_jobs,
    list_specifications,
    prepare_job,
)
from metaworkbook.results.multiverse import Choices, Multiverse, Option

#: Fits in one block: small enough that an interruption or a lost worker costs little.
BLOCK = 16

Keep = Callable[[dict[str, Fit]], None]
Tell = Callable[[int, int], None]


def run_multiverse(
    ledger: Ledger,
    asked: Mapping[str, str],
    choices: Choices,
    jobs: int | None = 1,
    known: Mapping[str, Fit] | None = None,
    keep: Keep | None = None,
    tell: Tell | None = None,
) -> Multiverse:
    """Run every specification of a question.

    Parameters
    ----------
    ledger : Ledger
        The validated ledger.
    asked : mapping
        Arguments of `evidence.selection.select` that hold wherever no choice sets them; x and y.
    choices : Choices
        From `evidence.read_choices`.
    jobs : int, optional
        Processes; 1 runs here. None takes joblib's current backend, such as a Dask cluster.
    known : mapping, optional
        Fits by key that need not be made again.
    keep : callable, optional
        Called with each block of new fits as it comes in, in any order.
    tell : callable, optional
        Called with the number of fits at hand and of all fits.

    Returns
    -------
    Multiverse
        One row a specification, in the order of the choices, whatever ``jobs`` is.

    Raises
    ------
    ProblemsError
        If a choice sets a parameter to a value that is not allowed, or names an unknown column.
    """
    options = list_specifications(choices)
    plan, row_set = _plan(ledger, asked, choices, options)
    wanted = {job.key: job for job in plan}
    fits = {key: fit for key, fit in (known or {}).items() if key in wanted}
    open_jobs = [job for key, job in wanted.items() if key not in fits]
    tell = tell or (lambda done, total: None)
    tell(len(fits), len(wanted))
    for found in _run(open_jobs, jobs):
        if keep:
            keep(found)
        fits.update(found)
        tell(len(fits), len(wanted))
    columns = np.array([fits[job.key] for job in plan], dtype=float).reshape(len(plan), 4)
    samples = {key: count_samples(job) for key, job in wanted.items()}
    return Multiverse(
        choices=choices,
        options=options,
        k=np.array([samples[job.key] for job in plan], dtype=np.intp),
        estimate=columns[:, 0],
        ci_low=columns[:, 1],
        ci_high=columns[:, 2],
        tau2=columns[:, 3],
        row_set=row_set,
        combinations=count_combinations(choices),
        fits=len(wanted),
    )


def _run(jobs: list[Job], workers: int | None) -> Iterator[dict[str, Fit]]:
    """Yield the fits of blocks of jobs as they are done."""
    blocks = [jobs[start : start + BLOCK] for start in range(0, len(jobs), BLOCK)]
    if workers == 1 or not blocks:
        yield from map(fit_jobs, blocks)
        return
    from joblib import Parallel, delayed

    parallel = Parallel(n_jobs=workers, return_as="generator_unordered", batch_size=1)
    yield from parallel(delayed(fit_jobs)(block) for block in blocks)


def _plan(
    ledger: Ledger, asked: Mapping[str, str], choices: Choices, options: np.ndarray
) -> tuple[list[Job], np.ndarray]:
    """Return the job of every specification and the number of the set of rows it rests on."""
    selection, lets_in = read_options(ledger, asked, choices)
    bounds = selection.bounds()
    bounds["cluster"] = pd.factorize(bounds["cluster"])[0]
    exact = (bounds["lower"] == bounds["upper"]) & (np.abs(bounds["lower"]) < 1)
    plan: list[Job] = []
    jobs: dict[tuple[bytes, str], Job] = {}
    sets: dict[bytes, int] = {}
    row_set = np.empty(len(options), dtype=np.intp)
    for number, taken in enumerate(options):
        chosen = [choice.options[i] for choice, i in zip(choices.choices, taken, strict=True)]
        settings = {name: value for option in chosen for name, value in option.fit.items()}
        mask = np.logical_and.reduce([lets_in[place][i] for place, i in enumerate(taken)])
        if settings.get("model", "censored") != "censored":
            mask = mask & exact
        packed = np.packbits(mask).tobytes()
        row_set[number] = sets.setdefault(packed, len(sets))
        key = (packed, repr(sorted(settings.items())))
        if key not in jobs:
            jobs[key] = prepare_job(
                **{name: value[mask] for name, value in bounds.items()}, settings=settings
            )
        plan.append(jobs[key])
    return plan, row_set


def read_options(
    ledger: Ledger, asked: Mapping[str, str], choices: Choices
) -> tuple[Selection, list[list[np.ndarray]]]:
    """Return the rows that any specification may use, and which of them each option lets in.

    What a choice sets is opened as wide as it goes, and narrowed option by option.
    """
    widest = {"population": "all", "tiers": " ".join(TIERS), "rater": "any", "phase": "any",
              "measure_family": "any"}  # fmt: skip
    varied = {
        name for choice in choices.choices for option in choice.options for name in option.select
    }
    base = dict(asked) | {name: widest[name] for name in sorted(varied)}
    _check_selects(ledger, base, choices)
    selection = select(ledger, **base)
    rows = selection.rows
    described = describe_effects(ledger)
    _check_columns(choices, described)
    cache: dict[str, np.ndarray] = {}

    def lets_in(option: Option, defaults: dict[str, str]) -> np.ndarray:
        arguments = base | defaults | option.select
        name = repr(sorted(arguments.items()))
        if name not in cache:
            kept = select(ledger, **arguments).rows["effect_id"]
            cache[name] = rows["effect_id"].isin(kept).to_numpy()
        mask = cache[name]
        for column, value in option.rows.items():
            mask = mask & (rows[column].astype(str) == value).to_numpy()
        return mask

    masks = []
    for choice in choices.choices:
        # An option that says nothing of what its choice varies keeps what was asked.
        own = {name for option in choice.options for name in option.select}
        defaults = {name: asked[name] for name in sorted(own) if name in asked}
        masks.append([lets_in(option, defaults) for option in choice.options])
    return selection, masks


def _check_selects(ledger: Ledger, base: dict[str, str], choices: Choices) -> None:
    check_parameters(ledger, **base)
    problems = []
    for choice in choices.choices:
        for option in choice.options:
            try:
                check_parameters(ledger, **(base | option.select))
            except ProblemsError as error:
                place = {"file": "multiverse choices", "key": f"{choice.name}: {option.name}"}
                problems += [replace(problem, **place) for problem in error.problems]
    if problems:
        raise ProblemsError(problems)


def _check_columns(choices: Choices, described: pd.DataFrame) -> None:
    problems = []
    for choice in choices.choices:
        for option in choice.options:
            for column, value in option.rows.items():
                place = ("multiverse choices", 0, f"{choice.name}: {option.name}", column)
                if column not in described:
                    problems.append(
                        Problem(*place, f'"{column}"', "a column of the evidence", "Correct it.")
                    )
                # Without a row every word is as good.
                elif len(described) and value not in (words := set(described[column].astype(str))):
                    listed = ", ".join(sorted(words)[:12])
                    problems.append(Problem(*place, f'"{value}"', listed, "Correct the value."))
    if problems:
        raise ProblemsError(problems)
