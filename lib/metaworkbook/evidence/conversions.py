"""From reported statistics to correlations: one formula a function, each with its source.

Correlations have the sign of the statistic given; polarity is settled in the ledger, before.
Nothing here turns "not significant" into zero or a regression weight into a correlation.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from metaworkbook.errors import InputError
from metaworkbook.results.conversions import EffectSize

#: Beyond it d is a misprint, and the sixth power in its variance leaves the range of numbers.
LARGEST_D = 1e6
#: Beyond them the product of four counts, and the square of a change, leave the range of numbers.
LARGEST_COUNT, LARGEST_CHANGE = 1e75, 1e150
#: Below it a p-value has lost its digits, and no quantile is right.
SMALLEST_P = 1e-307


def fisher_z(ri: ArrayLike, ni: ArrayLike) -> EffectSize:
    """Return Fisher z and its variance: z = artanh(r), v = 1/(n - 3).

    Parameters
    ----------
    ri : array_like
        Zero-order correlations, -1 < r < 1.
    ni : array_like
        Sample sizes, n >= 4.

    Returns
    -------
    EffectSize
        ``yi`` on the z scale, ``vi``; r = 0 gives z = 0, r near 1 grows without bound.

    Raises
    ------
    InputError
        If |r| >= 1 or n < 4.

    Notes
    -----
    Fisher (1921); metafor's ZCOR. By hand: r = .5, n = 28 gives z = .549306, v = 1/25.
    """
    r, n = _arrays(ri=ri, ni=ni)
    _require("ri", r, np.abs(r) < 1, "-1 < r < 1")
    _require("ni", n, n >= 4, "at least 4, since v = 1/(n - 3)")
    return EffectSize(_out(np.arctanh(r)), _out(1 / (n - 3)))


def r_from_z(zi: ArrayLike) -> np.ndarray:
    """Return correlations from Fisher z: r = tanh(z); infinite z gives -1 or 1."""
    (z,) = _arrays(zi=zi)
    return _out(np.tanh(z))


def r_from_t(ti: ArrayLike, dfi: ArrayLike) -> np.ndarray:
    """Return r = t / sqrt(t^2 + df), exact for a correlation tested with df = n - 2.

    Raises InputError if df <= 0. Cohen (1965); t = 0 gives r = 0, and a t too large for its square
    to be a number still gives -1 or 1. By hand: t = 2, df = 12 gives r = 2/4 = .5.
    """
    t, df = _arrays(ti=ti, dfi=dfi)
    _require("dfi", df, df > 0, "above 0")
    return _out(t / np.hypot(t, np.sqrt(df)))


def r_from_f(fi: ArrayLike, dfi: ArrayLike, sign: ArrayLike) -> np.ndarray:
    """Return r = sign * sqrt(F / (F + df)) for F with one numerator degree of freedom.

    ``dfi`` is the error df; ``sign`` is -1 or 1 and must come from the text: F carries none.
    Raises InputError if F < 0, df <= 0 or a sign is not told. F(1, df) = t(df)^2.
    By hand: F = 4, df = 12, sign = -1 gives r = -.5.
    """
    f, df, s = _arrays(fi=fi, dfi=dfi, sign=sign)
    _require("fi", f, f >= 0, "at least 0")
    _require("dfi", df, df > 0, "above 0")
    _require("sign", s, np.abs(s) == 1, "-1 or 1")
    return _out(s * np.sqrt(f) / np.hypot(np.sqrt(f), np.sqrt(df)))


def r_from_p(pi: ArrayLike, ni: ArrayLike, sign: ArrayLike) -> np.ndarray:
    """Return the correlation of ``n`` persons that an exact two-sided p and its sign determine.

    t = t^-1(1 - p/2; n - 2), then `r_from_t`. Raises InputError unless `SMALLEST_P` <= p <= 1,
    n >= 4 and the sign is -1 or 1. p = 1 gives r = 0.
    By hand: p of t(12) = 2 with n = 14 gives r = .5.
    """
    p, n, s = _arrays(pi=pi, ni=ni, sign=sign)
    _require("pi", p, (p > 0) & (p <= 1), "0 < p <= 1")
    _require("pi", p, p >= SMALLEST_P, f"at least {SMALLEST_P:g}")
    _require("ni", n, n >= 4, "at least 4")
    _require("sign", s, np.abs(s) == 1, "-1 or 1")
    return _out(s * _size_at(p, n))


def critical_r(ni: ArrayLike, level: ArrayLike = 0.05) -> np.ndarray:
    """Return the smallest |r| that is significant two-sided at ``level`` with n persons.

    From t(n - 2); falls towards 0 as n grows. Raises InputError if n < 4 or not
    `SMALLEST_P` <= level < 1. By hand: n = 4, level = .05: t(2) = 4.3027, r = .9500.
    """
    n, alpha = _arrays(ni=ni, level=level)
    _require("ni", n, n >= 4, "at least 4")
    _require("level", alpha, (alpha > 0) & (alpha < 1), "0 < level < 1")
    _require("level", alpha, alpha >= SMALLEST_P, f"at least {SMALLEST_P:g}")
    return _out(_size_at(alpha, n))


def r_from_d(di: ArrayLike, n1i: ArrayLike, n2i: ArrayLike) -> EffectSize:
    """Return the point-biserial correlation of a standardised mean difference, and its variance.

    r = d / sqrt(d^2 + h), h = m/n1 + m/n2, m = n1 + n2 - 2, with d the difference over the pooled
    SD (not corrected for small samples). The variance is that of group sizes fixed by design,
    h^2/(h + d^2)^3 (1/n1 + 1/n2 + d^2/(2N)): metafor's RPB with vtype "ST" (Tate 1954;
    Jacobs and Viechtbauer 2017). d = 0 gives r = 0. Raises InputError for a group below 2 or
    beyond `LARGEST_COUNT`, or a d beyond a million, which no print means and whose variance is no
    number.
    """
    d, n1, n2 = _arrays(di=di, n1i=n1i, n2i=n2i)
    _require("di", d, np.abs(d) <= LARGEST_D, f"-{LARGEST_D:g} to {LARGEST_D:g}")
    _require_groups(n1, n2)
    m = n1 + n2 - 2
    h = m / n1 + m / n2
    variance = h**2 / (h + d**2) ** 3 * (1 / n1 + 1 / n2 + d**2 / (2 * (n1 + n2)))
    return EffectSize(_out(d / np.sqrt(d**2 + h)), _out(variance))


def r_from_means(
    m1i: ArrayLike, sd1i: ArrayLike, n1i: ArrayLike, m2i: ArrayLike, sd2i: ArrayLike, n2i: ArrayLike
) -> EffectSize:
    """Return the point-biserial correlation of two groups' means, group 1 less group 2.

    `d_from_means`, then `r_from_d`, with what they raise. Equal means give r = 0.
    """
    return r_from_d(d_from_means(m1i, sd1i, n1i, m2i, sd2i, n2i), n1i, n2i)


def d_from_means(
    m1i: ArrayLike, sd1i: ArrayLike, n1i: ArrayLike, m2i: ArrayLike, sd2i: ArrayLike, n2i: ArrayLike
) -> np.ndarray:
    """Return the difference of two groups' means over the pooled SD, group 1 less group 2.

    Not corrected for small samples, as `r_from_d` takes it. Raises InputError unless both SDs are
    above 0 and both groups hold at least 2; a difference too large for a number is infinite.
    By hand: means 5 and 4, both SDs 2, gives d = .5. Equal means give 0.
    """
    m1, s1, n1, m2, s2, n2 = _arrays(m1i=m1i, sd1i=sd1i, n1i=n1i, m2i=m2i, sd2i=sd2i, n2i=n2i)
    _require("sd1i", s1, s1 > 0, "above 0")
    _require("sd2i", s2, s2 > 0, "above 0")
    _require("n1i", n1, n1 >= 2, "at least 2")
    _require("n2i", n2, n2 >= 2, "at least 2")
    larger = np.maximum(s1, s2)  # divided out, so that no square leaves the range of numbers
    pooled = np.sqrt(
        ((n1 - 1) * (s1 / larger) ** 2 + (n2 - 1) * (s2 / larger) ** 2) / (n1 + n2 - 2)
    )
    with np.errstate(over="ignore"):
        return _out((m1 - m2) / larger / pooled)


def r_from_counts(ai: ArrayLike, bi: ArrayLike, ci: ArrayLike, di: ArrayLike) -> EffectSize:
    """Return phi of a 2x2 table and its variance; rows are groups, the first column is y present.

    phi = (ad - bc) / sqrt((a+b)(c+d)(a+c)(b+d)); the variance is that of multinomial sampling
    (Yule 1912; metafor's PHI with vtype "CS"). Raises InputError for a count that is negative or
    beyond `LARGEST_COUNT`, or an empty row or column, where phi does not exist. ad = bc gives 0.
    """
    a, b, c, d = _arrays(ai=ai, bi=bi, ci=ci, di=di)
    for name, count in (("ai", a), ("bi", b), ("ci", c), ("di", d)):
        _require(name, count, count >= 0, "at least 0")
        _require(name, count, count <= LARGEST_COUNT, f"at most {LARGEST_COUNT:g}")
    n, row, column = a + b + c + d, (a + b) * (c + d), (a + c) * (b + d)
    _require("counts", row * column, row * column > 0, "no empty row or column")
    phi = (a * d - b * c) / np.sqrt(row * column)
    q = ((a + b) - (c + d)) * ((a + c) - (b + d)) / np.sqrt(row * column)
    spread = ((a + b) - (c + d)) ** 2 / row + ((a + c) - (b + d)) ** 2 / column
    variance = (1 - phi**2 + phi * (1 + phi**2 / 2) * q - 0.75 * phi**2 * spread) / n
    return EffectSize(_out(phi), _out(variance))


def biserial(ri: ArrayLike, n1i: ArrayLike, n2i: ArrayLike) -> EffectSize:
    """Return the biserial correlation behind a point-biserial one, and its own variance.

    For groups cut from one dimension: r_b = sqrt(p q) / f(z_p) r, p = n1/N, f the normal density
    at the cut (Pearson 1909); variance after Soper (1914), as recommended by Jacobs and
    Viechtbauer (2017, eq. 13) and computed by metafor's RBIS, never 1/(n - 3). The estimate may
    pass 1; the variance is then that at 1. r = 0 gives 0.

    Raises
    ------
    InputError
        If |r| >= 1 or a group holds fewer than 2 or more than `LARGEST_COUNT`.
    """
    from scipy.special import ndtri

    r, n1, n2 = _arrays(ri=ri, n1i=n1i, n2i=n2i)
    _require("ri", r, np.abs(r) < 1, "-1 < r < 1")
    _require_groups(n1, n2)
    n = n1 + n2
    p, q = n1 / n, n2 / n
    z = np.where(p < q, -1, 1) * ndtri(np.minimum(p, q))  # a share near 1 would lose its digits
    f = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    estimate = np.sqrt(p * q) / f * r
    bounded = np.clip(estimate, -1, 1)
    variance = (
        p * q / f**2 - (1.5 + (1 - p * z / f) * (1 + q * z / f)) * bounded**2 + bounded**4
    ) / (n - 1)
    return EffectSize(_out(estimate), _out(variance))


def z_from_r(ri: ArrayLike, vi: ArrayLike) -> EffectSize:
    """Return Fisher z of correlations whose variance is not 1/(n - 3), by the delta method.

    z = artanh(r), v_z = v / (1 - r^2)^2. Raises InputError if |r| >= 1, v <= 0 or v is beyond
    `LARGEST_CHANGE`.
    """
    r, v = _arrays(ri=ri, vi=vi)
    _require("ri", r, np.abs(r) < 1, "-1 < r < 1")
    _require("vi", v, v > 0, "above 0")
    _require("vi", v, v <= LARGEST_CHANGE, f"at most {LARGEST_CHANGE:g}")
    return EffectSize(_out(np.arctanh(r)), _out(v / (1 - r**2) ** 2))


def d_change(
    m1i: ArrayLike, m2i: ArrayLike, sd1i: ArrayLike, ni: ArrayLike, ri: ArrayLike
) -> EffectSize:
    """Return the standardised mean change (m1 - m2) / sd1 of one group and its variance.

    Raw-score standardisation with the correction for small samples J(n - 1), variance
    2(1 - r)/n + d^2/(2n) (Becker 1988; metafor's SMCR). ``ri`` is the correlation of the two
    measurements. Raises InputError unless sd1 > 0, |r| < 1 and n >= 3 (with 2 the correction would
    make every change zero), or for a change beyond `LARGEST_CHANGE`. No change gives 0.
    """
    from scipy.special import gammaln

    m1, m2, sd1, n, r = _arrays(m1i=m1i, m2i=m2i, sd1i=sd1i, ni=ni, ri=ri)
    _require("sd1i", sd1, sd1 > 0, "above 0")
    _require("ni", n, n >= 3, "at least 3")
    _require("ri", r, np.abs(r) < 1, "-1 < r < 1")
    df = n - 1
    correction = np.exp(gammaln(df / 2) - 0.5 * np.log(df / 2) - gammaln((df - 1) / 2))
    with np.errstate(over="ignore"):
        d = correction * (m1 - m2) / sd1
    small = np.abs(d) <= LARGEST_CHANGE
    _require("m1i - m2i over sd1i", d, small, f"at most {LARGEST_CHANGE:g} either way")
    return EffectSize(_out(d), _out(2 * (1 - r) / n + d**2 / (2 * n)))


def _size_at(p: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Return the |r| of n persons that has the two-sided p.

    Where p is too small for a number t, 1 - r^2 is the quantile at p of beta((n - 2) / 2, 1 / 2).
    """
    from scipy.special import betaincinv, stdtrit

    t = -stdtrit(n - 2, p / 2)
    far = np.isinf(t)
    near = r_from_t(np.where(far, 0.0, t), n - 2)
    return np.where(far, np.sqrt(1 - betaincinv((n - 2) / 2, 0.5, p)), near)


def _require_groups(n1: np.ndarray, n2: np.ndarray) -> None:
    for name, n in (("n1i", n1), ("n2i", n2)):
        _require(name, n, n >= 2, "at least 2")
        _require(name, n, n <= LARGEST_COUNT, f"at most {LARGEST_COUNT:g}")


def _arrays(**given: ArrayLike) -> list[np.ndarray]:
    arrays = []
    for name, value in given.items():
        try:
            array = np.asarray(value, dtype=float)
        except (TypeError, ValueError):
            raise InputError(f"{name}: found {value!r}; allowed: numbers.") from None
        _require(name, array, np.isfinite(array), "finite numbers")
        arrays.append(array)
    try:
        return list(np.broadcast_arrays(*arrays))
    except ValueError:
        shapes = ", ".join(f"{name} {np.shape(value)}" for name, value in given.items())
        raise InputError(f"found shapes {shapes}; allowed: one common shape.") from None


def _require(name: str, array: np.ndarray, good: np.ndarray, allowed: str) -> None:
    if not np.all(good):
        bad = np.asarray(array)[~np.asarray(good, dtype=bool)]
        shown = ", ".join(f"{value:g}" for value in bad.ravel()[:5])
        raise InputError(f"{name}: found {shown}; allowed: {allowed}.")


def _out(array: np.ndarray) -> np.ndarray:
    array = np.array(array, dtype=float)
    array.flags.writeable = False
    return array
