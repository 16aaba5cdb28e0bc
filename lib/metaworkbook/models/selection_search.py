"""Search for the maximum of a step-function selection likelihood.

For a given mean and tau2 the likelihood is concave in the log weights; over mean and tau2 it may
have several maxima (a few precise studies can make one of their own at tau2 = 0). So means and
variances are laid out on a grid, the weights fitted at each point, and the best points climbed by
Newton's method within the bounds, with exact derivatives. (SciPy's L-BFGS-B finds the same maxima
more slowly, and much more slowly where its linear algebra starts threads for three parameters.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metaworkbook.errors import ConvergenceError
from metaworkbook.models.selection_likelihood import StepLikelihood, log_sum_exp

#: Weights relative to the first interval go no further; so do they in metafor.
LARGEST_WEIGHT = 100.0
#: How far outside the effects the mean is looked for, in units of their range plus the largest
#: standard error: where the likelihood has no maximum, it is flat out there.
REACH = 1000.0
#: Grid points that are climbed.
STARTS = 12
#: Rounds of weight fitting at a grid point; they choose starts, so two digits suffice.
ROUNDS = 12
#: Half the Newton decrement: the rise in log-likelihood still to be had at a maximum.
RISE_LEFT = 1e-9
NEWTON_STEPS = 400
HALVINGS = 40
#: Newton steps at the maximum, judged by the gradient: the value is flat there to its last digit.
POLISHINGS = 5


@dataclass
class Maximum:
    """A maximum in the units of the likelihood's effects; ``rise`` is what may be left to climb."""

    mu: float
    t: float
    log_weights: np.ndarray
    value: float
    se: float
    at_bound: bool
    rise: float


def maximise(likelihood: StepLikelihood, mu: float, t: float) -> Maximum:
    """Return the highest maximum found, started from ``mu``, ``t`` with weights 1 and from a grid.

    Raises
    ------
    ConvergenceError
        If the best point reached is not a maximum.
    """
    search = _Search(likelihood)
    plain = np.concatenate([[mu, t], np.zeros(search.free.size)])
    found = [search.climb(start) for start in [plain, *search.starts(t)]]
    best = max(found, key=lambda maximum: maximum.value)
    settled = [maximum for maximum in found if maximum.rise <= RISE_LEFT]
    # A neighbour that settled at the same height replaces one that stopped just short of it.
    best = max(settled, key=lambda maximum: maximum.value, default=best)
    if best.rise > RISE_LEFT or best.value < max(other.value for other in found) - 1e-6:
        raise ConvergenceError(
            f"selection_model: no maximum of the likelihood reached from {len(found)} starts. "
            "Use fewer steps, or report the model as not estimable for these effects."
        )
    return search.polish(best)


