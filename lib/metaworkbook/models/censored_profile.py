"""Maximum and profile-likelihood interval of `models.censored`.

mu is profiled over tau2 >= 0, which has no upper bound. A scan over a grid finds the basins,
safeguarded Newton steps with exact derivatives end in them. Whether mu is bounded is decided from
what the rows leave open and the limit of the likelihood there, never from a bound of a search.
"""

from __future__ import annotations

import numpy as np

from metaworkbook.errors import ConvergenceError
from metaworkbook.models.censored_likelihood import Likelihood
from metaworkbook.models.censored_openness import count_openness
from metaworkbook.models.censored_points import Best, Fit, Peak, Rough
from metaworkbook.models.censored_rows import Evidence

#: Points of the scan in mu; the grid of tau doubles from half the smallest standard error.
SCAN = 25
#: A Newton step below this share of the smallest standard error is the last: the next one would
#: be about its square.
SETTLED = 1e-6
#: A step in tau2 below this share of tau2 may be left to the second-order expansion.
TRUSTED = 0.01
#: A finite maximum counts as one if it is above the limit at infinity by more than rounding.
ABOVE = 1e-9
#: Peaks of the scan this much below the highest are not climbed.
DEPTH = 3.0
#: Where no sample is closed, a climb this many times the range of the bounds goes to infinity.
FAR = 30.0
#: Then tau2, too, may have no best value: the grid is doubled this often to see.
FURTHER = 6
ITERATIONS = 100


