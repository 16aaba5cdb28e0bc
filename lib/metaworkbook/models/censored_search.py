"""The search behind `models.censored_moderators`: maxima, and where a profile falls by so much.

The likelihood may have several maxima in tau2, and none where a mean runs away: a search then goes
on until nothing more is gained. What lies outside an interval is searched for from several starts.
"""

from __future__ import annotations

import numpy as np

from metaworkbook.errors import ConvergenceError
from metaworkbook.models.censored_likelihood import Likelihood
from metaworkbook.models.censored_rows import LARGEST_RHO, check_rows, check_share
from metaworkbook.models.design import check_design

#: A mean this far from zero (Fisher z; r beyond .9999) has run away.
FAR = 5.0
#: A search that has come this far goes on for ever.
BEYOND = 1e3
#: Starts of tau2; the likelihood may have more than one maximum in it.
STARTS = (0.0, 0.01, 0.04, 0.16, 0.64)
#: So many of them are climbed from in a thorough search, the highest.
PROMISING = 2
#: The search ends when the next step would raise the log-likelihood by less than this.
SETTLED = 1e-11
#: A last step shorter than this (Fisher z, or tau2) ends at the maximum: the next would be of
#: the size of its square.
SHORT = 1e-4
#: A search that stops short of a step this promising has not settled.
FLAT = 1e-7
#: Shortest share of a Newton step that is tried.
SHORTEST = 1e-10
#: An end of an interval is known to this share of `FAR`.
CLOSE = 1e-9
ITERATIONS = 200


class Peak:
    """A maximum: coefficients, tau2, log-likelihood, and whether a mean has run away."""

    def __init__(self, b: np.ndarray, tau2: float, value: float, far: bool):
        self.b, self.tau2, self.value, self.far = b, tau2, value, far