class _Search:
    """The parameters are mu, tau2 and the log weights of later intervals that hold effects."""

    def __init__(self, likelihood: StepLikelihood):
        self.likelihood = likelihood
        counts = likelihood.counts
        # An empty later interval only lowers the likelihood: its weight is exactly 0.
        self.free = np.flatnonzero(counts[1:] > 0) + 1
        self.rows = np.concatenate([[0, 1], self.free + 2])
        self.base = np.where(np.arange(counts.size) == 0, 0.0, -np.inf)
        y, v = likelihood.yi, likelihood.vi
        self.middle = float((y.min() + y.max()) / 2)
        self.span = float(np.ptp(y) + np.sqrt(v.max()))
        reach = REACH * self.span
        self.low = np.array([y.min() - reach, 0.0, *[-np.inf] * self.free.size])
        self.high = np.array(
            [y.max() + reach, reach**2, *[np.log(LARGEST_WEIGHT)] * self.free.size]
        )

    def log_weights(self, theta: np.ndarray) -> np.ndarray:
        """Return the log weights of all intervals."""
        weights = self.base.copy()
        weights[self.free] = theta[2:]
        return weights

    def value(self, theta: np.ndarray) -> float:
        return self.likelihood.value(theta[0], theta[1], self.log_weights(theta))

    def derivatives(self, theta: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        """Return value, gradient and Hessian in the search's parameters."""
        value, gradient, hessian = self.likelihood.derivatives(
            theta[0], theta[1], self.log_weights(theta)
        )
        return value, gradient[self.rows], hessian[np.ix_(self.rows, self.rows)]

    def starts(self, t_plain: float) -> list[np.ndarray]:
        """Return the best peaks over the mean at each of several variances."""
        like, span = self.likelihood, self.span
        y, v = like.yi, like.vi
        used = np.flatnonzero(like.counts > 0)
        wide = np.concatenate(
            [
                np.quantile(y, np.linspace(0, 1, 15)),
                y.min() - span * np.array([0.25, 0.5, 1, 2, 4, 8, 16]),
                y.max() + span * np.array([0.25, 0.5, 1, 2]),
            ]
        )
        roots = np.concatenate(
            [[0.0, np.sqrt(t_plain)], np.geomspace(np.sqrt(v.min()) / 2, 3 * span, 13)]
        )
        peaks: list[tuple[float, np.ndarray]] = []
        for t in np.unique(roots) ** 2:
            precision = 1 / (v + t)
            # Precise studies make peaks narrower than the spread of the effects.
            near = np.linspace(-9, 9, 19) / np.sqrt(precision.sum())
            mu = np.unique(np.concatenate([wide, np.average(y, weights=precision) + near]))
            mu = np.clip(mu, self.low[0], self.high[0])
            variances = np.full(mu.size, t)
            masses = like.log_masses(mu, variances)
            weights = self._fit_weights(masses)
            heights = (
                like.density(mu, variances)
                + weights[:, used] @ like.counts[used]
                - log_sum_exp(masses + weights[:, None, :]).sum(axis=1)
            )
            padded = np.concatenate([[-np.inf], heights, [-np.inf]])
            tops = np.flatnonzero((heights >= padded[:-2]) & (heights >= padded[2:]))
            for top in tops[np.argsort(-heights[tops])][:2]:
                start = np.concatenate([[mu[top], t], weights[top, self.free]])
                peaks.append((float(heights[top]), start))
        peaks.sort(key=lambda peak: -peak[0])
        return [start for _, start in peaks[:STARTS]]

    def _fit_weights(self, masses: np.ndarray) -> np.ndarray:
        """Return log weights near their optimum for log masses of shape (points, k, m + 1).

        Each round sets w_j = n_j / sum_i(P_ij / A_i) (Vardi 1985, Biometrika 72:1, eq. 2.2).
        """
        counts = self.likelihood.counts
        log_counts = np.log(np.maximum(counts, 1))
        weights = np.where(counts > 0, 0.0, self.base) * np.ones((masses.shape[0], 1))
        upper = np.log(LARGEST_WEIGHT)
        for _ in range(ROUNDS):
            log_a = log_sum_exp(masses + weights[:, None, :])
            # log of the sum over effects
            share = log_sum_exp(np.swapaxes(masses - log_a[..., None], 1, 2))
            weights = np.where(counts > 0, log_counts - share, weights)
            if counts[0]:
                weights -= weights[:, :1]
            else:
                weights += upper - weights[:, 1:].max(axis=1, keepdims=True)
                weights[:, 0] = 0.0
            # far from the data a start needs no extreme weight
            weights[:, self.free] = np.clip(weights[:, self.free], -upper - 5, upper)
        return weights

    def climb(self, theta: np.ndarray) -> Maximum:
        """Return the maximum above ``theta``, by Newton steps on what no bound holds."""
        theta = np.clip(theta, self.low, self.high)
        value, gradient, hessian = self.derivatives(theta)
        for _ in range(NEWTON_STEPS):
            step, rise = _newton_step(gradient, hessian, ~self._held(theta, gradient))
            if rise <= RISE_LEFT * 1e-6:
                break
            moved = self._move(theta, step, value)
            if moved is None:
                break
            theta = moved
            value, gradient, hessian = self.derivatives(theta)
        return self._describe(theta)

    def polish(self, maximum: Maximum) -> Maximum:
        """Return the maximum to the last digits that its gradient tells."""
        for _ in range(POLISHINGS):
            theta = np.array([maximum.mu, maximum.t, *maximum.log_weights[self.free]])
            _, gradient, hessian = self.derivatives(theta)
            step, _ = _newton_step(gradient, hessian, ~self._held(theta, gradient))
            nearer = self._describe(np.clip(theta + step, self.low, self.high))
            if nearer.rise >= maximum.rise:
                break
            maximum = nearer
        return maximum

    def _describe(self, theta: np.ndarray) -> Maximum:
        value, gradient, hessian = self.derivatives(theta)
        held = self._held(theta, gradient)
        _, rise = _newton_step(gradient, hessian, ~held)
        return Maximum(
            mu=float(theta[0]),
            t=float(theta[1]),
            log_weights=self.log_weights(theta),
            value=value,
            se=_standard_error(hessian, held),
            at_bound=bool(self.free.size < self.base.size - 1 or held[0] or held[2:].any()),
            rise=rise,
        )

    def _held(self, theta: np.ndarray, gradient: np.ndarray) -> np.ndarray:
        """Return which parameters lie on a bound that the gradient presses against."""
        return ((theta <= self.low) & (gradient <= 0)) | ((theta >= self.high) & (gradient >= 0))

    def _move(self, theta: np.ndarray, step: np.ndarray, value: float) -> np.ndarray | None:
        """Return the first of ever shorter steps that rises, or None.

        Where the likelihood is flat a Newton step overshoots: none goes further than twice as far
        from the effects, twice the variance, or four units of the log weights.
        """
        away = self.span + abs(theta[0] - self.middle)
        longest = np.array([away, self.span**2 / 4 + theta[1], *[4.0] * self.free.size])
        step = step / max(1.0, float(np.max(np.abs(step) / longest)))
        for _ in range(HALVINGS):
            moved = np.clip(theta + step, self.low, self.high)
            if self.value(moved) > value:
                return moved
            step = step / 2
        return None


def _newton_step(
    gradient: np.ndarray, hessian: np.ndarray, free: np.ndarray
) -> tuple[np.ndarray, float]:
    """Return an ascent step in the free parameters and half its Newton decrement."""
    step = np.zeros(gradient.size)
    if not free.any():
        return step, 0.0
    values, vectors = np.linalg.eigh(-hessian[np.ix_(free, free)])
    slope = vectors.T @ gradient[free]
    # Where the likelihood curves upwards the step still has to ascend.
    curvature = np.maximum(np.abs(values), 1e-12 * np.abs(values).max() + 1e-300)
    step[free] = vectors @ (slope / curvature)
    return step, float(0.5 * (slope**2 / curvature).sum())


def _standard_error(hessian: np.ndarray, held: np.ndarray) -> float:
    """Return the standard error of the mean; parameters at a bound count as known."""
    if held[0]:
        return float("nan")
    information = -hessian[np.ix_(~held, ~held)]
    values, vectors = np.linalg.eigh(information)
    if values[0] <= 1e-10 * values[-1]:
        return float("nan")
    return float(np.sqrt((vectors[0] ** 2 / values).sum()))
