"""Probabilities of what rows tell, given their true effect, with derivatives in mu.

One kernel gives every row: log P and the ratios P'/P to P''''/P in mu.
"""

from __future__ import annotations

import numpy as np

LOG_2PI = float(np.log(2.0 * np.pi))
SQRT_2 = float(np.sqrt(2.0))
SQRT_2PI = float(np.sqrt(2.0 * np.pi))

Ratios = list[np.ndarray]


def hermite(u: np.ndarray) -> Ratios:
    """Return the Hermite polynomials He_1 to He_4 (probabilists') of ``u``."""
    uu = u * u
    return [u, uu - 1.0, u * (uu - 3.0), (uu - 6.0) * uu + 3.0]


def density(distance: np.ndarray, s: np.ndarray, order: int) -> tuple[np.ndarray, Ratios]:
    """Return the log density of z = mu + distance under N(mu, s^2), and He_n(distance/s) / s^n."""
    u = distance / s
    log_p = -0.5 * (u * u + LOG_2PI) - np.log(s)
    if not order:
        return log_p, []
    return log_p, [h / s**n for n, h in enumerate(hermite(u), start=1)]


def ranges(
    low: np.ndarray,
    high: np.ndarray,
    log_weight: np.ndarray,
    mu: np.ndarray,
    s: np.ndarray,
    order: int,
) -> tuple[np.ndarray, Ratios]:
    """Return log P and its ratios for rows of weighted pieces.

    Parameters
    ----------
    low, high, log_weight : ndarray, shape (..., rows, pieces)
        Ends of the pieces on the z scale and the logs of their weights.
    mu, s : ndarray, shapes that broadcast with (..., rows)
        Mean and standard deviation of the observed z.
    order : int
        0 for log P alone, 4 for the four ratios too.
    """
    if low.shape[-1] == 1 and not log_weight.any():
        return _interval(low[..., 0], high[..., 0], mu, s, order)
    log_p, ratios = _interval(low, high, mu[..., None], s[..., None], order)
    log_p = log_p + log_weight
    top = log_p.max(axis=-1)
    share = np.exp(log_p - top[..., None])
    total = share.sum(axis=-1)
    share /= total[..., None]
    return top + np.log(total), [(share * ratio).sum(axis=-1) for ratio in ratios]


def _interval(
    low: np.ndarray, high: np.ndarray, mu: np.ndarray, s: np.ndarray, order: int
) -> tuple[np.ndarray, Ratios]:
    """Return log P(low < z < high) for z ~ N(mu, s^2), and P'/P to P''''/P in mu.

    The nearer end comes first after a reflection. An interval around mu takes erf, one beyond mu
    the scaled erfcx with exp(-a^2/2) in front, so that no tail is lost to rounding. The n-th
    derivative is -(He_{n-1}(b) phi(b) - He_{n-1}(a) phi(a)) / s^n.
    """
    from scipy import special

    a, b = (low - mu) / s, (high - mu) / s
    turned = a < -b
    a, b = np.where(turned, -b, a), np.where(turned, -a, b)
    beyond = a > 0
    anchor = np.maximum(a, 0.0)
    fall = np.exp(-0.5 * (b - anchor) * (b + anchor))
    p = special.erf(b / SQRT_2) - special.erf(a / SQRT_2)
    if beyond.any():
        near, far = a[beyond] / SQRT_2, b[beyond] / SQRT_2
        p[beyond] = special.erfcx(near) - special.erfcx(far) * fall[beyond]
    p *= 0.5
    with np.errstate(divide="ignore"):
        log_p = np.log(p) - 0.5 * anchor * anchor
    if not order:
        return log_p, []
    scale = 1.0 / (SQRT_2PI * p)
    far = fall * scale
    near = np.where(beyond, 1.0, np.exp(-0.5 * a * a)) * scale
    a, b = np.where(np.isinf(a), 0.0, a), np.where(np.isinf(b), 0.0, b)
    aa, bb = a * a, b * b
    sign = np.where(turned, -1.0, 1.0) / s
    ss = s * s
    return log_p, [
        sign * (near - far),
        (a * near - b * far) / ss,
        sign * ((aa - 1.0) * near - (bb - 1.0) * far) / ss,
        (a * (aa - 3.0) * near - b * (bb - 3.0) * far) / (ss * ss),
    ]


def log_derivatives(log_p: np.ndarray, ratios: Ratios) -> np.ndarray:
    """Return log P and its derivatives in (mu, tau2) along a new first axis.

    In order: value, mu, tau2, mu mu, mu tau2, tau2 tau2; the value alone without ``ratios``. As
    theta is normal, a derivative in tau2 is half the second one in mu (the heat equation).
    """
    if not ratios:
        return log_p[None]
    d1, d2, d3, d4 = ratios
    parts = (
        log_p, d1, 0.5 * d2, d2 - d1 * d1, 0.5 * (d3 - d1 * d2), 0.25 * (d4 - d2 * d2),
    )  # fmt: skip
    return np.array(parts)


def multiply(ratios: Ratios) -> Ratios:
    """Return the derivative ratios of the product over the last axis (Leibniz)."""
    d1, d2, d3, d4 = (ratio[..., 0] for ratio in ratios)
    for row in range(1, ratios[0].shape[-1]):
        e1, e2, e3, e4 = (ratio[..., row] for ratio in ratios)
        d4 = d4 + 4.0 * d3 * e1 + 6.0 * d2 * e2 + 4.0 * d1 * e3 + e4
        d3 = d3 + 3.0 * d2 * e1 + 3.0 * d1 * e2 + e3
        d2 = d2 + 2.0 * d1 * e1 + e2
        d1 = d1 + e1
    return [d1, d2, d3, d4]


def average(log_height: np.ndarray, ratios: Ratios) -> tuple[np.ndarray, Ratios]:
    """Return the log of the sum of heights over the last axis, and the ratios' weighted means.

    Where all heights are zero, so are the means.
    """
    top = log_height.max(axis=-1)
    some = top > -np.inf
    weight = np.exp(log_height - np.where(some, top, 0.0)[..., None])
    total = np.where(some, weight.sum(axis=-1), 1.0)
    weight /= total[..., None]
    return top + np.log(total), [(weight * ratio).sum(axis=-1) for ratio in ratios]
