"""The likelihoods of the censored model and of shares again, by plain sums: the second engine.

Nothing is shared with `censored_likelihood` and `binomial_normal`: coefficients of one sample have
a multivariate normal density by dense algebra; where a sample has a range beside another row, what
its rows share is summed over a plain grid of the true effect and the common error; the log odds of
a share are summed over a plain grid of the sample's own. Slower, and easy to read.
"""

from __future__ import annotations

import numpy as np

#: Standard normal deviations on either side of a grid: beyond lies 1e-15.
REACH = 8.0
#: Step of a grid in units of the integrand's width; the error of the trapezoid rule is about
#: exp(-2 pi^2 / STEP^2) = 1e-12.
STEP = 0.85
#: Step of the grid for shares, in standard deviations between samples.
SHARE_STEP = 1 / 256


class PlainLikelihood:
    """Log-likelihood of censored rows under complete reporting.

    Parameters
    ----------
    lower, upper, ni, outside, cluster : ndarray, shape (k,)
        As in `censored.pool_censored`.
    rho : float
        Correlation of the sampling errors within a sample.
    """

    def __init__(self, lower, upper, ni, outside, cluster, rho: float):
        with np.errstate(divide="ignore"):
            self.low, self.high = np.arctanh(lower), np.arctanh(upper)
        self.vi, self.outside, self.rho = 1.0 / (ni - 3.0), outside, rho
        labels = list(dict.fromkeys(cluster))
        numbers = np.array([labels.index(label) for label in cluster])
        self.samples = [np.flatnonzero(numbers == number) for number in range(len(labels))]
        self.exact = self.low == self.high

    def value(self, mu: float, tau: float) -> float:
        """Return the log-likelihood at a mean and a standard deviation between samples."""
        return float(sum(self._sample(rows, mu, tau) for rows in self.samples))

    def _sample(self, rows: np.ndarray, mu: float, tau: float) -> float:
        if self.exact[rows].all():
            return self._density(rows, mu, tau)
        if rows.size == 1:
            return float(self._logs(rows, np.array([[mu]]), np.sqrt(self.vi[rows] + tau**2))[0])
        own = (1.0 - self.rho) * self.vi[rows]
        shared = np.sqrt(self.rho * self.vi[rows])
        effect = _grid(1.0 + (tau**2 / own).sum())
        error = _grid(1.0 + (shared**2 / own).sum())
        means = mu + tau * effect[:, None, None] + error[None, :, None] * shared
        logs = self._logs(rows, means, np.sqrt(own))
        logs = logs - effect[:, None] ** 2 / 2 - error[None, :] ** 2 / 2
        area = (effect[1] - effect[0]) * (error[1] - error[0]) / (2 * np.pi)
        top = logs.max()
        return float(top + np.log(np.exp(logs - top).sum() * area))

    def _density(self, rows: np.ndarray, mu: float, tau: float) -> float:
        root = np.sqrt(self.vi[rows])
        covariance = self.rho * np.outer(root, root) + tau**2
        np.fill_diagonal(covariance, self.vi[rows] + tau**2)
        away = self.low[rows] - mu
        _, log_determinant = np.linalg.slogdet(2 * np.pi * covariance)
        return float(-0.5 * (log_determinant + away @ np.linalg.solve(covariance, away)))

    def _logs(self, rows: np.ndarray, means: np.ndarray, sd: np.ndarray) -> np.ndarray:
        """Return the log-probabilities of rows, summed over the last axis of ``means``."""
        from scipy.special import log_ndtr

        low, high = (self.low[rows] - means) / sd, (self.high[rows] - means) / sd
        exact, outside = self.exact[rows], self.outside[rows]
        within = ~exact & ~outside
        logs = np.zeros(low.shape)
        logs[..., exact] = -0.5 * low[..., exact] ** 2 - np.log(np.sqrt(2 * np.pi) * sd[exact])
        logs[..., outside] = np.logaddexp(
            log_ndtr(low[..., outside]), log_ndtr(-high[..., outside])
        )
        # from the nearer tail, so that digits are kept far out
        a, b = low[..., within], high[..., within]
        a, b = np.where(a > 0, -b, a), np.where(a > 0, -a, b)
        below, above = log_ndtr(a), log_ndtr(b)
        logs[..., within] = above + np.log1p(-np.exp(below - above))
        return logs.sum(axis=-1)


def share_log_likelihood(
    events: np.ndarray, totals: np.ndarray, log_odds: float, tau: float
) -> float:
    """Return the binomial-normal log-likelihood, without the binomial coefficients."""
    t = np.arange(-REACH, REACH + SHARE_STEP / 2, SHARE_STEP)
    each = log_odds + tau * t
    logs = events[:, None] * each - totals[:, None] * np.logaddexp(0.0, each) - t**2 / 2
    top = logs.max(axis=1)
    masses = np.exp(logs - top[:, None]).sum(axis=1) * SHARE_STEP / np.sqrt(2 * np.pi)
    return float((top + np.log(masses)).sum())


def _grid(precision: float) -> np.ndarray:
    """Return points on a standard normal's range for an integrand of this precision."""
    return np.linspace(-REACH, REACH, 1 + int(np.ceil(2 * REACH * np.sqrt(precision) / STEP)))
