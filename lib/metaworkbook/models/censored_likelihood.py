"""The likelihood of exact and censored correlations, with its derivatives.

An observed z of a sample with true effect theta is N(theta, v), v = 1/(n - 3), and theta is
N(mu, tau2): Bushman and Wang (1995, Psychological Bulletin 117, 530-547; 1996, Psychological
Methods 1, 66-80), with heterogeneity. The log-likelihood is a sum over samples. Coefficients of
one sample amount to a single point, a lone range has probability Phi((b - mu)/s) - Phi((a - mu)/s)
with s^2 = tau2 + v, all else is integrated in `models.censored_samples`.

Under selective reporting each sample is divided by the probability that all its rows were
reported: a row's own significance decides on its report, given the true effect and errors shared
with the rows beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from metaworkbook.models import censored_kernels as kernels
from metaworkbook.models.censored_pieces import Arranged, arrange
from metaworkbook.models.censored_rows import Evidence
from metaworkbook.models.censored_samples import integrals


@dataclass(frozen=True)
class Derivatives:
    """Log-likelihood at points (mu, tau2), with first and second derivatives, of one shape."""

    value: np.ndarray
    mu: np.ndarray
    tau2: np.ndarray
    mu_mu: np.ndarray
    mu_tau2: np.ndarray
    tau2_tau2: np.ndarray


class Likelihood:
    """Log-likelihood of checked rows in (mu, tau2), on the z scale, with all its constants."""

    def __init__(self, evidence: Evidence, rho: float, reporting: float):
        seen, reported = arrange(evidence, rho, reporting)
        self._seen = _Product(seen, rho)
        self._reported = None if reported is None else _Product(reported, rho)

    def values(self, mu: np.ndarray, tau2: np.ndarray) -> np.ndarray:
        """Return the log-likelihood at points (mu, tau2), arrays of one shape (points,)."""
        value = self._seen.sums(mu, tau2, order=0)[0]
        if self._reported is not None:
            value = value - self._reported.sums(mu, tau2, order=0)[0]
        return value

    def derivatives(self, mu: np.ndarray, tau2: np.ndarray) -> Derivatives:
        """Return the log-likelihood and its derivatives at points (mu, tau2)."""
        sums = self._seen.sums(mu, tau2, order=4)
        if self._reported is not None:
            sums = sums - self._reported.sums(mu, tau2, order=4)
        return Derivatives(*sums)

    def each(self, mu: np.ndarray, tau2: np.ndarray) -> Derivatives:
        """Return what each sample adds: shape (points, samples), the value up to a constant."""
        found = self._seen.each(mu, tau2)
        if self._reported is not None:
            found = found - self._reported.each(mu, tau2)
        return Derivatives(*found)


class _Product:
    """The product of the probabilities of samples."""

    def __init__(self, arranged: Arranged, rho: float):
        self.points = arranged
        families = arranged.families
        self.lone = [family for family in families if family.vi.shape[1] == 1]
        self.shared = [
            pair for family in families if family.vi.shape[1] > 1 for pair in integrals(family, rho)
        ]

    def sums(self, mu: np.ndarray, tau2: np.ndarray, order: int) -> np.ndarray:
        """Return value and derivatives summed over samples: shape (6, points) or (1, points)."""
        total = np.zeros((6 if order else 1, mu.size))
        total[0] = self.points.constant
        for _, part in self._parts(mu, tau2, order):
            total += part.sum(axis=-1)
        return total

    def each(self, mu: np.ndarray, tau2: np.ndarray) -> np.ndarray:
        """Return value and derivatives of every sample: shape (6, points, samples)."""
        parts = list(self._parts(mu, tau2, order=4))
        order = np.argsort(np.concatenate([numbers for numbers, _ in parts]))
        return np.concatenate([part for _, part in parts], axis=-1)[..., order]

    def _parts(
        self, mu: np.ndarray, tau2: np.ndarray, order: int
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield numbers of samples with their values and derivatives."""
        if self.points.z.size:
            s = np.sqrt(tau2[:, None] + self.points.vi)
            distance = self.points.z - mu[:, None]
            found = kernels.density(distance, s, order)
            yield self.points.numbers, kernels.log_derivatives(*found)
        for family in self.lone:
            s = np.sqrt(tau2[:, None] + family.vi[:, 0])
            pieces = (part[:, 0] for part in (family.low, family.high, family.log_weight))
            found = kernels.ranges(*pieces, mu[:, None], s, order)
            yield family.numbers, kernels.log_derivatives(*found)
        for numbers, integral in self.shared:
            yield numbers, integral.values(mu, tau2, order)
