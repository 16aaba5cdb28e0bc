"""The canonical form of a notebook: what is committed, hashed and run, and nothing a tool left.

A canonical notebook has sources, cell ids and tags, but no outputs, counts or tool metadata, so a
commit shows what a person changed. Ids are kept for ever; only missing ones are made.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

from metaworkbook.errors import PageError, Problem

CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}", re.ASCII)
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
HALF = re.compile("[\ud800-\udfff]")
CELL_TYPES = ("code", "markdown", "raw")


def read_notebook(file: Path, place: str = "") -> dict[str, Any]:
    """Return a notebook as JSON holds it, with every cell's source as one text.

    Messages name it by ``place``, or else by its folder and name.

    Raises
    ------
    PageError
        If the file cannot be read, is not JSON, or is not a notebook of format 4.
    """
    place = place or f"{file.parent.name}/{file.name}"
    try:
        content = json.loads(file.read_bytes().decode("utf-8"))
    except OSError as error:
        raise _refuse(place, (error.strerror or "no file").lower(), "a readable file") from None
    except UnicodeDecodeError:
        raise _refuse(place, "bytes that are not UTF-8", "UTF-8") from None
    except json.JSONDecodeError as error:
        raise _refuse(place, f"{error.msg} in line {error.lineno}", "JSON") from None
    except (ValueError, RecursionError):
        # Brackets in brackets without end, a number of thousands of digits.
        raise _refuse(place, "JSON that nobody can read", "a Jupyter notebook") from None
    if not isinstance(content, dict) or content.get("nbformat") != 4:
        raise _refuse(place, "no notebook of format 4", "a Jupyter notebook of format 4")
    cells = content.get("cells")
    if not isinstance(cells, list) or not all(_is_cell(cell) for cell in cells):
        raise _refuse(place, "cells that are not cells", "code, markdown and raw cells")
    for cell in cells:
        cell["source"] = _join(cell["source"])
    if any(HALF.search(cell["source"]) for cell in cells):
        raise _refuse(place, "half a character (a lone surrogate)", "whole characters")
    return content


def write_notebook(notebook: dict[str, Any], file: Path) -> None:
    """Write a notebook as JupyterLab writes it: one line a source line, keys in order."""
    file.write_text(format_notebook(notebook), encoding="utf-8")


def format_notebook(notebook: dict[str, Any]) -> str:
    """Return the text of a notebook's file."""
    content = dict(notebook)
    content["cells"] = [
        {**cell, "source": cell["source"].splitlines(keepends=True)} for cell in notebook["cells"]
    ]
    return json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def canonicalise(notebook: dict[str, Any]) -> dict[str, Any]:
    """Return a notebook's canonical form; canonicalising twice changes nothing more.

    Outputs, execution counts and all metadata but tags go; line ends become those of Unix; blank
    lines around a cell's text and empty cells go. A missing, invalid or repeated cell id is
    replaced by one made from the cell's place and text.
    """
    cells, taken = [], set()
    for number, cell in enumerate(notebook["cells"], 1):
        source = _tidy_source(cell["source"])
        if not source:
            continue
        tags = cell.get("metadata", {}).get("tags", [])
        identifier = cell.get("id")
        if not _is_id(identifier) or identifier in taken:
            identifier = _make_id(number, source, taken)
        taken.add(identifier)
        kept = {
            "cell_type": cell["cell_type"],
            "id": identifier,
            "metadata": {"tags": list(tags)} if tags else {},
            "source": source,
        }
        if cell["cell_type"] == "code":
            kept |= {"execution_count": None, "outputs": []}
        cells.append(kept)
    return {"cells": cells, "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5}


def tidy(file: Path, place: str = "") -> bool:
    """Bring a notebook's file to its canonical form; return whether that changed it."""
    text = format_notebook(canonicalise(read_notebook(file, place)))
    if file.read_bytes() == text.encode("utf-8"):
        return False
    file.write_text(text, encoding="utf-8")
    return True


def check_canonical(notebook: dict[str, Any], text: bytes, place: str) -> list[Problem]:
    """Return what keeps a notebook's file from its canonical form, told cell by cell."""
    remedy = f"Run: metaworkbook tidy {place}"
    problems, taken = [], {}
    for number, cell in enumerate(notebook["cells"], 1):
        key = f"cell {number}"
        if cell["cell_type"] == "code" and cell.get("outputs"):
            problems.append(Problem(place, 0, key, "", "outputs", "a cell without outputs", remedy))
        if cell["cell_type"] == "code" and cell.get("execution_count") is not None:
            problems.append(
                Problem(place, 0, key, "", "an execution count", "a cell never run", remedy)
            )
        identifier = cell.get("id")
        if not _is_id(identifier):
            problems.append(Problem(place, 0, key, "id", repr(identifier), "a cell id", remedy))
        elif identifier in taken:
            found = f'"{identifier}" again, first in cell {taken[identifier]}'
            problems.append(Problem(place, 0, key, "id", found, "each id once", remedy))
        else:
            taken[identifier] = number
        extra = sorted(set(cell.get("metadata", {})) - {"tags"})
        if extra:
            found = f"metadata {', '.join(extra)}"
            problems.append(Problem(place, 0, key, "", found, "no metadata but tags", remedy))
    if not problems and text != format_notebook(canonicalise(notebook)).encode("utf-8"):
        problems.append(Problem(place, found="another layout", allowed="canonical", remedy=remedy))
    return problems


def digest_sources(notebook: dict[str, Any]) -> str:
    """Return the SHA-256 of a notebook's cell types, tags and sources: what a run depends on."""
    cells = [
        [cell["cell_type"], cell.get("metadata", {}).get("tags", []), _tidy_source(cell["source"])]
        for cell in notebook["cells"]
    ]
    kept = [cell for cell in cells if cell[2]]
    return hashlib.sha256(json.dumps(kept, ensure_ascii=False).encode("utf-8")).hexdigest()


def _refuse(place: str, found: str, allowed: str) -> PageError:
    return PageError(
        [Problem(place, found=found, allowed=allowed, remedy="Restore the file or save it anew.")]
    )


def _is_cell(cell: object) -> bool:
    if not isinstance(cell, dict) or cell.get("cell_type") not in CELL_TYPES:
        return False
    source, metadata = cell.get("source"), cell.get("metadata", {})
    text = isinstance(source, str) or (
        isinstance(source, list) and all(isinstance(line, str) for line in source)
    )
    return text and isinstance(metadata, dict) and isinstance(metadata.get("tags", []), list)


def _is_id(identifier: object) -> bool:
    return isinstance(identifier, str) and CELL_ID.fullmatch(identifier) is not None


def _join(source: str | list[str]) -> str:
    return source if isinstance(source, str) else "".join(source)


def _tidy_source(source: str) -> str:
    text = source.replace("\r\n", "\n").replace("\r", "\n")
    # Blanks at a line's end stay: in markdown they are a line break.
    return "\n".join(["", *text.rstrip().split("\n")]).lstrip("\n")


def _make_id(number: int, source: str, taken: set[str]) -> str:
    attempt = 0
    while True:
        text = f"{number} {attempt} {source}"
        identifier = hashlib.sha256(text.encode("utf-8")).hexdigest()[:8]
        if identifier not in taken:
            return identifier
        attempt += 1
