"""Posterior of mu in `models.censored`, by a fixed rule of quadrature, without sampling.

Priors: mu ~ N(0, 0.5^2) and tau ~ half-normal(0.2), on the z scale. Both are summed by the
trapezoid rule, which converges faster than any power of its step here: in mu because a product of
normal probabilities has no detail finer than 1/sqrt(sum of precisions); in tau because the
posterior is an even function of tau, which tau = sqrt(v) sinh(y) makes smooth on the scale of y.
"""

from __future__ import annotations

import numpy as np

from metaworkbook.errors import ConvergenceError
from metaworkbook.models.censored_profile import Profile

PRIOR_MU = 0.5
PRIOR_TAU = 0.2
#: Step in mu, in units of 1/sqrt(sum of precisions): the function between the nodes, not only its
#: integral, is then known to about exp(-pi^2 / (2 STEP^2)) = 8e-8.
STEP = 0.55
#: Step in y; k samples narrow the posterior of log tau to about 1/sqrt(2 k).
STEP_TAU = 0.35
#: Up to so many samples the step in y is fine from the first; else it is halved where mass is.
MANY = 100
#: Second difference, over a step in y, of the log of the mass at which the step is halved: a
#: normal density with steps of one standard deviation has 1, and an error of 5e-9.
SHARPEST = 1.0
#: What lies this far (in logs) below the highest point is left out: about 2e-9 of the whole.
DEPTH = 20.0
#: Points of one look along mu; a look narrows the range where it can, up to LOOKS times.
LOOK = 15
LOOKS = 30
ITERATIONS = 100
#: In the place of a posterior that nobody asked for.
NO_POSTERIOR = dict.fromkeys(
    ("posterior_mean", "posterior_low", "posterior_high", "p_negative"), float("nan")
)


def sum_posterior(profile: Profile, level: float, refine: float = 1.0) -> dict[str, float]:
    """Return mean, ends of the central interval at ``level`` and P(mu < 0) of the posterior.

    Parameters
    ----------
    profile : Profile
        The rows' likelihood and their range on the z scale.
    level : float
        Probability of the interval.
    refine : float
        Divides the steps; 2 moves no result by more than 1e-6.
    """
    finest = STEP_TAU / np.sqrt(1.0 + profile.samples / 4.0) / refine
    pace = finest if profile.samples <= MANY else STEP_TAU / refine
    reach = np.sqrt(2.0 * DEPTH) * PRIOR_MU
    span = min(profile.start, 0.0) - reach, max(profile.stop, 0.0) + reach
    y = pace * np.arange(int(np.ceil(_end(profile) / pace)) + 1)
    while True:
        tau = profile.smallest * np.sinh(y)
        left, right, mass = _ranges(profile, tau, span)
        kept = mass > mass.max() - DEPTH
        # From zero the posterior goes on evenly to negative y.
        whole = y[0] == 0
        bend = np.diff(np.concatenate([mass[1:2], mass]) if whole else mass, 2)
        bend = bend[kept[0 if whole else 1 : -1]]
        if pace <= finest and bend.min(initial=0.0) > -SHARPEST:
            break
        # Finer nodes are wanted where there is mass, and up to the nodes beside it.
        among, pace = (y[kept].min() - pace, y[kept].max() + pace), 0.5 * pace
        width = (right - left)[kept].max()
        span = max(span[0], left[kept].min() - width), min(span[1], right[kept].max() + width)
        y = pace * np.arange(max(0, round(among[0] / pace)), round(among[1] / pace) + 1)
    weight = profile.smallest * np.cosh(y) * pace * np.where(y == 0, 0.5, 1.0)
    tau, weight, left, right = tau[kept], weight[kept], left[kept], right[kept]
    precision = 1.0 / PRIOR_MU**2 + (1.0 / (tau[:, None] ** 2 + profile.vi)).sum(axis=1)
    step = STEP / refine / np.sqrt(precision)
    counts = np.ceil((right - left) / step).astype(int) + 1
    line = np.repeat(np.arange(tau.size), counts)
    place = np.arange(line.size) - np.repeat(np.cumsum(counts) - counts, counts)
    step = step[line]
    mu = left[line] + place * step
    height = _log_posterior(profile, mu, tau[line])
    mass = np.exp(height - height.max()) * weight[line] * step
    grid = _Grid(mu, step, mass / mass.sum())
    tail = 0.5 * (1.0 - level)
    low, high = grid.quantile(tail), grid.quantile(1.0 - tail)
    return {
        "posterior_mean": float(grid.mass @ mu),
        "posterior_low": low,
        "posterior_high": high,
        "p_negative": float(np.clip(grid.below(0.0), 0.0, 1.0)),
    }


