"""Rules within a row: what must hold between the cells of one result."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from metaworkbook.evidence.breaches import Breach
from metaworkbook.evidence.printed_rules import RATIO, SIGNED
from metaworkbook.evidence.significance_rules import LEVEL

#: A larger level of significance is one of confidence, and a larger d a lost decimal point.
LARGEST_LEVEL, LARGEST_D = 0.2, 5
#: Where the ends of an interval can lie.
ENDS = {"r": "-1 to 1", "proportion": "0 to 1", "OR": "at least 0", "HR": "at least 0"}
UNSIGNED = ("none", "mixed", "unstated")
FLIPPED = {"negative": "positive", "positive": "negative"}
VALUED = ("r", "t", "F", "d", "OR", "HR", "b", "beta")
#: Cells that come in pairs, one a group.
PAIRS = (("n1", "n2"), ("mean1", "mean2"), ("sd1", "sd2"))

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
    yield from check_ranges(e, "value", e["oddity"] == "")
    yield Breach(
        (statistic == "F") & (value < 0), "value", "at least 0", "F is never negative: correct it."
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
    level, quiet = e["level"], e["oddity"] == ""
    yield Breach(
        (level <= 0) | (level >= 1) | ((level > LARGEST_LEVEL) & quiet), "level",
        f"above 0 and at most {LARGEST_LEVEL:g}",
        "Enter alpha, as .01, and not the confidence; describe a larger one under oddity.",
    )
    level = level.fillna(LEVEL)
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
    """Yield where a p stands without its relation, a relation without p, or p cannot be."""
    p, relation = table["p_value"], table["p_relation"]
    yield Breach(
        p.notna() != (relation != ""), "p_relation", "=, < or > with every p_value",
        "Enter both or neither.",
    )
    yield Breach(
        ((p == 0) & relation.isin(("=", "<"))) | ((p == 1) & (relation == ">")), "p_value",
        "0 < p <= 1, and < 1 after >", "Enter a p printed as .000 with < and its last digit.",
    )


def check_ranges(table: pd.DataFrame, column: str, quiet: pd.Series) -> Iterator[Breach]:
    """Yield where a number, or an end of its interval, is none that its statistic can be.

    ``quiet`` is true where nothing odd in print is described; a number is refused even so, unless
    it is but large.
    """
    statistic, value = table["statistic"], table[column]
    ratio = statistic.isin(RATIO)
    yield Breach(
        (statistic == "r") & (value.abs() >= 1), column, "-1 < r < 1",
        "A correlation lies between -1 and 1: check the decimal point.",
    )
    yield Breach(ratio & (value <= 0), column, "above 0", "A ratio is positive: correct it.")
    yield Breach(
        (statistic == "proportion") & ((value < 0) | (value > 1)), column, "0 to 1",
        "Enter the share as a proportion.",
    )
    yield Breach(
        quiet & statistic.isin(("d", "g")) & (value.abs() > LARGEST_D), column,
        f"-{LARGEST_D} to {LARGEST_D}", "Check the decimal point, or describe it under oddity.",
    )
    for end in ("ci_low", "ci_high") if "ci_low" in table else ():
        ends = table[end]
        wrong = ((statistic == "r") & (ends.abs() > 1)) | (ratio & (ends < 0))
        wrong |= (statistic == "proportion") & ((ends < 0) | (ends > 1))
        yield Breach(
            quiet & wrong, end, statistic.map(ENDS),
            "Check the decimal point, or describe it under oddity.",
        )


def check_pair(e: pd.DataFrame) -> Iterator[Breach]:
    """Yield where something is related to itself and not seen by two informants."""
    same = (e["x"] == e["y"]) & (e["oddity"] == "")
    informant = e["x_informant"].replace({"self": "client"})
    told = (informant != "") & (e["y_rater"] != "") & (informant != e["y_rater"])
    yield Breach(
        same & (~told | (e["measure_family"] != "")), "y", "another construct than x",
        "Correct one; of two raters enter x_informant and y_rater, else describe it under oddity.",
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
    value = signed_value(e, "value")
    yield sign_against_direction(e, value, "the sign of the printed number")
    unsigned = e["direction"].isin(UNSIGNED) & (e["contrast"] != "interaction")
    yield Breach(
        unsigned & (value != 0) & value.notna() & (e["oddity"] == ""), "direction",
        np.where(value < 0, "negative", "positive"),
        "A printed number has a sign: state it, or describe under oddity why it has none.",
    )
    yield sign_against_direction(e, e["mean1"] - e["mean2"], "the sign of mean1 less mean2")


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


def signed_value(table: pd.DataFrame, column: str) -> pd.Series:
    """Return the numbers that carry a sign, ratios as logarithms, NaN where there is none."""
    value, ratio = table[column], table["statistic"].isin(RATIO)
    value = value.where(~ratio, np.log(value.where(ratio & (value > 0))))
    return value.where(ratio | table["statistic"].isin(SIGNED))


def sign_against_direction(table: pd.DataFrame, value: pd.Series, allowed: str) -> Breach:
    """Return where a number has another sign than the direction, and nothing odd is described."""
    return Breach(
        tell_clashes(table, value) & (table["oddity"] == ""), "direction", allowed,
        "Correct one of them, or describe under oddity why the printed sign is another.",
    )


def tell_clashes(table: pd.DataFrame, value: pd.Series) -> pd.Series:
    """Tell where a number has another sign than the stated direction."""
    sign = np.sign(value)
    stated = table["direction"].map({"negative": -1.0, "positive": 1.0})
    return sign.notna() & stated.notna() & (sign != 0) & (sign != stated)
