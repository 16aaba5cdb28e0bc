"""Samples of several rows: integrals over what their rows share.

Rows of one sample share theta and have errors sqrt(v_i) (sqrt(rho) u + sqrt(1 - rho) w_i). Given
what is shared they are independent, so a sample's probability is an integral of a product, summed
by the trapezoid rule, whose error falls faster than any power of the step for such integrands.

`Line` serves samples of one size n, and pairs: covariance c = rho sqrt(v_i v_j) off the diagonal
means z_i = x + e_i with x ~ N(mu, S^2), S^2 = tau2 + c, var e_i = v_i - c. The product over rows is
a function G of x that does not depend on mu and tau2, so its slope is tabulated once, where it has
one, and integration by parts gives the sample: G(-inf) + integral of G'(x) Phi((mu - x) / S).

`Plane` serves all others: rotated, z_i = mu + a_i p + b_i q + sqrt((1 - rho) v_i) w_i with p, q
independent and standard normal, a_i = (tau2 + r_i r) / S, b_i = (r_i - r) tau / S,
r_i = sqrt(rho v_i), r their mean, S^2 = tau2 + r^2. At tau = 0 b is zero, and the sample's
probability is a function of theta = mu alone; `Split` tabulates it for a `Line` with c = 0 and
keeps the plane for the small tau2 that are finer than the table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from metaworkbook.errors import ConvergenceError
from metaworkbook.models import censored_kernels as kernels
from metaworkbook.models.censored_pieces import Family

#: Trapezoid step in units of the integrand's width, 1/sqrt(sum of precisions): the error is about
#: exp(-2 pi^2 / STEP^2) = 4e-14 of the integral.
STEP = 0.8
#: Standard deviations on either side; beyond them the normal density is below 1e-16.
REACH = 8.5
#: Standard deviations beyond the last bound at which a table ends: more, as mu may lie far out.
EDGE = 12.0
#: Nodes up to which the Gauss-Hermite rule is taken, a power of two, and the natural logs of the
#: digits it has to give.
LARGEST_GAUSS = 16
DIGITS = 27.0
#: Least share of the variance that `Line` needs between rows, for its step to be of use.
SHARED = 0.05
#: Least tau2 of `Line` with c = 0, as a share of the variance with which the sample knows theta.
LEAST = 0.02
#: Numbers in one array at most; keeps arrays in the processor's cache.
BLOCK = 1 << 16
#: Samples tabulated together at most; keeps the memory for many of them in bounds.
TOGETHER = 512
#: Nodes of one integral at most, before it is called out of reach.
MOST_NODES = 1 << 16
#: Nodes of all integrals of one call at most: some seconds.
MOST_WORK = 1 << 22
TOO_ALIKE = (
    "pool_censored: rows of one sample agree too closely to be integrated. Lower rho, or keep one "
    "row of the sample."
)


def integrals(family: Family, rho: float) -> list[tuple[np.ndarray, Line | Split]]:
    """Return samples' numbers with the way to integrate over what the rows of each share."""
    vi = family.vi
    covariance = rho * np.sqrt(vi[:, 0] * vi[:, -1])
    equal = np.all(vi == vi[:, :1])
    if (
        (equal or vi.shape[1] == 2)
        and np.all(covariance >= SHARED * vi.max(axis=1))
        and np.all(covariance <= (1.0 - 0.5 * (1.0 - rho)) * vi.min(axis=1))
    ):
        parts = [slice(i, i + TOGETHER) for i in range(0, vi.shape[0], TOGETHER)]
        return [
            (family.numbers[part], Line.of_rows(family.take(part), covariance[part]))
            for part in parts
        ]
    ones = [family.take(slice(i, i + 1)) for i in range(vi.shape[0])]
    return [(one.numbers, Split(one, rho)) for one in ones]


