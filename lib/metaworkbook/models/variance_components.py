"""Restricted maximum likelihood of the variances between and within clusters, both at once.

The likelihood may have several maxima and often has its highest on a boundary. So a grid is looked
over first, the best points are followed by Newton steps (observed information, by Fisher scoring
where that is not positive definite), a component at zero stays there while the likelihood falls
above it, and no step is taken that lowers the likelihood.
"""

from __future__ import annotations

import numpy as np

from metaworkbook.errors import ConvergenceError
from metaworkbook.models.blocks import Blocks, Restricted

#: Start values of each variance component, as shares of the variance of the effects.
GRID = (0.0, 0.03, 0.15, 0.5, 1.5)
#: Newton decrement (squared distance to the maximum, in standard errors) that counts as reached.
REACHED = 1e-18
#: Decrement below which Newton steps are trusted: rounding hides any rise of the likelihood here.
NEAR = 1e-8
#: Most steps from one start.
STEPS = 200


def maximise(blocks: Blocks) -> tuple[Restricted, np.ndarray]:
    """Return the fit of highest restricted likelihood and its components, shape (2,).

    Components are (between, within). Where every effect is a cluster of its own only their sum is
    identified, and ``within`` is 0; with one cluster ``between`` is not identified, and 0.

    Raises
    ------
    ConvergenceError
        If no start reaches a maximum.
    """
    clusters, effects = blocks.clusters, blocks.yi
    open_ = np.array([clusters.count > 1, clusters.count < effects.size])
    if not open_.any():
        return Restricted(blocks, 0.0, 0.0), np.zeros(2)
    reached = [_climb(blocks, start, open_) for start in _starts(blocks, open_)]
    found = [outcome for outcome in reached if outcome is not None]
    if not found:
        raise ConvergenceError(
            f"three_level: found no maximum of the likelihood in {STEPS} steps from "
            f"{len(reached)} starts; allowed: effects whose variance components are identified. "
            "Look for effects or variances many orders of magnitude apart."
        )
    return max(found, key=lambda outcome: outcome[0].log_likelihood)


def _starts(blocks: Blocks, open_: np.ndarray) -> list[np.ndarray]:
    """Return the best point of a grid, and the best on each boundary, where maxima also lie."""
    shares = np.array(GRID) * np.var(blocks.yi)
    axes = [shares if free else np.zeros(1) for free in open_]
    grid = np.array([(between, within) for between in axes[0] for within in axes[1]])
    height = np.array([Restricted(blocks, *point).log_likelihood for point in grid])
    parts = [np.ones(len(grid), dtype=bool), grid[:, 0] == 0, grid[:, 1] == 0]
    best = {int(np.where(part, height, -np.inf).argmax()) for part in parts}
    return [grid[number] for number in sorted(best)]


def _climb(
    blocks: Blocks, start: np.ndarray, open_: np.ndarray
) -> tuple[Restricted, np.ndarray] | None:
    """Follow the likelihood from one start to its maximum; None if it is not reached."""
    point, fit, nearest = start, Restricted(blocks, *start), np.inf
    for _ in range(STEPS):
        score = fit.score()
        observed, expected = fit.curvature()
        free = open_ & ((point > 0) | (score > 0))
        if not free.any():
            return fit, point
        newton = _step(observed, score, free)
        decrement = np.inf if newton is None else float(score @ newton)
        if decrement < NEAR:
            if decrement < REACHED or decrement >= nearest:
                return fit, point
            nearest, point = decrement, np.maximum(point + newton, 0.0)
            fit = Restricted(blocks, *point)
            continue
        steps = [
            newton,
            _step(expected, score, free),
            _ascent(expected, score, free),
        ]
        risen = _rise(blocks, fit, point, [step for step in steps if step is not None], score)
        if risen is None:
            return None
        fit, point = risen
    return None


def _step(information: np.ndarray, score: np.ndarray, free: np.ndarray) -> np.ndarray | None:
    """Return the solution of information @ step = score in the free components, 0 in the others.

    None where the information is not positive definite, so that the step might lead downhill.
    """
    first, second = np.diag(information)
    if free.all():
        determinant = first * second - information[0, 1] ** 2
        if first <= 0 or second <= 0 or determinant <= 1e-12 * first * second:
            return None
        turned = np.array(
            [
                second * score[0] - information[0, 1] * score[1],
                first * score[1] - information[0, 1] * score[0],
            ]
        )
        return turned / determinant
    only = first if free[0] else second
    return np.where(free, score, 0.0) / only if only > 0 else None


def _ascent(information: np.ndarray, score: np.ndarray, free: np.ndarray) -> np.ndarray:
    """Return a step uphill in every free component, each scaled by its own information."""
    scale = np.where(free, np.diag(information), 1.0)
    return np.where(free, score, 0.0) / np.where(scale > 0, scale, 1.0)


def _rise(
    blocks: Blocks,
    fit: Restricted,
    point: np.ndarray,
    steps: list[np.ndarray],
    score: np.ndarray,
) -> tuple[Restricted, np.ndarray] | None:
    """Return the first point on one of the steps, halved as needed, where the likelihood rises."""
    for step in steps:
        for halving in range(30):
            proposed = np.maximum(point + step * 0.5**halving, 0.0)
            gain = float(score @ (proposed - point))
            if gain <= 0:
                continue
            better = Restricted(blocks, *proposed)
            if better.log_likelihood > fit.log_likelihood + 1e-4 * gain:
                return better, proposed
    return None
