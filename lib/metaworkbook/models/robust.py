"""Cluster-robust variance of a mean with small-sample correction (CR2) and Satterthwaite df."""

from __future__ import annotations

import numpy as np

from metaworkbook.models.blocks import Blocks

#: Eigenvalues below this share of a cluster's largest count as zero in the inverse square root.
ZERO_EIGENVALUE = 1e-12


def cr2(blocks: Blocks, between: float, within: float) -> tuple[float, float]:
    """Return the CR2 standard error of the mean and its Satterthwaite degrees of freedom.

    The working model is the fitted one: covariance F (blocks F_j), weights its inverse M. With
    s = sum of 1'M_j 1, the residuals e_j of cluster j have the variance B_j = F_j - 1 1' / s. The
    adjustment A_j solves A_j B_j A_j = F_j, so that

        variance = sum_j (1'M_j A_j e_j)^2 / s^2

    is unbiased under the working model (Bell and McCaffrey 2002; Pustejovsky and Tipton 2018,
    equations 8 and 9). A_j = C'(C B_j C')^(-1/2) C with F_j = C'C, whatever the factor C. The
    degrees of freedom are 2 / (variance of the estimator)^2 by matching two moments (their
    equations 10 to 12); with a_j = A_j M_j 1 the quadratic form has the entries
    a_i'F_i a_i (if i = j) - (1'a_i)(1'a_j) / s.

    Parameters
    ----------
    blocks : Blocks
        Effects, variances and clusters.
    between, within : float
        Variance components of the working model, in squared units of the effects.

    Returns
    -------
    tuple of float
        ``(se, df)``; both NaN with fewer than two clusters.

    Notes
    -----
    Limiting case: clusters of one effect each and equal variances give the ordinary standard error
    of a mean, sqrt(sum (y - mean)^2 / (m (m - 1))), with m - 1 degrees of freedom.
    """
    clusters = blocks.clusters
    if clusters.count < 2:
        return np.nan, np.nan
    a_f_a = np.empty(clusters.count)
    a_sum = np.empty(clusters.count)
    a_error = np.empty(clusters.count)
    weights, covariances, members = {}, {}, {}
    information = 0.0
    for size in np.unique(clusters.size):
        which = np.flatnonzero(clusters.size == size)
        rows = clusters.start[which, None] + np.arange(size)
        covariance = working_covariance(blocks, rows, between, within)
        solved = np.linalg.solve(covariance, np.ones((which.size, size, 1)))[..., 0]
        members[size], covariances[size], weights[size] = (which, rows), covariance, solved
        information += solved.sum()
    pooled = sum((weights[n] * blocks.yi[members[n][1]]).sum() for n in members) / information
    for size, (which, rows) in members.items():
        covariance = covariances[size]
        adjusted = _adjusted_weights(covariance, weights[size], information)
        a_f_a[which] = np.einsum("ji,jil,jl->j", adjusted, covariance, adjusted)
        a_sum[which] = adjusted.sum(axis=1)
        a_error[which] = (adjusted * (blocks.yi[rows] - pooled)).sum(axis=1)
    se = np.sqrt(a_error @ a_error) / information
    diagonal = a_f_a - a_sum**2 / information
    off_diagonal = ((a_sum @ a_sum) ** 2 - (a_sum**2) @ (a_sum**2)) / information**2
    df = diagonal.sum() ** 2 / (diagonal @ diagonal + off_diagonal)
    return float(se), float(df)


def working_covariance(
    blocks: Blocks, rows: np.ndarray, between: float, within: float
) -> np.ndarray:
    """Return the covariance matrices of clusters of one size, shape (clusters, size, size).

    ``rows`` (clusters, size) points into the effects as sorted in ``blocks``.
    """
    root = blocks.root[rows]
    covariance = blocks.rho * root[:, :, None] * root[:, None, :] + between
    diagonal = np.arange(rows.shape[1])
    covariance[:, diagonal, diagonal] = blocks.vi[rows] + between + within
    return covariance


def _adjusted_weights(
    covariance: np.ndarray, weights: np.ndarray, information: float
) -> np.ndarray:
    """Return a_j = A_j M_j 1 for clusters of one size, shape (clusters, size)."""
    lower = np.linalg.cholesky(covariance)
    upper = np.swapaxes(lower, 1, 2)
    inner = upper @ lower
    ones = upper.sum(axis=2)
    inner = inner @ inner - ones[:, :, None] * ones[:, None, :] / information
    values, vectors = np.linalg.eigh(inner)
    positive = values > ZERO_EIGENVALUE * values[:, -1:]
    roots = np.where(positive, 1 / np.sqrt(np.where(positive, values, 1.0)), 0.0)
    product = np.einsum("jil,jl->ji", upper, weights)
    product = np.einsum("jil,ji->jl", vectors, product) * roots
    product = np.einsum("jil,jl->ji", vectors, product)
    return np.einsum("jil,jl->ji", lower, product)
