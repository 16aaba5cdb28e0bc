"""What is known of the profile of `models.censored_profile`: at some points, and as a whole."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metaworkbook.models.censored_likelihood import Derivatives


@dataclass(frozen=True)
class Fit:
    """Maximum and interval; without a finite maximum ``estimate`` and ``tau2`` are NaN."""

    estimate: float
    tau2: float
    log_likelihood: float
    low: float
    high: float

    @property
    def bounded(self) -> bool:
        """Whether estimate and both ends are finite."""
        return bool(np.isfinite([self.estimate, self.low, self.high]).all())


@dataclass(frozen=True)
class Best:
    """The profile log-likelihood at some mu, its slope and curvature, and the best tau2 there.

    ``drift`` is the last step in tau2 as a share of it, ``slide`` the change of the best tau2 with
    mu, 0 where it is zero.
    """

    value: np.ndarray
    slope: np.ndarray
    curvature: np.ndarray
    tau2: np.ndarray
    drift: np.ndarray
    slide: np.ndarray

    @classmethod
    def expand(
        cls, found: Derivatives, tau2: np.ndarray, new: np.ndarray, drift: np.ndarray
    ) -> Best:
        """Move from ``tau2`` to ``new`` by the second-order expansion."""
        move = new - tau2
        inner = (new > 0) & (found.tau2_tau2 < 0)
        slide = np.zeros(new.size)
        np.divide(-found.mu_tau2, found.tau2_tau2, out=slide, where=inner)
        return cls(
            found.value + move * (found.tau2 + 0.5 * move * found.tau2_tau2),
            found.mu + move * found.mu_tau2,
            found.mu_mu + slide * found.mu_tau2,
            new,
            drift,
            slide,
        )

    def follow(self, move: np.ndarray) -> np.ndarray:
        """Return the tau2 to expect after ``mu`` has moved."""
        return np.maximum(self.tau2 + self.slide * move, 0.0)


@dataclass(frozen=True)
class Rough:
    """The height and place of the best tau2 of a ``grid`` for each of some mu.

    The grid goes on beyond the best one, if there is a best.
    """

    height: np.ndarray
    place: np.ndarray
    grid: np.ndarray

    def take(self, points: np.ndarray) -> Rough:
        """Return it for some of the mu."""
        return Rough(self.height[points], self.place[points], self.grid)


@dataclass(frozen=True)
class Peak:
    """A finite maximum at ``mu``, and the profile there."""

    mu: float
    best: Best

    @property
    def value(self) -> float:
        """Its log-likelihood."""
        return float(self.best.value[0])
