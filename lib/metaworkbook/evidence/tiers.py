"""What each row is worth: its tier by rule, and what it tells about its correlation.

The contrast decides first, the statistic second: a t may be paired, an F may be omnibus.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from metaworkbook.evidence import bounds, coefficients
from metaworkbook.results.reasons import TIERS

# n counts independent units only where it counts one of these.
UNITS = ("persons", "dyads", "couples", "therapists")
SIGNS = {"negative": -1.0, "positive": 1.0}


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
    rows = _prepare(effects)
    told = _assign_tiers(rows)
    told = told.assign(
        known="nothing", ri=np.nan, zi=np.nan, vi=np.nan, lower=np.nan, upper=np.nan,
        outside=False, ni=rows["usable_n"], path="",
    )  # fmt: skip
    text = ["tier", "tier_reason", "known", "path"]
    told[text] = told[text].astype(object)  # pandas checks each assignment to text otherwise
    for tiers, tell in (
        ("A", coefficients.tell_bivariate),
        ("B", coefficients.tell_groups),
        ("CDE", bounds.tell_ranges),
        ("FP", bounds.tell_signs),
    ):
        asked = told["tier"].isin(list(tiers))
        if asked.any():
            said = tell(rows[asked])
            told.loc[asked, list(said.columns)] = said
    told.index = effects.index
    told.insert(0, "effect_id", effects["effect_id"])
    return told


def _prepare(effects: pd.DataFrame) -> pd.DataFrame:
    """Return the rows numbered from 0, with usable n, polarity and sign under the polarity."""
    rows = effects.reset_index(drop=True)
    counts = rows["n_unit"].isin(UNITS) & (rows["n"] >= 4)
    turned = (rows["x_scored_as"] == "reversed") != (rows["y_scored_as"] == "reversed")
    return rows.assign(
        usable_n=rows["n"].where(counts).astype(float),
        polarity=np.where(turned, -1.0, 1.0),
        sign=rows["direction_analysed"].map(SIGNS).astype(float),
    )


def _assign_tiers(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the tier of each effect and the reason for it; the rules stand in `TIERS`."""
    contrast = rows["contrast"]
    sized = rows["usable_n"].notna()
    plain = contrast == "bivariate"
    exact = plain & sized
    exact[exact] = coefficients.correlate(rows[exact])["ri"].notna()
    convertible = coefficients.have_groups(rows)
    stated = rows["significance"] != "not_stated"
    alone = "contrast " + contrast + ": "
    rules = [
        (contrast.isin(("descriptive", "paired")), "P", alone + TIERS["P"]),
        (contrast.isin(("interaction", "indirect", "omnibus")), "F",
         alone + "another estimand than a correlation"),
        (contrast.isin(("adjusted", "unclear")), "E",
         alone + "not a zero-order association for sure"),
        ((contrast == "groups") & convertible, "B", TIERS["B"]),
        (contrast == "groups", "F",
         "groups compared, and sizes or statistic do not allow a correlation"),
        (exact, "A", TIERS["A"]),
        (stated & sized, "C", TIERS["C"]),
    ]  # fmt: skip
    masks = [mask.to_numpy(bool) for mask, _, _ in rules]
    reasons = [np.broadcast_to(np.asarray(words, dtype=object), len(rows)) for _, _, words in rules]
    return pd.DataFrame({
        "tier": np.select(masks, [tier for _, tier, _ in rules], "D"),
        "tier_reason": np.select(masks, reasons, TIERS["D"]),
    })  # fmt: skip
