"""Rules within a row: what must hold between the cells of one result, share or review."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import numpy as np
import pandas as pd

from metaworkbook.evidence.breaches import Breach

FLIPPED = {"negative": "positive", "positive": "negative"}
VALUED = ("r", "t", "F", "d", "OR", "HR", "b", "beta")
SIGNED = ("r", "t", "d", "g", "b", "beta")
RATIO = ("OR", "HR")
#: Half a unit of the second decimal: printed correlations and interval ends are rounded to it.
ROUNDING = 0.005
#: Shares of one system, each rounded to the second decimal, sum to no more.
LARGEST_SUM = 1.03

# One rule, one block: what is broken, where it shows, what is allowed, what to do.
# fmt: off


def check_statistics(e: pd.DataFrame) -> Iterator[Breach]:
    """Yield where statistic, value and what else was printed do not fit together."""
    value, statistic = e["value"], e["statistic"]
    yield Breach(
        statistic.isin(VALUED) & value.isna(), "value", "a number",
        "The statistic names a printed number: enter it, or call the row direction_only.",
    )
    yield Breach(
        statistic.isin(("direction_only", "p_only")) & value.notna(), "value", "blank",
        "A row with a number names its statistic.",
    )
    yield Breach(
        (statistic == "r") & (value.abs() >= 1), "value", "-1 < r < 1",
        "A correlation lies between -1 and 1: check the decimal point.",
    )
    yield Breach(
        statistic.isin(RATIO) & (value <= 0), "value", "above 0", "A ratio is positive: correct it."
    )
    yield Breach(
        (statistic == "F") & (value < 0), "value", "at least 0", "F is never negative: correct it."
    )
    yield Breach(
        (statistic == "proportion") & ((value < 0) | (value > 1)), "value", "0 to 1",
        "Enter the share as a proportion.",
    )
    yield Breach(
        (statistic == "means") & (e["detail"] == "") & e["mean1"].isna(), "detail", "the means",
        "Enter the means as printed.",
    )
    yield Breach(
        statistic.isin(("proportion", "counts", "other")) & value.isna() & (e["detail"] == ""),
        "detail", "what was printed", "Enter the result as printed.",
    )
    for column in ("df1", "df2"):
        yield Breach(e[column] <= 0, column, "above 0", "Enter the degrees of freedom as printed.")


def check_p_values(e: pd.DataFrame) -> Iterator[Breach]:
    """Yield where p, its relation, the level and the stated significance do not fit together."""
    p, relation = e["p_value"], e["p_relation"]
    yield Breach(
        (e["statistic"] == "p_only") & (e["p_reported"] == ""), "p_reported", "p as printed",
        "Enter p as printed, or call the row direction_only.",
    )
    yield from check_relation(e)
    yield Breach(
        ((p == 0) & relation.isin(("=", "<"))) | ((p == 1) & (relation == ">")), "p_value",
        "0 < p <= 1, and < 1 after >", "Enter a p printed as .000 with < and its last digit.",
    )
    yield Breach(
        (e["level"] <= 0) | (e["level"] >= 1), "level", "0 < level < 1", "Enter it as a proportion."
    )
    level, quiet = e["level"].fillna(0.05), e["oddity"] == ""
    over = ((relation == "=") & (p > level)) | ((relation == ">") & (p >= level))
    under = relation.isin(("=", "<")) & (p <= level)
    yield Breach(
        quiet & over & (e["significance"] != "not_significant"), "significance", "not_significant",
        "p is above the level: correct one, enter the printed level, or describe it under oddity.",
    )
    yield Breach(
        quiet & under & (e["significance"] != "significant"), "significance", "significant",
        "p is at or below the level: correct one, or describe it under oddity.",
    )
    yield Breach(
        quiet & (e["direction"] == "none") & (e["significance"] == "significant"), "direction",
        "negative, positive, mixed, unstated", "A significant result is no absence: correct one.",
    )


def check_relation(table: pd.DataFrame) -> Iterator[Breach]:
    """Yield where a p stands without its relation, or a relation without p."""
    yield Breach(
        table["p_value"].notna() != (table["p_relation"] != ""), "p_relation",
        "=, < or > with every p_value", "Enter both or neither.",
    )


def check_groups(e: pd.DataFrame) -> Iterator[Breach]:
    """Yield where group sizes, classes or interval ends do not fit together."""
    sized = e[["n1", "n2"]].notna().all(axis=1)
    yield Breach(
        e["n"].isna() & sized, "n", "at least n1 + n2", "Enter the number the result rests on."
    )
    yield Breach(
        (e["n1"] + e["n2"]) > e["n"], "n", "at least n1 + n2", "Correct n or the group sizes."
    )
    yield Breach(
        (e["natural_classes"] != "") & (e["contrast"] != "groups"), "natural_classes", "blank",
        "Only compared groups have classes.",
    )
    yield Breach(
        sized & (e["contrast"] == "groups") & (e["natural_classes"] == ""), "natural_classes",
        "yes, no", "Say whether the groups are natural classes: the conversion depends on it.",
    )
    quiet = e["oddity"] == ""
    yield Breach(
        quiet & (e["ci_low"] > e["ci_high"]), "ci_low", "at most ci_high",
        "Swap the ends, or describe the printed order under oddity.",
    )
    yield Breach(
        quiet & ((e["value"] < e["ci_low"]) | (e["value"] > e["ci_high"])), "value",
        "within ci_low and ci_high", "Check value and interval, or describe it under oddity.",
    )


def check_printed(e: pd.DataFrame) -> Iterator[Breach]:
    """Yield where a printed interval or p does not follow from r and n, rounding allowed for.

    Every r within half a unit of the second decimal is tried: interval ends are tanh(artanh r -+
    1.96 / sqrt(n - 3)), p comes from t(n - 2).
    """
    from scipy.stats import norm

    judged = (e["statistic"] == "r") & (e["value"].abs() < 1) & (e["n"] >= 4) & (e["oddity"] == "")
    judged &= (e["contrast"] == "bivariate") & e["n_unit"].isin(("persons", "therapists", "dyads"))
    r, n = (e[name].where(judged).to_numpy(float) for name in ("value", "n"))
    nearest = np.clip([r - ROUNDING, r + ROUNDING], -1 + 1e-12, 1 - 1e-12)
    half = norm.ppf(0.975) / np.sqrt(n - 3)
    for column, sign in (("ci_low", -1), ("ci_high", 1)):
        low, high = np.tanh(np.arctanh(nearest) + sign * half)
        end = e[column].to_numpy(float)
        yield Breach(
            (end < low - ROUNDING) | (end > high + ROUNDING), column, _span(low, high, ".3f"),
            "Check r, n and the interval, or describe it under oddity.",
        )
    most = _p_of(np.clip(np.abs(r) - ROUNDING, 0, 1), n)
    least = _p_of(np.clip(np.abs(r) + ROUNDING, 0, 1 - 1e-12), n)
    p, relation = e["p_value"].to_numpy(float), e["p_relation"].to_numpy(object)
    unit = 10.0 ** -np.array([_decimals(value) for value in p], dtype=float) / 2
    wrong = (relation == "=") & ((p + unit < least) | (p - unit > most))
    wrong |= ((relation == "<") & (least >= p)) | ((relation == ">") & (most <= p))
    yield Breach(
        wrong, "p_value", _span(least, most, ".3g"),
        "Check r, n and p, or describe it under oddity.",
    )


def _p_of(r: np.ndarray, n: np.ndarray) -> np.ndarray:
    from scipy.stats import t

    return 2 * t.sf(r * np.sqrt((n - 2) / (1 - r**2)), n - 2)


def _decimals(p: float) -> int:
    return 2 if p != p else max(2, -Decimal(repr(float(p))).as_tuple().exponent)


def _span(low: np.ndarray, high: np.ndarray, digits: str) -> np.ndarray:
    words = [f"{a:{digits}} to {b:{digits}} from r and n" for a, b in zip(low, high, strict=True)]
    return np.array(words, dtype=object)


def check_signs(e: pd.DataFrame) -> Iterator[Breach]:
    """Yield where stated direction, analysed direction and the sign of the value disagree."""
    yield from check_polarity(e)
    positive = e["value"].where(e["value"] > 0)
    value = e["value"].where(~e["statistic"].isin(RATIO), np.log(positive))
    yield _sign_against_direction(e, value.where(e["statistic"].isin(SIGNED + RATIO)))


def check_polarity(table: pd.DataFrame) -> Iterator[Breach]:
    """Yield where the analysed direction is not the stated one under the polarity of x and y."""
    expected = analyse_direction(table)
    yield Breach(
        table["direction_analysed"] != expected, "direction_analysed",
        expected + ", the stated direction under the polarity of x and y",
        "Turn it where exactly one of x_scored_as and y_scored_as is reversed.",
    )


def analyse_direction(table: pd.DataFrame) -> pd.Series:
    """Return each row's direction under the polarity of its constructs.

    The stated direction is turned where exactly one of x and y was scored against the construct.
    """
    turned = (table["x_scored_as"] == "reversed") != (table["y_scored_as"] == "reversed")
    return table["direction"].where(~turned, table["direction"].replace(FLIPPED))


def _sign_against_direction(table: pd.DataFrame, value: pd.Series) -> Breach:
    sign = np.sign(value)
    stated = table["direction"].map({"negative": -1.0, "positive": 1.0})
    clash = sign.notna() & stated.notna() & (sign != 0) & (sign != stated)
    return Breach(
        clash & (table["oddity"] == ""), "direction", "the sign of the printed number",
        "Correct one of them, or describe under oddity why the print carries no sign.",
    )


def check_shares(s: pd.DataFrame) -> Iterator[Breach]:
    """Yield where a share does not follow from its count, or the classes of a row exceed 1."""
    yield Breach(s["count"] > s["n"], "count", "at most n", "Correct count or n.")
    off = (s["count"] / s["n"] - s["share"]).abs() > ROUNDING + 1e-9
    yield Breach(off, "share", "count / n within rounding", "Correct count, n or share.")
    yield Breach(
        s.duplicated(["effect_id", "system", "attachment_class"]), "attachment_class",
        "each class once a row and system", "Delete the second, or correct its class.",
    )
    total = s.groupby(["effect_id", "system"])["share"].transform("sum")
    yield Breach(
        total > LARGEST_SUM, "share", "shares that sum to at most 1",
        "Check the classes of this row, or use another system for an additional code.",
    )


def check_reviews(r: pd.DataFrame) -> Iterator[Breach]:
    """Yield where the numbers of a published estimate do not fit together."""
    yield from check_polarity(r)
    yield from check_relation(r)
    yield _sign_against_direction(r, r["estimate"].where(r["statistic"].isin(SIGNED)))
    yield Breach(
        r["n_total"].notna() != (r["n_relation"] != ""), "n_relation",
        "=, <, > or ~ with every n_total", "Enter both or neither.",
    )
    yield Breach(
        (r["statistic"] == "r") & (r["estimate"].abs() >= 1), "estimate", "-1 < r < 1",
        "A correlation lies between -1 and 1: check the decimal point.",
    )
    yield Breach(
        (r["statistic"] == "direction_only") & r["estimate"].notna(), "estimate", "blank",
        "A row with a number names its statistic.",
    )
    quiet = (r["interval_note"] == "") & (r["oddity"] == "")
    ends = r[["ci_low", "ci_high"]]
    outside = (r["estimate"] < ends.min(axis=1)) | (r["estimate"] > ends.max(axis=1))
    yield Breach(
        outside & quiet, "estimate", "within ci_low and ci_high",
        "Check estimate and interval, or describe it under interval_note.",
    )
    yield Breach(
        (r["ci_low"] > r["ci_high"]) & quiet, "ci_low", "at most ci_high",
        "Swap the ends, or describe the printed order under interval_note.",
    )
