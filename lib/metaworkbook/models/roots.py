"""Solvers of the estimating equations of tau-squared, for many data sets side by side.

Each row has its own tau2 and leaves the program when it has converged; a row that does not
converge raises `ConvergenceError`.
"""

from __future__ import annotations

import numpy as np

from metaworkbook.errors import ConvergenceError
from metaworkbook.models.quadratic_forms import Batch, Forms

#: Ratio of neighbouring points of the grid that brackets the likelihood's stationary points.
GRID_RATIO = 3.0
#: The grid starts at this share of the smallest variance; below it the score hardly changes.
GRID_START = 0.125
ITERATIONS = 200


def solve_q(batch: Batch, rows: np.ndarray, target: np.ndarray, tol: float) -> np.ndarray:
    """Solve y'Py = target for tau2 >= 0.

    y'Py is a sum of a_i / (b_i + t), so its inverse is concave and rises: Newton's method on the
    inverse climbs from zero without ever passing the root, in one step if variances are equal.
    """
    t = np.zeros(rows.size)
    active = np.arange(rows.size)
    scale = batch.smallest_variance(rows)
    for _ in range(ITERATIONS):
        forms = batch.forms(rows[active], t[active])
        with np.errstate(divide="ignore", invalid="ignore"):
            step = forms.q * (forms.q / target[active] - 1.0) / forms.ypp
        step[forms.q == 0] = 0.0
        new = np.maximum(t[active] + step, 0.0)
        moved = np.abs(new - t[active]) > tol * (new + scale[active])
        t[active] = new
        active = active[moved]
        if not active.size:
            return t
    raise ConvergenceError(_stuck("the generalised Q", active.size))


def maximise(batch: Batch, rows: np.ndarray, restricted: bool, tol: float) -> np.ndarray:
    """Return the tau2 >= 0 of the highest (restricted) likelihood.

    The score is negative beyond the residual sum of squares (each of its terms is), so a grid up
    to there shows where it turns from positive to negative; each turn is a local maximum.
    """
    upper = batch.forms_of(rows, batch.unit_weights(rows)).q
    start = GRID_START * float(batch.V.min())
    end = max(float(np.nanmax(upper, initial=0.0)) * (1.0 + 1e-9), 2.0 * start)
    points = int(np.ceil(np.log(end / start) / np.log(GRID_RATIO))) + 1
    grid = np.concatenate([[0.0], np.geomspace(start, end, points)])
    rising = np.stack([_score(batch.forms_at(rows, float(t)), restricted)[0] > 0 for t in grid])
    rising[-1] = False
    turns, at = np.nonzero(rising[:-1] & ~rising[1:])
    t = _newton(batch, rows[at], grid[turns], grid[turns + 1], restricted, tol)
    flat = np.flatnonzero(~rising[0])
    at, t = np.concatenate([flat, at]), np.concatenate([np.zeros(flat.size), t])
    tau2 = np.zeros(rows.size)
    tau2[at] = t
    tau2[np.isnan(upper)] = np.nan
    several = np.flatnonzero(np.bincount(at, minlength=rows.size) > 1)
    if several.size:
        contested = np.isin(at, several)
        at, t = at[contested], t[contested]
        height = batch.log_likelihood(rows[at], t, restricted)
        order = np.argsort(height, kind="stable")
        tau2[at[order]] = t[order]
    return tau2


def _newton(
    batch: Batch,
    rows: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    restricted: bool,
    tol: float,
) -> np.ndarray:
    """Newton's method on the score inside a bracket each, bisection where a step leaves it."""
    low, high = low.copy(), high.copy()
    scale = batch.smallest_variance(rows)
    t = _middle(low, high)
    active = np.arange(rows.size)
    for _ in range(ITERATIONS):
        if not active.size:
            return t
        now = t[active]
        score, slope = _score(batch.forms(rows[active], now), restricted)
        low[active] = np.where(score > 0, now, low[active])
        high[active] = np.where(score > 0, high[active], now)
        with np.errstate(divide="ignore", invalid="ignore"):
            new = now - score / slope
        inside = (slope < 0) & (new >= low[active]) & (new <= high[active])
        new = np.where(inside, new, _middle(low[active], high[active]))
        t[active] = new
        active = active[np.abs(new - now) > tol * (new + scale[active])]
    raise ConvergenceError(_stuck("the likelihood", active.size))


def _score(forms: Forms, restricted: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return twice the score of tau2 and its derivative (Viechtbauer 2005, eq. 12 and 14)."""
    if restricted:
        return forms.ypp - forms.trace, forms.trace2 - 2.0 * forms.yppp
    return forms.ypp - forms.sum_w, forms.sum_w2 - 2.0 * forms.yppp


def _middle(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    return np.where(low > 0, np.sqrt(low * high), 0.5 * (low + high))


def _stuck(what: str, count: int) -> str:
    return (
        f"tau2: {what} did not converge in {ITERATIONS} steps for {count} data set"
        f"{'s' if count != 1 else ''}. Check the scale of effects and variances."
    )
