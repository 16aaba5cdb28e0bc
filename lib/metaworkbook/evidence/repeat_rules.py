"""Rules of repetition: one result, test, claim, name or id stands once, however it is written."""

from __future__ import annotations

from collections.abc import Iterator
from unicodedata import normalize

import numpy as np
import pandas as pd

from metaworkbook.evidence.breaches import Breach

#: Rows of one sample equal in all of these report one result.
SAME_RESULT = [
    "sample_id", "x", "x_as_written", "x_measure", "x_informant", "y", "y_as_written", "y_measure",
    "y_rater", "phase", "phase_as_written", "n", "statistic", "value", "mean1", "mean2",
    "p_reported", "direction", "significance", "contrast", "detail", "group",
]  # fmt: skip
#: Columns that may differ between two rows of one statement.
BESIDE = frozenset(
    ("summary", "coder_note", "notes", "why", "raw_effect_ids", "source_url", "proposition",
     "confidence", "oddity", "hold_back", "superseded_by", "interval_note")
)  # fmt: skip

# One rule, one block: what is broken, where it shows, what is allowed, what to do.
# fmt: off


def fold(texts: pd.Series) -> np.ndarray:
    """Return a number for each text, the same where only case, letter forms or spaces differ."""
    codes, different = pd.factorize(texts)
    folded = [" ".join(normalize("NFKC", text).casefold().split()) for text in different]
    return pd.factorize(np.array(folded, dtype=object))[0][codes]


def _repeats(table: pd.DataFrame, columns: list[str]) -> pd.Series:
    """Tell which rows say in these columns what an earlier row says."""
    told = {
        name: fold(table[name]) if table[name].dtype == object else table[name].to_numpy()
        for name in columns
    }
    return pd.DataFrame(told, index=table.index).duplicated(keep="first")


def check_ids(table: pd.DataFrame, key: str, owner: str) -> Iterator[Breach]:
    """Yield where an id does not start with the id of its study or review, or is one written anew.

    "-1" beside "-01" is one number.
    """
    parts = [text.rpartition("-") for text in table[key]]
    mine = np.array([before for before, _, _ in parts], dtype=object)
    yield Breach(
        mine != table[owner].to_numpy(object),
        key,
        table[owner] + ", a hyphen and a number",
        "Correct the id.",
    )
    plain = [before + "-" + after.lstrip("m").lstrip("0") for before, _, after in parts]
    yield Breach(
        pd.Series(plain, dtype=object).duplicated().to_numpy(),
        key,
        "a number that no earlier row of " + table[owner] + " has",
        "Correct the id.",
    )


def check_duplicates(
    e: pd.DataFrame, everyone: pd.DataFrame, constructs: pd.DataFrame
) -> Iterator[Breach]:
    """Yield where a duplicate names no row that counts, or a result stands twice unnamed."""
    by_id = everyone.drop_duplicates("effect_id").set_index("effect_id")
    named = e[e["duplicate_of"] != ""]
    other = named["duplicate_of"]
    good = (other.map(by_id["sample_id"]) == named["sample_id"]) & (other != named["effect_id"])
    good &= other.map(by_id["duplicate_of"]) == ""
    yield Breach(
        _among(e, named[~good]),
        "duplicate_of",
        "another row of the sample " + e["sample_id"] + " that is itself no duplicate",
        "Name the row that is to count.",
    )
    family = constructs.drop_duplicates("construct").set_index("construct")["family"]
    apart = pd.Series(False, index=named.index)
    for column in ("x", "y"):
        apart |= other.map(by_id[column]).map(family) != named[column].map(family)
    yield Breach(
        _among(e, named[good & apart & (named["oddity"] == "")]),
        "duplicate_of",
        "a row whose x and y are of the same families as here",
        "Name the row that holds the same result, or describe under oddity why it differs.",
    )
    counts = e[e["duplicate_of"] == ""]
    yield Breach(
        _among(e, counts[_repeats(counts, SAME_RESULT)]),
        "effect_id",
        "one row a result",
        "It repeats an earlier row: delete it, or name that row under duplicate_of.",
    )


def _among(table: pd.DataFrame, rows: pd.DataFrame) -> np.ndarray:
    return table.index.isin(rows.index)


def check_statements(table: pd.DataFrame, key: str) -> Iterator[Breach]:
    """Yield where a row repeats an earlier one under a new id, whatever is noted beside it."""
    columns = [name for name in table if name != key and name not in BESIDE]
    yield Breach(
        _repeats(table, columns),
        key,
        "one row a statement",
        "It repeats an earlier row: delete it, or correct what differs.",
    )


def check_names(constructs: pd.DataFrame) -> Iterator[Breach]:
    """Yield where two constructs have one name, which no reader could tell apart."""
    for column in ("name_en", "name_nb"):
        yield Breach(
            pd.Series(fold(constructs[column])).duplicated().to_numpy(),
            column,
            "a name that no other construct has",
            "Name it otherwise, or delete one construct.",
        )


def check_leftovers(leftovers: pd.DataFrame, everyone: pd.DataFrame) -> Iterator[Breach]:
    """Yield where a row that went nowhere stands among the effects."""
    yield Breach(
        leftovers["raw_id"].isin(set(everyone["effect_id"])),
        "raw_id",
        "an id that no row of effects.csv has",
        "Delete one of the two rows, or correct the id.",
    )
