"""The demonstration: a public set of correlations in the shape of the ledger, never evidence.

Few rows of the ledger carry a coefficient, so pages about moderators, small studies and sensitivity
often cannot show what they would. The demonstration lets them: 16 correlations about another
question, taken from a public data set, values only. Nothing reads it but pages that ask for it by
name, and its constructs carry the word in their names.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from metaworkbook.errors import Problem, ProblemsError
from metaworkbook.evidence.choices import read_choices
from metaworkbook.evidence.dictionary import load_yaml, read_dictionary
from metaworkbook.evidence.ledger import Ledger, read_ledger
from metaworkbook.results.multiverse import Choices

DATA = Path(__file__).parent / "data"
LEDGER, DEMONSTRATION = "ledger", "demonstration"
SOURCES = (LEDGER, DEMONSTRATION)
X, Y = "conscientiousness", "medication_adherence"
#: What every row of the demonstration is.
EFFECT = {
    "x": X, "x_scored_as": "construct", "measure_family": "self_dimension", "x_informant": "self",
    "y": Y, "y_scored_as": "construct", "y_rater": "unclear", "phase": "unclear",
    "n_unit": "persons", "statistic": "r", "contrast": "bivariate", "source_kind": "full_text",
    "confidence": "high",
}  # fmt: skip
EXTRA = ("controls", "design", "adherence_measure", "trait_measure", "mean_age")


def open_source(source: str) -> Ledger:
    """Return the ledger, or the demonstration in its shape.

    Parameters
    ----------
    source : str
        "ledger" or "demonstration".

    Raises
    ------
    ProblemsError
        For another word.
    LedgerError
        If the ledger is not sound.
    """
    _check(source)
    return read_ledger() if source == LEDGER else _read_demonstration()


def open_choices(source: str) -> Choices:
    """Return the declared choices of the multiverse that belong to a source of `open_source`."""
    _check(source)
    return read_choices() if source == LEDGER else read_choices(DATA / f"{DEMONSTRATION}.toml")


def describe_demonstration() -> dict[str, Any]:
    """Return the description of the demonstration: title, source, columns, moderators."""
    text = (DATA / f"{DEMONSTRATION}.yaml").read_text(encoding="utf-8")
    return load_yaml(text)


def cite_source(source: str) -> str:
    """Return where the demonstration's numbers come from; nothing for the ledger."""
    _check(source)
    return "" if source == LEDGER else describe_demonstration()["source"]


def _check(source: str) -> None:
    if source not in SOURCES:
        problem = Problem("parameters", 0, "", "source", f'"{source}"', ", ".join(SOURCES))
        raise ProblemsError([problem])


@cache
def _read_demonstration() -> Ledger:
    given = pd.read_csv(DATA / f"{DEMONSTRATION}.csv", keep_default_na=False)
    about = describe_demonstration()
    ids, numbers = given["study_id"], range(1, len(given) + 1)
    sign = np.where(given["r"] < 0, "negative", np.where(given["r"] > 0, "positive", "none"))
    effects = pd.DataFrame({"effect_id": ids + "-01", "study_id": ids, "sample_id": ids})
    for column, value in EFFECT.items():
        effects[column] = value
    effects["x_as_written"], effects["y_as_written"] = X, Y
    effects["n"], effects["value"] = given["n"].astype(float), given["r"].astype(float)
    effects["direction"] = effects["direction_analysed"] = sign
    effects["significance"] = "not_stated"
    effects["summary"] = "Demonstration: a correlation of a public data set."
    effects[list(EXTRA)] = given[list(EXTRA)]
    studies = pd.DataFrame(
        {"study_id": ids, "citation": given["citation"], "year": given["year"].astype(float),
         "kind": "journal_article", "unverified": "no", "cited_in_thesis": "no"}
    )  # fmt: skip
    samples = pd.DataFrame({"sample_id": ids, "n": given["n"].astype(float), "reports": ids})
    constructs = pd.DataFrame(about["constructs"]).rename(columns={"name": "construct"})
    tables = {"effects": effects, "studies": studies, "samples": samples, "constructs": constructs}
    for table in tables.values():
        table.index = pd.Index(numbers[: len(table)], name="row")
    return Ledger(_complete(tables), "demonstration")


def _complete(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return all tables of the dictionary, with every column it names; blank where not given."""
    complete = {}
    for name, table in read_dictionary().items():
        rows = tables.get(name, pd.DataFrame())
        blank = {
            column.name: pd.Series(
                "" if column.type == "string" else np.nan,
                index=rows.index,
                dtype=object if column.type == "string" else float,
            )
            for column in table.columns
            if column.name not in rows
        }
        complete[name] = pd.concat([rows, pd.DataFrame(blank, index=rows.index)], axis=1)
    return complete
