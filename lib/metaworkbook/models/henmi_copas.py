"""The interval of Henmi and Copas: a fixed-effect mean whose interval allows for heterogeneity."""

from __future__ import annotations

from typing import Any

import numpy as np

from metaworkbook.errors import ConvergenceError
from metaworkbook.models.arrays import check_effects, check_level
from metaworkbook.results.small_studies import HenmiCopas

#: Beyond this many standard deviations above the lower limit the normal density adds nothing.
TAIL = 9.0
#: Gauss-Legendre nodes over that stretch, in pieces; doubled they change the interval by < 1e-9.
NODES, PIECES = 40, 12


def henmi_copas(yi: Any, vi: Any, level: float = 0.95) -> HenmiCopas:
    """Pool with fixed-effect weights and an interval that stays valid under heterogeneity.

    Large studies keep their weight, so the estimate suffers less from small-study effects than
    the random-effects mean. The interval is estimate +/- u se, where u solves
    P(|U| > u) = 1 - level for U = (estimate - mu) / se, whose se depends on the DerSimonian-Laird
    tau2; the distribution of Q given the estimate is approximated by a gamma distribution with
    its exact mean and variance (Henmi and Copas 2010, eq. 9 to 18).

    Parameters
    ----------
    yi, vi : array_like, shape (k,)
        Effects and their sampling variances, k >= 2.
    level : float
        Confidence level.

    Returns
    -------
    HenmiCopas
        ``estimate`` (fixed-effect mean), ``se`` = sqrt((1 + tau2 W2) / W1) with W1 the sum of
        the weights and W2 their weighted mean, the interval, and ``tau2`` (DerSimonian-Laird).

    Raises
    ------
    InputError
        For unusable effects or fewer than two.
    ConvergenceError
        If the interval's equation cannot be solved.

    Notes
    -----
    Limiting case: with tau2 = 0 the estimate and ``se`` are those of the fixed-effect model, and
    the interval is wider, since Q might have been larger.
    """
    from scipy.optimize import brentq
    from scipy.special import ndtri

    yi, vi = check_effects(yi, vi, minimum=2)
    level = check_level(level)
    # Weights with a weighted mean of one: sums of their fourth powers neither over- nor underflow.
    relative = vi.min() / vi
    unit = (relative**2).sum() / relative.sum()
    weights = relative / unit
    scale2 = float(vi.min() / unit)
    mean = float(np.average(yi, weights=weights))
    q = float((weights * (yi - mean) ** 2).sum()) / scale2
    moments = _Moments(weights)
    tau2 = max(0.0, (q - (yi.size - 1)) / moments.a)
    moments.set(tau2)

    tail = (1 - level) / 2
    # P(U > u) is at most the normal tail, so the root lies below the normal quantile.
    top = float(-ndtri(tail))
    try:
        root = brentq(lambda x: moments.tail(x) - tail, 0.0, top, xtol=1e-12, rtol=1e-14)
    except (RuntimeError, ValueError) as error:
        raise ConvergenceError(
            "henmi_copas: the equation of the interval has no root between 0 and "
            f"{top:.3f}. Use pool(..., ci='knapp-hartung') instead."
        ) from error
    se = float(np.sqrt((1 + tau2) * scale2 / weights.sum()))
    half = float(np.sqrt(1 + tau2)) * root * se
    return HenmiCopas(
        estimate=mean, se=se, ci_low=mean - half, ci_high=mean + half, tau2=tau2 * scale2
    )


class _Moments:
    """Moments of Q given the standardised mean, for weights w whose weighted mean is one.

    With p = w / sum(w), all sums are written with deviations and 1 - p, because the raw ones
    cancel where one study has nearly all the weight:
    a = W1 - W2, b = W1 W2 - 2 W3 + W2^2, c = W3 - W2^2, d = W4 - 2 W2 W3 + W2^3.
    """

    def __init__(self, w: np.ndarray):
        p = w / w.sum()
        top = np.argmax(p)
        rest = 1 - p
        rest[top] = np.delete(p, top).sum()
        self.df = w.size - 1
        self.w1 = float(w.sum())
        self.a = float((w * rest).sum())
        self.c = float((p * (w - 1) ** 2).sum())
        self.d = float((p * w * (w - 1) ** 2).sum())
        cross = (p * w).sum() ** 2 - ((p * w) ** 2).sum()
        self.b = float(((w * rest) ** 2).sum() + max(0.0, cross))
        self.t = 0.0

    def set(self, t: float) -> None:
        """Set tau2, in the units in which the weights have mean one."""
        self.t = t

    def tail(self, x: float) -> float:
        """Return P(U > x sqrt(1 + tau2)), by quadrature over the standardised mean r."""
        from scipy.special import gammainc

        nodes, shares = np.polynomial.legendre.leggauss(NODES)
        # The integrand may rise steeply just above x; pieces grow away from it.
        edges = x + TAIL * np.linspace(0, 1, PIECES + 1) ** 3
        middle, half = (edges[1:] + edges[:-1]) / 2, (edges[1:] - edges[:-1]) / 2
        r = (middle[:, None] + half[:, None] * nodes).ravel()
        weight = (half[:, None] * shares).ravel() * np.exp(-(r**2) / 2) / np.sqrt(2 * np.pi)

        t, vr = self.t, 1 + self.t
        mean = self.df + t * self.a + t**2 * (r**2 - 1) / vr * self.c
        variance = (
            2 * self.df
            + 4 * t * self.a
            + 2 * t**2 * self.b
            + 4 * t**2 * (r**2 - 1) / vr * (self.c + t * self.d)
            + 2 * t**4 * (1 - 2 * r**2) / vr**2 * self.c**2
        )
        # Both are positive in exact arithmetic.
        tiny = np.finfo(float).tiny
        mean, variance = np.maximum(mean, tiny), np.maximum(variance, 1e-14 * mean**2)
        with np.errstate(divide="ignore", over="ignore"):
            limit = self.a * ((r / x) ** 2 - 1) + self.df if x > 0 else np.inf
            inside = gammainc(mean**2 / variance, np.minimum(limit, 1e300) * mean / variance)
        return float((weight * inside).sum())
