"""The reporting checklists, answered from what is there: pages, filled columns, second readings.

Items follow PRISMA 2020 (Page and others 2021, BMJ 372, n71) and SWiM (Campbell and others 2020,
BMJ 368, l6890), in words of our own. Nothing is ticked by hand: each item names the page or column
that answers it, and an item that nothing records is reported as missing.
"""

from __future__ import annotations

import tomllib

import pandas as pd

from metaworkbook import paths
from metaworkbook.evidence.ledger import Ledger
from metaworkbook.evidence.propositions import PROPOSITIONS

PRISMA, SWIM = "PRISMA 2020", "SWiM"
# Standard, item, topic, and what answers it: "page:name", "column:table.column" or "none".
ITEMS = (
    (PRISMA, "1", "title says that it is a systematic review", "none"),
    (PRISMA, "2", "abstract", "page:propositions"),
    (PRISMA, "3", "rationale", "page:propositions"),
    (PRISMA, "4", "objectives", "page:propositions"),
    (PRISMA, "5", "eligibility criteria, with reasons", "page:avoidance-alliance"),
    (PRISMA, "6", "information sources", "column:effects.source_kind"),
    (PRISMA, "7", "search strategy", "none"),
    (PRISMA, "8", "selection process", "column:leftovers.reason"),
    (PRISMA, "9", "data collection, read twice", "column:effects.second_reading"),
    (PRISMA, "10a", "outcomes sought", "column:constructs.definition"),
    (PRISMA, "10b", "other variables sought", "column:studies.population"),
    (PRISMA, "11", "risk of bias of each study", "none"),
    (PRISMA, "12", "effect measures", "page:methods"),
    (PRISMA, "13a", "which studies enter each synthesis", "page:avoidance-alliance"),
    (PRISMA, "13b", "preparation of the data", "page:methods"),
    (PRISMA, "13c", "display of results", "page:directions-alliance"),
    (PRISMA, "13d", "methods of synthesis", "page:methods"),
    (PRISMA, "13e", "causes of heterogeneity", "page:moderators-alliance"),
    (PRISMA, "13f", "sensitivity analyses", "page:sensitivity-alliance"),
    (PRISMA, "14", "assessment of reporting bias", "page:small-studies-alliance"),
    (PRISMA, "15", "assessment of certainty", "page:propositions"),
    (PRISMA, "16a", "results of the selection", "page:evidence"),
    (PRISMA, "16b", "studies excluded, with reasons", "page:evidence"),
    (PRISMA, "17", "study characteristics", "column:studies.design"),
    (PRISMA, "18", "risk of bias in studies", "none"),
    (PRISMA, "19", "results of individual studies", "page:avoidance-alliance"),
    (PRISMA, "20", "results of syntheses", "page:avoidance-alliance"),
    (PRISMA, "21", "reporting biases found", "page:small-studies-alliance"),
    (PRISMA, "22", "certainty of the evidence", "page:propositions"),
    (PRISMA, "23", "discussion and limitations", "page:propositions"),
    (PRISMA, "24", "registration and protocol", "none"),
    (PRISMA, "25", "support", "none"),
    (PRISMA, "26", "competing interests", "none"),
    (PRISMA, "27", "availability of data and code", "column:effects.effect_id"),
    (SWIM, "1", "grouping of studies", "page:propositions"),
    (SWIM, "2", "standardised metric", "page:methods"),
    (SWIM, "3", "methods of synthesis", "page:methods"),
    (SWIM, "4", "criteria that give priority to results", "page:methods"),
    (SWIM, "5", "investigation of heterogeneity", "page:moderators-alliance"),
    (SWIM, "6", "certainty of the evidence", "page:propositions"),
    (SWIM, "7", "presentation of the data", "page:directions-alliance"),
    (SWIM, "8", "results", "page:propositions"),
    (SWIM, "9", "limitations", "page:propositions"),
)  # fmt: skip
# A column that nearly every row fills answers its item; one that some rows fill answers it partly.
FILLED = 0.95


def check_reporting(ledger: Ledger) -> pd.DataFrame:
    """Return every item with its status.

    Columns ``standard``, ``item``, ``topic``, ``status`` ("done", "partly", "missing"), ``page``
    (where it is answered, blank if by a column), ``column`` and ``filled`` (share of filled cells,
    NaN for a page).
    """
    text = (paths.notebooks() / "pages.toml").read_text(encoding="utf-8")
    pages = {page["name"] for page in tomllib.loads(text)["page"]}
    records = []
    for standard, item, topic, answer in ITEMS:
        kind, _, name = answer.partition(":")
        filled, status = float("nan"), "missing"
        if kind == "page" and name in pages:
            status = "done"
        elif kind == "column":
            table, column = name.split(".")
            filled = share_filled(ledger.tables[table][column])
            status = "done" if filled >= FILLED else "partly" if filled > 0 else "missing"
        records.append(
            {"standard": standard, "item": item, "topic": topic, "status": status,
             "page": name if kind == "page" else "", "column": name if kind == "column" else "",
             "filled": filled}
        )  # fmt: skip
    return pd.DataFrame(records)


def share_filled(cells: pd.Series) -> float:
    """Return the share of cells that are neither blank nor missing, 0 for no cells."""
    return float((cells.notna() & (cells.astype(str) != "")).mean()) if len(cells) else 0.0


def list_parts() -> pd.DataFrame:
    """Return every part of every proposition as it is asked.

    Columns ``id``, ``part``, ``kind``, ``x``, ``y``, ``asked`` (filters in words), ``against``,
    ``expected`` and ``main``.
    """
    return pd.DataFrame(
        [
            {"id": one.id, "part": ask.name, "kind": ask.kind, "x": ask.x, "y": ask.y,
             "asked": _words(ask.filters | ask.where), "against": _words(ask.against or {}),
             "expected": ask.expected, "main": ask.main}
            for one in PROPOSITIONS
            for ask in one.parts
        ]
    )  # fmt: skip


def _words(asked: dict[str, object]) -> str:
    told = []
    for name, value in asked.items():
        if isinstance(value, dict):
            told.append(_words(value))
        elif isinstance(value, tuple):
            told.append(f"{name} {', '.join(value)}")
        else:
            told.append(f"{name} {value}")
    return "; ".join(told).replace("_", " ")
