"""Rows that carry a coefficient: the correlation of a plain association or of two groups."""

from __future__ import annotations

import numpy as np
import pandas as pd

from metaworkbook.evidence import conversions

NO_Z = "; |r| >= 1, so it has no z"
#: The variance of Fisher z with 4 persons, the fewest that a pool takes.
LARGEST_VARIANCE = 1.0
TOO_FEW = "; its z varies more than that of 4 persons, so it says next to nothing"


def correlate(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the correlation ``ri`` of plain associations with a usable n, and its ``path``.

    NaN where no correlation can be had: no number, no sign told for a t, F or p, or a number so
    large that r rounds to 1. An F counts with one numerator degree of freedom only.
    """
    value, n, sign = rows["value"], rows["usable_n"], rows["sign"]
    statistic, told = rows["statistic"], rows["sign"].notna()
    told_value = told & value.notna()
    as_r = (statistic == "r") & value.notna()
    as_t = (statistic == "t") & told_value
    as_f = (statistic == "F") & told_value & (rows["df1"] == 1)
    as_p = ~as_r & ~as_t & (statistic != "F") & told
    as_p &= (rows["p_relation"] == "=") & (rows["p_value"] > 0) & (rows["p_value"] <= 1)
    df = rows["df2"].where(rows["df2"].notna(), n - 2)
    r = pd.Series(np.nan, index=rows.index)
    path = pd.Series("", index=rows.index, dtype=object)
    r[as_r] = (rows["polarity"] * value)[as_r]
    path[as_r] = _say("r = {0:g} as printed", value[as_r])
    path[as_r & (rows["polarity"] < 0)] += ", turned by polarity"
    r[as_t] = sign[as_t] * np.abs(conversions.r_from_t(value[as_t], df[as_t]))
    words = "t({0:g}) = {1:g}, sign from the text: r = t / sqrt(t^2 + df) (Cohen 1965)"
    path[as_t] = _say(words, df[as_t], value[as_t])
    r[as_f] = conversions.r_from_f(value[as_f], df[as_f], sign[as_f])
    words = "F(1, {0:g}) = {1:g}, sign from the text: r = sqrt(F / (F + df))"
    path[as_f] = _say(words, df[as_f], value[as_f])
    r[as_p] = conversions.r_from_p(rows["p_value"][as_p], n[as_p], sign[as_p])
    words = "p = {0:g} two-sided, n = {1:g}, sign from the text: r from t(n - 2)"
    path[as_p] = _say(words, rows["p_value"][as_p], n[as_p])
    return pd.DataFrame({"ri": r.where(r.abs() < 1), "path": path})


def tell_bivariate(rows: pd.DataFrame) -> pd.DataFrame:
    """Return what plain associations with a coefficient tell (see `tiers.convert`)."""
    found = correlate(rows)
    yi, vi = conversions.fisher_z(found["ri"], rows["usable_n"])
    path = found["path"] + "; z = artanh(r), v = 1/(n - 3) (Fisher 1921)"
    return _exact(found["ri"], yi, vi, rows["usable_n"], path)


def have_groups(rows: pd.DataFrame) -> pd.Series:
    """Return which rows carry two sized groups and a statistic that yields a correlation."""
    sized = (rows["n1"] >= 2) & (rows["n2"] >= 2) & rows["usable_n"].notna()
    sized &= rows["natural_classes"] != ""
    means = rows[["mean1", "mean2"]].notna().all(axis=1) & (rows["sd1"] > 0) & (rows["sd2"] > 0)
    simple = rows["statistic"].isin(("t", "d")) | (
        (rows["statistic"] == "F") & (rows["df1"] == 1) & (rows["value"] >= 0)
    )
    signed = simple & rows["value"].notna() & rows["sign"].notna()
    return sized & (signed | ((rows["statistic"] == "means") & means))


def tell_groups(rows: pd.DataFrame) -> pd.DataFrame:
    """Return what two compared groups tell (see `tiers.convert`).

    Point-biserial r where the groups are natural classes; where they are cut from a dimension,
    biserial r with its own variance. Nothing is known where |r| is 1 or more, which has no z, or
    the variance of z is above that of 4 persons.
    """
    n1, n2 = rows["n1"].to_numpy(float), rows["n2"].to_numpy(float)
    d = _difference(rows)
    r, v = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
    usable = np.abs(d) <= conversions.LARGEST_D
    r[usable], v[usable] = conversions.r_from_d(d[usable], n1[usable], n2[usable])
    cut = (rows["natural_classes"] == "no").to_numpy() & (np.abs(r) < 1)
    r[cut], v[cut] = conversions.biserial(r[cut], n1[cut], n2[cut])
    good = np.abs(r) < 1
    z, vz = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
    z[good], vz[good] = conversions.z_from_r(r[good], v[good])
    vague = vz > LARGEST_VARIANCE
    path = pd.Series("means and SDs of two groups", index=rows.index, dtype=object)
    plain = rows["statistic"] != "means"
    words = "{0} = {1:g} of two groups, sign from the text"
    path[plain] = _say(words, rows["statistic"][plain], rows["value"][plain])
    path += "; point-biserial r (Tate 1954)"
    path[rows["natural_classes"] == "no"] += (
        "; groups cut from a dimension: biserial r with its own variance"
        " (Jacobs and Viechtbauer 2017)"
    )
    path += np.select([vague, good], [TOO_FEW, "; z by the delta method"], NO_Z).astype(object)
    r, z, vz = (np.where(good & ~vague, numbers, np.nan) for numbers in (r, z, vz))
    return _exact(r, z, vz, n1 + n2, path)


def _difference(rows: pd.DataFrame) -> np.ndarray:
    """Return the standardised difference of two groups, signed under the polarity.

    The sign is the stated one; means have one of their own where none is stated.
    """
    statistic = rows["statistic"].to_numpy(object)
    n1, n2 = rows["n1"].to_numpy(float), rows["n2"].to_numpy(float)
    size = rows["value"].abs().to_numpy(float)
    size = np.where(statistic == "F", np.sqrt(size), size)
    d = rows["sign"].to_numpy(float) * size
    d = np.where(statistic == "d", d, d * np.sqrt(1 / n1 + 1 / n2))
    means = statistic == "means"
    given = [rows[name].to_numpy(float)[means] for name in ("mean1", "sd1", "mean2", "sd2")]
    printed = conversions.d_from_means(given[0], given[1], n1[means], given[2], given[3], n2[means])
    stated, polarity = (rows[name].to_numpy(float)[means] for name in ("sign", "polarity"))
    d[means] = np.where(np.isnan(stated), polarity * printed, stated * np.abs(printed))
    return d


def _exact(
    ri: np.ndarray | pd.Series, zi: np.ndarray, vi: np.ndarray, ni: np.ndarray | pd.Series,
    path: pd.Series,
) -> pd.DataFrame:  # fmt: skip
    r = np.asarray(ri, dtype=float) + 0.0  # no negative zero
    known = np.where(np.isfinite(r), "exact", "nothing").astype(object)
    return pd.DataFrame(
        {"known": known, "ri": r, "zi": zi, "vi": vi, "lower": r, "upper": r,
         "ni": np.asarray(ni, dtype=float), "path": path},
        index=path.index,
    )  # fmt: skip


def _say(words: str, *columns: pd.Series) -> list[str]:
    return [words.format(*values) for values in zip(*columns, strict=True)]
