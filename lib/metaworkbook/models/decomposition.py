"""What a multiverse says as a whole: signs, and which choice moves the result most.

There is no p-value over specifications: they share their rows and are no sample of anything.

The variance of the estimates is split by what a main effect of each choice accounts for. With R2(S)
the share of variance that the choices in S explain additively (least squares on their options), a
choice's importance is its mean gain in R2 over all orders in which choices can enter (Lindeman,
Merenda and Gold 1980, the Shapley value of R2), so that shares add up to R2 of all choices whatever
combinations were excluded; the rest is what choices do only together.
"""

from __future__ import annotations

import math

import numpy as np

from metaworkbook.results.multiverse import Multiverse, MultiverseSummary

#: Estimates that differ by less than this share of their spread from zero count as one value.
FLAT = 1e-12


def summarise_multiverse(multiverse: Multiverse) -> MultiverseSummary:
    """Return shares of signs, the range of estimates and the importance of the choices.

    Parameters
    ----------
    multiverse : Multiverse
        From `multiverse.run_multiverse`.

    Returns
    -------
    MultiverseSummary
        Shares are of the specifications with an estimate, NaN where there is none.
    """
    kept = multiverse.estimated
    z, low, high = (getattr(multiverse, name)[kept] for name in ("estimate", "ci_low", "ci_high"))
    importance, interactions = decompose(z, multiverse.options[kept])
    quantiles = np.quantile(z, [0, 0.5, 1]) if z.size else np.full(3, np.nan)
    return MultiverseSummary(
        combinations=multiverse.combinations,
        excluded=multiverse.combinations - multiverse.size,
        run=multiverse.size,
        failed=int(multiverse.failed.sum()),
        estimated=int(kept.sum()),
        fits=multiverse.fits,
        row_sets_run=len(set(multiverse.row_set.tolist())),
        row_sets=len(set(multiverse.row_set[kept].tolist())),
        negative=_share(z < 0),
        positive=_share(z > 0),
        below=_share(high < 0),
        above=_share(low > 0),
        lowest=float(quantiles[0]),
        median=float(quantiles[1]),
        highest=float(quantiles[2]),
        names=multiverse.choices.names,
        importance=importance,
        interactions=interactions,
    )


def decompose(values: np.ndarray, options: np.ndarray) -> tuple[np.ndarray, float]:
    """Return each choice's share of the variance of ``values``, and the share of interactions.

    Parameters
    ----------
    values : ndarray, shape (S,)
        Estimates.
    options : ndarray of int, shape (S, choices)
        The option taken in each choice.

    Returns
    -------
    tuple
        Shares of shape (choices,), and what no additive model of the choices explains. NaN for
        fewer than two different values. A choice with one option among the rows has share 0.

    Notes
    -----
    Limiting case: over all combinations of two choices, values a_i + b_j have the shares
    var(a) / (var(a) + var(b)) and var(b) / (var(a) + var(b)), and no interactions.
    """
    choices = options.shape[1]
    centred = values - values.mean() if values.size else values
    total = float(centred @ centred)
    if values.size < 2 or total <= FLAT * float(values @ values):
        return np.full(choices, np.nan), math.nan
    columns, owner = [], []
    for place in range(choices):
        for option in np.unique(options[:, place])[1:]:
            column = (options[:, place] == option).astype(float)
            columns.append(column - column.mean())
            owner.append(place)
    if not columns:
        return np.zeros(choices), 1.0
    design, owner = np.stack(columns, axis=1), np.array(owner)
    gram, moments = design.T @ design, design.T @ centred
    explained = np.zeros(1 << choices)
    for code in range(1, 1 << choices):
        part = np.flatnonzero((code >> owner) & 1)
        if part.size:
            block = gram[np.ix_(part, part)]
            fitted = np.linalg.pinv(block, rcond=1e-10, hermitian=True) @ moments[part]
            explained[code] = moments[part] @ fitted / total
    return _average_gains(explained, choices), float(max(0.0, 1.0 - explained[-1]))


def _average_gains(explained: np.ndarray, choices: int) -> np.ndarray:
    """Return the Shapley value of every choice from R2 of all sets of choices."""
    codes = np.arange(1 << choices)
    sizes = np.bitwise_count(codes)
    weight = np.array(
        [
            math.factorial(size) * math.factorial(choices - size - 1) / math.factorial(choices)
            for size in range(choices)
        ]
    )
    gains = np.zeros(choices)
    for place in range(choices):
        without = codes[((codes >> place) & 1) == 0]
        gained = explained[without | (1 << place)] - explained[without]
        gains[place] = float(weight[sizes[without]] @ gained)
    return gains


def _share(hits: np.ndarray) -> float:
    return float(hits.mean()) if hits.size else math.nan
