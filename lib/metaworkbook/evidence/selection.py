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
# What decides on a row and is told of it.
TOLD = (
    "effect_id", "duplicate_of", "hold_back", "set_apart", "y_rater", "phase", "measure_family",
    "tier", "tier_reason", "known", "path",
)  # fmt: skip


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
        told = {name: self.rows[name].to_numpy(float) for name in ("lower", "upper", "ni", "vi")}
        groups = self.rows["tier"].to_numpy(object) == "B"
        return {
            "lower": told["lower"],
            "upper": told["upper"],
            "ni": np.where(groups, 3 + 1 / np.where(groups, told["vi"], 1.0), told["ni"]),
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
    rows = sort_rows(rows, _is_about(ledger, rows, x, y))
    told = {name: rows[name].to_numpy(object) for name in TOLD}
    reasons = np.full((len(rows), 2), "", dtype=object)

    def leave_out(mask: np.ndarray, text: str | np.ndarray, detail: str | np.ndarray = "") -> None:
        now = mask.astype(bool) & (reasons[:, 0] == "")
        for column, words in enumerate((text, detail)):
            reasons[now, column] = words if isinstance(words, str) else words[now]

    def in_words(column: str) -> np.ndarray:
        return np.array([(word or "not told").replace("_", " ") for word in told[column]], object)

    leave_out(told["duplicate_of"] != "", REASONS["duplicate"], told["duplicate_of"])
    leave_out(told["hold_back"] != "", REASONS["held"], told["hold_back"])
    if drop:
        leave_out(np.isin(told["effect_id"].astype(str), drop), REASONS["dropped"])
    if population == "adults":
        leave_out(told["set_apart"] != "", REASONS["set_apart"], in_words("set_apart"))
    for column, wanted, reason in (
        ("y_rater", rater, "rater"),
        ("phase", phase, "phase"),
        ("measure_family", measure_family, "measure"),
    ):
        if wanted != "any":
            leave_out(told[column] != wanted, REASONS[reason], in_words(column))
    low = ~np.isin(told["tier"].astype(str), tiers.split())
    leave_out(low, "tier " + told["tier"] + ": " + told["tier_reason"])
    leave_out(told["known"] == "sign", REASONS["no_n"])
    unconverted = np.where(told["path"] != "", told["path"], told["tier_reason"])
    leave_out(told["known"] == "nothing", REASONS["nothing"], unconverted)
    out = reasons[:, 0] != ""
    left_out = rows[out].assign(
        reason_text=reasons[out, 0],
        reason_detail=reasons[out, 1],
        reason=[text.format(detail=detail) for text, detail in reasons[out]],
    )
    return Selection(rows[~out], left_out)


def sort_rows(rows: pd.DataFrame, kept: np.ndarray | slice = slice(None)) -> pd.DataFrame:
    """Return the rows ``kept`` in the order of year and id, those without a year last."""
    places = np.arange(len(rows))[kept]
    ids = rows["effect_id"].to_numpy(object)[places].astype(str)
    return rows.iloc[places[np.lexsort((ids, rows["year"].to_numpy(float)[places]))]]


def _is_about(ledger: Ledger, rows: pd.DataFrame, x: str, y: str) -> np.ndarray:
    sides = (("x", x), ("y", y))
    masks = [rows[side].isin(resolve_constructs(ledger, asked)) for side, asked in sides]
    return masks[0].to_numpy() & masks[1].to_numpy()


def select_signs(selection: Selection) -> Selection:
    """Return the selection widened by rows that can vote on direction, or be untold in a vote.

    A vote needs no n. A sample that tells no direction counts among the untold, so that a split
    of those that do is not taken for all: `REASONS_TO_VOTE` come back in, nothing else does.
    """
    back = selection.left_out["reason_text"].isin(REASONS_TO_VOTE)
    rows = pd.concat([selection.rows, selection.left_out.loc[back, selection.rows.columns]])
    return Selection(sort_rows(rows), selection.left_out[~back])


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


# Statistics of published estimates that turn with the polarity of a construct.
SIGNED = ("r", "d", "g", "b", "beta")
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
    ``r``, ``r_low`` and ``r_high`` are the same as correlations, NaN for other statistics: a d or g
    becomes d / sqrt(d^2 + 4), that of two groups of equal size (Borenstein and others 2009, eq.
    7.5).
    Where a review has several rows of one ``subgroup``, it says also what of them differs.
    """
    reviews = ledger.tables["reviews"]
    about = _is_about(ledger, reviews, x, y)
    for column in ("superseded_by", "hold_back"):
        about &= reviews[column].to_numpy(object) == ""
    places = np.flatnonzero(about)
    ids = reviews["review_id"].to_numpy(object)[places].astype(str)
    rows = reviews.iloc[places[np.lexsort((ids, -reviews["year"].to_numpy(float)[places]))]]
    told = {name: rows[name].to_numpy() for name in ("estimate", "ci_low", "ci_high")}
    scored = [rows[f"{side}_scored_as"].to_numpy(object) == "reversed" for side in "xy"]
    signed = np.isin(rows["statistic"].to_numpy(object).astype(str), SIGNED)
    sign = np.where(signed & (scored[0] != scored[1]), -1.0, 1.0)
    ends = [sign * told["ci_low"], sign * told["ci_high"]]
    turned = {
        "estimate": sign * told["estimate"], "ci_low": np.fmin(*ends), "ci_high": np.fmax(*ends),
    }  # fmt: skip
    statistic = rows["statistic"].to_numpy(object).astype(str)
    for r, name in (("r", "estimate"), ("r_low", "ci_low"), ("r_high", "ci_high")):
        value = turned[name]
        converted = np.where(np.isin(statistic, ("d", "g")), value / np.sqrt(value**2 + 4), np.nan)
        turned[r] = np.where(statistic == "r", value, converted)
    return _tell_apart(rows).assign(**turned)


def _tell_apart(reviews: pd.DataFrame) -> pd.DataFrame:
    """Return published rows, the parts of a review that read the same told apart as written."""
    for column in ("y_as_written", "x_as_written"):
        same = reviews.groupby(["meta_id", "x", "subgroup"])[column]
        words = reviews[column].str.removeprefix("other:").str.replace("_", " ")
        fuller = (reviews["subgroup"] + ", " + words).str.removeprefix(", ")
        part = reviews["subgroup"].where(same.transform("nunique") == 1, fuller)
        reviews = reviews.assign(subgroup=part)
    return reviews
