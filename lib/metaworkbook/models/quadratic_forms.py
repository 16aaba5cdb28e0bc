"""What every heterogeneity estimator is made of, for many data sets in one array program.

With ``W = diag(1/(v + t))`` and ``P = W - W X (X'WX)^-1 X'W`` the estimating equations of
tau-squared need only y'Py (the generalised Q), y'PPy, y'PPPy and the traces of P and PP
(Viechtbauer 2005, Journal of Educational and Behavioral Statistics 30, 261-293). A `Batch` holds
the data of many rows (subsets, permutations, one data set) and evaluates them at one t a row.

Sums run over orthonormal columns spanning those of X (y'Py and traces do not depend on the
basis), so a moderator such as a calendar year costs no precision.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from metaworkbook.models.rounding import residuals
from metaworkbook.models.traces import NARROW, design_remainder, mean_trace, mean_trace_of_sums

#: A variance inflation from which a column counts as a combination of the others: rounding lets an
#: exact combination come out at about 1e15.
SINGULAR = 1e13


@dataclass(frozen=True)
class Forms:
    """Values at one t a row, arrays of shape (rows,)."""

    q: np.ndarray  # y'Py
    ypp: np.ndarray  # y'PPy, minus the first derivative of q in t
    yppp: np.ndarray  # y'PPPy, half the second derivative of q
    trace: np.ndarray  # tr(P)
    trace2: np.ndarray  # tr(PP)
    sum_w: np.ndarray  # tr(W)
    sum_w2: np.ndarray  # tr(WW)


class Batch:
    """Data of B rows with k columns each; a mask leaves columns out of a row.

    Parameters
    ----------
    Y, V : ndarray, shape (k,) or (B, k)
        Effects and sampling variances; one dimension means shared by all rows.
    mask : ndarray of bool, shape (B, k), optional
        True where the row includes the effect.
    X : ndarray, shape (k, p), optional
        Design shared by all rows; an intercept alone if not given.
    """

    def __init__(
        self,
        Y: np.ndarray,
        V: np.ndarray,
        mask: np.ndarray | None = None,
        X: np.ndarray | None = None,
    ):
        self.k = Y.shape[-1]
        sizes = [array.shape[0] for array in (Y, V, mask) if array is not None and array.ndim == 2]
        self.rows = sizes[0] if sizes else 1
        # A common shift changes nothing but the rounding error of the sums.
        self.centre = float(np.median(Y)) if X is None else 0.0
        self.Y = Y - self.centre
        self.V = V
        self.mask = None if mask is None else mask.astype(np.float64)
        self.intercept_only = X is None
        self.p = 1 if X is None else X.shape[1]
        if X is None:
            self.basis, self.triangle = np.ones((self.k, 1)), np.ones((1, 1))
        else:
            self.basis, self.triangle = np.linalg.qr(X)
        products = self.basis[:, :, None] * self.basis[:, None, :]
        self.products = products.reshape(self.k, self.p * self.p)
        self.shared = self.intercept_only and Y.ndim == 1
        if self.shared:
            self.powers = np.stack([np.ones(self.k), self.Y, self.Y**2], axis=1)
        self.counts = np.full(self.rows, float(self.k)) if mask is None else self.mask.sum(axis=1)

    def weights(self, rows: slice | np.ndarray, t: np.ndarray) -> np.ndarray:
        """Return 1/(v + t), zero where masked, shape (rows, k)."""
        w = 1.0 / (_take(self.V, rows) + t[:, None])
        return w if self.mask is None else w * self.mask[rows]

    def unit_weights(self, rows: np.ndarray) -> np.ndarray:
        """Return weights of one, zero where masked, shape (rows, k)."""
        return np.ones((rows.size, self.k)) if self.mask is None else self.mask[rows]

    def smallest_variance(self, rows: np.ndarray) -> np.ndarray:
        """Return the smallest variance of each row: the scale on which tau2 is told from 0."""
        smallest = self.V.min(axis=-1)
        return np.full(rows.size, smallest) if self.V.ndim == 1 else smallest[rows]

    def forms(self, rows: slice | np.ndarray, t: np.ndarray) -> Forms:
        """Evaluate all forms for the given rows at their own t, shape (rows,)."""
        return self.forms_of(rows, self.weights(rows, t))

    def forms_of(self, rows: slice | np.ndarray, w: np.ndarray) -> Forms:
        """Evaluate all forms for the given rows at weights of shape (rows, k)."""
        if self.shared and self.mask is not None:
            return self._forms_shared(w)
        y = _take(self.Y, rows)
        w2 = w * w
        A, B2, B3 = (self.gram(weights) for weights in (w, w2, w2 * w))
        inverse = invert(A)
        residual = y - self._fit(inverse, (w * y) @ self.basis)
        u = w * residual
        wu = w * u
        h = wu @ self.basis
        AB2 = inverse @ B2
        sum_w, sum_w2 = w.sum(axis=1), w2.sum(axis=1)
        trace2 = (
            sum_w2
            - 2.0 * (inverse * B3).sum(axis=(1, 2))
            + (AB2 * AB2.transpose(0, 2, 1)).sum(axis=(1, 2))
        )
        trace = sum_w - (inverse * B2).sum(axis=(1, 2))
        q = (u * residual).sum(axis=1)
        narrow = np.flatnonzero(trace < NARROW * sum_w)
        if narrow.size and self.intercept_only:
            trace[narrow] = mean_trace(w[narrow])
        elif narrow.size:
            q[narrow], trace[narrow] = design_remainder(w[narrow], _take(y, narrow), self.basis)
        return Forms(
            q=q,
            ypp=(u * u).sum(axis=1),
            yppp=(wu * u).sum(axis=1) - (h * (inverse @ h[:, :, None])[:, :, 0]).sum(axis=1),
            trace=trace,
            trace2=trace2,
            sum_w=sum_w,
            sum_w2=sum_w2,
        )

    def forms_at(self, rows: slice | np.ndarray, t: float) -> Forms:
        """Evaluate all forms for the given rows at one t for all of them."""
        if self.shared and self.mask is not None and self.V.ndim == 1:
            w = 1.0 / (self.V + t)
            mask = self.mask[rows]
            sums = (mask @ (w[:, None] ** power * self.powers) for power in (1, 2, 3))
            return _from_sums(*sums, lambda narrow: mask[narrow] * w)
        return self.forms(rows, np.full(self.counts[rows].size, t))

    def _forms_shared(self, w: np.ndarray) -> Forms:
        """Intercept alone, effects shared by all rows: a few matrix products a t."""
        w2 = w * w
        sums = (w @ self.powers, w2 @ self.powers, (w2 * w) @ self.powers)
        return _from_sums(*sums, lambda narrow: w[narrow])

    def coefficients(
        self, rows: slice | np.ndarray, t: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return weighted least-squares coefficients and model-based covariances at t.

        Returns
        -------
        tuple of ndarray
            Estimates of shape (rows, p) and covariances (X'WX)^-1 of shape (rows, p, p), in terms
            of the columns of X; the mean and its variance for an intercept alone.
        """
        w = self.weights(rows, t)
        inverse = invert(self.gram(w))
        right = (w * _take(self.Y, rows)) @ self.basis
        back = np.linalg.inv(self.triangle)
        estimate = (inverse @ right[:, :, None])[:, :, 0] @ back.T + self.centre
        return estimate, back @ inverse @ back.T

    def scatter(self, rows: slice | np.ndarray, t: np.ndarray) -> np.ndarray:
        """Return the weighted residual sum of squares y'Py at t, shape (rows,)."""
        w = self.weights(rows, t)
        y = _take(self.Y, rows)
        residual = residuals(y, self._fit(invert(self.gram(w)), (w * y) @ self.basis))
        return (w * residual * residual).sum(axis=1)

    def log_likelihood(
        self, rows: slice | np.ndarray, t: np.ndarray, restricted: bool
    ) -> np.ndarray:
        """Return the (restricted) log-likelihood up to a constant, shape (rows,)."""
        w = self.weights(rows, t)
        used = w > 0
        value = 0.5 * np.log(np.where(used, w, 1.0)).sum(axis=1) - 0.5 * self.forms_of(rows, w).q
        if restricted:
            value -= 0.5 * np.linalg.slogdet(self.gram(w))[1]
        return value

    def gram(self, w: np.ndarray) -> np.ndarray:
        """Return X'WX in the orthonormal basis for weights of shape (rows, k)."""
        return (w @ self.products).reshape(-1, self.p, self.p)

    def _fit(self, inverse: np.ndarray, right: np.ndarray) -> np.ndarray:
        return (inverse @ right[:, :, None])[:, :, 0] @ self.basis.T


