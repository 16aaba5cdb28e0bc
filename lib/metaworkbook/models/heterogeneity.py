"""Estimators of the heterogeneity variance tau-squared, for one data set or many at once.

| method | equation | source |
|---|---|---|
| FE | tau2 = 0 | common effect |
| DL | (Q - (k - p)) / tr(P), weights 1/v | DerSimonian and Laird (1986) |
| HE | (y'My - tr(MV)) / (k - p), M = I - X(X'X)^-1X' | Hedges (1983) |
| HS | (Q - k) / sum(1/v) | Hunter and Schmidt (1990), Viechtbauer (2005) eq. 9 |
| SJ | t0 Q(t0) / (k - p), t0 = mean squared deviation of y | Sidik and Jonkman (2005) |
| ML | y'PPy = tr(W) | Hardy and Thompson (1996) |
| REML | y'PPy = tr(P) | Viechtbauer (2005) eq. 14 |
| EB, PM | y'Py = k - p (the two share this equation) | Morris (1983), Paule and Mandel (1982) |

`estimate_tau2` takes one data set, `estimate_tau2_batch` many (subsets by a mask, permutations by
rows of their own) as one array program; `q_profile` gives the interval of Viechtbauer (2007). All
negative solutions are set to zero. Where the likelihood has several maxima the highest is
returned. All reach ``tol`` relative to tau2 plus the typical variance, or raise ConvergenceError.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from metaworkbook.errors import ConvergenceError
from metaworkbook.models import arrays
from metaworkbook.models.quadratic_forms import Batch, Forms, invert

METHODS = ("FE", "DL", "HE", "HS", "SJ", "ML", "REML", "EB", "PM")
#: Methods whose tau2 is a closed form; the others iterate.
CLOSED = ("FE", "DL", "HE", "HS", "SJ")

#: Numbers held in one array of a block: small enough to stay in the processor's cache.
BLOCK = 1 << 16
#: Ratio of neighbouring points of the grid that brackets the likelihood's stationary points.
GRID_RATIO = 3.0
#: The grid starts at this share of the smallest variance; below it the score hardly changes.
GRID_START = 0.125
ITERATIONS = 200


def estimate_tau2(
    yi: Any, vi: Any, method: str = "REML", X: Any = None, tol: float = 1e-12
) -> float:
    """Estimate the heterogeneity variance of one data set.

    Parameters
    ----------
    yi, vi : array_like, shape (k,)
        Effects and sampling variances.
    method : str
        One of FE, DL, HE, HS, SJ, ML, REML, EB, PM (see the module's table).
    X : array_like, shape (k, p), optional
        Whole design matrix; an intercept alone if not given.
    tol : float
        Relative tolerance of the iterative methods.

    Returns
    -------
    float
        tau2 in squared units of ``yi``, never negative; 0 where k does not exceed p.

    Raises
    ------
    InputError
        For unusable arrays, a collinear design or an unknown method.
    ConvergenceError
        If an iterative method does not reach ``tol``.
    """
    yi, vi = arrays.check_effects(yi, vi)
    arrays.check_choice("method", method, METHODS)
    if X is not None:
        X = arrays.check_design(X, yi.size)
    return float(tau2_of(Batch(yi, vi, X=X), method, tol)[0])


def estimate_tau2_batch(
    Y: np.ndarray,
    V: np.ndarray,
    method: str = "REML",
    mask: np.ndarray | None = None,
    X: np.ndarray | None = None,
    tol: float = 1e-12,
) -> np.ndarray:
    """Estimate tau2 of many data sets of k effects each, as one array program.

    Parameters
    ----------
    Y, V : ndarray, shape (k,) or (B, k)
        Effects and variances, already checked; one dimension means shared by all rows.
    mask : ndarray of bool, shape (B, k), optional
        True where the row includes the effect.
    method, X, tol
        As in `estimate_tau2`; X of shape (k, p) is shared by all rows.

    Returns
    -------
    ndarray, shape (B,)
        tau2 of each row; 0 where a row has no more effects than coefficients, NaN where its
        part of X is collinear.
    """
    return tau2_of(Batch(Y, V, mask, X), method, tol)


def tau2_of(batch: Batch, method: str, tol: float = 1e-12) -> np.ndarray:
    """Estimate tau2 of every row of a `Batch`, block by block; shape (B,)."""
    tau2 = np.zeros(batch.rows)
    if method == "FE":
        return tau2
    size = max(1, BLOCK // batch.k)
    for start in range(0, batch.rows, size):
        rows = np.arange(start, min(start + size, batch.rows))
        rows = rows[batch.counts[rows] > batch.p]
        if rows.size:
            tau2[rows] = _block(batch, rows, method, tol)
    return tau2


def q_profile(
    yi: np.ndarray, vi: np.ndarray, X: np.ndarray | None = None, level: float = 0.95
) -> tuple[float, float]:
    """Interval of tau2 from the profile of the generalised Q.

    The ends solve Q(tau2) = upper and lower chi-squared quantile on k - p degrees of freedom
    (Viechtbauer 2007, Statistics in Medicine 26, 37-52, eq. 5 and 6). An end below zero is zero:
    where even Q(0) lies under the lower quantile no tau2 fits, and the interval is the point 0.

    Returns
    -------
    tuple of float
        ``(low, high)``; NaN where k does not exceed p.
    """
    from scipy import special

    batch = Batch(yi, vi, X=X)
    df = batch.k - batch.p
    if df < 1:
        return np.nan, np.nan
    tail = (1.0 - level) / 2.0
    upper = 2.0 * float(special.gammainccinv(df / 2.0, tail))
    lower = 2.0 * float(special.gammaincinv(df / 2.0, tail))
    row = np.zeros(1, dtype=int)
    low = _solve_q(batch, row, np.array([upper]), 1e-13)
    high = _solve_q(batch, row, np.array([lower]), 1e-13)
    return float(low[0]), float(high[0])


def _block(batch: Batch, rows: np.ndarray, method: str, tol: float) -> np.ndarray:
    df = batch.counts[rows] - batch.p
    if method in ("ML", "REML"):
        return _maximise(batch, rows, method == "REML", tol)
    if method in ("EB", "PM"):
        return _solve_q(batch, rows, df, tol)
    if method == "HE":
        equal = _unit_weights(batch, rows)
        variances = equal * (batch.V if batch.V.ndim == 1 else batch.V[rows])
        leverage_free = variances.sum(axis=1) - _trace_of_hat(batch, equal, variances)
        solution = (batch.forms_of(rows, equal).q - leverage_free) / df
    elif method == "SJ":
        start = _mean_square(batch, rows)
        solution = start * batch.forms(rows, start).q / df
    else:
        forms = batch.forms_at(rows, 0.0)
        if method == "DL":
            solution = (forms.q - df) / forms.trace
        else:
            solution = (forms.q - batch.counts[rows]) / forms.sum_w
    return np.maximum(solution, 0.0)


def _solve_q(batch: Batch, rows: np.ndarray, target: np.ndarray, tol: float) -> np.ndarray:
    """Solve y'Py = target for tau2 >= 0.

    y'Py is a sum of a_i / (b_i + t), so its inverse is concave and rises: Newton's method on the
    inverse climbs from zero without ever passing the root, in one step if variances are equal.
    """
    t = np.zeros(rows.size)
    active = np.arange(rows.size)
    scale = _typical(batch, rows)
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


def _maximise(batch: Batch, rows: np.ndarray, restricted: bool, tol: float) -> np.ndarray:
    """Return the tau2 >= 0 of the highest (restricted) likelihood.

    The score is negative beyond the residual sum of squares (each of its terms is), so a grid up
    to there shows where it turns from positive to negative; each turn is a local maximum.
    """
    upper = batch.forms_of(rows, _unit_weights(batch, rows)).q
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
    scale = _typical(batch, rows)
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


def _typical(batch: Batch, rows: np.ndarray) -> np.ndarray:
    """Return the smallest variance of each row: the scale on which tau2 = 0 is told apart."""
    smallest = batch.V.min(axis=-1)
    return np.full(rows.size, smallest) if batch.V.ndim == 1 else smallest[rows]


def _unit_weights(batch: Batch, rows: np.ndarray) -> np.ndarray:
    return np.ones((rows.size, batch.k)) if batch.mask is None else batch.mask[rows]


def _mean_square(batch: Batch, rows: np.ndarray) -> np.ndarray:
    """Return the mean squared deviation of the effects from their plain mean."""
    use = _unit_weights(batch, rows)
    y = batch.Y if batch.Y.ndim == 1 else batch.Y[rows]
    mean = (use * y).sum(axis=1) / use.sum(axis=1)
    return (use * (y - mean[:, None]) ** 2).sum(axis=1) / use.sum(axis=1)


def _trace_of_hat(batch: Batch, use: np.ndarray, variances: np.ndarray) -> np.ndarray:
    """Return tr(HV) with H the unweighted hat matrix of each row."""
    return (invert(batch.gram(use)) * batch.gram(variances)).sum(axis=(1, 2))


def _stuck(what: str, count: int) -> str:
    return (
        f"tau2: {what} did not converge in {ITERATIONS} steps for {count} data set"
        f"{'s' if count != 1 else ''}. Check the scale of effects and variances."
    )
