"""Change of attachment through therapy as standardised mean changes, where a size is printed."""

from __future__ import annotations

import numpy as np
import pandas as pd

from metaworkbook.evidence import conversions

# Correlation of before and after, which hardly any report prints: the middle one is the main
# assumption, the others are variants.
PRE_POST = (0.3, 0.5, 0.7)


def measure_change(rows: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return the standardised mean change of every paired row that prints its size.

    Parameters
    ----------
    rows : DataFrame
        Rows of `selection.describe_effects`.

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
