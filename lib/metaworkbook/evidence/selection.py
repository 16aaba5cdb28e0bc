"""Which rows answer a question, and why each other row about it does not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from metaworkbook.evidence.descriptions import describe_effects
from metaworkbook.evidence.ledger import Ledger
from metaworkbook.evidence.parameters import check_parameters, resolve_constructs
from metaworkbook.results.reasons import REASONS

COEFFICIENTS = ("A",)
MAIN = ("A", "C", "D")
#: Rows left out of a pool for these reasons still count in a sign test.
REASONS_TO_VOTE = (REASONS["no_n"], REASONS["nothing"])


@dataclass(frozen=True)
class Selection:
    """The rows of one question.

    ``rows`` enter; ``left_out`` are about the same x and y and do not, each with its ``reason``,
    which is ``reason_text`` with ``reason_detail`` put in.
    Both hold the columns of ``effects``, those of `tiers.convert`, and the study's ``citation``,
    ``doi``, ``year`` and ``cited_in_thesis``. Rows stand in the order of year and id.
    """

    rows: pd.DataFrame
    left_out: pd.DataFrame

    def bounds(self) -> dict[str, np.ndarray]:
        """Return what `models.censored.pool_censored` takes of the rows that enter.

        The model's variance is 1/(n - 3). Two groups have another: their ``ni`` is the number of
        persons whose z would vary as much.
        """
        ni = self.rows["ni"].where(self.rows["tier"] != "B", 3 + 1 / self.rows["vi"])
        return {
            "lower": self.rows["lower"].to_numpy(float),
            "upper": self.rows["upper"].to_numpy(float),
            "ni": ni.to_numpy(float),
            "outside": self.rows["outside"].to_numpy(bool),
            "cluster": self.rows["sample_id"].to_numpy(object),
        }

    def exact(self) -> dict[str, np.ndarray]:
        """Return yi (Fisher z), vi and cluster of the rows that carry a coefficient."""
        rows = self.rows[self.rows["known"] == "exact"]
        return {
            "yi": rows["zi"].to_numpy(float),
            "vi": rows["vi"].to_numpy(float),
            "cluster": rows["sample_id"].to_numpy(object),
        }

    def signs(self) -> dict[str, np.ndarray]:
        """Return the direction (-1, 1, or NaN where none is told) and sample of every row."""
        sign = self.rows["direction_analysed"].map({"negative": -1.0, "positive": 1.0})
        return {
            "signs": sign.to_numpy(float),
            "cluster": self.rows["sample_id"].to_numpy(object),
        }


def select(
    ledger: Ledger,
    x: str,
    y: str,
    rater: str = "any",
    phase: str = "any",
    measure_family: str = "any",
    population: str = "adults",
    tiers: str = " ".join(MAIN),
    drop: tuple[str, ...] = (),
    described: pd.DataFrame | None = None,
) -> Selection:
    """Return the rows that answer a question, and a reason for every other row about it.

    Parameters
    ----------
    ledger : Ledger
        The validated ledger.
    x, y : str
        Constructs or families, separated by spaces.
    rater, phase, measure_family : str
        "any", or the value that a row must have.
    population : str
        "adults": adults in individual psychotherapy; "all": samples set apart as well.
    tiers : str
        Tiers that may enter, separated by spaces.
    drop : tuple of str
        Effect ids to leave out by hand, for sensitivity runs.
    described : DataFrame, optional
        `describe_effects` of this ledger, where many questions are asked of it.

    Raises
    ------
    ProblemsError
        If a parameter has a value that is not allowed.
    """
    check_parameters(
        ledger, x=x, y=y, rater=rater, phase=phase, measure_family=measure_family,
        population=population, tiers=tiers,
    )  # fmt: skip
    rows = describe_effects(ledger) if described is None else described
    about = rows["x"].isin(resolve_constructs(ledger, x))
    about &= rows["y"].isin(resolve_constructs(ledger, y))
    rows = rows[about].sort_values(["year", "effect_id"], kind="stable")
    reasons = np.full((len(rows), 2), "", dtype=object)

    def leave_out(mask: pd.Series, *words: str | pd.Series) -> None:
        open_rows = mask.to_numpy(bool) & (reasons[:, 0] == "")
        for column, told in enumerate(words):
            reasons[open_rows, column] = told if isinstance(told, str) else told[open_rows]

    def in_words(column: str) -> pd.Series:
        return rows[column].where(rows[column] != "", "not told").str.replace("_", " ")

    leave_out(rows["duplicate_of"] != "", REASONS["duplicate"], rows["duplicate_of"])
    leave_out(rows["hold_back"] != "", REASONS["held"], rows["hold_back"])
    leave_out(rows["effect_id"].isin(drop), REASONS["dropped"])
    if population == "adults":
        leave_out(rows["set_apart"] != "", REASONS["set_apart"], in_words("set_apart"))
    for column, wanted, reason in (
        ("y_rater", rater, "rater"),
        ("phase", phase, "phase"),
        ("measure_family", measure_family, "measure"),
    ):
        if wanted != "any":
            leave_out(rows[column] != wanted, REASONS[reason], in_words(column))
    leave_out(
        ~rows["tier"].isin(tiers.split()), "tier " + rows["tier"] + ": " + rows["tier_reason"]
    )
    leave_out(rows["known"] == "sign", REASONS["no_n"])
    leave_out(
        rows["known"] == "nothing",
        REASONS["nothing"],
        rows["path"].where(rows["path"] != "", rows["tier_reason"]),
    )
    out = reasons[:, 0] != ""
    left_out = rows[out].assign(
        reason_text=reasons[out, 0],
        reason_detail=reasons[out, 1],
        reason=[text.format(detail=detail) for text, detail in reasons[out]],
    )
    return Selection(rows[~out], left_out)


def select_signs(selection: Selection) -> Selection:
    """Return the selection widened by rows that can vote on direction, or be untold in a vote.

    A vote needs no n. A sample that tells no direction counts among the untold, so that a split
    of those that do is not taken for all: `REASONS_TO_VOTE` come back in, nothing else does.
    """
    back = selection.left_out["reason_text"].isin(REASONS_TO_VOTE)
    rows = pd.concat([selection.rows, selection.left_out.loc[back, selection.rows.columns]])
    return Selection(
        rows.sort_values(["year", "effect_id"], kind="stable"), selection.left_out[~back]
    )


def describe_all(selection: Selection) -> pd.DataFrame:
    """Return every row of a selection, those that enter first."""
    return pd.concat([selection.rows, selection.left_out[selection.rows.columns]])


def list_selected(selection: Selection) -> dict[str, list]:
    """Return the ids that entered, and each id left out with its reason, for the results file."""
    left_out = selection.left_out[["effect_id", "reason"]]
    return {
        "entered": selection.rows["effect_id"].tolist(),
        "left_out": left_out.to_dict("records"),
    }


def select_moderators(ledger: Ledger, reviews: pd.DataFrame) -> pd.DataFrame:
    """Return the moderator tests of the reviews given, each with the citation of its review."""
    moderators = ledger.tables["review_moderators"]
    citations = dict(zip(reviews["meta_id"], reviews["citation"], strict=True))
    found = moderators[moderators["meta_id"].isin(citations)]
    return found.assign(citation=found["meta_id"].map(citations))


VARIANTS = {
    "with groups of known size": {"tiers": "A B C D"},
    "with adjusted and unclear rows": {"tiers": "A C D E"},
    "with samples set apart": {"population": "all"},
    "with all of these": {"tiers": "A B C D E", "population": "all"},
}


def vary_selection(ledger: Ledger, **asked: str) -> dict[str, dict[str, np.ndarray]]:
    """Return the bounds (see `Selection.bounds`) of each named wider reading of a question.

    ``asked`` are arguments of `select`; each variant of `VARIANTS` changes tiers or population.
    """
    return {name: select(ledger, **(asked | change)).bounds() for name, change in VARIANTS.items()}


def select_reviews(ledger: Ledger, x: str, y: str) -> pd.DataFrame:
    """Return the published estimates and statements about x and y, the newest first.

    Rows that a newer review of the same question supersedes, and rows held back, are not among
    them; ``estimate``, ``ci_low`` and ``ci_high`` are turned to the polarity of the constructs.
    """
    reviews = ledger.tables["reviews"]
    about = reviews["x"].isin(resolve_constructs(ledger, x))
    about &= reviews["y"].isin(resolve_constructs(ledger, y))
    about &= (reviews["superseded_by"] == "") & (reviews["hold_back"] == "")
    rows = reviews[about].copy()
    turned = (rows["x_scored_as"] == "reversed") != (rows["y_scored_as"] == "reversed")
    low, high = rows[["ci_low", "ci_high"]].min(axis=1), rows[["ci_low", "ci_high"]].max(axis=1)
    signed = rows["statistic"].isin(("r", "d", "g", "b", "beta"))
    turned &= signed
    rows["estimate"] = rows["estimate"].where(~turned, -rows["estimate"])
    rows["ci_low"], rows["ci_high"] = low.where(~turned, -high), high.where(~turned, -low)
    return rows.sort_values(["year", "review_id"], ascending=[False, True], kind="stable")
