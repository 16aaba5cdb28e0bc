"""Likelihood of a step-function selection model, with its exact gradient and Hessian.

Effects are oriented so that "more likely to be published" means larger; `selection_models` does
that, and searches for the maximum.
"""

from __future__ import annotations

import numpy as np

HALF_LOG_2PI = 0.5 * np.log(2 * np.pi)


class StepLikelihood:
    """Log-likelihood of effects seen through a step function of their one-sided p-value.

    With y_i ~ N(mu, v_i + t) weighted by w_j in the j-th p interval, the density is
    w_g(i) phi(y_i; mu, v_i + t) / A_i, A_i = sum_j w_j P_ij, where P_ij is the probability that
    y_i falls in interval j (Hedges 1992, eq. 3 to 5; Vevea and Hedges 1995, eq. 5 to 8).
    Limiting case: with all w_j = 1, A_i = 1 and the random-effects likelihood is left.

    Parameters
    ----------
    yi, vi : ndarray of shape (k,)
        Effects, large ones favoured, and their variances.
    critical : ndarray of shape (m,)
        Normal quantiles of the steps, descending; interval 1 lies above the first.
    group : ndarray of int, shape (k,)
        Interval of each effect, 0 to m.
    """

    def __init__(self, yi: np.ndarray, vi: np.ndarray, critical: np.ndarray, group: np.ndarray):
        self.yi, self.vi, self.group = yi, vi, group
        self.cuts = np.sqrt(vi)[:, None] * critical
        self.counts = np.bincount(group, minlength=critical.size + 1)

    def log_masses(self, mu: np.ndarray, t: np.ndarray) -> np.ndarray:
        """Return log P_ij for means and variances of any (equal) shape s: shape s + (k, m + 1)."""
        z = self._standardised(mu, t)
        return _log_masses(z)

    def _standardised(self, mu: np.ndarray, t: np.ndarray) -> np.ndarray:
        spread = np.sqrt(self.vi + np.asarray(t)[..., None])
        return (self.cuts - np.asarray(mu)[..., None, None]) / spread[..., None]

    def density(self, mu: np.ndarray, t: np.ndarray) -> np.ndarray:
        """Return the log-likelihood without selection; the shape is that of ``mu`` and ``t``."""
        total = self.vi + np.asarray(t)[..., None]
        residual = self.yi - np.asarray(mu)[..., None]
        return -(HALF_LOG_2PI + 0.5 * np.log(total) + 0.5 * residual**2 / total).sum(axis=-1)

    def value(self, mu: float, t: float, log_weights: np.ndarray) -> float:
        """Return the log-likelihood; a weight of zero is ``-inf`` and needs an empty interval."""
        log_a = log_sum_exp(log_weights + self.log_masses(np.float64(mu), np.float64(t)))
        return float(self.density(mu, t) + log_weights[self.group].sum() - log_a.sum())

    def derivatives(
        self, mu: float, t: float, log_weights: np.ndarray
    ) -> tuple[float, np.ndarray, np.ndarray]:
        """Return the log-likelihood, its gradient and its Hessian.

        The parameters are mu, t and all log weights: shapes (m + 3,) and (m + 3, m + 3). Rows of
        weights that are fixed are for the caller to drop.
        """
        yi, total = self.yi, self.vi + t
        spread, residual = np.sqrt(total), yi - mu
        z = self._standardised(np.float64(mu), np.float64(t))
        logs = _log_masses(z) + log_weights
        log_a = log_sum_exp(logs)
        share = np.exp(logs - log_a[:, None])
        # w_j phi(z) / A on both sides of each cut, scaled by 1/A inside the exponent: A alone may
        # underflow where the mean is far below every cut.
        bell = -0.5 * z**2 - HALF_LOG_2PI - log_a[:, None]
        above, below = np.exp(bell + log_weights[:-1]), np.exp(bell + log_weights[1:])
        jump = below - above

        s, v = spread[:, None], total[:, None]
        first = np.stack([-(jump / s).sum(axis=1), -(jump * z / (2 * v)).sum(axis=1)])
        second = {
            (0, 0): -(jump * z / v).sum(axis=1),
            (0, 1): (jump * (1 - z**2) / (2 * v * s)).sum(axis=1),
            (1, 1): (jump * z * (3 - z**2) / (4 * v**2)).sum(axis=1),
        }
        size = log_weights.size + 2
        gradient, hessian = np.zeros(size), np.zeros((size, size))
        gradient[0] = (residual / total - first[0]).sum()
        gradient[1] = (0.5 * (residual**2 / total - 1) / total - first[1]).sum()
        gradient[2:] = self.counts - share.sum(axis=0)

        hessian[0, 0] = (-1 / total - second[0, 0] + first[0] ** 2).sum()
        hessian[0, 1] = (-residual / total**2 - second[0, 1] + first[0] * first[1]).sum()
        hessian[1, 1] = (
            0.5 / total**2 - residual**2 / total**3 - second[1, 1] + first[1] ** 2
        ).sum()
        mixed = np.zeros((2, yi.size, size - 2))
        for row, factor in enumerate((1 / s, z / (2 * v))):
            # interval j lies above cut j and below cut j - 1
            mixed[row, :, :-1] += above * factor
            mixed[row, :, 1:] -= below * factor
            hessian[row, 2:] = (first[row][:, None] * share - mixed[row]).sum(axis=0)
        hessian[2:, 2:] = share.T @ share - np.diag(share.sum(axis=0))
        hessian = np.triu(hessian) + np.triu(hessian, 1).T
        value = float(self.density(mu, t) + log_weights[self.group].sum() - log_a.sum())
        return value, gradient, hessian


def _log_masses(z: np.ndarray) -> np.ndarray:
    """Return the log probabilities of the intervals between descending cuts on the last axis."""
    from scipy.special import log_ndtr

    parts = [log_ndtr(-z[..., :1])]
    if z.shape[-1] > 1:
        low, high = z[..., 1:], z[..., :-1]
        # both tails are taken on the side where they are small
        flip = low > 0
        low, high = np.where(flip, -high, low), np.where(flip, -low, high)
        top = log_ndtr(high)
        with np.errstate(divide="ignore"):
            parts.append(top + np.log1p(-np.exp(log_ndtr(low) - top)))
    parts.append(log_ndtr(z[..., -1:]))
    return np.concatenate(parts, axis=-1)


def log_sum_exp(values: np.ndarray) -> np.ndarray:
    """Return log(sum(exp(values))) over the last axis; at least one value must be finite."""
    top = values.max(axis=-1, keepdims=True)
    return top[..., 0] + np.log(np.exp(values - top).sum(axis=-1))