class Model:
    """Rows grouped by their moderators, one likelihood a group."""

    def __init__(self, lower, upper, ni, X, outside, cluster, rho, reporting, labels):
        evidence = check_rows(lower, upper, ni, outside, cluster)
        X = check_design(X, evidence.lower.size, labels)
        rho = check_share("rho", rho, False, LARGEST_RHO, "Say how strongly errors go together.")
        reporting = check_share("reporting", reporting, True, 1.0, "Give a probability.")
        self.designs, group = np.unique(X, axis=0, return_inverse=True)
        group = group.reshape(-1)
        self.parts = [
            Likelihood(evidence.take(group == number), rho, reporting)
            for number in range(len(self.designs))
        ]
        self.k = evidence.lower.size
        pairs = np.column_stack([group, evidence.cluster])
        self.clusters = len(np.unique(pairs, axis=0))
        ones = np.ones(len(X))
        fitted = X @ np.linalg.lstsq(X, ones, rcond=None)[0]
        self.has_intercept = X.shape[1] > 1 and bool(np.allclose(fitted, ones))

    def replace(self, designs: np.ndarray) -> Model:
        """Return the same rows under another design of their groups."""
        other = object.__new__(Model)
        other.__dict__ |= self.__dict__ | {"designs": designs}
        return other

    def derivatives(
        self, b: np.ndarray, tau2: float, offset: np.ndarray
    ) -> tuple[float, np.ndarray, np.ndarray]:
        """Return log-likelihood, gradient and Hessian in (b, tau2)."""
        p = b.size
        value, gradient, hessian = 0.0, np.zeros(p + 1), np.zeros((p + 1, p + 1))
        for x, start, part in zip(self.designs, offset, self.parts, strict=True):
            found = part.derivatives(np.array([start + x @ b]), np.array([tau2]))
            value += float(found.value[0])
            gradient[:p] += found.mu[0] * x
            gradient[p] += found.tau2[0]
            hessian[:p, :p] += found.mu_mu[0] * np.outer(x, x)
            hessian[:p, p] += found.mu_tau2[0] * x
            hessian[p, p] += found.tau2_tau2[0]
        hessian[p, :p] = hessian[:p, p]
        return value, gradient, hessian

    def maximise(self) -> Peak:
        """Return the highest maximum found from b = 0 and several starts of tau2."""
        p = self.designs.shape[1]
        peaks = [self._climb(np.zeros(p), tau2, self.nothing) for tau2 in STARTS]
        return max(peaks, key=lambda peak: peak.value)

    @property
    def nothing(self) -> np.ndarray:
        """The offset of a free fit."""
        return np.zeros(len(self.designs))

    def _climb(self, b: np.ndarray, tau2: float, offset: np.ndarray) -> Peak:
        """Go uphill by Newton's steps, damped where the surface bends the wrong way."""
        b = b.copy()
        gain = np.inf
        value, gradient, hessian = self.derivatives(b, tau2, offset)
        for _ in range(ITERATIONS):
            free = np.ones(b.size + 1, dtype=bool)
            # tau2 at zero stays there while the likelihood falls from it.
            free[-1] = tau2 > 0 or gradient[-1] > 0
            step = _uphill(gradient, hessian, free)
            if tau2 > 0 and tau2 + step[-1] < 0:
                # The way to zero, and from there along the others alone.
                free[-1] = False
                step = _uphill(gradient - hessian[-1] * tau2, hessian, free)
                step[-1] = -tau2
            gain = float(gradient @ step)
            if abs(gain) < SETTLED:
                far = self._farthest(b, tau2, offset) > FAR
                if not far and np.abs(step).max() < SHORT:
                    # The last step is taken, so that every start ends at the same point.
                    b, tau2 = b + step[:-1], max(0.0, tau2 + float(step[-1]))
                return Peak(b, tau2, value, far)
            share, found = 1.0, (-np.inf, gradient, hessian)
            while share > SHORTEST:
                new_b, new_tau2 = b + share * step[:-1], max(0.0, tau2 + share * step[-1])
                found = self.derivatives(new_b, new_tau2, offset)
                if found[0] > value:
                    break
                share *= 0.5
            if found[0] <= value:
                break
            b, tau2, (value, gradient, hessian) = new_b, new_tau2, found
            if self._farthest(b, tau2, offset) > BEYOND:
                break
        far = self._farthest(b, tau2, offset) > FAR
        if far or abs(gain) < FLAT:
            return Peak(b, tau2, value, far)
        raise ConvergenceError(
            f"regress_censored: the search did not settle in {ITERATIONS} steps. Check bounds and "
            "sizes for rows of very different scale."
        )

    def _farthest(self, b: np.ndarray, tau2: float, offset: np.ndarray) -> float:
        """Return how far from zero the farthest mean lies, or tau if that is more."""
        return max(float(np.abs(offset + self.designs @ b).max(initial=0.0)), tau2**0.5)

    def at(
        self, column: int, value: float, *near: Peak, thorough: bool = False
    ) -> tuple[Peak, float]:
        """Return the maximum with one coefficient held, and the profile's slope there.

        By the envelope theorem the slope is the gradient in the coefficient that is held. The
        search begins at the maxima ``near``. A ``thorough`` one begins at the most promising
        starts of tau2, too, the other coefficients as they were or the means as far as they can.
        """
        rest = np.delete(np.arange(self.designs.shape[1]), column)
        offset = value * self.designs[:, column]
        reduced = self.replace(self.designs[:, rest])
        begins = [(peak.b[rest], peak.tau2) for peak in near]
        if thorough:
            means = self.designs @ near[0].b
            moved = np.linalg.lstsq(reduced.designs, means - offset, rcond=None)[0]
            others = [(b, tau2) for b in (near[0].b[rest], moved) for tau2 in STARTS]
            heights = [reduced.derivatives(*start, offset)[0] for start in others]
            begins += [others[place] for place in np.argsort(heights)[-PROMISING:]]
        peaks = [reduced._climb(b, tau2, offset) for b, tau2 in begins]
        best = max(peaks, key=lambda peak: peak.value)
        b = np.insert(best.b, column, value)
        _, gradient, _ = self.derivatives(b, best.tau2, self.nothing)
        return Peak(b, best.tau2, best.value, best.far), float(gradient[column])

    def profile(self, column: int, best: Peak, drop: float) -> tuple[float, float, float]:
        """Return a coefficient's estimate and the ends of its interval."""
        reach = FAR / float(np.abs(self.designs[:, column]).max())
        ends = [self._end(column, best, drop, side, reach) for side in (-1.0, 1.0)]
        runs = best.far or not np.isfinite(ends).all()
        return np.nan if runs else float(best.b[column]), ends[0], ends[1]

    def _end(self, column: int, best: Peak, drop: float, side: float, reach: float) -> float:
        """Return where the profile falls by ``drop`` on one side; infinite beyond reach."""
        inner, within, width = best.b[column], best, 0.02 * reach
        target = best.value - drop
        for _ in range(ITERATIONS):
            if side * inner >= reach:
                return side * np.inf
            outer = float(np.clip(inner + side * width, -reach, reach))
            near, slope = self.at(column, outer, within)
            if near.value < target:
                near, slope = self.at(column, outer, within, thorough=True)
            if near.value >= target:
                inner, within, width = outer, near, 2.0 * width
                continue
            end, found = self._root(column, best, drop, (inner, outer), (within, near), slope)
            found, _ = self.at(column, end, found, within, thorough=True)
            if found.value <= target + FLAT:
                return end
            # A higher maximum was passed by on the way: the end lies farther out.
            inner, within, width = end, found, 0.5 * abs(outer - inner)
        raise ConvergenceError("regress_censored: an end of an interval did not settle.")

    def _root(
        self,
        column: int,
        best: Peak,
        drop: float,
        bracket: tuple[float, float],
        peaks: tuple[Peak, Peak],
        slope: float,
    ) -> tuple[float, Peak]:
        """Return where the profile falls by ``drop`` within a bracket, and the maximum there.

        ``peaks`` are the maxima at its inner and its outer end, ``slope`` that at the outer one.
        """
        (inner, outer), (within, near) = bracket, peaks
        at = outer
        for _ in range(ITERATIONS):
            # The root of the depth is nearly a straight line: Newton's steps are taken for it.
            depth = np.sqrt(max(best.value - near.value, 0.0))
            if depth <= np.sqrt(drop):
                inner, within = at, near
            else:
                outer = at
            low, high = sorted((inner, outer))
            new = at - 2.0 * depth * (np.sqrt(drop) - depth) / slope if slope and depth else np.nan
            new = new if low < new < high else 0.5 * (low + high)
            if abs(new - at) < CLOSE * FAR:
                return float(new), near
            at = new
            near, slope = self.at(column, at, *dict.fromkeys((within, near)))
        raise ConvergenceError("regress_censored: an end of an interval did not settle.")


def _uphill(gradient: np.ndarray, hessian: np.ndarray, free: np.ndarray) -> np.ndarray:
    """Return Newton's step in the free directions, curvature made negative where it is not."""
    step = np.zeros(gradient.size)
    if not free.any():
        return step
    values, vectors = np.linalg.eigh(hessian[np.ix_(free, free)])
    floor = 1e-8 * max(1.0, float(np.abs(values).max()))
    step[free] = vectors @ ((vectors.T @ gradient[free]) / np.maximum(np.abs(values), floor))
    return step
