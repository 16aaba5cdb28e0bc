"""Change of attachment through therapy as standardised mean changes, where a size is printed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from metaworkbook.evidence import conversions
from metaworkbook.evidence.descriptions import describe_effects
from metaworkbook.evidence.ledger import Ledger
from metaworkbook.evidence.propositions import Ask
from metaworkbook.evidence.rows import select_part, widen

# Correlation of before and after, which hardly any report prints: the middle one is the main
# assumption, the others are variants.
PRE_POST = (0.3, 0.5, 0.7)
CHANGES = ("avoidance_change", "anxiety_change", "security_change", "attachment_change")


def measure_change(rows: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return the standardised mean change of every paired row that prints its size.

    Parameters
    ----------
    rows : DataFrame
        Rows of `descriptions.describe_effects`.

    Returns
    -------
    dict of ndarray
        ``yi`` (SD units of before, positive is improvement under the polarity of the construct),
        ``vi`` of shape (3, k), one row a correlation of `PRE_POST`, ``cluster``, ``ni``,
        ``effect_id``.

    Notes
    -----
    Means and SDs give (after - before) / SD before; a printed d is taken as that, and both get
    the correction for small samples and the variance of `conversions.d_change` (Becker 1988).
    """
    sized = rows[(rows["contrast"] == "paired") & rows["n"].ge(4)]
    raw = np.array([_raw_change(row) for row in sized.to_dict("records")], dtype=float)
    keep = np.isfinite(raw)
    sized, raw = sized[keep], raw[keep]
    n = sized["n"].to_numpy(float)
    sizes = [conversions.d_change(raw, 0.0, 1.0, n, r) for r in PRE_POST] if len(raw) else []
    return {
        "yi": np.array(sizes[0].yi) if sizes else np.zeros(0),
        "vi": np.array([size.vi for size in sizes]) if sizes else np.zeros((len(PRE_POST), 0)),
        "cluster": sized["sample_id"].to_numpy(object),
        "ni": n,
        "effect_id": sized["effect_id"].to_numpy(object),
    }


def select_changes(ledger: Ledger, population: str = "adults") -> dict[str, dict[str, Any]]:
    """Return the changes of attachment by construct, controlled and uncontrolled apart.

    Keys read "avoidance_change/uncontrolled". Values hold ``sizes`` (arrays of `measure_change`),
    ``signs`` (direction and sample of every row), and ``significance`` by row.

    Parameters
    ----------
    population : str
        "adults" or "all", as in `selection.select`.
    """
    described = describe_effects(ledger)
    found = {}
    for construct in CHANGES:
        ask = Ask("", "directions", "treatment", construct, "positive",
                  filters={"population": population})  # fmt: skip
        rows = widen(select_part(ledger, described, ask), ask).rows
        for control in ("uncontrolled", "controlled"):
            part = rows[(rows["control"] == control) & (rows["y"] == construct)]
            if part.empty:
                continue
            sizes = measure_change(part)
            sizes.pop("effect_id")
            sign = part["direction_analysed"].map({"negative": -1.0, "positive": 1.0})
            found[f"{construct}/{control}"] = {
                "sizes": sizes,
                "signs": {
                    "signs": sign.to_numpy(float),
                    "cluster": part["sample_id"].to_numpy(object),
                },
                "significance": part["significance"].to_numpy(object),
                "persons": part["n"].to_numpy(float),
            }
    return found


def _raw_change(row: dict) -> float:
    """Return the change in SDs of before under the polarity of x and y, or NaN."""
    turned = (row["x_scored_as"] == "reversed") != (row["y_scored_as"] == "reversed")
    sign = -1.0 if turned else 1.0
    if row["statistic"] == "means" and row["sd2"] > 0:
        return sign * (row["mean1"] - row["mean2"]) / row["sd2"]
    if row["statistic"] != "d":
        return np.nan
    told = {"negative": -1.0, "positive": 1.0}.get(row["direction_analysed"])
    return sign * row["value"] if told is None else told * abs(row["value"])
