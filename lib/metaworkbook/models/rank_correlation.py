"""Kendall's rank correlation, with an exact p-value where there are no ties.

SciPy's `kendalltau` would do, but the import of its statistics takes a second.
"""

from __future__ import annotations

import numpy as np

#: Up to this many values without ties the p-value is exact; beyond, the normal approximation
#: differs from it by less than 1e-4.
EXACT_UP_TO = 300


def kendall(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Return Kendall's tau-b and its two-sided p-value.

    With S concordant less discordant pairs of k(k - 1)/2, tau = S / sqrt((pairs - pairs tied in
    x)(pairs - pairs tied in y)) (Kendall 1970, eq. 3.3); the variance of S under ties is his
    eq. 4.4. Small differences count as differences: only equal numbers are ties.

    By hand: x = 1, 2, 3 and y = 1, 2, 3 have three concordant pairs of three: tau = 1; since one
    of the six orders of y has three and one has none, p = 2/6.

    Parameters
    ----------
    x, y : ndarray of shape (k,)
        Two variables, k >= 2, neither of them constant.

    Returns
    -------
    tuple of float
        ``(tau, p_value)``.
    """
    from scipy.special import ndtr

    k = x.size
    agreement = 0
    for row in range(k - 1):
        agreement += int((np.sign(x[row] - x[row + 1 :]) * np.sign(y[row] - y[row + 1 :])).sum())
    pairs = k * (k - 1) / 2
    ties_x, ties_y = (np.unique(values, return_counts=True)[1] for values in (x, y))
    tied_x, tied_y = ((ties * (ties - 1)).sum() for ties in (ties_x, ties_y))
    tau = agreement / np.sqrt((pairs - tied_x / 2) * (pairs - tied_y / 2))
    if not tied_x and not tied_y and k <= EXACT_UP_TO:
        return float(tau), _exact_p(k, round((agreement + pairs) / 2))
    variance = (
        k * (k - 1) * (2 * k + 5)
        - (ties_x * (ties_x - 1) * (2 * ties_x + 5)).sum()
        - (ties_y * (ties_y - 1) * (2 * ties_y + 5)).sum()
    ) / 18 + tied_x * tied_y / (2 * k * (k - 1))
    if k > 2:
        third_x, third_y = ((t * (t - 1) * (t - 2)).sum() for t in (ties_x, ties_y))
        variance += third_x * third_y / (9 * k * (k - 1) * (k - 2))
    return float(tau), float(2 * ndtr(-abs(agreement) / np.sqrt(variance)))


def _exact_p(k: int, concordant: int) -> float:
    """Return the two-sided p-value of a number of concordant pairs among k effects without ties.

    The distribution for n effects is the average of that for n - 1 shifted by 0 to n - 1.
    """
    chance = np.ones(1)
    for n in range(2, k + 1):
        running = np.cumsum(np.concatenate([chance, np.zeros(n - 1)]))
        running[n:] -= running[:-n].copy()
        chance = np.maximum(running / n, 0.0)
    fewer = min(concordant, chance.size - 1 - concordant)
    return float(min(1.0, 2 * chance[: fewer + 1].sum()))
