"""Shares of attachment classes: which carry a count that can be pooled, and why others do not."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from metaworkbook.evidence.ledger import Ledger
from metaworkbook.evidence.memory import Memory
from metaworkbook.evidence.selection import REASONS

INSTRUMENTS = {
    "three_way": "interview", "four_way": "interview", "self_report": "self_report",
    "other": "other",
}  # fmt: skip
# Percentages are printed without decimals or with one: a share has at least two.
FEWEST_DECIMALS = 2
DISTRIBUTION = "class_distribution"
SEVERAL = "several counts round to the printed share"
NO_COUNT = "no count of these persons rounds to the printed share"
PUBLISHED = "a published share: never beside single studies in a pool"


def list_shares(ledger: Ledger) -> pd.DataFrame:
    """Return every printed share with the count it stands for and whether it can be pooled.

    Returns
    -------
    DataFrame
        One row a share: ``effect_id``, ``sample_id``, ``study_id``, ``citation``, ``system``,
        ``instrument`` ("interview", "self_report", "other"), ``attachment_class``, ``group``,
        ``n``, ``count``, ``counted`` ("printed", "derived" or ""), ``nearest`` (the count nearest
        to the share, for a sensitivity run), ``share`` and ``reason`` (blank where it can be
        pooled), which is ``reason_text`` with ``reason_detail`` put in.
    """
    return _MEMORY.recall(ledger)


def _list(effects: pd.DataFrame, studies: pd.DataFrame, shares: pd.DataFrame) -> pd.DataFrame:
    effects, studies = effects.set_index("effect_id"), studies.set_index("study_id")
    rows = shares.reset_index(drop=True)
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
    ends = [bound_count(share, n) for share, n in zip(rows["share"], rows["n"], strict=True)]
    rows["empty"] = [low > high for low, high in ends]
    rows = rows.join(_reasons(rows))
    return rows.drop(columns=["duplicate_of", "hold_back", "empty"])


def recover_count(share: float, n: float) -> float:
    """Return the only count of ``n`` whose share is printed as ``share``, NaN if it is not one.

    By hand: .20 of 40 is 8, because 7/40 = .175 and 9/40 = .225; .358 of 4095 may be 1464 to 1468,
    so NaN; .33 of 59 is none, because 19/59 = .322 and 20/59 = .339, so NaN.
    """
    low, high = bound_count(share, n)
    return low if low == high else math.nan


def bound_count(share: float, n: float) -> tuple[float, float]:
    """Return the smallest and the largest count that a printed share may stand for.

    A share is taken as rounded to the decimals it shows, two at least; a printed half may have been
    rounded either way. The smallest lies above the largest if no count fits.
    """
    if not (math.isfinite(share) and math.isfinite(n)):
        return math.nan, math.nan
    text = repr(float(share))
    decimals = max(FEWEST_DECIMALS, len(text.split(".")[1]) if "e" not in text else 0)
    half = 0.5 * 10.0**-decimals + 1e-12
    low, high = math.ceil((share - half) * n - 1e-9), math.floor((share + half) * n + 1e-9)
    return float(max(low, 0)), float(min(high, int(n)))


def select_shares(
    shares: pd.DataFrame,
    attachment_class: str,
    system: str,
    groups: tuple[str, ...] = ("clinical", "non_clinical"),
) -> pd.DataFrame:
    """Return the shares of one class in one coding system that can be pooled, one a sample.

    Systems are never mixed: where there is a class "unresolved", the others hold fewer people.
    """
    usable = shares[
        (shares["reason"] == "")
        & (shares["attachment_class"] == attachment_class)
        & (shares["system"] == system)
        & shares["group"].isin(groups)
    ]
    return usable.drop_duplicates("sample_id")


def select_class(shares: pd.DataFrame, attachment_class: str) -> pd.DataFrame:
    """Return every share of one class that can be pooled, whatever the system and group."""
    return shares[(shares["reason"] == "") & (shares["attachment_class"] == attachment_class)]


def share_arrays(rows: pd.DataFrame, column: str = "count") -> dict[str, np.ndarray]:
    """Return what `models.proportions` takes: events, totals, clinical (0 or 1) and sample."""
    return {
        "events": rows[column].to_numpy(float),
        "totals": rows["n"].to_numpy(float),
        "clinical": (rows["group"] == "clinical").to_numpy(float),
        "cluster": rows["sample_id"].to_numpy(object),
    }


def count_class(rows: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return events and totals of shares, in their order, for exact intervals."""
    return {"events": rows["count"].to_numpy(float), "totals": rows["n"].to_numpy(float)}


