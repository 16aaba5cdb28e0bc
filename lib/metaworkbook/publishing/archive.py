"""The ledger laid out by study, and the uses of its rows, found without a search."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import pandas as pd

from metaworkbook.evidence.descriptions import describe_effects
from metaworkbook.evidence.ledger import Ledger
from metaworkbook.reporting.language import LANGUAGES

Record = dict[str, Any]


@dataclass(frozen=True)
class Archive:
    """Records of the ledger by study.

    ``effects`` hold the columns of `describe_effects` as well, ``second_reading_row`` (a record or
    None) and ``shares`` (a list of records); ``names`` gives each construct's name by language.
    """

    studies: dict[str, Record]
    effects: dict[str, list[Record]]
    reviews: dict[str, list[Record]]
    claims: dict[str, list[Record]]
    names: dict[str, dict[str, str]]


class Same:
    """What has no hash, compared by identity: a ledger's tables, the results of a build."""

    def __init__(self, kept: Any):
        self.kept = kept

    def __hash__(self) -> int:
        return id(self.kept)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and other.kept is self.kept


def open_archive(ledger: Ledger) -> Archive:
    """Return the ledger by study; the last one is kept, since every study's page asks for it."""
    return _open(Same(ledger))


@lru_cache(maxsize=1)
def _open(key: Same) -> Archive:
    tables = key.kept.tables
    again = {record["effect_id"]: record for record in _list(tables["second_coding"])}
    shares = _group(tables["shares"], "effect_id")
    effects = _group(describe_effects(key.kept), "study_id")
    for records in effects.values():
        for record in records:
            record["second_reading_row"] = again.get(record["effect_id"])
            record["shares"] = shares.get(record["effect_id"], [])
    constructs = tables["constructs"]
    return Archive(
        studies={record["study_id"]: record for record in _list(tables["studies"])},
        effects=effects,
        reviews=_group(tables["reviews"], "meta_id"),
        claims=_group(tables["claims"], "study_id"),
        names={
            language: dict(constructs[["construct", f"name_{language}"]].to_numpy().tolist())
            for language in LANGUAGES
        },
    )


class Use(NamedTuple):
    """One page's use of a row: whether it entered, and the reason in English if not."""

    page: str
    entered: bool
    reason: str


def find_uses(results: dict[str, dict[str, Any]]) -> dict[str, list[Use]]:
    """Return the uses of every row by its id, in the order of the results; the last are kept.

    Parameters
    ----------
    results : dict
        Content of ``build/results/<page>.json`` by page; not changed by anyone afterwards.
    """
    return _find(Same(results))


@lru_cache(maxsize=1)
def _find(key: Same) -> dict[str, list[Use]]:
    uses: dict[str, list[Use]] = defaultdict(list)
    for page, result in key.kept.items():
        selected = result.get("selected") or {}
        for effect_id in dict.fromkeys(selected.get("entered", [])):
            uses[effect_id].append(Use(page, True, ""))
        for left in selected.get("left_out", []):
            uses[left["effect_id"]].append(Use(page, False, left["reason"]))
    return dict(uses)


def list_rows(table: pd.DataFrame) -> Iterator[tuple[Any, ...]]:
    """Return the rows of a table, their cells in plain types; faster than pandas' own ways."""
    return zip(*(table[column].tolist() for column in table.columns), strict=True)


def _list(table: pd.DataFrame) -> list[Record]:
    names = list(table.columns)
    return [dict(zip(names, row, strict=True)) for row in list_rows(table)]


def _group(table: pd.DataFrame, column: str) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = defaultdict(list)
    for record in _list(table):
        found[record[column]].append(record)
    return dict(found)
