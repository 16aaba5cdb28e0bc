"""Every effect in one table: its conversion, its sample's group and its study's reference."""

from __future__ import annotations

import pandas as pd

from metaworkbook.evidence.ledger import Ledger
from metaworkbook.evidence.memory import Memory
from metaworkbook.evidence.tiers import convert

STUDY_COLUMNS = (
    "citation", "full_reference", "doi", "year", "cited_in_thesis", "setting", "treatment_family",
)  # fmt: skip


def describe_effects(ledger: Ledger) -> pd.DataFrame:
    """Return every effect with its conversion, its sample's group and its study's reference.

    ``direction_second``, ``significance_second``, ``n_second`` and ``value_second`` are those of
    the second reading, missing where the row was read once.
    """
    return _MEMORY.recall(ledger)


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


_MEMORY = Memory(_describe, "effects", "studies", "samples", "second_coding")
