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

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from metaworkbook.errors import InputError


@dataclass(frozen=True)
class Clusters:
    """Which effect belongs to which cluster; clusters are numbered by first appearance.

    ``code`` is the cluster number of each effect (k,), ``first`` the position of each cluster's
    first effect (m,), ``size`` its number of effects (m,), ``order`` the positions sorted by
    cluster, in the given order within one (k,), and ``start`` where each begins in it (m,).
    """

    code: np.ndarray
    first: np.ndarray
    size: np.ndarray
    order: np.ndarray
    start: np.ndarray

    @property
    def count(self) -> int:
        """Number of clusters."""
        return self.size.size


def number_clusters(cluster: Any, k: int) -> tuple[np.ndarray, Clusters]:
    """Return the labels as an array and the numbering of the clusters.

    Raises
    ------
    InputError
        If ``cluster`` is not a flat sequence of k labels, or a label is missing (None, NaN or an
        empty text).
    """
    labels = _labels(cluster)
    if labels.size != k:
        raise InputError(
            f"cluster: found {labels.size} labels for {k} effects; allowed: one label an effect. "
            "Take cluster from the same selection as yi."
        )
    numbers: dict[Any, int] = {}
    first = []
    code = np.empty(k, dtype=np.intp)
    missing = []
    for position, label in enumerate(labels.tolist()):
        if _is_missing(label):
            missing.append(position)
            continue
        number = numbers.setdefault(label, len(numbers))
        if number == len(first):
            first.append(position)
        code[position] = number
    if missing:
        listed = ", ".join(str(position) for position in missing[:5])
        more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
        raise InputError(
            f"cluster: found no label at position {listed}{more}; allowed: a label for every "
            "effect. Give an effect of its own sample a label of its own."
        )
    size = np.bincount(code, minlength=len(first))
    start = np.concatenate(([0], np.cumsum(size)[:-1]))
    order = np.argsort(code, kind="stable")
    return labels, Clusters(code, np.array(first, dtype=np.intp), size, order, start)


def _labels(cluster: Any) -> np.ndarray:
    """Return the labels as a one-dimensional array that keeps mixed types apart."""
    problem = "allowed: a flat sequence of numbers or texts. Pass one label an effect."
    if isinstance(cluster, (str, bytes)) or not isinstance(cluster, Iterable):
        raise InputError(f"cluster: found {cluster!r}; {problem}")
    if isinstance(cluster, np.ndarray):
        labels = cluster
    else:
        given = list(cluster)
        labels = np.empty(len(given), dtype=object)
        labels[:] = given
        kinds = {type(label) for label in given}
        if kinds and (kinds <= {int, float, np.int64, np.float64} or kinds <= {str, np.str_}):
            labels = np.asarray(given)
    if labels.ndim != 1:
        raise InputError(f"cluster: found an array of shape {labels.shape}; {problem}")
    for label in labels.tolist() if labels.dtype == object else []:
        if isinstance(label, (list, dict, set, np.ndarray)):
            raise InputError(f"cluster: found a label of type {type(label).__name__}; {problem}")
    return labels


def _is_missing(label: Any) -> bool:
    """Tell whether a label stands for nothing known; missing values differ from themselves."""
    try:
        return label is None or bool(label == "") or bool(label != label)
    except TypeError:
        return True


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
        strength = blocks.total(self._solved)
        self._shrink = between / (1 + between * strength)
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
        """Apply M, the inverse of the whole covariance matrix, to a vector over effects."""
        solved = self._sampling(values)
        share = self._shrink * self.blocks.total(solved)
        return solved - self._solved * self.blocks.spread(share)

    def score(self) -> np.ndarray:
        """Return the derivatives of the log-likelihood by (between, within), shape (2,).

        -tr(P V) / 2 + p'V p / 2, with V the derivative of the covariance matrix.
        """
        total, inverse = self.blocks.total, self._inverse
        trace = (
            inverse.sum()
            - dot(self._gain, total(self._scaled**2))
            - dot(self._shrink, total(self._solved**2))
        )
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

    def _trace_of_square(self) -> float:
        """Return tr(M M) from sums over clusters."""
        total, inverse, scaled = self.blocks.total, self._inverse, self._scaled
        trace = dot(inverse, inverse)
        if self.blocks.rho:
            trace += -2 * dot(self._gain, total(inverse * scaled**2))
            trace += dot(self._gain**2, total(scaled**2) ** 2)
        trace -= 2 * dot(self._shrink, total(self._solved * self._sampling(self._solved)))
        return trace + dot(self._shrink**2, total(self._solved**2) ** 2)
