"""The two readings of the same sources: paired field by field, and put in each other's place."""

from __future__ import annotations

import numpy as np
import pandas as pd

from metaworkbook.evidence.ledger import Ledger
from metaworkbook.evidence.row_rules import analyse_direction

DIRECTIONS = ("negative", "positive", "none", "mixed", "unstated")
SIGNIFICANCES = ("significant", "not_significant", "not_stated")
# How the verdicts are asked again where the readings differ.
RECODINGS = ("dropped", "swapped", "found_only")
FEWEST = 4


def pair_codings(ledger: Ledger) -> dict[str, dict[str, object]]:
    """Return both readings of each field, as `models.codings.measure_agreement` takes them.

    Only rows that the second reader found again, and fields that both readers gave. The second
    reader called a result significant only where the source says so or prints p or an interval;
    the first reading is mapped to that: one without a printed word on significance counts as not
    stated. Numbers agree only if they are equal; shares in percent are brought to proportions.
    """
    both = _merge(ledger)
    both = both[both["found"] == "yes"]
    strict = both["significance"].where(_printed(both), "not_stated")
    pairs = {
        "direction": (both["direction"], both["direction_2"], DIRECTIONS),
        "significance": (strict, both["significance_2"], SIGNIFICANCES),
        "n": (both["n"], both["n_2"], None),
        "value": (both["value"], both["value_2"], None),
    }
    found = {}
    for field, (first, second, categories) in pairs.items():
        given = _given(first) & _given(second)
        found[field] = {
            "first": first[given].map(_word).to_numpy(object),
            "second": second[given].map(_word).to_numpy(object),
            "categories": categories,
        }
    return found


def confirm_codings(ledger: Ledger) -> dict[str, dict[str, int]]:
    """Return how many rows were found again, and for how many of them x and y were confirmed."""
    second = ledger.tables["second_coding"]
    found = second[second["found"] == "yes"]
    counts = {"found": {"events": len(found), "totals": len(second)}}
    for field in ("x_ok", "y_ok"):
        told = found[found[field] != ""]
        counts[field] = {"events": int((told[field] == "yes").sum()), "totals": len(told)}
    return counts


def recode(ledger: Ledger, how: str) -> Ledger:
    """Return the ledger with the rows on which the readings differ dropped or read the other way.

    Parameters
    ----------
    ledger : Ledger
        The validated ledger.
    how : str
        "dropped": rows that differ in a field stay out; "swapped": direction, significance, n and
        value are those of the second reading wherever both give one; "found_only": rows that the
        second reader looked for and did not find stay out.
    """
    if how not in RECODINGS:
        raise ValueError(f'how: found "{how}"; allowed: {", ".join(RECODINGS)}.')
    effects = ledger["effects"]
    reading = effects["second_reading"]
    if how == "swapped":
        effects = _swap(effects, _merge(ledger))
    else:
        out = reading == "not_found"
        if how == "dropped":
            out = ~reading.isin(("", "agrees", "not_found"))
        effects.loc[out, "hold_back"] = "the two readings differ"
    return Ledger(ledger.tables | {"effects": effects}, f"{ledger.checksum} {how}")


def _swap(effects: pd.DataFrame, both: pd.DataFrame) -> pd.DataFrame:
    both = both[both["found"] == "yes"].set_index("effect_id")
    for field in ("direction", "significance", "n", "value"):
        second = effects["effect_id"].map(both[f"{field}_2"])
        usable = _given(second) & _given(effects[field])
        if field == "n":
            usable &= second >= FEWEST
        effects[field] = effects[field].where(~usable, second)
    effects["direction_analysed"] = analyse_direction(effects)
    return effects


def _merge(ledger: Ledger) -> pd.DataFrame:
    both = ledger["effects"].merge(
        ledger.tables["second_coding"], on="effect_id", suffixes=("", "_2")
    )
    percent = (both["statistic"] == "proportion") & (both["value_2"] > 1)
    both["value_2"] = both["value_2"].where(~percent, both["value_2"] / 100)
    return both


def _printed(rows: pd.DataFrame) -> pd.Series:
    """Tell where the source prints p, an interval or a word on significance."""
    return (rows["p_reported"] != "") | rows["ci_low"].notna()


def _given(values: pd.Series) -> pd.Series:
    return values.notna() & (values.astype(str) != "")


def _word(value: object) -> str:
    return f"{value:g}" if isinstance(value, (float, np.floating)) else str(value)
