"""Published pooled estimates as arrays on the scale of Fisher z, for second-order pooling."""

from __future__ import annotations

import numpy as np
import pandas as pd

from metaworkbook.evidence.descriptions import describe_effects
from metaworkbook.evidence.ledger import Ledger
from metaworkbook.evidence.selection import Selection, select, select_reviews

# How published estimates are grouped: all of one predictor, then by each of these columns.
GROUPINGS = ("modality", "rater", "population")
RATERS = ("client", "therapist", "observer")


def select_published(
    ledger: Ledger, x: str, y: str, where: dict[str, tuple[str, ...]] | None = None
) -> pd.DataFrame:
    """Return the published correlations and mean differences about x and y that print a number.

    Superseded reviews and rows held back stay out (`selection.select_reviews`); ``where`` keeps
    rows of the given values of further columns, such as modality. One row a review and modality:
    a review's several raters or outcomes within a modality stand as several rows of one cluster.
    """
    rows = select_reviews(ledger, x, y)
    rows = rows[rows["r"].notna()]
    for column, allowed in (where or {}).items():
        rows = rows[rows[column].isin(allowed)]
    return rows


def review_arrays(rows: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return what `models.reviews` takes of published rows.

    Returns
    -------
    dict of ndarray
        ``estimate``, ``low``, ``high`` (Fisher z; NaN where not printed), ``se`` (as printed, taken
        as on the z scale), ``k`` and ``n`` (studies and persons, NaN where not printed),
        ``review`` (its row), ``cluster`` (the modality: reviews of one kind of therapy share
        studies).
    """
    columns = {
        name: np.arctanh(rows[column].to_numpy(float))
        for name, column in (("estimate", "r"), ("low", "r_low"), ("high", "r_high"))
    }
    exact = rows["n_relation"].isin(("", "=", "~", ">")).to_numpy()
    return columns | {
        "se": rows["se"].to_numpy(float),
        "k": rows["k"].to_numpy(float),
        "n": np.where(exact, rows["n_total"].to_numpy(float), np.nan),
        "review": rows["review_id"].to_numpy(object),
        "cluster": rows["modality"].where(rows["modality"] != "", "none").to_numpy(object),
    }


def group_published(rows: pd.DataFrame) -> dict[str, dict[str, np.ndarray]]:
    """Return the arrays of published estimates by predictor, and within it by each grouping.

    Keys read "alliance_total" and "alliance_total/modality/youth". Predictors are never mixed. A
    rater that is unclear or mixed makes no group.
    """
    groups = {}
    for x in dict.fromkeys(rows["x"]):
        about = rows[rows["x"] == x]
        groups[x] = review_arrays(about)
        for column in GROUPINGS:
            words = [word for word in dict.fromkeys(about[column]) if word]
            if column == "rater":
                words = [word for word in words if word in RATERS]
            if len(words) + (about[column] == "").any() < 2:
                continue
            for word in words:
                groups[f"{x}/{column}/{word}"] = review_arrays(about[about[column] == word])
    return groups


def match_published(ledger: Ledger, rows: pd.DataFrame) -> dict[str, Selection]:
    """Return our own rows on the question of each published estimate, by its id.

    The same x, a y of the same family, and the same rater and phase where the review names one.
    Estimates whose question no row of ours answers are not among the keys.
    """
    described = describe_effects(ledger)
    constructs = ledger.tables["constructs"].set_index("construct")["family"]
    found = {}
    for row in rows.to_dict("records"):
        asked = {"x": row["x"], "y": constructs[row["y"]]}
        if row["rater"] in RATERS:
            asked["rater"] = row["rater"]
        if row["phase"] not in ("", "unclear"):
            asked["phase"] = row["phase"]
        selection = select(ledger, described=described, **asked)
        if len(selection.rows):
            found[row["review_id"]] = selection
    return found


def bound_matched(matched: dict[str, Selection]) -> dict[str, dict[str, np.ndarray]]:
    """Return the bounds of the rows that `match_published` found, by published estimate."""
    return {review: selection.bounds() for review, selection in matched.items()}


def list_matched(matched: dict[str, Selection]) -> dict[str, list]:
    """Return the ids of all rows that `match_published` found; {} without any."""
    entered = dict.fromkeys(
        effect for selection in matched.values() for effect in selection.rows["effect_id"]
    )
    return {"entered": list(entered), "left_out": []} if entered else {}
