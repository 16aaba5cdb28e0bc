"""Predictions of a meta-regression at named moderator values, without a design matrix by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from metaworkbook.errors import InputError
from metaworkbook.models import arrays
from metaworkbook.models.references import quantile
from metaworkbook.results.moderators import MetaRegression, Predictions

#: Between a moderator's name and its level in the name of a column ...
EQUALS = " = "
#: ... and between that level and the reference it is compared with.
AGAINST = " against "


def predict(
    fit: MetaRegression, rows: Mapping[str, Any], level: float | None = None
) -> Predictions:
    """Predict the mean at named moderator values, with confidence and prediction intervals.

    Parameters
    ----------
    fit : MetaRegression
        Its names say what the columns are.
    rows : mapping of str to value or sequence
        A small table, such as ``{"year": [1990, 2010], "rater": ["client", "client"]}``: for every
        moderator one value, or one a row. A moderator coded by `code_categorical` takes its
        levels by name; the intercept needs no entry.
    level : float, optional
        Confidence level; that of the fit if not given.

    Returns
    -------
    Predictions
        Arrays of shape (rows,). The prediction interval adds tau2 to the squared standard error
        and uses the distribution of the fit, t(k - p) or normal; NaN for FE.

    Raises
    ------
    InputError
        If a moderator is missing, unknown, of unequal length, or a level does not exist.

    Notes
    -----
    Limiting case: for an intercept alone, ``predict(fit, {})`` is one row, the pooled estimate.
    """
    level = fit.level if level is None else arrays.check_level(level)
    if not isinstance(rows, Mapping):
        raise InputError(
            f"rows: found a {type(rows).__name__}; allowed: a dict of moderator names to values. "
            'Write {"year": [1990, 2010]}.'
        )
    table = _table(rows)
    contrasts = _contrasts(fit.names, table)
    count = len(contrasts)
    estimate, se = linear_means(fit, contrasts)
    crit = quantile(fit.df, level)
    spread = np.full(count, np.nan) if fit.method == "FE" else crit * np.sqrt(se**2 + fit.tau2)
    labels = tuple(
        ", ".join(f"{name}{EQUALS}{values[row]}" for name, values in table.items())
        for row in range(count)
    )
    return Predictions(
        labels=labels,
        estimate=estimate,
        se=se,
        ci_low=estimate - crit * se,
        ci_high=estimate + crit * se,
        pi_low=estimate - spread,
        pi_high=estimate + spread,
    )


def linear_means(fit: MetaRegression, contrasts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the means and standard errors of design rows ``contrasts`` of shape (rows, p)."""
    variance = ((contrasts @ fit.covariance) * contrasts).sum(axis=1)
    return contrasts @ fit.estimate, np.sqrt(np.maximum(variance, 0.0))


def _table(rows: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return every moderator's values as lists of one length; single values are repeated."""
    table = {
        str(name): [values] if isinstance(values, str) or np.ndim(values) == 0 else list(values)
        for name, values in rows.items()
    }
    lengths = {len(values) for values in table.values()}
    count = max(lengths, default=1)
    if not count or lengths - {1, count}:
        found = ", ".join(f"{name} {len(values)}" for name, values in table.items())
        raise InputError(
            f"rows: found numbers of values {found}; allowed: one, or the same number for all. "
            "Fill up the table."
        )
    return {name: values * count if len(values) == 1 else values for name, values in table.items()}


def _contrasts(names: tuple[str, ...], table: dict[str, list[Any]]) -> np.ndarray:
    """Return the design rows of ``table``; every column must be accounted for."""
    count = len(next(iter(table.values()), [None]))
    coded = _coded(names)
    contrasts = np.ones((count, len(names)))
    plain = [name for name in names if name != "intercept" and name not in coded]
    wanted = {*plain, *(moderator for moderator, _, _ in coded.values())}
    if wanted != set(table):
        raise InputError(
            f"rows: found {', '.join(sorted(table)) or 'no moderators'}; allowed: values for "
            f"{', '.join(sorted(wanted)) or 'no moderators'}. Name every moderator of the fit."
        )
    for column, name in enumerate(names):
        if name in coded:
            moderator, level, _ = coded[name]
            contrasts[:, column] = [str(value) == level for value in table[moderator]]
        elif name != "intercept":
            contrasts[:, column] = arrays.as_vector(f"rows[{name!r}]", table[name])
    for moderator in {moderator for moderator, _, _ in coded.values()}:
        known = {level for name, level, _ in coded.values() if name == moderator}
        known |= {reference for name, _, reference in coded.values() if name == moderator}
        unknown = sorted({str(value) for value in table[moderator]} - known)
        if unknown:
            raise InputError(
                f"rows[{moderator!r}]: found {', '.join(unknown)}; allowed: "
                f"{', '.join(sorted(known))}. Name levels that were fitted."
            )
    return contrasts


def _coded(names: tuple[str, ...]) -> dict[str, tuple[str, str, str]]:
    """Return moderator, level and reference of every column named by `code_categorical`."""
    coded = {}
    for name in names:
        moderator, equals, comparison = name.partition(EQUALS)
        level, against, reference = comparison.rpartition(AGAINST)
        if equals and against:
            coded[name] = (moderator, level, reference)
    return coded
