"""Rows without a coefficient: what significance, direction and n say of r, a range and no value."""

from __future__ import annotations

import numpy as np
import pandas as pd

from metaworkbook.evidence import conversions

LEVEL = 0.05


def tell_ranges(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the range that each row leaves for its correlation (see `tiers.convert`).

    Significant with a sign: beyond the critical r of that sign; without one: outside both. Not
    significant: within them, on the told side. A direction alone: its half-line. "Not significant"
    is never zero, and mixed signs leave no range for one correlation.
    """
    n, direction = rows["usable_n"].to_numpy(float), rows["direction_analysed"].to_numpy(object)
    stated, sign = rows["significance"].to_numpy(object), rows["sign"].to_numpy(float)
    sized, positive, negative = np.isfinite(n), sign == 1, sign == -1
    signed = positive | negative
    level = _levels(rows)
    critical = np.full(len(rows), np.nan)
    critical[sized] = conversions.critical_r(n[sized], level[sized])

    significant, not_significant = stated == "significant", stated == "not_significant"
    outside = sized & significant & ~signed & (direction != "mixed")
    within = sized & (not_significant | outside)
    beyond = sized & significant & signed
    half = sized & signed & ~significant & ~not_significant
    cases = [beyond & positive, beyond, outside, within & positive, within & negative, within,
             half & positive, half]  # fmt: skip
    zero, one = np.zeros(len(rows)), np.ones(len(rows))
    lower = np.select(cases, [critical, -one, -critical, zero, -critical, -critical, zero, -one],
                      np.nan)  # fmt: skip
    upper = np.select(cases, [one, -critical, critical, critical, zero, critical, one, zero],
                      np.nan)  # fmt: skip
    known = np.select(
        [beyond | within, half, ~sized & signed],
        np.array(["interval", "direction", "sign"], dtype=object), "nothing",
    )  # fmt: skip
    path = [
        _say(*values)
        for values in zip(direction, stated, signed, n, level, critical, strict=True)
    ]  # fmt: skip
    return pd.DataFrame(
        {"known": known, "lower": lower + 0.0, "upper": upper + 0.0, "outside": outside,
         "path": path},
        index=rows.index,
    )  # fmt: skip


def tell_signs(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the sign of rows that enter no pool (see `tiers.convert`)."""
    signed, direction = rows["sign"].notna(), rows["direction_analysed"].astype(object)
    known = np.where(signed, "sign", "nothing").astype(object)
    path = (direction + " as stated").where(signed, "")
    return pd.DataFrame({"known": known, "path": path}, index=rows.index)


def _levels(rows: pd.DataFrame) -> np.ndarray:
    """Return the level each significance was judged at: as printed, else .05.

    "p > .10, not significant" says more than "not significant": the range is that of .10.
    """
    level = rows["level"].fillna(LEVEL).to_numpy(float)
    above = (rows["p_relation"] == ">") & (rows["significance"] == "not_significant")
    return np.where(above, np.fmax(level, rows["p_value"].to_numpy(float)), level)


def _say(
    direction: str, stated: str, signed: bool, n: float, level: float, critical: float
) -> str:  # fmt: skip
    if not np.isfinite(n):
        return f"{direction} as stated, no usable n"
    at = f"{level:g} two-sided, n = {n:g}, critical r = {critical:.3f} from t(n - 2)"
    if stated == "significant" and signed:
        return f"significantly {direction} at {at}"
    if stated == "significant" and direction == "mixed":
        return "significant with mixed signs: no range for one correlation"
    if stated == "significant":
        return f"significant at {at}, sign untold"
    if stated == "not_significant":
        return f"not significant at {at}" + (f", {direction}" if signed else "")
    if signed:
        return f"{direction}, significance not stated, n = {n:g}"
    return f"{direction}, significance not stated: nothing is known of the size"