def group_shares(shares: pd.DataFrame, rounded: bool = False) -> dict[str, dict[str, np.ndarray]]:
    """Return the counts of each class by coding system and group, one row a sample.

    Keys read "four_way/dismissing/clinical", values are those of `share_arrays`. ``rounded`` also
    lets in shares of large samples to which several counts round, each with the nearest count: the
    count is then off by half a percent at most.
    """
    usable, column = shares, "count"
    if rounded:
        usable = shares.assign(reason=shares["reason"].where(shares["reason"] != SEVERAL, ""))
        column = "nearest"
    found = usable.loc[usable["reason"] == "", ["system", "attachment_class", "group"]]
    return {
        f"{system}/{name}/{group}": share_arrays(
            select_shares(usable, name, system, (group,)), column
        )
        for system, name, group in found.drop_duplicates().itertuples(index=False)
    }


def climb_shares(shares: pd.DataFrame, pools: dict[str, dict[str, np.ndarray]]) -> pd.DataFrame:
    """Return the coverage ladder of shares: read, with persons, with a count, in a pool.

    ``pools`` are the groups of `group_shares` that were pooled. Columns ``step``, ``samples`` and
    ``persons`` (the largest n of each sample, summed).
    """
    pooled = {sample for told in pools.values() for sample in told["cluster"]}
    steps = {
        "read": shares,
        "with persons": shares[shares["n"].notna()],
        "with a count": shares[shares["reason"] == ""],
        "in this pool": shares[(shares["reason"] == "") & shares["sample_id"].isin(pooled)],
    }
    return pd.DataFrame(
        [
            {"step": step, "samples": rows["sample_id"].nunique(),
             "persons": float(rows.groupby("sample_id")["n"].max().sum())}
            for step, rows in steps.items()
        ]
    )  # fmt: skip


def keep_pooled(
    groups: dict[str, dict[str, np.ndarray]], pools: dict[str, object]
) -> dict[str, dict[str, np.ndarray]]:
    """Return the groups of `group_shares` whose pool in ``pools`` is not None."""
    return {name: told for name, told in groups.items() if pools.get(name) is not None}


def list_beside(ledger: Ledger, shares: pd.DataFrame) -> pd.DataFrame:
    """Return every share that stands beside the pools: without persons, published, or claimed.

    Columns ``told_by`` ("thesis", "review", "study"), ``citation``, ``attachment_class``, ``text``
    (whose share it is, blank where not told), ``share``, ``reason``, and its ``reason_text`` and
    ``reason_detail``.
    """
    studies = ledger.tables["studies"].set_index("study_id")["citation"]
    claims = ledger.tables["claims"]
    claims = claims[(claims["statistic"] == "proportion") & (claims["y"] == DISTRIBUTION)]
    reviews = ledger.tables["reviews"]
    reviews = reviews[(reviews["statistic"] == "proportion") & (reviews["y"] == DISTRIBUTION)]
    why = reviews["hold_back"].where(reviews["hold_back"] != "", PUBLISHED)
    out = shares[shares["reason"] != ""]
    parts = [
        pd.DataFrame(
            {
                "told_by": "thesis", "citation": claims["study_id"].map(studies),
                "attachment_class": claims["x"], "text": claims["claim"], "share": claims["value"],
                "reason": claims["detail"], "reason_text": claims["detail"], "reason_detail": "",
            }
        ),
        pd.DataFrame(
            {
                "told_by": "review", "citation": reviews["citation"],
                "attachment_class": reviews["x"], "text": reviews["subgroup"],
                "share": reviews["estimate"],
                "reason": why, "reason_text": why, "reason_detail": "",
            }
        ),
        pd.DataFrame(
            {
                "told_by": "study", "citation": out["citation"],
                "attachment_class": out["attachment_class"], "text": "", "share": out["share"],
                "reason": out["reason"], "reason_text": out["reason_text"],
                "reason_detail": out["reason_detail"],
            }
        ),
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def _reasons(rows: pd.DataFrame) -> pd.DataFrame:
    """Return ``reason_text``, ``reason_detail`` and both as ``reason``, blank where none holds."""
    found = pd.DataFrame({"reason_text": "", "reason_detail": ""}, index=rows.index, dtype=object)
    rules = (
        (rows["duplicate_of"] != "", REASONS["duplicate"], rows["duplicate_of"]),
        (rows["hold_back"] != "", REASONS["held"], rows["hold_back"]),
        (rows["n"].isna(), "no number of persons", ""),
        (rows["group"] == "", "group not told", ""),
        (rows["system"] == "other", "another coding system", ""),
        (rows["counted"].eq("") & rows["empty"], NO_COUNT, ""),
        (rows["counted"] == "", SEVERAL, ""),
    )
    for mask, text, detail in rules:
        free = mask & (found["reason_text"] == "")
        found.loc[free, "reason_text"] = text
        found.loc[free, "reason_detail"] = detail if isinstance(detail, str) else detail[free]
    found["reason"] = [text.format(detail=detail) for text, detail in found.to_numpy()]
    return found


_MEMORY = Memory(_list, "effects", "studies", "shares")
