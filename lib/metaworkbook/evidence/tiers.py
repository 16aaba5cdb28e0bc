"""What each row is worth: its tier by rule, and what it tells about its correlation.

The contrast decides first, the statistic second: a t may be paired, an F may be omnibus.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from metaworkbook.evidence import conversions

TIERS = {
    "A": "a zero-order correlation, or an exact signed p, with n",
    "B": "two groups of one dimension with both sizes",
    "C": "direction or significance of a plain association, with n",
    "D": "the direction of a plain association alone",
    "E": "adjusted for other predictors, or the contrast is unclear",
    "F": "groups without sizes, an interaction, an indirect effect or an omnibus test",
    "P": "a share of a class, or a change within the same people",
}
# n counts independent units only where it counts one of these.
UNITS = ("persons", "dyads", "couples", "therapists")
COLUMNS = (
    "tier", "tier_reason", "known", "ri", "zi", "vi", "lower", "upper", "outside", "ni", "path",
)  # fmt: skip


def convert(effects: pd.DataFrame) -> pd.DataFrame:
    """Return what each effect tells about its correlation, in the order given.

    Parameters
    ----------
    effects : DataFrame
        Rows of the ledger's table ``effects``.

    Returns
    -------
    DataFrame
        Indexed like ``effects``, with ``effect_id`` and

        - ``tier`` (A to F, P) and ``tier_reason``;
        - ``known``: "exact" (a coefficient), "interval" (significance with n), "direction"
          (a sign with n), "sign" (a sign without n: direction plot only) or "nothing";
        - ``ri``, ``zi``, ``vi``: correlation, Fisher z and variance of z where exact, else NaN;
        - ``lower``, ``upper``, ``outside``, ``ni``: what `models.censored.pool_censored` takes, on
          the scale of r, NaN where nothing is known or n is missing;
        - ``path``: statistic, formula, source and assumptions in words.

        Signs are those under the polarity of the constructs.
    """
    records = [_convert_row(row) for row in effects.to_dict("records")]
    table = pd.DataFrame(records, columns=list(COLUMNS), index=effects.index)
    table.insert(0, "effect_id", effects["effect_id"])
    table["outside"] = table["outside"].astype(bool)
    return table


def _convert_row(row: dict) -> dict:
    tier, reason = assign_tier(row)
    told = {
        "tier": tier, "tier_reason": reason, "known": "nothing", "ri": np.nan, "zi": np.nan,
        "vi": np.nan, "lower": np.nan, "upper": np.nan, "outside": False,
        "ni": _usable_n(row), "path": "",
    }  # fmt: skip
    if tier == "A":
        r, path = _exact_r(row)
        z = conversions.fisher_z(r, row["n"])
        told |= _exact(r, z, path + "; z = artanh(r), v = 1/(n - 3) (Fisher 1921)")
    elif tier == "B":
        told |= _group_r(row)
    elif tier in "CDE":
        told |= _bounds(row)
    elif row["direction_analysed"] in ("negative", "positive"):
        told |= {"known": "sign", "path": f"{row['direction_analysed']} as stated"}
    return told


def assign_tier(row: dict) -> tuple[str, str]:
    """Return the tier of one effect and the reason for it; the rules stand in `TIERS`."""
    contrast = row["contrast"]
    if contrast in ("descriptive", "paired"):
        return "P", f"contrast {contrast}: {TIERS['P']}"
    if contrast in ("interaction", "indirect", "omnibus"):
        return "F", f"contrast {contrast}: another estimand than a correlation"
    if contrast in ("adjusted", "unclear"):
        return "E", f"contrast {contrast}: not a zero-order association for sure"
    if contrast == "groups":
        if _groups_convert(row):
            return "B", TIERS["B"]
        return "F", "groups compared, and sizes or statistic do not allow a correlation"
    if np.isfinite(_usable_n(row)) and _exact_r(row) is not None:
        return "A", TIERS["A"]
    if row["significance"] != "not_stated" and np.isfinite(_usable_n(row)):
        return "C", TIERS["C"]
    return "D", TIERS["D"]


def _usable_n(row: dict) -> float:
    n = row["n"]
    return float(n) if row["n_unit"] in UNITS and n == n and n >= 4 else np.nan


def _polarity(row: dict) -> float:
    return -1.0 if (row["x_scored_as"] == "reversed") != (row["y_scored_as"] == "reversed") else 1.0


def _stated_sign(row: dict) -> float:
    return {"negative": -1.0, "positive": 1.0}.get(row["direction_analysed"], np.nan)


def _exact_r(row: dict) -> tuple[float, str] | None:
    """Return the correlation of a bivariate row that carries one, with its path."""
    turn, sign = _polarity(row), _stated_sign(row)
    turned = ", turned by polarity" if turn < 0 else ""
    value, n = row["value"], row["n"]
    has_value = value == value
    if row["statistic"] == "r" and has_value:
        return turn * value, f"r = {value:g} as printed{turned}"
    if row["statistic"] == "t" and has_value and sign == sign:
        size = abs(float(conversions.r_from_t(value, n - 2)))
        return sign * size, f"t = {value:g}, df = n - 2: r = t / sqrt(t^2 + df) (Cohen 1965)"
    if row["statistic"] == "F" and has_value and row["df1"] == 1 and sign == sign:
        df = row["df2"] if row["df2"] == row["df2"] else n - 2
        r = float(conversions.r_from_f(value, df, sign))
        return r, f"F(1, {df:g}) = {value:g}, sign from the text: r = sqrt(F / (F + df))"
    if row["p_relation"] == "=" and 0 < row["p_value"] <= 1 and sign == sign:
        r = float(conversions.r_from_p(row["p_value"], n, sign))
        return (
            r,
            f"p = {row['p_value']:g} two-sided, n = {n:g}, sign from the text: r from t(n - 2)",
        )
    return None


def _groups_convert(row: dict) -> bool:
    sized = row["n1"] >= 2 and row["n2"] >= 2
    if not sized or row["natural_classes"] == "":
        return False
    signed = row["direction_analysed"] in ("negative", "positive")
    if row["statistic"] == "means":
        return (
            row["sd1"] > 0
            and row["sd2"] > 0
            and row["mean1"] - row["mean2"] == row["mean1"] - row["mean2"]
        )
    if row["statistic"] == "F" and row["df1"] != 1:
        return False
    return row["statistic"] in ("t", "F", "d") and row["value"] == row["value"] and signed


def _group_r(row: dict) -> dict:
    n1, n2, sign = row["n1"], row["n2"], _stated_sign(row)
    if row["statistic"] == "means":
        r = conversions.r_from_means(row["mean1"], row["sd1"], n1, row["mean2"], row["sd2"], n2)
        value, variance = _polarity(row) * float(r.yi), float(r.vi)
        path = "means and SDs of two groups"
    else:
        size = abs(row["value"]) if row["statistic"] != "F" else np.sqrt(row["value"])
        d = size if row["statistic"] == "d" else size * np.sqrt(1 / n1 + 1 / n2)
        r = conversions.r_from_d(sign * d, n1, n2)
        value, variance = float(r.yi), float(r.vi)
        path = f"{row['statistic']} = {row['value']:g} of two groups, sign from the text"
    path += "; point-biserial r (Tate 1954)"
    if row["natural_classes"] == "no":
        cut = conversions.biserial(value, n1, n2)
        value, variance = float(cut.yi), float(cut.vi)
        path += "; groups cut from a dimension: biserial r with its own variance (Jacobs and Viechtbauer 2017)"
    if abs(value) >= 1:
        return {"known": "nothing", "path": path + "; |r| >= 1, so it has no z"}
    z = conversions.z_from_r(value, variance)
    return _exact(value, z, path + "; z by the delta method", n=n1 + n2)


def _exact(r: float, z: conversions.EffectSize, path: str, **more: float) -> dict:
    told = {
        "known": "exact", "ri": float(r), "zi": float(z.yi), "vi": float(z.vi),
        "lower": float(r), "upper": float(r), "path": path,
    }  # fmt: skip
    return told | ({"ni": float(more["n"])} if more else {})


def _bounds(row: dict) -> dict:
    """Return what significance, direction and n say of r: a range, never a value."""
    n, direction = _usable_n(row), row["direction_analysed"]
    signed = direction in ("negative", "positive")
    if not np.isfinite(n):
        return {
            "known": "sign" if signed else "nothing",
            "path": f"{direction} as stated, no usable n",
        }
    stated = row["significance"]
    level = row["level"] if row["level"] == row["level"] else 0.05
    if row["p_relation"] == ">" and stated == "not_significant":
        level = max(level, row["p_value"])
    critical = float(conversions.critical_r(n, level))
    at = f"{level:g} two-sided, n = {n:g}, critical r = {critical:.3f} from t(n - 2)"
    if stated == "significant":
        if signed:
            low, high = (critical, 1.0) if direction == "positive" else (-1.0, -critical)
            return _range(low, high, "interval", f"significantly {direction} at {at}")
        if direction == "mixed":
            return {"path": "significant with mixed signs: no range for one correlation"}
        return _range(
            -critical, critical, "interval", f"significant at {at}, sign untold", outside=True
        )
    if stated == "not_significant":
        low, high = {"positive": (0.0, critical), "negative": (-critical, 0.0)}.get(
            direction, (-critical, critical)
        )
        return _range(
            low, high, "interval", f"not significant at {at}" + (f", {direction}" if signed else "")
        )
    if signed:
        low, high = (0.0, 1.0) if direction == "positive" else (-1.0, 0.0)
        return _range(low, high, "direction", f"{direction}, significance not stated, n = {n:g}")
    return {"path": f"{direction}, significance not stated: nothing is known of the size"}


def _range(low: float, high: float, known: str, path: str, outside: bool = False) -> dict:
    return {"known": known, "lower": low, "upper": high, "outside": outside, "path": path}
