"""Downloads beside the pages: rows as CSV, results as JSON, included sources as BibTeX and CSL.

A spreadsheet runs a cell that begins like a formula, so such text gets an apostrophe in front;
numbers stay numbers.
"""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from metaworkbook.evidence.ledger import Ledger
from metaworkbook.publishing.archive import list_rows
from metaworkbook.publishing.failures import blame
from metaworkbook.publishing.pages import Page
from metaworkbook.publishing.references import list_sources, to_bibtex, to_csl

# What spreadsheets take for the beginning of a formula, full-width signs included.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "|", "%")
# What they take for nothing before it.
BEFORE = " \u00a0\ufeff"
SUSPECT = {*FORMULA, *BEFORE}
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def write_downloads(
    folder: Path, ledger: Ledger, results: dict[str, dict[str, Any]], pages: list[Page]
) -> list[Path]:
    """Write ``<page>.csv`` and ``<page>.json`` for each page, and the ledger's tables.

    A page that includes sources has them in ``<page>.bib`` and ``<page>.csl.json``.

    Parameters
    ----------
    folder : Path
        The site's folder ``data``; made if missing.
    ledger : Ledger
        The validated ledger.
    results : dict
        Content of ``build/results/<page>.json`` by page. A page without results gets files that
        hold none.
    pages : list of Page
        The published pages.

    Returns
    -------
    list of Path
        What was written.
    """
    from metaworkbook.evidence.demonstration import LEDGER, open_source
    from metaworkbook.evidence.descriptions import describe_effects

    tables = folder / "ledger"
    tables.mkdir(parents=True, exist_ok=True)
    written = []
    effects = {LEDGER: show_table(describe_effects(ledger))}
    for page in pages:
        result = results.get(page.name, {"page": page.name, "results": {}})
        with blame(page):
            source = result.get("parameters", {}).get("source", LEDGER)
            if source not in effects:
                effects[source] = show_table(describe_effects(open_source(source)))
            written.append(
                _write_csv(folder / f"{page.name}.csv", list_weighed(result, effects[source]))
            )
            text = json.dumps(result, indent=1, ensure_ascii=False, allow_nan=False, sort_keys=True)
            written.append(_write_text(folder / f"{page.name}.json", text + "\n"))
            if sources := list_sources(result, ledger):
                written.append(_write_text(folder / f"{page.name}.bib", to_bibtex(sources)))
                written.append(_write_text(folder / f"{page.name}.csl.json", to_csl(sources)))
    for name, table in ledger.tables.items():
        written.append(_write_csv(tables / f"{name}.csv", show_table(table)))
    return written


def show_table(table: pd.DataFrame) -> list[list[str]]:
    """Return the header of a table and its rows as a CSV file holds them."""
    rows = [table.columns, *list_rows(table)]
    return [[neutralise(cell) for cell in row] for row in rows]


def list_weighed(result: dict[str, Any], effects: list[list[str]]) -> list[list[str]]:
    """Return header and rows of a page's CSV; ``effects`` is the described table, as shown.

    A page that selects rows gives those, with whether each entered and the reason if not; any
    other page gives its results, one number or word a line with its name.
    """
    selected = result.get("selected")
    if not selected:
        leaves = flatten(result.get("results", {}))
        return [["result", "value"], *([neutralise(cell) for cell in leaf] for leaf in leaves)]
    told = {key: ["yes", ""] for key in selected.get("entered", [])}
    for row in selected.get("left_out", []):
        reason = neutralise(row["reason"])
        told[row["effect_id"]] = [told.get(row["effect_id"], ["no"])[0], reason]
    (first, *others), *rows = effects
    kept = [[key, *told[key], *cells] for key, *cells in rows if key in told]
    return [[first, "entered", "reason", *others], *kept]


def flatten(value: Any, name: str = "") -> list[tuple[str, Any]]:
    """Return the leaves of nested results with dotted names, lists counted from 0."""
    leaves: list[tuple[str, Any]] = []

    def gather(value: Any, name: str) -> None:
        if isinstance(value, dict):
            parts = value.items()
        elif isinstance(value, list):
            parts = enumerate(value)
        else:
            leaves.append((name, value))
            return
        for key, item in parts:
            gather(item, f"{name}.{key}" if name else str(key))

    gather(value, name)
    return leaves


def neutralise(value: Any) -> str:
    """Return a cell's text; text that a spreadsheet would run as a formula gets an apostrophe."""
    if isinstance(value, str):
        suspect = value[:1] in SUSPECT and value.lstrip(BEFORE).startswith(FORMULA)
        # A number may begin like a formula too.
        return f"'{value}" if suspect and not NUMBER.fullmatch(value) else value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        if math.isnan(value):
            return ""
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(float(value))
    return neutralise(str(value))


def _write_text(file: Path, text: str) -> Path:
    file.write_text(text, encoding="utf-8")
    return file


def _write_csv(file: Path, rows: Iterable[list[str]]) -> Path:
    # The mark at the start tells spreadsheets that the file is UTF-8.
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows(rows)
    return file
