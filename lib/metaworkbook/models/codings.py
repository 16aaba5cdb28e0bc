"""How far two readers of the same sources agree, and how far beyond chance.

Where nearly all rows fall into one category kappa is low however well readers agree; Gwet's AC1
is not, so both stand side by side (Gwet 2008, British Journal of Mathematical and Statistical
Psychology 61, 29-48). By hand: 2 x 2 counts 118, 5, 2, 0 agree on .944 of 125; kappa expects
.984 x .96 + .016 x .04 = .9453, so -.0234; AC1 expects 2 x .972 x .028 = .0544, so .9408.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from metaworkbook.errors import InputError
from metaworkbook.models import arrays
from metaworkbook.models.proportions import exact_shares
from metaworkbook.models.references import quantile
from metaworkbook.results.codings import CodingAgreement
from metaworkbook.results.proportions import ExactShare


def measure_agreement(
    first: Any, second: Any, categories: Any = None, level: float = 0.95
) -> CodingAgreement:
    """Return the agreement of two readers on one field.

    Parameters
    ----------
    first, second : array_like of shape (n,)
        What each reader recorded of each row, as texts.
    categories : array_like, optional
        All categories that were possible; those that occur by default. AC1 depends on their number.
    level : float
        Confidence level.

    Returns
    -------
    CodingAgreement
        Standard errors hold for rows drawn from many (Gwet 2008; the subject-level form that
        irrCAC computes, for kappa too).

    Raises
    ------
    InputError
        For no rows, arrays of two lengths, or a reading outside ``categories``.
    """
    a, b = np.asarray(first, dtype=object), np.asarray(second, dtype=object)
    if a.shape != b.shape or a.ndim != 1 or a.size == 0:
        raise InputError("first and second: allowed: one reading each a row, at least one row.")
    seen = set(a) | set(b)
    words = sorted(seen if categories is None else set(categories), key=str)
    if not seen <= set(words):
        raise InputError(f"categories: found none for {', '.join(map(str, seen - set(words)))}.")
    level = arrays.check_level(level)
    index = {word: position for position, word in enumerate(words)}
    rows = np.array([index[word] for word in a]), np.array([index[word] for word in b])
    agree = rows[0] == rows[1]
    exact = exact_shares([agree.sum()], [a.size], level)
    kappa = _interval(*_kappa(*rows, len(words)), a.size, level)
    ac1 = _interval(*_ac1(*rows, len(words)), a.size, level)
    return CodingAgreement(
        a.size, int(agree.sum()), float(exact.share[0]), float(exact.ci_low[0]),
        float(exact.ci_high[0]), *kappa, *ac1, len(words),
    )  # fmt: skip


def measure_codings(pairs: dict[str, dict[str, Any]]) -> dict[str, CodingAgreement]:
    """Return `measure_agreement` of each field; ``pairs`` holds its arguments by name."""
    return {name: measure_agreement(**told) for name, told in pairs.items() if len(told["first"])}


def measure_confirmations(
    counts: dict[str, dict[str, int]], level: float = 0.95
) -> dict[str, ExactShare]:
    """Return the share confirmed with its exact interval; ``counts`` holds events and totals."""
    return {
        name: exact_shares([told["events"]], [told["totals"]], level)
        for name, told in counts.items()
        if told["totals"]
    }


def _kappa(a: np.ndarray, b: np.ndarray, q: int) -> tuple[float, float]:
    """Return kappa and its standard error; chance is the product of both readers' shares."""
    n = a.size
    shares = [np.bincount(side, minlength=q) / n for side in (a, b)]
    raw, chance = float((a == b).mean()), float(shares[0] @ shares[1])
    if chance == 1:
        return np.nan, np.nan
    kappa = (raw - chance) / (1 - chance)
    each = ((a == b) - chance) / (1 - chance)
    expected = (shares[1][a] + shares[0][b]) / 2
    return kappa, _error(each - 2 * (1 - kappa) * (expected - chance) / (1 - chance), kappa)


def _ac1(a: np.ndarray, b: np.ndarray, q: int) -> tuple[float, float]:
    """Return AC1 and its standard error; chance is sum p (1 - p) / (q - 1), p the mean shares."""
    if q == 1:
        return 1.0, 0.0
    n = a.size
    share = (np.bincount(a, minlength=q) + np.bincount(b, minlength=q)) / (2 * n)
    chance = float((share * (1 - share)).sum() / (q - 1))
    ac1 = (float((a == b).mean()) - chance) / (1 - chance)
    each = ((a == b) - chance) / (1 - chance)
    expected = (2 - share[a] - share[b]) / (2 * (q - 1))
    return ac1, _error(each - 2 * (1 - ac1) * (expected - chance) / (1 - chance), ac1)


def _error(influence: np.ndarray, estimate: float) -> float:
    n = influence.size
    if n == 1:
        return np.nan
    return float(np.sqrt(((influence - estimate) ** 2).sum() / (n * (n - 1))))


def _interval(estimate: float, se: float, n: int, level: float) -> tuple[float, ...]:
    half = quantile(float(max(n - 1, 1)), level) * se
    return estimate, se, estimate - half, float(np.minimum(1.0, estimate + half))
