"""Rules of reviews: published estimates, their errors and heterogeneity, and moderator tests."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from metaworkbook.evidence.breaches import Breach
from metaworkbook.evidence.row_rules import (
    check_polarity,
    check_ranges,
    check_relation,
    sign_against_direction,
    signed_value,
)
from metaworkbook.evidence.significance_rules import ROUNDING, half_unit, misses, span

#: Points by which a printed I2 may differ from that of Q and its df.
I2_ROUNDING = 1
#: Nobody calls this significant.
LARGEST_P = 0.1
#: Studies that are assumed where k is not told: intervals of few are wide.
FEW = 3

# One rule, one block: what is broken, where it shows, what is allowed, what to do.
# fmt: off


def check_reviews(r: pd.DataFrame) -> Iterator[Breach]:
    """Yield where the numbers of a published estimate do not fit together."""
    quiet = _is_quiet(r)
    yield from check_polarity(r)
    yield from check_relation(r)
    yield from check_ranges(r, "estimate", quiet)
    yield sign_against_direction(
        r, signed_value(r, "estimate"), "the sign of the printed number"
    )
    yield Breach(
        r["n_total"].notna() != (r["n_relation"] != ""), "n_relation",
        "=, <, > or ~ with every n_total", "Enter both or neither.",
    )
    yield Breach(
        (r["statistic"] == "direction_only") & r["estimate"].notna(), "estimate", "blank",
        "A row with a number names its statistic.",
    )
    yield Breach(
        quiet & (r["k"] > r["n_total"]), "k", "at most n_total",
        "Correct k or n_total, or describe them under interval_note.",
    )
    yield Breach(
        (r["ci_level"] <= 0.5) | (r["ci_level"] >= 1), "ci_level", "above 0.5 and below 1",
        "Enter the confidence, as .90; leave .95 blank.",
    )
    yield Breach(
        (r["x"] == r["y"]) & (r["rater"] != "mixed") & (r["oddity"] == ""), "y",
        "another construct than x",
        "Correct one; where two raters of it are compared the rater is mixed.",
    )


def check_heterogeneity(r: pd.DataFrame) -> Iterator[Breach]:
    """Yield where Q, its df, I2 and k do not fit together."""
    quiet = _is_quiet(r)
    yield Breach(
        quiet & (r["Q_df"] >= r["k"]), "Q_df", "below k",
        "Correct k or the df of Q, or describe them under oddity.",
    )
    yield Breach(
        quiet & (r["I2"] > 0) & (r["I2"] < 1), "I2", "0, or 1 to 100",
        "Enter percent and not a share, or describe it under oddity.",
    )
    given = 100 * ((r["Q"] - r["Q_df"]) / r["Q"].where(r["Q"] > 0)).clip(lower=0)
    yield Breach(
        quiet & ((r["I2"] - given).abs() > I2_ROUNDING) & ((r["I2"] >= 1) | (r["I2"] == 0)), "I2",
        given.map("{:.1f} from Q and Q_df".format),
        "Correct one of them, or say under oddity that it was made from tau2.",
    )


def check_errors(r: pd.DataFrame) -> Iterator[Breach]:
    """Yield where standard error, interval and p of an estimate do not follow from each other.

    Rounding, the scales of r and Fisher z, and quantiles from the normal one to that of t(k - 1)
    are all allowed for.
    """
    from scipy.special import ndtr, ndtri, stdtr, stdtrit

    judged = (_is_quiet(r) & r["statistic"].isin(("r", "d", "g", "b", "beta"))).to_numpy()
    names = ("estimate", "se", "ci_low", "ci_high")
    estimate, se, low, high = (r[name].where(judged).to_numpy(float) for name in names)
    as_r = (r["statistic"] == "r").to_numpy()
    df = np.maximum(r["k"].fillna(FEW).to_numpy(float) - 1, 1)
    unit = half_unit(se, 2)
    level = r["ci_level"].fillna(0.95)
    # Another level is another rule's.
    tail = (1 + level.where((level > 0.5) & (level < 1)).to_numpy(float)) / 2
    half, wide = (high - low) / 2, (_widen(high, as_r) - _widen(low, as_r)) / 2
    least, most = (half - ROUNDING) / stdtrit(df, tail), (wide + ROUNDING) / ndtri(tail)
    wrong = (se + unit < least) | (se - unit > most)
    yield Breach(
        wrong, "se", span(wrong, least, most, ".3g", "the interval"),
        "Check standard error and interval, or describe them under interval_note.",
    )
    size, digits = np.abs(estimate), half_unit(estimate, 2)
    near = np.maximum(size - digits, 0) / (se + unit)
    far = _widen(size + digits, as_r) / np.where(se > unit, se - unit, np.nan)
    least, most = 2 * ndtr(-far), 2 * stdtr(df, -near)
    p = r["p_value"].to_numpy(float)
    wrong = misses(p, r["p_relation"].to_numpy(object), least, most)
    yield Breach(
        wrong, "p_value", span(wrong, least, most, ".3g", "the estimate and its standard error"),
        "Check the three of them, or describe them under oddity.",
    )


def _is_quiet(r: pd.DataFrame) -> pd.Series:
    return (r["oddity"] == "") & (r["interval_note"] == "")


def _widen(values: np.ndarray, as_r: np.ndarray) -> np.ndarray:
    """Return correlations as Fisher z, other numbers as they are."""
    return np.where(as_r, np.arctanh(np.clip(values, -1 + 1e-12, 1 - 1e-12)), values)


def check_reviewed(r: pd.DataFrame) -> Iterator[Breach]:
    """Yield where the rows of one review disagree on what it is, or two reviews have one DOI."""
    first = r.drop_duplicates("meta_id").set_index("meta_id")
    for column in ("citation", "year", "doi"):
        told = r["meta_id"].map(first[column])
        words = [_say(value) + ", as in its first row" for value in told]
        yield Breach(
            (r[column] != told) & (r[column].notna() | told.notna()), column,
            np.array(words, dtype=object),
            "Make all rows of one meta_id agree, or correct the meta_id.",
        )
    doi, owners = r["doi"].str.lower(), {}
    for name, review in zip(doi, r["meta_id"], strict=True):
        owners.setdefault(name, review)
    owner = np.array([owners[name] for name in doi], dtype=object)
    yield Breach(
        (doi != "") & (owner != r["meta_id"]), "doi", "another than that of " + owner,
        "Correct it, or give all rows of one review the same meta_id.",
    )


def _say(value: str | float) -> str:
    return value or "blank" if isinstance(value, str) else f"{value:g}".replace("nan", "blank")


def check_superseded(
    r: pd.DataFrame, everyone: pd.DataFrame, constructs: pd.DataFrame
) -> Iterator[Breach]:
    """Yield where a review is superseded by an unknown one, itself, or one that asks otherwise."""
    newer = dict(zip(everyone["review_id"], everyone["superseded_by"], strict=True))
    last = r["review_id"].map(lambda review: _end(review, newer))
    yield Breach(
        last == "", "superseded_by",
        "a review_id of this table that this row does not supersede in turn", "Correct the id.",
    )
    printed = set(everyone.loc[everyone["estimate"].notna(), "review_id"])
    yield Breach(
        (last != "") & r["estimate"].notna() & ~last.isin(printed), "superseded_by",
        "a review that prints an estimate, since this one does",
        "Leave it blank, or no page shows the only number there is.",
    )
    family = dict(zip(constructs["construct"], constructs["family"], strict=True))
    asked = {
        review: (family[x], family[y])
        for review, x, y in zip(everyone["review_id"], everyone["x"], everyone["y"], strict=True)
        if x in family and y in family
    }
    mine, next_one = r["review_id"].map(asked), r["superseded_by"].map(asked)
    yield Breach(
        mine.notna() & next_one.notna() & (mine != next_one), "superseded_by",
        "a review whose x and y are of the same families as here",
        "Name a newer review of the same question, or correct x or y.",
    )


def _end(review: str, newer: dict[str, str]) -> str:
    """Return the review at the end of the chain, blank where it has no end."""
    seen = [review]
    while review := newer.get(review, ""):
        if review in seen or review not in newer:
            return ""
        seen.append(review)
    return seen[-1]


def check_raw(r: pd.DataFrame, everyone: pd.DataFrame, studies: pd.DataFrame) -> Iterator[Breach]:
    """Yield where a first-recorded row is one of no study and no review."""
    known = {*studies["study_id"], *everyone["meta_id"]}
    strange = [
        any(raw.rpartition("-")[0] not in known for raw in words.split())
        for words in r["raw_effect_ids"]
    ]
    yield Breach(
        np.array(strange, dtype=bool), "raw_effect_ids", "ids of a study or review of this ledger",
        "Correct the id.",
    )


def check_moderators(m: pd.DataFrame) -> Iterator[Breach]:
    """Yield where Q, its df, p and the result of a moderator test do not fit together."""
    from scipy.special import chdtrc

    yield from check_relation(m)
    yield Breach(m["q"] < 0, "q", "at least 0", "Q is never negative: correct it.")
    yield Breach(m["df"] <= 0, "df", "above 0", "Enter the degrees of freedom as printed.")
    q, df = (m[name].where((m["q"] >= 0) & (m["df"] > 0)).to_numpy(float) for name in ("q", "df"))
    unit, p = half_unit(q, 1), m["p_value"].to_numpy(float)
    least, most = chdtrc(df, q + unit), chdtrc(df, np.maximum(q - unit, 0))
    wrong = misses(p, m["p_relation"].to_numpy(object), least, most)
    yield Breach(
        wrong, "p_value", span(wrong, least, most, ".3g", "q and df"),
        "Correct one of them; leave q blank where the test is no Q.",
    )
    large = m["p_relation"].isin(("=", ">")) & (p >= LARGEST_P)
    large &= (p > LARGEST_P) | (m["p_relation"] == ">")
    yield Breach(
        large & (m["result_kind"] == "significant"), "result_kind", "not_significant",
        "p is above .10: correct one of them.",
    )


def check_moderated(
    moderators: pd.DataFrame, reviews: pd.DataFrame, leftovers: pd.DataFrame
) -> Iterator[Breach]:
    """Yield where a moderator test belongs to a review that is nowhere."""
    left = leftovers.loc[leftovers["raw_table"] == "reviews", "raw_id"].str.rsplit("-", n=1).str[0]
    yield Breach(
        ~moderators["meta_id"].isin({*reviews["meta_id"], *left}), "meta_id",
        "a meta_id of effects/reviews.csv, or of a review in effects/leftovers.csv",
        "Correct it, or add the review.",
    )