class Profile:
    """The likelihood of mu with tau2 at its best, for one set of rows."""

    def __init__(self, likelihood: Likelihood, evidence: Evidence):
        self.likelihood = likelihood
        self.open = count_openness(evidence)
        with np.errstate(divide="ignore"):
            ends = np.arctanh(np.concatenate([evidence.lower, evidence.upper]))
        ends = ends[np.isfinite(ends)]
        self.vi = 1.0 / (evidence.ni - 3.0)
        self.smallest, self.largest = float(np.sqrt(self.vi.min())), float(np.sqrt(self.vi.max()))
        self.samples = len(evidence.labels)
        self.start, self.stop = (ends.min(), ends.max()) if ends.size else (0.0, 0.0)

    def fit(self, level: float) -> Fit:
        """Return maximum and interval at ``level``."""
        drop = _drop(level)
        margin = 2.0 * self.largest
        scan = np.linspace(self.start - margin, self.stop + margin, SCAN)
        rough = self._scan(scan)
        limits = np.array([self.open.limit(-1), self.open.limit(1)])
        top, peaks = -np.inf, []
        # Below its limit at infinity the profile may be a ridge without a maximum to climb.
        if rough.height.max() > limits.max() + ABOVE:
            top, peaks = self._maximise(scan, rough)
        if not top > limits.max() + ABOVE:
            top, peaks = float(limits.max()), []
        # Of maxima of one height at different mu, none is the estimate.
        peak = peaks[0] if len(peaks) == 1 else None
        estimate = peak.mu if peak else np.nan
        ends = np.array([-np.inf, np.inf])
        finite = np.flatnonzero(limits < top - drop)
        if finite.size:
            sides = np.array([-1.0, 1.0])[finite]
            inside = self._inside(scan, rough.height, estimate, top - drop, sides)
            pace = float(scan[1] - scan[0])
            ends[finite] = self._cross(inside, pace, sides, top, drop, peak)
        tau2 = float(peak.best.tau2[0]) if peak else np.nan
        return Fit(estimate, tau2, top, float(ends[0]), float(ends[1]))

    def fit_near(self, start: float, level: float) -> Fit:
        """Return maximum and interval where the maximum uphill from ``start`` is the highest.

        Of many samples the profile has but one, so that no scan need look for others.
        """
        drop = _drop(level)
        mu, sides = np.array([start]), np.array([-1.0, 1.0])
        rough = self._scan(mu)
        limit = max(self.open.limit(-1), self.open.limit(1))
        peak = self._climb(mu, self.largest, rough) if rough.height[0] > limit + ABOVE else None
        if peak is None or limit >= peak.value - drop:
            return self.fit(level)
        inside = np.full(2, peak.mu)
        ends = self._cross(inside, self.largest, sides, peak.value, drop, peak)
        return Fit(peak.mu, float(peak.best.tau2[0]), peak.value, float(ends[0]), float(ends[1]))

    def at(
        self,
        mu: np.ndarray,
        tau2: np.ndarray | None = None,
        trusted: float = SETTLED,
        rough: Rough | None = None,
    ) -> Best:
        """Return the profile at ``mu``, shape (points,), near ``tau2`` or from a grid of it.

        Near a given tau2 Newton's steps stop when the rest of the way is short enough for the
        second-order expansion, from the grid (``rough``, where it is known) when a step is below
        the share ``trusted``. Where the likelihood rises with tau2 without end (no sample is
        closed), the grid's last value stands.
        """
        low, high = np.zeros(mu.size), np.full(mu.size, np.inf)
        endless, rising = np.zeros(mu.size, dtype=bool), np.zeros(mu.size, dtype=bool)
        if tau2 is not None and self.open.closed:
            trusted = TRUSTED
        else:
            rough = rough or self._scan(mu)
            best, grid = rough.place, rough.grid
            tau2, low, high = grid[best], grid[np.maximum(best - 1, 0)], grid[best + 1]
            endless = best + 2 == grid.size
        for _ in range(ITERATIONS):
            found = self.likelihood.derivatives(mu, tau2)
            up = found.tau2 > 0
            rising |= up & (tau2 == 0)
            low, high = np.where(up, tau2, low), np.where(up, high, tau2)
            new = _step(tau2, found.tau2, found.tau2_tau2, low, high)
            # Downhill to zero with no turn in sight, zero itself is looked at, unless it is known
            # to rise from there.
            new = np.where((found.tau2_tau2 >= 0) & ~up & (low == 0) & ~rising, 0.0, new)
            new = np.where(endless, tau2, new)
            drift = np.abs(new - tau2) / (new + self.smallest**2)
            if (drift < trusted).all():
                return Best.expand(found, tau2, new, drift)
            tau2 = np.where(drift < trusted, tau2, new)
        raise ConvergenceError(_stuck("tau2"))

    def _scan(self, mu: np.ndarray) -> Rough:
        """Return the best tau2 of a grid for each ``mu``."""
        farthest = max(float(mu.max()) - self.start, self.stop - float(mu.min())) + self.largest
        count = int(np.ceil(np.log2(2.0 * farthest / self.smallest))) + 2
        grid = self._tau2_grid(count)
        values = self._on_grid(mu, grid)
        most = np.inf if self.open.closed else count + FURTHER
        while count < most and (values.argmax(axis=1) == count).any():
            grid = self._tau2_grid(count := count + 1)
            values = np.column_stack([values, self._on_grid(mu, grid[-1:])])
        best = values.argmax(axis=1)
        grid = np.append(grid, 4.0 * grid[-1])
        return Rough(values.max(axis=1), best, grid)

    def _tau2_grid(self, count: int) -> np.ndarray:
        return np.append(0.0, (0.5 * self.smallest * 2.0 ** np.arange(count)) ** 2)

    def _on_grid(self, mu: np.ndarray, grid: np.ndarray) -> np.ndarray:
        values = self.likelihood.values(np.repeat(mu, grid.size), np.tile(grid, mu.size))
        return values.reshape(mu.size, grid.size)

    def _maximise(self, scan: np.ndarray, rough: Rough) -> tuple[float, list[Peak]]:
        """Return the greatest finite log-likelihood and its maxima; without one, -inf and none.

        Maxima at one mu count as one.
        """
        heights = rough.height
        beside = np.concatenate([[-np.inf], heights, [-np.inf]])
        crest = (heights >= beside[:-2]) & (heights > beside[2:])
        # The scan is below the profile by less than this: a lower peak cannot be the highest.
        starts = np.flatnonzero(crest & (heights > heights.max() - DEPTH))[:, None]
        pace = float(scan[1] - scan[0])
        climbs = [self._climb(scan[at], pace, rough.take(at)) for at in starts]
        found = [maximum for maximum in climbs if maximum is not None]
        if not found:
            return -np.inf, []
        highest = max(found, key=lambda maximum: maximum.value)
        apart = SETTLED * self.smallest
        rivals = [
            other
            for other in found
            if highest.value - other.value < ABOVE and abs(highest.mu - other.mu) > apart
        ]
        return highest.value, [highest, *rivals]

    def _climb(self, start: np.ndarray, pace: float, rough: Rough) -> Peak | None:
        """Return the maximum uphill from ``start``, shape (1,).

        None if the profile rises on and on, as it can while no sample is closed.
        """
        mu, low, high = start, np.array([-np.inf]), np.array([np.inf])
        best, careful, reopened = self.at(mu, trusted=TRUSTED, rough=rough), False, False
        for _ in range(ITERATIONS):
            low, high = np.where(best.slope > 0, mu, low), np.where(best.slope > 0, high, mu)
            # While one side is open, a step is at most the pace, which doubles.
            new = _step(mu, best.slope, best.curvature, low, high)
            if not np.isfinite(high - low)[0]:
                new = np.clip(new, np.maximum(low, mu - pace), np.minimum(high, mu + pace))
                pace *= 2.0
            settled, misled = self._judge(best, mu, new, best.slope, best.curvature)
            if misled.any() and not reopened:
                low, high, reopened = np.array([-np.inf]), np.array([np.inf]), True
                continue
            settled |= misled
            best, mu = self.at(new, None if careful else best.follow(new - mu)), new
            if settled.all():
                if self._scan(mu).height[0] <= best.value[0] + ABOVE:
                    return Peak(float(mu[0]), best)
                # Another basin in tau2 is higher here: begin again from there, and look round.
                low, high, careful = np.array([-np.inf]), np.array([np.inf]), True
                best = self.at(mu)
            far = FAR * (1.0 + self.stop - self.start)
            if not self.open.closed and abs(mu - start)[0] > far:
                return None
        raise ConvergenceError(_stuck("the estimate"))

    def _judge(
        self,
        best: Best,
        mu: np.ndarray,
        new: np.ndarray,
        slope: np.ndarray,
        curvature: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return which steps to ``new`` are the last, and which a wrong bracket makes so short.

        A sign told while tau2 was still on its way can be wrong where it hardly matters, and shut
        the root out.
        """
        short = SETTLED * self.smallest
        still = (best.drift <= SETTLED) & (np.abs(new - mu) <= short)
        misled = still & (curvature < 0) & (np.abs(slope) > -10.0 * short * curvature)
        return still & ~misled, misled

    def _inside(
        self,
        scan: np.ndarray,
        heights: np.ndarray,
        estimate: float,
        target: float,
        sides: np.ndarray,
    ) -> np.ndarray:
        """Return, for each side, the outermost known mu whose profile reaches ``target``.

        Outermost, so that of an interval of several parts the hull is found.
        """
        known = np.append(scan[heights >= target], estimate)
        known = known[np.isfinite(known)]
        if known.size:
            return np.where(sides > 0, known.max(), known.min())
        inside = np.where(sides > 0, scan[0], scan[-1])
        for _ in range(60):
            short = self._scan(inside).height < target
            if not short.any():
                return inside
            pace = np.abs(inside - 0.5 * (scan[0] + scan[-1]))
            inside = np.where(short, inside - sides * pace, inside)
        raise ConvergenceError(_stuck("an end of the interval"))

    def _cross(
        self,
        inside: np.ndarray,
        pace: float,
        sides: np.ndarray,
        top: float,
        drop: float,
        peak: Peak | None = None,
    ) -> np.ndarray:
        """Return where the profile falls ``drop`` below ``top`` beyond ``inside``, on each side.

        From a ``peak`` the way begins where a parabola would end it; without one the whole grid of
        tau2 is looked at in every step.
        """
        target, begun = top - drop, pace
        inner, outer = inside, sides * np.inf
        mu = inside + sides * pace
        if peak:
            with np.errstate(divide="ignore"):
                reach = np.sqrt(2.0 * drop / np.maximum(-peak.best.curvature, 0.0))
            near = peak.mu + sides * reach
            mu = np.where((sides * (near - inside) > 0) & np.isfinite(near), near, mu)
        best = self.at(mu, peak.best.follow(mu - peak.mu) if peak else None)
        for _ in range(ITERATIONS):
            excess = best.value - target
            inner, outer = np.where(excess >= 0, mu, inner), np.where(excess >= 0, outer, mu)
            low, high = np.minimum(inner, outer), np.maximum(inner, outer)
            # The root of the depth is nearly a straight line, so Newton's steps are taken for it:
            # towards the root of a function that falls when seen from its side.
            depth = np.sqrt(np.maximum(drop - excess, 0.0))
            excess = np.where(depth > 0, 2.0 * depth * (np.sqrt(drop) - depth), excess)
            slope, curvature = sides * excess, -np.abs(best.slope)
            new = _step(mu, slope, curvature, low, high)
            # While the far side is open, a step is at most the pace, which doubles.
            open_ended = np.isinf(outer)
            new = np.where(open_ended, np.clip(new, mu - pace, mu + pace), new)
            pace = pace * np.where(open_ended, 2.0, 1.0)
            settled, misled = self._judge(best, mu, new, slope, curvature)
            if peak and misled.any():
                # Not the highest basin in tau2 was followed: look at all of them.
                return self._cross(inside, begun, sides, top, drop)
            settled |= misled
            best, mu = self.at(new, best.follow(new - mu) if peak else None), new
            if settled.all():
                higher = self._scan(mu).height > best.value + ABOVE
                if not higher.any():
                    return mu
                if not peak:
                    break
                # Another basin in tau2 is higher here, so the end lies farther out.
                inside = np.where(higher, mu, inner)
                return self._cross(inside, self.smallest, sides, top, drop)
        raise ConvergenceError(_stuck("an end of the interval"))


def _drop(level: float) -> float:
    """Return how far the profile falls at the ends of the interval: half a chi-square quantile."""
    from scipy import special

    return 0.5 * float(special.ndtri(0.5 + level / 2.0)) ** 2


def _step(
    now: np.ndarray, slope: np.ndarray, curvature: np.ndarray, low: np.ndarray, high: np.ndarray
) -> np.ndarray:
    """Return Newton's step if it stays from ``low`` to ``high``, else their middle.

    Where an end is infinite, the step goes that way, to twice the distance from the other end.
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        new = now - slope / curvature
        middle = 0.5 * (low + high)
    kept = (curvature < 0) & (new >= low) & (new <= high)
    onward = np.where(np.isinf(high), 2.0 * now - low, 2.0 * now - high)
    onward = np.where(np.isfinite(onward) & (onward != now), onward, now + np.sign(slope))
    return np.where(kept, new, np.where(np.isfinite(middle), middle, onward))


def _stuck(what: str) -> str:
    return (
        f"pool_censored: {what} did not settle in {ITERATIONS} steps. Check bounds and sizes for "
        "rows of very different scale."
    )
