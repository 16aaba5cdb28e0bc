"""Each declared moderator asked of one question's rows, no further than the gates allow.

All rows enter the censored model with the moderator in its mean; rows with a coefficient also enter
a meta-regression, one composite a sample and level. A level of fewer than three samples is counted
and not compared; a number needs ten samples.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from metaworkbook.errors import ConvergenceError
from metaworkbook.models.categories import subgroups
from metaworkbook.models.censored_moderators import regress_censored
from metaworkbook.models.gates import SMALL_STUDIES, VERDICT
from metaworkbook.models.multilevel import aggregate
from metaworkbook.models.predictions import predict
from metaworkbook.models.regression import meta_regression
from metaworkbook.results.censored_moderators import (
    CensoredRegression,
    Moderator,
    ModeratorResult,
)
from metaworkbook.results.moderators import MetaRegression

#: Points of a regression line that is drawn.
POINTS = 25
Rows = dict[str, np.ndarray]


def examine_moderators(
    moderators: Sequence[Moderator], values: Mapping[str, Any], bounds: Mapping[str, Any],
    rho: float = 0.6,
) -> tuple[ModeratorResult, ...]:  # fmt: skip
    """Ask every declared moderator, in the order of declaration.

    Parameters
    ----------
    moderators : sequence of Moderator
    values : mapping of str to array_like, shape (k,)
        Each moderator's value of every row; blank or NaN where it is not told.
    bounds : mapping
        What `censored.pool_censored` takes: lower, upper, ni, outside, cluster.
    rho : float
        Assumed correlation of sampling errors within a sample.

    Returns
    -------
    tuple of ModeratorResult
    """
    rows = {name: np.asarray(each) for name, each in bounds.items()}
    return tuple(
        _ask_number(each, np.asarray(values[each.name], float), rows, rho)
        if each.kind == "number"
        else _ask_category(each, np.asarray(values[each.name], object), rows, rho)
        for each in moderators
    )


def regress_together(
    moderators: Sequence[Moderator], values: Mapping[str, Any], bounds: Mapping[str, Any],
    rho: float = 0.6,
) -> MetaRegression | None:  # fmt: skip
    """Fit all declared moderators in one meta-regression of the coefficients.

    Arguments as in `examine_moderators`. Only rows that tell every moderator enter, one composite a
    sample; a moderator without two levels there, and one that repeats others, is left out.

    Returns
    -------
    MetaRegression or None
        None below ten samples or without a moderator that varies.
    """
    rows = {name: np.asarray(each) for name, each in bounds.items()}
    told = _exact(rows)
    for each in moderators:
        column = np.asarray(values[each.name])
        told &= ~np.isnan(column.astype(float)) if each.kind == "number" else column != ""
    kept = {name: each[told] for name, each in rows.items()}
    if _count(rows, told) < SMALL_STUDIES:
        return None
    one = _composites(kept, rho)
    order = [np.flatnonzero(kept["cluster"].astype(str) == label)[0] for label in one.cluster]
    columns, names = [np.ones(len(order))], ["intercept"]
    for each in moderators:
        column = np.asarray(values[each.name])[told][order]
        for name, design in _columns(each, column):
            wider = np.column_stack([*columns, design])
            if np.linalg.matrix_rank(wider) == wider.shape[1] < len(order) - 1:
                columns.append(design)
                names.append(name)
    if len(names) == 1:
        return None
    return meta_regression(one.yi, one.vi, np.column_stack(columns), names=names)


def _columns(moderator: Moderator, column: np.ndarray) -> list[tuple[str, np.ndarray]]:
    if moderator.kind == "number":
        number = column.astype(float)
        return [(moderator.name, number - number.mean())]
    levels = sorted(set(column) - {moderator.reference})
    if moderator.reference not in column:
        levels = levels[1:]
    return [
        (f"{moderator.name}: {level}", (column == level).astype(float))
        for level in levels
    ]  # fmt: skip


def _ask_category(
    moderator: Moderator, column: np.ndarray, rows: Rows, rho: float
) -> ModeratorResult:
    told = column != ""
    present = sorted(set(column[told]))
    exact = _exact(rows)
    samples = {level: _count(rows, column == level) for level in present}
    coefficients = {level: _count(rows, (column == level) & exact) for level in present}
    compared = [level for level in present if samples[level] >= VERDICT]
    found: dict[str, Any] = {}
    if len(compared) > 1:
        reference = moderator.reference if moderator.reference in compared else compared[0]
        compared.sort(key=lambda level: level != reference)
        found |= _compare_censored(column, compared, rows, rho) | {"reference": reference}
    both = [level for level in compared if coefficients[level] >= VERDICT]
    if len(both) > 1:
        kept = exact & np.isin(column, both)
        yi, vi, labels = _by_level(column, kept, rows, rho)
        found["subgroups"] = subgroups(yi, vi, labels, reference=both[0])
    return ModeratorResult(
        name=moderator.name,
        kind=moderator.kind,
        levels=tuple(present),
        samples=tuple(samples.values()),
        exact=tuple(coefficients.values()),
        compared=tuple(compared) if len(compared) > 1 else (),
        untold=int((~told).sum()),
        **found,
    )


def _compare_censored(
    column: np.ndarray, compared: list[str], rows: Rows, rho: float
) -> dict[str, CensoredRegression | None]:
    kept = np.isin(column, compared)
    part = {name: each[kept] for name, each in rows.items()}
    means = np.column_stack([column[kept] == level for level in compared]).astype(float)
    contrasts = np.column_stack([np.ones(len(means)), means[:, 1:]])
    names = ("intercept", *compared[1:])
    return {
        "means": _regress(part, means, compared, rho),
        "contrasts": _regress(part, contrasts, names, rho),
    }


def _regress(
    part: Rows, X: np.ndarray, names: Sequence[str], rho: float
) -> CensoredRegression | None:
    try:
        return regress_censored(**part, X=X, rho=rho, names=names)
    except ConvergenceError:
        return None


def _ask_number(
    moderator: Moderator, column: np.ndarray, rows: Rows, rho: float
) -> ModeratorResult:
    told = ~np.isnan(column)
    exact = told & _exact(rows)
    samples, coefficients = _count(rows, told), _count(rows, exact)
    found: dict[str, Any] = {}
    varies = np.unique(column[told]).size > 1
    if samples >= SMALL_STUDIES and varies:
        part = {name: each[told] for name, each in rows.items()}
        centred = column[told] - column[told].mean()
        X = np.column_stack([np.ones(centred.size), centred])
        found["contrasts"] = _regress(part, X, ("intercept", moderator.name), rho)
    if coefficients >= SMALL_STUDIES and np.unique(column[exact]).size > 1:
        found |= _draw_line(moderator, column, exact, rows, rho)
    return ModeratorResult(
        name=moderator.name,
        kind=moderator.kind,
        levels=("number",),
        samples=(samples,),
        exact=(coefficients,),
        untold=int((~told).sum()),
        **found,
    )


def _draw_line(
    moderator: Moderator, column: np.ndarray, exact: np.ndarray, rows: Rows, rho: float
) -> dict[str, Any]:
    yi, vi, x = _by_level(column, exact, rows, rho)
    x = x.astype(float)
    fit = meta_regression(
        yi, vi, np.column_stack([np.ones(x.size), x]), names=("intercept", moderator.name)
    )
    at = np.linspace(x.min(), x.max(), POINTS)
    line = predict(fit, {moderator.name: at})
    return {"regression": fit, "at": at, "line": line, "x": x, "yi": yi, "vi": vi}


def _by_level(
    column: np.ndarray, kept: np.ndarray, rows: Rows, rho: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return one composite a sample and value of the moderator, with that value."""
    part = {name: each[kept] for name, each in rows.items()}
    pairs = list(zip(part["cluster"].tolist(), column[kept].tolist(), strict=True))
    numbers = {pair: number for number, pair in enumerate(dict.fromkeys(pairs))}
    part["cluster"] = np.array([numbers[pair] for pair in pairs])
    one = _composites(part, rho)
    values = np.array([pair[1] for pair in numbers], dtype=object)
    return one.yi, one.vi, values


def _composites(part: Rows, rho: float):
    yi, vi = np.arctanh(part["lower"].astype(float)), 1.0 / (part["ni"].astype(float) - 3.0)
    labels = [str(label) for label in part["cluster"]]
    return aggregate(yi, vi, labels, rho)


def _exact(rows: Rows) -> np.ndarray:
    return (rows["lower"] == rows["upper"]) & (np.abs(rows["lower"].astype(float)) < 1)


def _count(rows: Rows, kept: np.ndarray) -> int:
    return len(set(rows["cluster"][kept].tolist()))
