"""tr(P), the trace of what is left of the weights after the fit, without cancellation.

With weights w and leverages h, tr(P) = sum w_i (1 - h_i) (Viechtbauer 2005). Where one effect has
nearly all the weight, its leverage is nearly one and its w_i (1 - h_i) an ordinary number, of which
sum(w) less sum(w h) keeps no digit. So the leverage then comes from the other effects:
w_i (1 - h_i) = w_i / (1 + w_i x_i' G^-1 x_i), with G = X'WX of the others.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

#: A trace below this share of sum(w) is summed again: plain sums have lost that many digits.
NARROW = 1e-3


def mean_trace(weights: np.ndarray) -> np.ndarray:
    """Return tr(P) of an intercept alone for weights whose last axis runs over effects.

    With w the largest weight, r the sum of the others and s their sum of squares, that is
    (2 w r + r^2 - s) / (w + r), in which nothing cancels. By hand: weights 1, 1, 1 give 6 / 3 = 2.
    """
    place = np.expand_dims(np.argmax(weights, axis=-1), -1)
    top = np.take_along_axis(weights, place, axis=-1)[..., 0]
    others = weights.copy()
    np.put_along_axis(others, place, 0.0, axis=-1)
    rest = others.sum(axis=-1)
    return (2.0 * top * rest + rest**2 - (others**2).sum(axis=-1)) / (top + rest)


def mean_trace_of_sums(
    sum_w: np.ndarray, sum_w2: np.ndarray, weights: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    """Return tr(P) of an intercept alone, shape (rows,), from the sums of w and w^2.

    ``weights(rows)`` gives the weights of those rows for which the sums do not suffice.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        trace = sum_w - sum_w2 / sum_w
    narrow = np.flatnonzero(trace < NARROW * sum_w)
    if narrow.size:
        trace[narrow] = mean_trace(weights(narrow))
    return trace


def design_remainder(
    weights: np.ndarray, y: np.ndarray, basis: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return y'Py and tr(P), shape (rows,), for a design of shape (k, p).

    ``weights`` are of shape (rows, k), ``y`` (k,) or (rows, k). By orthogonal factors of the
    weighted design: its normal equations square the ratio of the weights.
    """
    root = np.sqrt(weights)
    scaled = root[:, :, None] * basis
    factor = np.linalg.qr(scaled)[0]
    target = root * y
    left = target - np.einsum("nij,nj->ni", factor, np.einsum("nij,ni->nj", factor, target))
    leverage = (factor**2).sum(axis=2)
    free = weights * (1.0 - leverage)
    row, effect = np.nonzero(leverage > 1.0 - NARROW)
    others = scaled[row]
    others[np.arange(row.size), effect] = 0.0
    _, singular, right = np.linalg.svd(others, full_matrices=False)
    direction = np.einsum("nij,nj->ni", right, basis[effect])
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        # A direction that no other effect has is infinitely far from them: nothing is left free.
        distance = np.where(direction == 0, 0.0, (direction / singular) ** 2).sum(axis=1)
        free[row, effect] = weights[row, effect] / (1.0 + weights[row, effect] * distance)
    return (left**2).sum(axis=1), free.sum(axis=1)
