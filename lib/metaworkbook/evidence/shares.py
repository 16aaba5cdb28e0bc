"""Shares of attachment classes: which carry a count that can be pooled, and why others do not."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from metaworkbook.evidence.ledger import Ledger

INSTRUMENTS = {
    "three_way": "interview", "four_way": "interview", "self_report": "self_report",
    "other": "other",
}  # fmt: skip
# Percentages are printed without decimals or with one: a share has at least two.
FEWEST_DECIMALS = 2
# Where a sample is coded in several systems one counts: the forced three-way code leaves nobody
# to the class "unresolved" and is therefore the one that samples have in common.
PREFERRED = ("three_way", "four_way", "self_report", "other")


def list_shares(ledger: Ledger) -> pd.DataFrame:
    """Return every printed share with the count it stands for and whether it can be pooled.

    Returns
    -------
    DataFrame
        One row a share: ``effect_id``, ``sample_id``, ``study_id``, ``citation``, ``system``,
        ``instrument`` ("interview", "self_report", "other"), ``attachment_class``, ``group``,
        ``n``, ``count``, ``counted`` ("printed", "derived" or ""), ``nearest`` (the count nearest
        to the share, for a sensitivity run), ``share`` and ``reason`` (blank where it can be
        pooled).
    """
    effects = ledger.tables["effects"].set_index("effect_id")
    studies = ledger.tables["studies"].set_index("study_id")
    rows = ledger["shares"].reset_index(drop=True)
    for column in ("sample_id", "study_id", "group", "duplicate_of", "hold_back"):
        rows[column] = rows["effect_id"].map(effects[column])
    rows["citation"] = rows["study_id"].map(studies["citation"])
    rows["instrument"] = rows["system"].map(INSTRUMENTS)
    derived = [
        recover_count(share, n) for share, n in zip(rows["share"], rows["n"], strict=True)
    ]  # fmt: skip
    printed = rows["count"].notna()
    rows["counted"] = np.where(printed, "printed", np.where(np.isfinite(derived), "derived", ""))
    rows["count"] = rows["count"].where(printed, derived)
    rows["nearest"] = rows["count"].fillna((rows["share"] * rows["n"]).round())
    rows["reason"] = _reasons(rows)
    return rows.drop(columns=["duplicate_of", "hold_back"])


def recover_count(share: float, n: float) -> float:
    """Return the only count of ``n`` whose share is printed as ``share``; NaN if there are several.

    A share is taken as rounded to the decimals it shows, two at least. By hand: .20 of 40 is 8,
    because 7/40 = .175 and 9/40 = .225; .358 of 4095 may be 1464 to 1468, so NaN. A printed half
    may have been rounded either way.
    """
    if not (math.isfinite(share) and math.isfinite(n)):
        return math.nan
    text = repr(float(share))
    decimals = max(FEWEST_DECIMALS, len(text.split(".")[1]) if "e" not in text else 0)
    half = 0.5 * 10.0**-decimals + 1e-12
    low, high = math.ceil((share - half) * n - 1e-9), math.floor((share + half) * n + 1e-9)
    low, high = max(low, 0), min(high, int(n))
    return float(low) if low == high else math.nan


def select_shares(
    shares: pd.DataFrame,
    attachment_class: str,
    systems: tuple[str, ...],
    groups: tuple[str, ...] = ("clinical", "non_clinical"),
) -> pd.DataFrame:
    """Return the shares of one class that can be pooled, one a sample.

    A sample coded in several systems gives the first of three-way, four-way, self-report.
    """
    usable = shares[
        (shares["reason"] == "")
        & (shares["attachment_class"] == attachment_class)
        & shares["system"].isin(systems)
        & shares["group"].isin(groups)
    ]
    order = usable["system"].map(PREFERRED.index)
    usable = usable.assign(order=order).sort_values(["order", "effect_id"], kind="stable")
    return usable.drop_duplicates("sample_id").drop(columns="order")


def share_arrays(rows: pd.DataFrame, column: str = "count") -> dict[str, np.ndarray]:
    """Return what `models.proportions` takes: events, totals, clinical (0 or 1) and sample."""
    return {
        "events": rows[column].to_numpy(float),
        "totals": rows["n"].to_numpy(float),
        "clinical": (rows["group"] == "clinical").to_numpy(float),
        "cluster": rows["sample_id"].to_numpy(object),
    }


def _reasons(rows: pd.DataFrame) -> pd.Series:
    reasons = pd.Series("", index=rows.index, dtype=object)
    rules = (
        (rows["duplicate_of"] != "", "the same result as " + rows["duplicate_of"]),
        (rows["hold_back"] != "", "held back: " + rows["hold_back"]),
        (rows["n"].isna(), "no number of persons"),
        (rows["group"] == "", "group not told"),
        (rows["system"] == "other", "another coding system"),
        (rows["counted"] == "", "several counts round to the printed share"),
    )
    for mask, words in rules:
        free = mask & (reasons == "")
        reasons[free] = words if isinstance(words, str) else words[free]
    return reasons