def invert(A: np.ndarray) -> np.ndarray:
    """Invert symmetric matrices of shape (rows, p, p); NaN where one is singular.

    Orders 1 and 2 in closed form: that is one pass over the rows, not one call a matrix.
    """
    p = A.shape[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        if p == 1:
            return np.where(A == 0, np.nan, 1.0 / A)
        if p == 2:
            a, b, d = A[:, 0, 0], A[:, 0, 1], A[:, 1, 1]
            inverse = np.stack([d, -b, -b, a], axis=1).reshape(-1, 2, 2)
            inverse = inverse / (a * d - b * b)[:, None, None]
        else:
            inverse = _invert_each(A)
        # The diagonal of A times that of its inverse is each column's variance inflation.
        inflation = np.diagonal(A, axis1=1, axis2=2) * np.diagonal(inverse, axis1=1, axis2=2)
        inverse[~(np.abs(inflation) < SINGULAR).all(axis=1)] = np.nan
    return inverse


def _invert_each(A: np.ndarray) -> np.ndarray:
    try:
        return np.linalg.inv(A)
    except np.linalg.LinAlgError:
        singular = np.linalg.matrix_rank(A, hermitian=True) < A.shape[1]
        inverse = np.full_like(A, np.nan)
        inverse[~singular] = np.linalg.inv(A[~singular])
        return inverse


def _take(array: np.ndarray, rows: slice | np.ndarray) -> np.ndarray:
    return array if array.ndim == 1 else array[rows]


def _from_sums(
    first: np.ndarray,
    second: np.ndarray,
    third: np.ndarray,
    weights: Callable[[np.ndarray], np.ndarray],
) -> Forms:
    """Return the forms from sums of w, w^2 and w^3 times 1, y and y^2, shape (rows, 3)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        s1, mean = first[:, 0], first[:, 1] / first[:, 0]
        ratio2, ratio3 = second[:, 0] / s1, third[:, 0] / s1
        spread2, spread3 = _about(second, mean), _about(third, mean)
        h = second[:, 1] - mean * second[:, 0]
        return Forms(
            q=_about(first, mean),
            ypp=spread2,
            yppp=spread3 - h * h / s1,
            trace=mean_trace_of_sums(s1, second[:, 0], weights),
            trace2=second[:, 0] - 2.0 * ratio3 + ratio2 * ratio2,
            sum_w=s1,
            sum_w2=second[:, 0],
        )


def _about(sums: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Return the weighted sum of squares about ``mean`` from sums of weight times 1, y, y^2."""
    return np.maximum(sums[:, 2] - mean * (2.0 * sums[:, 1] - mean * sums[:, 0]), 0.0)