@dataclass(frozen=True)
class Line:
    """Slopes of G, one line a sample; both divided by exp(``shift``).

    ``weight`` is step times G' at ``nodes`` and zero at the spare ones; ``left`` and ``right`` are
    the limits of G, ``centre`` lies amid its slopes.
    """

    covariance: np.ndarray
    nodes: np.ndarray
    weight: np.ndarray
    left: np.ndarray
    right: np.ndarray
    centre: np.ndarray
    shift: np.ndarray

    @classmethod
    def of_rows(cls, family: Family, covariance: np.ndarray) -> Line:
        """Tabulate samples whose rows have ``covariance``, shape (samples,), between them."""
        own = np.sqrt(family.vi - covariance[:, None])
        step = STEP / np.sqrt(1.0 / covariance + (own**-2.0).sum(axis=1))

        def tabulate(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            inner = np.broadcast_to(x[..., None], (*x.shape, own.shape[1]))
            log_p, ratios = _rows(family, inner, own, order=4)
            return log_p.sum(axis=-1), ratios[0].sum(axis=-1)

        return cls.of_function(tabulate, family, own, covariance, step)

    @classmethod
    def of_function(
        cls,
        tabulate: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]],
        family: Family,
        width: np.ndarray,
        covariance: np.ndarray,
        step: np.ndarray,
    ) -> Line:
        """Tabulate G from log G and its slope, functions of x, shape (samples, nodes).

        ``width`` is the standard deviation with which each row's probability changes at a bound.
        """
        nodes, real = _lay_nodes(family, width, step)
        log_g, slope = tabulate(nodes)
        limits = np.stack([_limit(family, side) for side in (-1, 1)])
        shift = np.maximum(np.where(real, log_g, -np.inf).max(axis=1), limits.max(axis=0))
        weight = np.where(real, np.exp(log_g - shift[:, None]) * slope, 0.0) * step[:, None]
        left, right = np.exp(limits - shift)
        mass = np.abs(weight) + 1e-300 * real
        centre = (mass * nodes).sum(axis=1) / np.maximum(mass.sum(axis=1), 1e-300)
        return cls(covariance, nodes, weight, left, right, centre, shift)

    def values(self, mu: np.ndarray, tau2: np.ndarray, order: int) -> np.ndarray:
        """Return value and derivatives at points (mu, tau2): shape (6 or 1, points, samples)."""
        block = max(1, BLOCK // self.nodes.size)
        starts = range(0, mu.size, block)
        pieces = [
            self._sum(mu[start : start + block], tau2[start : start + block], order)
            for start in starts
        ]
        return np.concatenate(pieces, axis=1)

    def _sum(self, mu: np.ndarray, tau2: np.ndarray, order: int) -> np.ndarray:
        """Sum over the nodes; arrays of shape (points, samples, nodes) inside."""
        from scipy import special

        s = np.sqrt(tau2[:, None] + self.covariance)
        u = (mu[:, None, None] - self.nodes) / s[..., None]
        # Counted from the far side of the slopes, small probabilities keep their digits.
        below = (mu[:, None] < self.centre)[..., None]
        tail = np.where(below, special.ndtr(u), -special.ndtr(-u))
        p = np.where(below[..., 0], self.left, self.right) + _along(tail, self.weight)
        with np.errstate(divide="ignore", invalid="ignore"):
            log_p = np.log(np.maximum(p, 0.0)) + self.shift
            if not order:
                return kernels.log_derivatives(log_p, [])
            phi = np.exp(-0.5 * u * u) / kernels.SQRT_2PI
            one, two, three, _ = kernels.hermite(u)
            sums = [
                _along(part, self.weight) for part in (phi, -one * phi, two * phi, -three * phi)
            ]
            ratios = [np.where(p > 0, part / (p * s**n), 0.0) for n, part in enumerate(sums, 1)]
        return kernels.log_derivatives(log_p, ratios)


@dataclass(frozen=True)
class Plane:
    """Integrals over p and q, or over p alone where sizes are equal or tau is zero."""

    family: Family
    rho: float

    def values(self, mu: np.ndarray, tau2: np.ndarray, order: int) -> np.ndarray:
        """Return value and derivatives at points (mu, tau2): shape (6 or 1, points, samples)."""
        own = np.sqrt((1.0 - self.rho) * self.family.vi)
        loads = self._loadings(tau2)
        sharpness = [((load / own) ** 2).sum(axis=-1).max(axis=-1) for load in loads]
        needed = [_classes(_nodes(each)) for each in sharpness]
        if (needed[0] * needed[1]).sum() > MOST_WORK:
            raise ConvergenceError(TOO_ALIKE)
        # One number a pair of classes: points with the same numbers of nodes go together.
        pair = needed[0] * (2 * MOST_NODES) + needed[1]
        found = np.empty((6 if order else 1, mu.size, own.shape[0]))
        for points in _blocks(pair, self.family.low.size, needed[0] * needed[1]):
            grids = [_lattice(int(count[points[0]])) for count in needed]
            found[:, points] = self._sum(
                mu[points], [load[points] for load in loads], own, grids, order
            )
        return found

    def _loadings(self, tau2: np.ndarray) -> list[np.ndarray]:
        """Return a_i and b_i, arrays of shape (points, samples, rows)."""
        shared = np.sqrt(self.rho * self.family.vi)
        mean = shared.mean(axis=1, keepdims=True)
        tau2 = tau2[:, None, None]
        spread = np.sqrt(tau2 + mean**2)
        spread = np.where(spread > 0, spread, 1.0)
        return [(tau2 + shared * mean) / spread, (shared - mean) * np.sqrt(tau2) / spread]

    def _sum(
        self,
        mu: np.ndarray,
        loads: list[np.ndarray],
        own: np.ndarray,
        grids: list[tuple[np.ndarray, np.ndarray]],
        order: int,
    ) -> np.ndarray:
        """Sum over the nodes; arrays of shape (points, samples, nodes, rows) inside."""
        (p, weight_p), (q, weight_q) = grids
        along = loads[0][:, :, None, None] * p[:, None, None]
        across = loads[1][:, :, None, None] * q[:, None]
        x = (mu[:, None, None, None, None] + along + across).reshape(
            mu.size, own.shape[0], -1, own.shape[1]
        )
        log_p, ratios = _rows(self.family, x, own, order)
        height = log_p.sum(axis=-1) + (weight_p[:, None] + weight_q).ravel()
        product = kernels.multiply(ratios) if order else []
        return kernels.log_derivatives(*kernels.average(height, product))


class Split:
    """One sample by `Plane` where tau2 is small, by `Line` with c = 0 where it is not."""

    def __init__(self, family: Family, rho: float):
        self.plane = Plane(family, rho)
        root = 1.0 / np.sqrt(family.vi[0])
        shrink = rho / (1.0 + (root.size - 1) * rho)
        # The sample's mean, best weighted, has this precision; theta is not known more finely.
        precision = float((root @ root - shrink * root.sum() ** 2) / (1.0 - rho))
        self.least = LEAST / precision
        step = np.array([STEP / np.sqrt(1.0 / self.least + precision)])

        def tabulate(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            found = self.plane.values(x[0], np.zeros(x.size), order=4)[..., 0]
            return found[0:1], found[1:2]

        self.line = Line.of_function(tabulate, family, np.sqrt(family.vi), np.zeros(1), step)

    def values(self, mu: np.ndarray, tau2: np.ndarray, order: int) -> np.ndarray:
        """Return value and derivatives at points (mu, tau2): shape (6 or 1, points, 1)."""
        small = tau2 < self.least
        if small.all():
            return self.plane.values(mu, tau2, order)
        if not small.any():
            return self.line.values(mu, tau2, order)
        found = np.empty((6 if order else 1, mu.size, 1))
        found[:, small] = self.plane.values(mu[small], tau2[small], order)
        found[:, ~small] = self.line.values(mu[~small], tau2[~small], order)
        return found


def _along(values: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return the weighted sums over nodes, shape (points, samples)."""
    return (values * weight).sum(axis=-1)


def _lay_nodes(
    family: Family, width: np.ndarray, step: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return multiples of ``step`` over all bounds, and which are not spare, a line a sample.

    Between bounds far apart, too: rows that contradict one another meet there.
    """
    reach = EDGE * width[..., None]
    exact = family.exact[..., None]
    low, high = (np.where(exact, family.z[..., None], end) for end in (family.low, family.high))
    ends = np.stack([low, high])
    finite = np.isfinite(ends)
    start = np.where(finite, ends - reach, np.inf).min(axis=(0, 2, 3))
    stop = np.where(finite, ends + reach, -np.inf).max(axis=(0, 2, 3))
    bounded = start < stop
    first = np.floor(np.where(bounded, start, 0.0) / step)
    count = np.where(bounded, np.ceil(np.where(bounded, stop, 0.0) / step) - first + 1, 0)
    longest = max(1, int(count.max(initial=1)))
    if longest > MOST_NODES:
        raise ConvergenceError(TOO_ALIKE)
    place = np.arange(longest)
    real = place < count[:, None]
    return np.where(real, (first[:, None] + place) * step[:, None], 0.0), real


def _limit(family: Family, side: int) -> np.ndarray:
    """Return log G far out: of each row, the weight of the piece that reaches there."""
    reaches = np.isposinf(family.high) if side > 0 else np.isneginf(family.low)
    weight = np.where(reaches, np.exp(family.log_weight), 0.0).sum(axis=2)
    with np.errstate(divide="ignore"):
        return np.log(np.where(family.exact, 0.0, weight)).sum(axis=1)


def _rows(
    family: Family, x: np.ndarray, own: np.ndarray, order: int
) -> tuple[np.ndarray, kernels.Ratios]:
    """Return log P and ratios of each row given x, shape (..., samples, nodes, rows)."""
    own = own[:, None]
    pieces = (part[:, None] for part in (family.low, family.high, family.log_weight))
    log_p, ratios = kernels.ranges(*pieces, x, own, order)
    if family.exact.any():
        exact = family.exact[:, None]
        known, others = kernels.density(family.z[:, None] - x, own, order)
        log_p = np.where(exact, known, log_p)
        ratios = [np.where(exact, *both) for both in zip(others, ratios, strict=True)]
    return log_p, ratios


def _nodes(sharpness: np.ndarray) -> np.ndarray:
    """Return the nodes an integral over a standard normal needs, by the sum of a^2 / s^2.

    Few are enough for the Gauss-Hermite rule where the integrand is smooth: for exp(-a x^2 / 2)
    its error falls with (a / (2 + a))^nodes. Elsewhere the trapezoid rule needs fewer.
    """
    with np.errstate(divide="ignore"):
        gauss = np.ceil(DIGITS / np.log1p(2.0 / sharpness))
    trapezoid = 2.0 * REACH * np.sqrt(1.0 + sharpness) / STEP
    return np.maximum(1.0, np.where(gauss <= LARGEST_GAUSS, gauss, trapezoid))


def _classes(nodes: np.ndarray) -> np.ndarray:
    """Round numbers of nodes up to powers of two, so that points fall into few groups."""
    if nodes.size and nodes.max() > MOST_NODES:
        raise ConvergenceError(TOO_ALIKE)
    return 2 ** np.ceil(np.log2(nodes)).astype(int)


def _blocks(
    classes: np.ndarray, size: int, nodes: np.ndarray | None = None
) -> Iterator[np.ndarray]:
    """Yield the points of each class, a block of bounded memory at a time."""
    for value in np.unique(classes):
        points = np.flatnonzero(classes == value)
        each = size * int(value if nodes is None else nodes[points[0]])
        block = max(1, BLOCK // max(1, each))
        for start in range(0, points.size, block):
            yield points[start : start + block]


@lru_cache(maxsize=64)
def _lattice(nodes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return nodes and log weights against the standard normal density."""
    if nodes <= LARGEST_GAUSS:
        x, weights = np.polynomial.hermite_e.hermegauss(nodes)
        return x, np.log(weights) - 0.5 * kernels.LOG_2PI
    x = np.linspace(-REACH, REACH, nodes)
    return x, -0.5 * (x**2 + kernels.LOG_2PI) + np.log(x[1] - x[0])
