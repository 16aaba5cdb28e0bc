"""Rows of the censored model as weighted pieces of the z line, by sample.

A row becomes a sum of pieces: an interval of observed z and a weight. One that is significant
without a sign has two tails; under selective reporting an interval is cut at the critical values,
and its non-significant piece weighs ``reporting``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metaworkbook.models.censored_rows import NARROWEST, Evidence

#: Non-significance means two-sided .05, whatever level a row's own bounds come from.
ALPHA = 0.05

Pieces = list[tuple[float, float, float]]


@dataclass(frozen=True)
class Family:
    """Samples of the same number of rows; arrays of shape (samples, rows[, pieces]).

    ``numbers``, shape (samples,), are those of the samples; ``exact`` rows have their z in ``z``
    (else 0) and pieces that cover the whole line.
    """

    numbers: np.ndarray
    low: np.ndarray
    high: np.ndarray
    log_weight: np.ndarray
    exact: np.ndarray
    z: np.ndarray
    vi: np.ndarray

    def take(self, samples: slice) -> Family:
        """Return some of the samples."""
        parts = (self.numbers, self.low, self.high, self.log_weight, self.exact, self.z, self.vi)
        return Family(*(part[samples] for part in parts))


@dataclass(frozen=True)
class Arranged:
    """A product over samples: points (z, v), single ranges (a `Family` of one row) and families.

    ``numbers`` are the samples of the points.
    """

    numbers: np.ndarray
    z: np.ndarray
    vi: np.ndarray
    constant: float
    families: tuple[Family, ...]


def critical_z(ni: np.ndarray) -> np.ndarray:
    """Return the Fisher z of the smallest correlation significant at two-sided .05, from t(n - 2).

    r = t / sqrt(t^2 + n - 2), so artanh r = arsinh(t / sqrt(n - 2)).
    """
    from scipy import special

    df = ni - 2.0
    return np.arcsinh(-special.stdtrit(df, ALPHA / 2.0) / np.sqrt(df))


def arrange(evidence: Evidence, rho: float, reporting: float) -> tuple[Arranged, Arranged | None]:
    """Return what was seen and, unless ``reporting`` is 1, that it was reported at all."""
    exact = evidence.exact
    critical = critical_z(evidence.ni) if reporting < 1.0 else None
    with np.errstate(divide="ignore"):
        low, high = np.arctanh(evidence.lower), np.arctanh(evidence.upper)
    pieces = []
    constant = 0.0
    for i in range(low.size):
        if exact[i]:
            pieces.append([(-np.inf, np.inf, 1.0)])
            if critical is not None and abs(low[i]) < critical[i]:
                constant += np.log(reporting)
            continue
        spans = (
            [(-np.inf, low[i]), (high[i], np.inf)] if evidence.outside[i] else [(low[i], high[i])]
        )
        pieces.append(_cut(spans, None if critical is None else critical[i], reporting))
    seen = _arranged(evidence, pieces, exact, np.where(exact, low, 0.0), rho, constant)
    if critical is None:
        return seen, None
    anywhere = [_cut([(-np.inf, np.inf)], value, reporting) for value in critical]
    none = np.zeros(low.size, dtype=bool)
    return seen, _arranged(evidence, anywhere, none, np.zeros(low.size), rho, 0.0)


def _cut(spans: list[tuple[float, float]], critical: float | None, reporting: float) -> Pieces:
    """Cut spans at the critical values; the middle weighs ``reporting``. Empty pieces fall out."""
    if critical is None:
        return [(low, high, 1.0) for low, high in spans if low < high]
    zones = (
        (-np.inf, -critical, 1.0),
        (-critical, critical, reporting),
        (critical, np.inf, 1.0),
    )
    pieces = [
        (max(low, start), min(high, stop), weight)
        for low, high in spans
        for start, stop, weight in zones
    ]
    # Bounds are critical values that went through r, and miss these here by rounding.
    return [piece for piece in pieces if piece[1] - piece[0] > 0.1 * NARROWEST]


def _arranged(
    evidence: Evidence,
    pieces: list[Pieces],
    exact: np.ndarray,
    z: np.ndarray,
    rho: float,
    constant: float,
) -> Arranged:
    vi = 1.0 / (evidence.ni - 3.0)
    numbers: list[int] = []
    points: list[tuple[float, float]] = []
    groups: dict[tuple[int, bool, int], list[np.ndarray]] = {}
    order = np.argsort(evidence.cluster, kind="stable")
    ends = np.bincount(evidence.cluster).cumsum()
    for number, rows in enumerate(np.split(order, ends[:-1])):
        if exact[rows].all():
            point, rest = _composite(z[rows], vi[rows], rho)
            numbers.append(number)
            points.append(point)
            constant += rest
        else:
            equal = bool(np.all(vi[rows] == vi[rows[0]]))
            most = max(len(pieces[row]) for row in rows)
            groups.setdefault((rows.size, equal, most), []).append(rows)
    families = tuple(
        _family(evidence.cluster, np.array(members), pieces, exact, z, vi)
        for members in groups.values()
    )
    array = np.array(points, dtype=float).reshape(-1, 2)
    return Arranged(
        np.array(numbers, dtype=int), array[:, 0], array[:, 1], float(constant), families
    )


def _composite(z: np.ndarray, vi: np.ndarray, rho: float) -> tuple[tuple[float, float], float]:
    """Return the point that coefficients of one sample amount to, and the constant beside it.

    With V = sqrt(v_i v_j) (rho off the diagonal), log N(z; mu, V + tau2) equals log N(y; mu,
    1/A + tau2) plus a constant: A = 1'V^-1 1, y = 1'V^-1 z / A (a sample of one row: z and v).
    """
    m = z.size
    root = 1.0 / np.sqrt(vi)

    def product(left: np.ndarray, right: np.ndarray) -> float:
        """Return left' R^-1 right, R having rho off its diagonal, about means: rho may near 1."""
        middle = left.mean() * right.mean()
        apart = (left - left.mean()) @ (right - right.mean()) / (1.0 - rho)
        return float(apart + m * middle / (1.0 + (m - 1) * rho))

    if m == 1:
        return (float(z[0]), float(vi[0])), 0.0
    information = product(root, root)
    mean = z[0] + product(root, root * (z - z[0])) / information
    residual = root * (z - mean)
    log_det = np.log(vi).sum() + (m - 1) * np.log1p(-rho) + np.log1p((m - 1) * rho)
    rest = (m - 1) * np.log(2.0 * np.pi) + log_det + product(residual, residual)
    return (float(mean), 1.0 / information), float(-0.5 * (rest + np.log(information)))


def _family(
    numbers: np.ndarray,
    members: np.ndarray,
    pieces: list[Pieces],
    exact: np.ndarray,
    z: np.ndarray,
    vi: np.ndarray,
) -> Family:
    width = max(len(pieces[i]) for i in members.flat)
    # An empty piece is the whole line with weight zero, which every formula passes over.
    filled = np.empty((*members.shape, width, 3))
    filled[...] = (-np.inf, np.inf, 0.0)
    for place in np.ndindex(members.shape):
        own = pieces[members[place]]
        filled[place][: len(own)] = own
    with np.errstate(divide="ignore"):
        log_weight = np.log(filled[..., 2])
    return Family(
        numbers[members[:, 0]], filled[..., 0], filled[..., 1], log_weight, exact[members],
        z[members], vi[members],
    )  # fmt: skip
