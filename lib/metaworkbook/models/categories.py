"""Categorical moderators: coding against a reference, and subgroups from one model."""

from __future__ import annotations

from typing import Any

import numpy as np

from metaworkbook.errors import InputError
from metaworkbook.models import arrays
from metaworkbook.models.predictions import AGAINST, EQUALS, linear_means
from metaworkbook.models.references import quantile
from metaworkbook.models.regression import meta_regression
from metaworkbook.results.moderators import Subgroups


def code_categorical(
    levels: Any, reference: Any = None, name: str = "level"
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Code a categorical moderator as an intercept and one 0/1 column a further level.

    The intercept is then the mean of the reference level, each further coefficient the difference
    of a level from it.

    Parameters
    ----------
    levels : array_like, shape (k,)
        Level of each effect, as text or whole numbers; none missing.
    reference : optional
        Level the others are compared with; the first in sorted order if not given.
    name : str
        Name of the moderator, used in the names of the columns.

    Returns
    -------
    tuple
        X of shape (k, number of levels), and the names of its columns: "intercept" and
        "name = level against reference" for each further level in sorted order. `predict`
        understands these names.

    Raises
    ------
    InputError
        If a level is missing, there is but one level, or the reference is not among them.
    """
    labels = _labels(levels)
    present = sorted(set(labels))
    if len(present) < 2:
        raise InputError(
            f"levels: found only {present[0]!r}; allowed: at least two different levels. "
            "Pool these effects instead of comparing them."
        )
    first = present[0] if reference is None else str(reference)
    if first not in present:
        raise InputError(
            f"reference: found {first!r}; allowed: {', '.join(present)}. Name a level that occurs."
        )
    others = [level for level in present if level != first]
    columns = [np.ones(len(labels))]
    columns += [np.array([float(label == level) for label in labels]) for level in others]
    names = ("intercept", *(f"{name}{EQUALS}{level}{AGAINST}{first}" for level in others))
    return np.column_stack(columns), names


def subgroups(
    yi: Any,
    vi: Any,
    levels: Any,
    reference: Any = None,
    method: str = "REML",
    ci: str = "knapp-hartung",
    level: float = 0.95,
) -> Subgroups:
    """Estimate each level's mean from one model with a common tau2, and test their difference.

    Parameters
    ----------
    yi, vi : array_like, shape (k,)
        Effects and sampling variances.
    levels, reference
        As in `code_categorical`.
    method, ci, level
        As in `models.pooling.pool`.

    Returns
    -------
    Subgroups
        Arrays of shape (levels,), the reference first and the others sorted; ``qm`` tests that all
        levels have one mean, F on (qm_df, df) degrees of freedom under Knapp-Hartung, chi-squared
        under Wald. A level of a single study has an estimate and an interval too: tau2 comes from
        all levels.

    Raises
    ------
    InputError
        As `code_categorical` and `meta_regression`.
    """
    yi, vi = arrays.check_effects(yi, vi)
    labels = _labels(levels)
    if len(labels) != yi.size:
        raise InputError(
            f"levels: found {len(labels)} values for {yi.size} effects; allowed: one an effect. "
            "Take levels from the same selection as yi."
        )
    X, names = code_categorical(labels, reference)
    fit = meta_regression(yi, vi, X, method=method, ci=ci, level=level, names=names)
    first = labels[int(np.flatnonzero((X[:, 1:] == 0).all(axis=1))[0])]
    ordered = (first, *sorted(set(labels) - {first}))
    contrasts = np.eye(len(ordered))
    contrasts[:, 0] = 1.0
    estimate, se = linear_means(fit, contrasts)
    half = quantile(fit.df, level) * se
    return Subgroups(
        levels=ordered,
        estimate=estimate,
        se=se,
        ci_low=estimate - half,
        ci_high=estimate + half,
        k=np.array([labels.count(label) for label in ordered]),
        reference=first,
        df=fit.df,
        tau2=fit.tau2,
        qm=fit.qm,
        qm_df=fit.qm_df,
        qm_p=fit.qm_p,
        r2=fit.r2,
    )


def _labels(levels: Any) -> list[str]:
    """Return levels as text, or raise InputError naming the first that is missing."""
    values = np.asarray(levels, dtype=object)
    if values.ndim != 1 or not values.size:
        raise InputError(
            f"levels: found an array of shape {values.shape}; allowed: one level an effect. "
            "Select one column."
        )
    for position, value in enumerate(values):
        missing = value is None or value != value or not str(value).strip()
        if missing or str(value) in ("<NA>", "NaT"):
            raise InputError(
                f"levels: found {value!r} at position {position}; allowed: text or whole numbers. "
                "Leave the effect out or give it a level of its own."
            )
    return [str(value) for value in values]
