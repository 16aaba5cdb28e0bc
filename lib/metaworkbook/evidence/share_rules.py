"""Rules of shares: classes of one row, their counts, and the result that reports them."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from metaworkbook.evidence.breaches import Breach
from metaworkbook.evidence.significance_rules import ROUNDING

#: Shares of one system, each rounded to the second decimal, sum to no more.
LARGEST_SUM = 1.03
CLASSES = "client_attachment"

# One rule, one block: what is broken, where it shows, what is allowed, what to do.
# fmt: off


def check_shares(s: pd.DataFrame) -> Iterator[Breach]:
    """Yield where a share does not follow from its count, or the classes of a row exceed 1."""
    yield Breach(
        s["count"].isna() & s["share"].isna(), "share", "a share, or a count with its n",
        "Enter what is printed, or delete the row.",
    )
    yield Breach(
        s["count"].notna() & s["n"].isna(), "n", "a number beside count",
        "Enter how many were classified.",
    )
    yield Breach(s["count"] > s["n"], "count", "at most n", "Correct count or n.")
    off = (s["count"] / s["n"] - s["share"]).abs() > ROUNDING + 1e-9
    yield Breach(off, "share", "count / n within rounding", "Correct count, n or share.")
    yield Breach(
        s.duplicated(["effect_id", "system", "attachment_class"]), "attachment_class",
        "each class once a row and system", "Delete the second, or correct its class.",
    )
    sets = s.groupby(["effect_id", "system"])
    yield Breach(
        sets["share"].transform("sum") > LARGEST_SUM, "share", "shares that sum to at most 1",
        "Check the classes of this row, or use another system for an additional code.",
    )
    first = sets["n"].transform("first")
    yield Breach(
        (s["n"] - first).abs() > 0, "n",
        first.map("{:g}, as in the first class of this row and system".format),
        "Correct n, or use another system for classes of other persons.",
    )


def check_shared(
    s: pd.DataFrame, everyone: pd.DataFrame, constructs: pd.DataFrame
) -> Iterator[Breach]:
    """Yield where a share is none of attachment, or its result tells something else."""
    result = everyone.drop_duplicates("effect_id").set_index("effect_id")
    contrast = s["effect_id"].map(result["contrast"])
    yield Breach(
        contrast.notna() & (contrast != "descriptive"), "effect_id", "a row whose contrast is "
        "descriptive", "Name the row that reports the shares, or correct its contrast.",
    )
    n = s["effect_id"].map(result["n"])
    yield Breach(
        s["n"] > n, "n", n.map("at most {:g}, the n of its row of effects.csv".format),
        "Correct one of them.",
    )
    families = constructs.drop_duplicates("construct").set_index("construct")["family"]
    family = s["attachment_class"].map(families)
    yield Breach(
        family.notna() & (family != CLASSES), "attachment_class",
        f"a construct of the family {CLASSES}", "Correct the class.",
    )
