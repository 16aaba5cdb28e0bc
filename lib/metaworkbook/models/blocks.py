"""Covariance of effects within clusters, block by block, in time linear in the number of effects.

One cluster's effects have the covariance matrix

    Sigma = D + rho s s' + b 1 1',   D = diag((1 - rho) v + w),   s = sqrt(v),

with b the variance between clusters, w the variance within clusters and rho the correlation of
sampling errors. D is diagonal and the rest has rank two, so the Sherman-Morrison formula, applied
twice, gives the inverse, the determinant and every trace from sums over the cluster
(Searle, Casella and McCulloch 1992, appendix M): no matrix larger than one number is ever built.
`Blocks` holds the data, `Restricted` the restricted likelihood at one pair (b, w).
"""

from __future__ import annotations

import numpy as np

from metaworkbook.models.clusters import Clusters


def dot(left: np.ndarray, right: np.ndarray) -> float:
    """Return the inner product without BLAS, whose threads cost a millisecond a call."""
    return float(np.einsum("i,i->", left, right))


class Blocks:
    """Effects sorted by cluster, with the sums that the likelihood needs.

    Parameters
    ----------
    yi, vi : ndarray, shape (k,)
        Effects and sampling variances, already checked.
    clusters : Clusters
        Their clusters.
    rho : float
        Correlation of sampling errors within a cluster, from 0 to below 1.
    """

    def __init__(self, yi: np.ndarray, vi: np.ndarray, clusters: Clusters, rho: float):
        self.yi = yi[clusters.order]
        self.vi = vi[clusters.order]
        self.root = np.sqrt(self.vi)
        self.clusters = clusters
        self.rho = rho

    def total(self, values: np.ndarray) -> np.ndarray:
        """Return the sum over each cluster of an array whose last axis runs over effects."""
        return np.add.reduceat(values, self.clusters.start, axis=-1)

    def spread(self, values: np.ndarray) -> np.ndarray:
        """Return each cluster's value repeated for its effects."""
        return np.repeat(values, self.clusters.size, axis=-1)


class Restricted:
    """Restricted likelihood of a common mean at variances ``between`` and ``within``.

    Writes M for the inverse covariance, m = M 1, u = 1'm by cluster, P for the projection
    M - m m' / sum(u), and p = P y.

    Attributes
    ----------
    estimate, information : float
        Generalised least squares mean and the inverse of its variance, sum(u).
    log_likelihood : float
        Restricted log-likelihood, with the constant of metafor's `rma.mv` (design term included).
    """

    def __init__(self, blocks: Blocks, between: float, within: float):
        self.blocks, self.between = blocks, between
        rho, root = blocks.rho, blocks.root
        variance = (1 - rho) * blocks.vi + within
        self._inverse = 1.0 / variance
        self._scaled = self._inverse * root
        self._gain = rho / (1 + rho * blocks.total(self._scaled * root))
        self._solved = self._sampling(np.ones_like(root))
        strength = self._strength = blocks.total(self._solved)
        self.u = strength / (1 + between * strength)
        self.m = self._solved * blocks.spread(1 / (1 + between * strength))
        self.information = float(self.u.sum())
        self.estimate = dot(self.m, blocks.yi) / self.information
        residual = blocks.yi - self.estimate
        self.p = self.apply(residual)
        k = residual.size
        determinant = (
            np.log(variance).sum()
            - (np.log1p(-self._gain * blocks.total(self._scaled * root)).sum() if rho else 0.0)
            + np.log1p(between * strength).sum()
        )
        self.log_likelihood = float(
            -0.5 * (k - 1) * np.log(2 * np.pi)
            + 0.5 * np.log(k)
            - 0.5 * determinant
            - 0.5 * np.log(self.information)
            - 0.5 * dot(residual, self.p)
        )

    def _sampling(self, values: np.ndarray) -> np.ndarray:
        """Apply (D + rho s s')^-1 to a vector over effects."""
        solved = self._inverse * values
        if self.blocks.rho == 0:
            return solved
        share = self._gain * self.blocks.total(self._scaled * values)
        return solved - self._scaled * self.blocks.spread(share)

    def apply(self, values: np.ndarray) -> np.ndarray:
        """Apply M, the inverse of the whole covariance matrix, to a vector over effects.

        M x = S (x - mean) + m mean, with S the inverse without b and mean the cluster's mean under
        it. Differences from the cluster's first effect come first: a cluster of one effect, or of
        identical ones, then has no rounding error, however large b is beside the variances.
        """
        pivot = values[self.blocks.clusters.start]
        solved = self._sampling(values - self.blocks.spread(pivot))
        shift = self.blocks.total(solved) / self._strength
        spread = self.blocks.spread
        return solved - self._solved * spread(shift) + self.m * spread(pivot + shift)

    def score(self) -> np.ndarray:
        """Return the derivatives of the log-likelihood by (between, within), shape (2,).

        -tr(P V) / 2 + p'V p / 2, with V the derivative of the covariance matrix.
        """
        total = self.blocks.total
        trace = (self._trace_within() + total(self.m * self._solved) / self._strength).sum()
        between = self.information - dot(self.u, self.u) / self.information
        within = trace - dot(self.m, self.m) / self.information
        sums = total(self.p)
        return 0.5 * np.array([dot(sums, sums) - between, dot(self.p, self.p) - within])

    def curvature(self) -> tuple[np.ndarray, np.ndarray]:
        """Return observed and expected information of (between, within), each of shape (2, 2).

        Expected: tr(P V P W) / 2; observed: p'V P W p less that
        (Searle, Casella and McCulloch 1992, section 6.6).
        """
        total, u, m, s = self.blocks.total, self.u, self.m, self.information
        by_cluster = total(m * m)
        again = self.apply(m)
        within = self._trace_of_square() - 2 * dot(m, again) / s + (by_cluster.sum() / s) ** 2
        cross = by_cluster.sum() - 2 * dot(u, by_cluster) / s + dot(u, u) * by_cluster.sum() / s**2
        between = dot(u, u) - 2 * dot(u**2, u) / s + (dot(u, u) / s) ** 2
        expected = 0.5 * np.array([[between, cross], [cross, within]])

        sums = total(self.p)
        mixed = dot(sums, total(self.p * m))
        ones = np.array([dot(sums, u), dot(m, self.p)])
        bends = (
            np.array(
                [
                    [dot(sums**2, u), mixed],
                    [mixed, dot(self.p, self.apply(self.p))],
                ]
            )
            - np.outer(ones, ones) / s
        )
        return bends - expected, expected

    def _trace_within(self) -> np.ndarray:
        """Return what the differences within each cluster add to tr(M): nothing for one effect."""
        total = self.blocks.total
        trace = total(self._inverse) - self._gain * total(self._scaled**2)
        trace -= total(self._solved**2) / self._strength
        return np.where(self.blocks.clusters.size > 1, trace, 0.0)

    def _trace_of_square(self) -> float:
        """Return tr(M M) from sums over clusters."""
        total, inverse, scaled = self.blocks.total, self._inverse, self._scaled
        shrink = self.between * self.u / self._strength
        trace = total(inverse**2)
        if self.blocks.rho:
            trace += self._gain**2 * total(scaled**2) ** 2
            trace -= 2 * self._gain * total(inverse * scaled**2)
        trace -= 2 * shrink * total(self._solved * self._sampling(self._solved))
        trace += shrink**2 * total(self._solved**2) ** 2
        return float(np.where(self.blocks.clusters.size > 1, trace, self.u**2).sum())
