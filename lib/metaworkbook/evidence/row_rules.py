"""Rules within a row: what must hold between the cells of one result, share or review."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from metaworkbook.evidence.breaches import Breach
from metaworkbook.evidence.printed_rules import RATIO, ROUNDING, SIGNED

FLIPPED = {"negative": "positive", "positive": "negative"}
VALUED = ("r", "t", "F", "d", "OR", "HR", "b", "beta")
#: Cells that come in pairs, one a group.
PAIRS = (("n1", "n2"), ("mean1", "mean2"), ("sd1", "sd2"))
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
    yield Breach(
        (e["df2"] >= e["n"]) & (e["oddity"] == ""), "df2", "below n",
        "Correct n or the degrees of freedom, or describe it under oddity.",
    )
    yield Breach(
        (statistic == "F") & e["contrast"].isin(("bivariate", "groups")) & (e["df1"] != 1), "df1",
        "1, as two variables or two groups give",
        "Enter df1; with more of them the contrast is omnibus, and unclear if none is printed.",
    )


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
    """Yield where the numbers of two groups, their sizes and classes do not fit together."""
    for pair in PAIRS:
        for one, other in (pair, pair[::-1]):
            yield Breach(
                e[one].notna() & e[other].isna(), other, f"a number beside {one}",
                "Enter both groups or neither.",
            )
    for column in ("sd1", "sd2"):
        yield Breach(e[column] <= 0, column, "above 0", "Enter the SD as printed.")
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


def check_signs(e: pd.DataFrame) -> Iterator[Breach]:
    """Yield where stated direction, analysed direction and the sign of the value disagree."""
    yield from check_polarity(e)
    positive = e["value"].where(e["value"] > 0)
    value = e["value"].where(~e["statistic"].isin(RATIO), np.log(positive))
    value = value.where(e["statistic"].isin(SIGNED + RATIO))
    yield _sign_against_direction(e, value, "the sign of the printed number")
    yield _sign_against_direction(e, e["mean1"] - e["mean2"], "the sign of mean1 less mean2")


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


def _sign_against_direction(table: pd.DataFrame, value: pd.Series, allowed: str) -> Breach:
    sign = np.sign(value)
    stated = table["direction"].map({"negative": -1.0, "positive": 1.0})
    clash = sign.notna() & stated.notna() & (sign != 0) & (sign != stated)
    return Breach(
        clash & (table["oddity"] == ""), "direction", allowed,
        "Correct one of them, or describe under oddity why the printed sign is another.",
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
    estimate = r["estimate"].where(r["statistic"].isin(SIGNED))
    yield _sign_against_direction(r, estimate, "the sign of the printed number")
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
