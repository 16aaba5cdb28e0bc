"""Directions alone: the sign test by sample, and the combination of signed p-values.

Both follow the guidance on synthesis without meta-analysis (SWiM; Campbell and others 2020, BMJ
368, l6890): a sample votes on its direction, never on its significance.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from metaworkbook.errors import InputError
from metaworkbook.models import _pymare
from metaworkbook.models.arrays import LISTED, as_numbers, as_vector
from metaworkbook.models.censored_rows import check_cluster
from metaworkbook.results.directions import CombinedP, SignTest

#: Half of a smaller p is no number any more; no print means one.
SMALLEST_P = 1e-300
#: Squares of smaller weights are lost beside those of the others.
SMALLEST_SHARE = 1e-100


def sign_test(signs: Any, cluster: Any = None) -> SignTest:
    """Test whether samples point one way more often than chance: exact, one vote a sample.

    Parameters
    ----------
    signs : array_like, shape (k,)
        Direction of each result: -1, 1, and 0 or NaN where none is told.
    cluster : array_like, shape (k,), optional
        Label of the sample of each result; by default each is a sample. A sample votes with the
        majority of its signed results; where they balance, or none is signed, it is unsigned.

    Returns
    -------
    SignTest
        ``p_value`` is min(1, 2 P(X <= m)) with X ~ binomial(signed samples, 1/2) and m the
        smaller camp (Dixon and Mood 1946). ``p_low`` and ``p_high`` are its least and greatest
        value over all ways in which the unsigned samples may have voted; the signs told are
        mostly those of notable results, so no p stands alone while ``k_unsigned`` is above 0.

    Raises
    ------
    InputError
        For other values than -1, 0, 1 and NaN, or unusable labels.

    Notes
    -----
    By hand: 5 negative, 1 positive: 2 (1 + 6) / 2^6 = .21875. With 2 unsigned the 8 votes are
    5 to 3 at the least and 7 to 1 at the most: p from 2 (1 + 8) / 2^8 = .0703 to
    2 (1 + 8 + 28 + 56) / 2^8 = .7266. Without a signed sample, or without any result, p is 1.
    """
    votes = _check_signs(signs)
    codes, labels = check_cluster(cluster, votes.size)
    majority = np.sign(np.bincount(codes, weights=votes, minlength=len(labels)))
    negative, positive = int((majority < 0).sum()), int((majority > 0).sum())
    unsigned = len(labels) - negative - positive
    more = np.arange(unsigned + 1)
    bounds = _two_sided(negative + more, positive + unsigned - more)
    return SignTest(
        p_value=float(_two_sided(negative, positive)),
        k_negative=negative,
        k_positive=positive,
        k_unsigned=unsigned,
        p_low=float(bounds.min()),
        p_high=float(bounds.max()),
    )


def combine_p(p: Any, sign: Any, weights: Any = None) -> CombinedP:
    """Combine two-sided p-values of independent samples with their signs (Stouffer's method).

    z_i = sign_i PHI^-1(1 - p_i / 2) and z = sum(w_i z_i) / sqrt(sum(w_i^2)) (Stouffer and others
    1949; weights: Liptak 1958), by PyMARE. It tests whether there is an association in some
    sample, and does not estimate how strong it is.

    Parameters
    ----------
    p : array_like, shape (k,)
        Exact two-sided p-values, from `SMALLEST_P` to 1; one a sample.
    sign : array_like, shape (k,)
        -1 or 1.
    weights : array_like, shape (k,), optional
        Positive weights, such as the square roots of n; equal by default. None may be less than
        `SMALLEST_SHARE` of another.

    Returns
    -------
    CombinedP
        ``z``, negative where the evidence points down, its two-sided ``p_value`` and ``k``.

    Raises
    ------
    InputError
        For no value, an unusable p, other signs than -1 and 1, or unusable weights.

    Notes
    -----
    By hand: p = .05 twice, both negative: z = -2 (1.959964) / sqrt(2) = -2.7718, p = .00557; with
    opposite signs z = 0 and p = 1. One p-value comes back as it is.
    """
    from scipy import special

    p, sign = as_vector("p", p), as_vector("sign", sign)
    weights = np.ones(p.size) if weights is None else as_vector("weights", weights)
    if not p.size == sign.size == weights.size:
        raise InputError(
            f"p, sign and weights: found {p.size}, {sign.size} and {weights.size} values; "
            "allowed: one of each a sample. Drop or add the unmatched values."
        )
    if p.size == 0:
        raise InputError("p: found no value; allowed: at least 1. Leave this combination out.")
    usable = (p >= SMALLEST_P) & (p <= 1)
    _refuse("p", p, ~usable, f"from {SMALLEST_P:g} to 1", "A p of 0 was rounded.")
    _refuse("sign", sign, np.abs(sign) != 1, "-1 or 1", "Leave out results without a sign.")
    _refuse("weights", weights, ~(weights > 0), "above 0", "Take square roots of n.")
    shares = weights / weights.max()
    allowed = f"at least {SMALLEST_SHARE:g} of the greatest"
    _refuse("weights", weights, shares < SMALLEST_SHARE, allowed, "Take square roots of n.")
    z = _pymare.stouffer(-sign * special.ndtri(p / 2.0), shares)
    return CombinedP(z=z, p_value=float(2.0 * special.ndtr(-abs(z))), k=p.size)


def combine_samples(p: Any, sign: Any, weights: Any = None) -> CombinedP | None:
    """Return `combine_p` of samples that print an exact p, None for fewer than two of them."""
    return combine_p(p, sign, weights) if len(p) >= 2 else None


def _two_sided(negative: Any, positive: Any) -> np.ndarray:
    """Return the exact two-sided p-value of a binomial with one half."""
    from scipy import special

    smaller = np.minimum(negative, positive).astype(float)
    return np.minimum(1.0, 2.0 * special.bdtr(smaller, np.add(negative, positive), 0.5))


def _check_signs(signs: Any) -> np.ndarray:
    """Return the votes -1, 0 and 1, of which NaN is 0."""
    votes = as_numbers("signs", signs)
    if votes.ndim != 1:
        raise InputError(
            f"signs: found an array of shape {votes.shape}; allowed: one dimension, a sign for "
            "each result. Flatten it or select one column."
        )
    votes = np.where(np.isnan(votes), 0.0, votes)
    known = np.isin(votes, (-1.0, 0.0, 1.0))
    _refuse("signs", votes, ~known, "-1, 1, and 0 or NaN for none", "Give directions, not effects.")
    return votes


def _refuse(name: str, values: np.ndarray, bad: np.ndarray, allowed: str, remedy: str) -> None:
    rows = np.flatnonzero(bad)
    if rows.size:
        found = ", ".join(f"{values[row]:g} in row {row}" for row in rows[:LISTED])
        more = f" and {rows.size - LISTED} more" if rows.size > LISTED else ""
        raise InputError(f"{name}: found {found}{more}; allowed: {allowed}. {remedy}")
