"""Which rows answer a question, and why each other row about it does not."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from metaworkbook.errors import Problem, ProblemsError
from metaworkbook.evidence.ledger import Ledger
from metaworkbook.evidence.tiers import TIERS, convert

STUDY_COLUMNS = (
    "citation", "full_reference", "doi", "year", "cited_in_thesis", "setting", "treatment_family",
)  # fmt: skip
DESCRIBED_FROM = ("effects", "studies", "samples", "second_coding")
# The last tables described and their description: every question of a page asks for it.
_LAST: list = []
POPULATIONS = ("adults", "all")
COEFFICIENTS = ("A",)
MAIN = ("A", "C", "D")
#: Parameters of a notebook whose values the evidence decides.
PARAMETERS = ("x", "y", "rater", "phase", "measure_family", "population", "tiers", "pairs")
REASONS = {
    "duplicate": "the same result as {detail}",
    "held": "held back: {detail}",
    "dropped": "left out by hand",
    "set_apart": "sample set apart: {detail}",
    "rater": "another rater: {detail}",
    "phase": "another phase: {detail}",
    "measure": "another kind of measure: {detail}",
    "no_n": "no usable n: direction plot only",
    "nothing": "nothing known of its size: {detail}",
}
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


def resolve_constructs(ledger: Ledger, name: str) -> tuple[str, ...]:
    """Return the constructs that ``name`` stands for: a family's members, or the construct itself.

    ``name`` may list several, separated by spaces. Raises ProblemsError for an unknown word.
    """
    table = ledger.tables["constructs"]
    constructs, families = (table[column].to_numpy(object) for column in ("construct", "family"))
    found: dict[str, None] = {}
    problems = []
    for word in name.split():
        members = constructs[families == word]
        if not members.size:
            members = constructs[constructs == word]
        if not members.size:
            problems.append(
                Problem(
                    "parameters",
                    found=f'"{word}"',
                    allowed="a construct or family of effects/constructs.csv",
                    remedy="Correct the parameter.",
                )
            )
        found.update(dict.fromkeys(members))
    if problems or not found:
        raise ProblemsError(
            problems
            or [
                Problem(
                    "parameters",
                    found="blank",
                    allowed="a construct or family of effects/constructs.csv",
                    remedy="Correct the parameter.",
                )
            ]
        )
    return tuple(found)


def check_parameters(ledger: Ledger, **parameters: str | int) -> None:
    """Check a notebook's parameters against the data dictionary and the constructs.

    Known names are x, y (construct or family), rater, phase, measure_family ("any" or an allowed
    word of the dictionary), population ("adults" or "all"), tiers (letters separated by spaces)
    and pairs (1 to 1000).

    Raises
    ------
    ProblemsError
        With every parameter whose value is not allowed.
    """
    effects = ledger.tables["effects"]
    allowed = {
        "rater": ("any", "client", "therapist", "observer", "mixed", "unclear"),
        "phase": ("any", "pre", "early", "middle", "late", "post", "follow_up", "averaged",
                  "change", "unclear"),
        "measure_family": ("any", *sorted(set(effects["measure_family"]) - {""})),
        "population": POPULATIONS,
    }  # fmt: skip
    problems = []

    def refuse(name: str, value: object, words: str) -> None:
        found = f'"{value}"' if isinstance(value, str) else repr(value)
        problems.append(Problem("parameters", 0, "", name, found, words, "Correct the parameter."))

    for name, value in parameters.items():
        if name == "pairs":
            if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 1000:
                refuse(name, value, "a whole number, 1 to 1000")
        elif name not in (*allowed, "x", "y", "tiers"):
            refuse(name, value, f"no parameter of this name; {', '.join(allowed)}, x, y, tiers")
        elif not isinstance(value, str):
            refuse(name, value, "a text")
        elif name in ("x", "y"):
            try:
                resolve_constructs(ledger, value)
            except ProblemsError as error:
                for problem in error.problems:
                    problems.append(replace(problem, column=name))
        elif name == "tiers":
            if not value.split() or not set(value.split()) <= set(TIERS):
                refuse(name, value, f"{' '.join(TIERS)}, separated by spaces")
        elif value not in allowed[name]:
            refuse(name, value, ", ".join(allowed[name]))
    if problems:
        raise ProblemsError(problems)


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


def describe_effects(ledger: Ledger) -> pd.DataFrame:
    """Return every effect with its conversion, its sample's group and its study's reference.

    ``direction_second``, ``significance_second``, ``n_second`` and ``value_second`` are those of
    the second reading, missing where the row was read once.
    """
    used = tuple(ledger.tables[name] for name in DESCRIBED_FROM)
    if not _LAST or any(a is not b for a, b in zip(_LAST[0], used, strict=True)):
        _LAST[:] = used, _describe(*used)
    return _LAST[1].copy()


def _describe(
    effects: pd.DataFrame, studies: pd.DataFrame, samples: pd.DataFrame, second: pd.DataFrame
) -> pd.DataFrame:
    told = convert(effects).drop(columns="effect_id")
    studies, samples = studies.set_index("study_id"), samples.set_index("sample_id")
    rows = effects.join(told)
    for column in STUDY_COLUMNS:
        rows[column] = rows["study_id"].map(studies[column])
    rows["set_apart"] = rows["sample_id"].map(samples["set_apart"])
    second = second.set_index("effect_id")
    for column in ("direction", "significance", "n", "value"):
        rows[f"{column}_second"] = rows["effect_id"].map(second[column])
    # Columns of one dtype lie in one block, of which rows are taken at once.
    words = rows.select_dtypes(include="str").columns
    return rows.astype(dict.fromkeys(words, object)).copy()
