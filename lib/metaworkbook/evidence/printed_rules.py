"""Rules of print: the p as printed, and intervals, which must follow from r and n and fit p."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from metaworkbook.evidence.breaches import Breach
from metaworkbook.evidence.significance_rules import COUNTED, LEVEL, OTHERWISE, ROUNDING, span

SIGNED = ("r", "t", "d", "g", "b", "beta")
RATIO = ("OR", "HR")
#: A p as articles print it, with or without its relation: "<.05", ".03", "p = 0.03".
PRINTED_P = r"\s*(?:p\s*)?([<>=≤]?)=?\s*(0?\.\d+|1\.?0*)\s*"

# One rule, one block: what is broken, where it shows, what is allowed, what to do.
# fmt: off


def check_printed(e: pd.DataFrame) -> Iterator[Breach]:
    """Yield where an interval end does not follow from r and n, rounding allowed for.

    Every r within half a unit of the second decimal is tried: the ends are tanh(artanh r -+
    1.96 / sqrt(n - 3)).
    """
    from scipy.special import ndtri

    judged = (e["statistic"] == "r") & (e["value"].abs() < 1) & (e["n"] >= 4) & (e["oddity"] == "")
    judged &= (e["contrast"] == "bivariate") & e["n_unit"].isin(COUNTED)
    r, n = (e[name].where(judged).to_numpy(float) for name in ("value", "n"))
    nearest = np.clip([r - ROUNDING, r + ROUNDING], -1 + 1e-12, 1 - 1e-12)
    half = ndtri(0.975) / np.sqrt(n - 3)
    for column, sign in (("ci_low", -1), ("ci_high", 1)):
        low, high = np.tanh(np.arctanh(nearest) + sign * half)
        end = e[column].to_numpy(float)
        wrong = (end < low - ROUNDING) | (end > high + ROUNDING)
        yield Breach(
            wrong, column, span(wrong, low, high, ".3f", "r and n"),
            "Check r, n and the interval, or describe it under oddity.",
        )


def check_copied_p(table: pd.DataFrame) -> Iterator[Breach]:
    """Yield where the p as printed and the p as a number differ."""
    printed = table["p_reported"].str.extract(f"^{PRINTED_P}$")
    number = printed[1].astype(float)
    relation = printed[0].replace({"": "=", "≤": "<"})
    same = ((table["p_value"] - number).abs() < 1e-12) & (table["p_relation"] == relation)
    allowed = printed[1] + " with " + relation + " under p_relation, as printed"
    # A p printed as .000 has no number of its own; another rule tells what to enter.
    yield Breach(
        (number > 0) & ~same & (table["oddity"] == ""), "p_value", allowed,
        "Enter p_value and p_relation as p_reported prints them.",
    )


def check_interval(table: pd.DataFrame, value: str, excuse: str) -> Iterator[Breach]:
    """Yield where an interval is incomplete, reversed, or does not hold the number of ``value``.

    ``excuse`` is the column, beside oddity, in which the coder may say that it is printed so.
    """
    quiet = (table["oddity"] == "") & (table[excuse] == "")
    low, high = table["ci_low"], table["ci_high"]
    for one, other in (("ci_low", "ci_high"), ("ci_high", "ci_low")):
        yield Breach(
            quiet & table[one].notna() & table[other].isna(), other, f"a number beside {one}",
            f"Enter both ends or neither, or say under {excuse} that only one is printed.",
        )
    yield Breach(
        quiet & (low > high), "ci_low", "at most ci_high",
        f"Swap the ends, or describe the printed order under {excuse}.",
    )
    ends = table[["ci_low", "ci_high"]]
    outside = (table[value] < ends.min(axis=1)) | (table[value] > ends.max(axis=1))
    outside &= ends.notna().all(axis=1)
    yield Breach(
        quiet & outside, value, "within ci_low and ci_high",
        f"Check number and interval, or describe it under {excuse}.",
    )


def check_effect_intervals(e: pd.DataFrame) -> Iterator[Breach]:
    """Yield where an interval of a result, its number and its significance do not agree."""
    yield from check_interval(e, "value", "oddity")
    told = e["significance"].map({"significant": True, "not_significant": False})
    contradicts = _contradicts(e, told.where(e["level"].isna()))
    yield Breach(
        contradicts & (e["oddity"] == ""), "significance",
        e["significance"].map(OTHERWISE) + ", as the interval says",
        "An interval around 0 (for a ratio: 1) is not significant, one beside it is: correct one, "
        "or describe it under oddity.",
    )


def check_review_intervals(r: pd.DataFrame) -> Iterator[Breach]:
    """Yield where an interval of a published estimate, its number and its p do not agree."""
    yield from check_interval(r, "estimate", "interval_note")
    p, relation = r["p_value"], r["p_relation"]
    told = pd.Series(np.nan, index=r.index, dtype=object)
    told[relation.isin(("=", "<")) & (p <= LEVEL)] = True
    told[relation.isin(("=", ">")) & (p > LEVEL)] = False
    contradicts = _contradicts(r, told.where(r["ci_level"].isna()))
    yield Breach(
        contradicts & (r["interval_note"] == "") & (r["oddity"] == ""), "p_value",
        told.map({True: "above .05", False: "below .05"}).astype("str") + ", as the interval says",
        "An interval around 0 (for a ratio: 1) goes with p above .05, one beside it with p below: "
        "correct one, or describe it under interval_note.",
    )


def _contradicts(table: pd.DataFrame, significant: pd.Series) -> pd.Series:
    """Tell where a 95 % interval holds no effect although significant, or holds none and is not."""
    ends = table[["ci_low", "ci_high"]]
    ratio = table["statistic"].isin(RATIO)
    none = ratio.astype(float).where(ratio | table["statistic"].isin(SIGNED))
    low, high = ends.min(axis=1) - none, ends.max(axis=1) - none
    around = (low < -ROUNDING) & (high > ROUNDING)
    beside = (low > ROUNDING) | (high < -ROUNDING)
    contradicts = (around & significant.eq(True)) | (beside & significant.eq(False))
    return contradicts & ends.notna().all(axis=1)
