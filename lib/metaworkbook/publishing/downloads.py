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
from metaworkbook.publishing.pages import Page
from metaworkbook.publishing.references import list_sources, to_bibtex, to_csl

# What spreadsheets take for the beginning of a formula, full-width signs included.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "|", "%")
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
    effects = {LEDGER: describe_effects(ledger)}
    for page in pages:
        result = results.get(page.name, {"page": page.name, "results": {}})
        source = result.get("parameters", {}).get("source", LEDGER)
        if source not in effects:
            effects[source] = describe_effects(open_source(source))
        rows = list_rows(result, effects[source])
        written.append(_write_csv(folder / f"{page.name}.csv", *rows))
        text = json.dumps(result, indent=1, ensure_ascii=False, allow_nan=False, sort_keys=True)
        written.append(_write_text(folder / f"{page.name}.json", text + "\n"))
        if sources := list_sources(result, ledger):
            written.append(_write_text(folder / f"{page.name}.bib", to_bibtex(sources)))
            written.append(_write_text(folder / f"{page.name}.csl.json", to_csl(sources)))
    for name, table in ledger.tables.items():
        records = table.itertuples(index=False, name=None)
        written.append(_write_csv(tables / f"{name}.csv", list(table.columns), records))
    return written


def list_rows(
    result: dict[str, Any], effects: pd.DataFrame
) -> tuple[list[str], Iterable[Iterable[Any]]]:
    """Return header and records of a page's CSV.

    A page that selects rows gives those, with whether each entered and the reason if not; any
    other page gives its results, one number or word a line with its name.
    """
    selected = result.get("selected")
    if not selected:
        return ["name", "value"], flatten(result.get("results", {}))
    reasons = {row["effect_id"]: row["reason"] for row in selected.get("left_out", [])}
    entered = set(selected.get("entered", []))
    rows = effects[effects["effect_id"].isin(entered | set(reasons))].copy()
    rows.insert(1, "entered", ["yes" if key in entered else "no" for key in rows["effect_id"]])
    rows.insert(2, "reason", [reasons.get(key, "") for key in rows["effect_id"]])
    return list(rows.columns), rows.itertuples(index=False, name=None)


def flatten(value: Any, name: str = "") -> list[tuple[str, Any]]:
    """Return the leaves of nested results with dotted names, lists counted from 0."""
    if isinstance(value, dict):
        parts = value.items()
    elif isinstance(value, list):
        parts = enumerate(value)
    else:
        return [(name, value)]
    return [
        leaf for key, item in parts for leaf in flatten(item, f"{name}.{key}" if name else str(key))
    ]


def neutralise(value: Any) -> str:
    """Return a cell's text; text that a spreadsheet would run as a formula gets an apostrophe."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(float(value))
    text = str(value)
    if NUMBER.fullmatch(text):
        return text
    return f"'{text}" if text.lstrip(" \u00a0\ufeff").startswith(FORMULA) else text


def _write_text(file: Path, text: str) -> Path:
    file.write_text(text, encoding="utf-8")
    return file


def _write_csv(file: Path, header: list[str], records: Iterable[Iterable[Any]]) -> Path:
    # The mark at the start tells spreadsheets that the file is UTF-8.
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([neutralise(name) for name in header])
        writer.writerows([neutralise(cell) for cell in record] for record in records)
    return file