class _Grid:
    """Masses on equally spaced nodes of several lines; between nodes by Whittaker's series."""

    def __init__(self, nodes: np.ndarray, step: np.ndarray, mass: np.ndarray):
        self.nodes, self.step, self.mass = nodes, step, mass

    def below(self, x: float) -> float:
        """Return the probability below ``x``: each node spreads its mass as sinc does."""
        from scipy import special

        sine_integral = special.sici(np.pi * (x - self.nodes) / self.step)[0]
        return 0.5 + float(self.mass @ sine_integral) / np.pi

    def density(self, x: float) -> float:
        """Return the density at ``x``."""
        return float((self.mass / self.step) @ np.sinc((x - self.nodes) / self.step))

    def quantile(self, share: float) -> float:
        """Solve below(x) = share by Newton's method kept within a shrinking bracket."""
        low, high = float(self.nodes.min()), float(self.nodes.max())
        order = np.argsort(self.nodes, kind="stable")
        at = float(np.interp(share, np.cumsum(self.mass[order]), self.nodes[order]))
        for _ in range(ITERATIONS):
            excess = self.below(at) - share
            low, high = (at, high) if excess < 0 else (low, at)
            slope = self.density(at)
            new = at - excess / slope if slope > 0 else low
            new = new if low <= new <= high else 0.5 * (low + high)
            if abs(new - at) <= 1e-10 * float(self.step.min()) + 1e-14:
                return new
            at = new
        raise ConvergenceError("pool_censored: an end of the posterior interval did not settle.")


def _end(profile: Profile) -> float:
    """Return the y at which the prior ends."""
    spread = max(profile.stop, 0.0) - min(profile.start, 0.0)
    top = np.sqrt(2.0 * DEPTH) * PRIOR_TAU + spread
    return float(np.arcsinh(top / profile.smallest))


def _ranges(
    profile: Profile, tau: np.ndarray, span: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return for each tau the part of ``span`` in mu that matters and the log of the mass there."""
    left, right = np.full(tau.size, span[0]), np.full(tau.size, span[1])
    rows = np.arange(tau.size)
    for _ in range(LOOKS):
        mu = np.linspace(left, right, LOOK, axis=1)
        height = _log_posterior(profile, mu.ravel(), np.repeat(tau, LOOK)).reshape(mu.shape)
        best = height.max(axis=1)
        share = np.exp(height - best[:, None]).sum(axis=1)
        width = right - left
        mass = best + np.log(share * width * np.hypot(tau, profile.smallest))
        inside = height > best[:, None] - DEPTH
        first = np.maximum(inside.argmax(axis=1) - 1, 0)
        last = np.minimum(LOOK - inside[:, ::-1].argmax(axis=1), LOOK - 1)
        left, right = mu[rows, first], mu[rows, last]
        # Far below the best, a line only has to be known to lie there.
        if not ((right - left < 0.7 * width) & (best > best.max() - 3.0 * DEPTH)).any():
            break
    return left, right, mass


def _log_posterior(profile: Profile, mu: np.ndarray, tau: np.ndarray) -> np.ndarray:
    """Return the log posterior at points (mu, tau) up to a constant."""
    prior = (mu / PRIOR_MU) ** 2 + (tau / PRIOR_TAU) ** 2
    return profile.likelihood.values(mu, tau**2) - 0.5 * prior
