"""Rules of significance: df, p and what is told of it follow from r, t or F and the persons."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

import numpy as np
import pandas as pd

from metaworkbook.evidence.breaches import Breach

#: Half a unit of the second decimal: printed correlations and interval ends are rounded to it.
ROUNDING = 0.005
LEVEL = 0.05
OTHERWISE = {"significant": "not_significant", "not_significant": "significant"}
#: Of these n tells the degrees of freedom.
COUNTED = ("persons", "therapists", "dyads")
#: "ns", "n.s.", "not significant" as articles print it.
PRINTED_NS = r"(?i)\s*(n\.?\s?s\b|not sig|non-?\s?sig|insig)"

# One rule, one block: what is broken, where it shows, what is allowed, what to do.
# fmt: off


def check_degrees(e: pd.DataFrame) -> Iterator[Breach]:
    """Yield where df2 does not follow from n or the sizes of the two groups."""
    # Below 1 and from n on it is another rule's.
    judged = e["statistic"].isin(("t", "F")) & (e["df2"] > 0) & (e["df2"] < e["n"]) & _may_judge(e)
    size = _size(e).where(judged)
    differs = size.notna() & (e["df2"] != size - 2)
    yield Breach(
        differs, "df2", (size - 2).where(differs).map("{:g}, two less than there are".format),
        "Correct n, the group sizes or df2, or describe it under oddity (covariates, Welch).",
    )


def check_significance(e: pd.DataFrame) -> Iterator[Breach]:
    """Yield where p or significance does not follow from r, t or F, rounding allowed for.

    Every number within half a unit of its last digit is tried: p comes from t(n - 2). Significance
    is judged where no p is printed.
    """
    least, most = _bound_p(e)
    p, told = e["p_value"].to_numpy(float), e["significance"]
    wrong = misses(p, e["p_relation"].to_numpy(object), least, most)
    basis = e["statistic"].to_numpy(object) + " and n"
    yield Breach(
        wrong, "p_value", span(wrong, least, most, ".3g", basis),
        "Check the statistic, n and p, or describe it under oddity.",
    )
    level = e["level"].fillna(LEVEL).to_numpy(float)
    wrong = ((told == "significant") & (least > level)) | (
        (told == "not_significant") & (most < level)
    )
    wrong = wrong.to_numpy(bool) & np.isnan(p)
    yield Breach(
        wrong, "significance",
        told.map(OTHERWISE) + ", as p is " + span(wrong, least, most, ".3g", basis),
        "Check the statistic, n and the significance, or describe it under oddity.",
    )


def check_told(e: pd.DataFrame) -> Iterator[Breach]:
    """Yield where p is printed as not significant and the row tells otherwise."""
    printed = e["p_reported"]
    silent = printed.map({text: bool(re.match(PRINTED_NS, text)) for text in printed.unique()})
    yield Breach(
        silent.astype(bool) & (e["significance"] != "not_significant") & (e["oddity"] == ""),
        "significance", "not_significant, as p_reported says",
        "Correct one of them, or describe it under oddity.",
    )


def misses(
    p: np.ndarray, relation: np.ndarray, least: np.ndarray, most: np.ndarray
) -> np.ndarray:
    """Tell where a printed p, with its relation, lies outside the range that it can have."""
    unit = half_unit(p, 2)
    wrong = (relation == "=") & ((p + unit < least) | (p - unit > most))
    return wrong | ((relation == "<") & (least >= p)) | ((relation == ">") & (most <= p))


def half_unit(values: np.ndarray, fewest: int) -> np.ndarray:
    """Return half a unit of each number's last decimal, of which there are ``fewest`` at least."""
    return np.array([10.0 ** -_decimals(value, fewest) / 2 for value in values], dtype=float)


def span(
    rows: np.ndarray, low: np.ndarray, high: np.ndarray, digits: str, basis: np.ndarray | str
) -> np.ndarray:
    """Return "low to high from basis" in words for the rows that need it."""
    words = np.full(len(rows), "", dtype=object)
    basis = np.broadcast_to(np.asarray(basis, dtype=object), rows.shape)
    words[rows] = [
        f"{a:{digits}} to {b:{digits}} from {word}"
        for a, b, word in zip(low[rows], high[rows], basis[rows], strict=True)
    ]
    return words


def _may_judge(e: pd.DataFrame) -> pd.Series:
    plain = e["contrast"].isin(("bivariate", "groups")) & e["n_unit"].isin(COUNTED)
    return plain & (e["oddity"] == "")


def _size(e: pd.DataFrame) -> pd.Series:
    """Return the persons that the degrees of freedom come from: n, or those of both groups."""
    return e["n"].where(e["contrast"] == "bivariate", e["n1"] + e["n2"])


def _bound_p(e: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return the least and the most that two-sided p can be, NaN where nothing tells."""
    from scipy.special import stdtr

    statistic, value = e["statistic"], e["value"]
    asked = _may_judge(e) & (e["p_value"].notna() | e["significance"].isin(OTHERWISE))
    as_r = asked & (statistic == "r") & (value.abs() < 1) & (e["contrast"] == "bivariate")
    as_f = asked & (statistic == "F") & (value >= 0) & (e["df1"] == 1)
    as_t = asked & (statistic == "t")
    df = (_size(e) - 2).where(~(as_t | as_f) | (_size(e) > 2), e["df2"])
    df = df.where(df.notna() | ~asked, e["n"] - 2).to_numpy(float)
    df = np.where(df > 0, df, np.nan)
    size, unit = value.abs().to_numpy(float), np.full(len(e), np.nan)
    unit[as_r] = ROUNDING
    unit[as_t | as_f] = half_unit(size[as_t | as_f], 1)
    low, high = np.maximum(size - unit, 0), size + unit
    for ends in (low, high):
        ends[as_f] = np.sqrt(ends[as_f])
        ends[as_r] = np.minimum(ends[as_r], 1 - 1e-12)
        ends[as_r] *= np.sqrt(df[as_r] / (1 - ends[as_r] ** 2))
    return 2 * stdtr(df, -high), 2 * stdtr(df, -low)


def _decimals(value: float, fewest: int) -> int:
    if value != value:
        return fewest
    return max(fewest, -Decimal(repr(float(value))).as_tuple().exponent)
