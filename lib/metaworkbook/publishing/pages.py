"""The page list: which notebook becomes which page, read from ``notebooks/pages.toml``.

Every mistake of the list is found in one reading; each message names the line of its ``[[page]]``.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from metaworkbook import paths
from metaworkbook.errors import PageError, Problem

FILE = "pages.toml"
SECTIONS = ("evidence", "answers", "methods", "thesis")
REQUIRED = ("name", "notebook", "title", "title_nb", "section")
OPTIONAL = ("summary", "summary_nb", "parameters")
# Names become file names of the site, so nothing but these letters may reach them.
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*", re.ASCII)
NOTEBOOK = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*\.ipynb", re.ASCII)
LONGEST_NAME = 60
# The site has an index of its own, and Windows keeps the other names for devices.
RESERVED = {"index", "con", "prn", "aux", "nul"}
RESERVED |= {f"{device}{number}" for device in ("com", "lpt") for number in range(1, 10)}


@dataclass(frozen=True)
class Page:
    """One published page.

    Attributes
    ----------
    name : str
        Name of its files: lower-case letters, digits and single hyphens.
    notebook : str
        File name in ``notebooks/``.
    title : dict of str
        Title by language, "en" and "nb".
    section : str
        One of `SECTIONS`.
    parameters : dict
        Values for the notebook's parameters; those not named keep the notebook's defaults.
    summary : dict of str
        One sentence by language, empty where none was given.
    row : int
        Line of its ``[[page]]``, for messages; no part of what the page is.
    """

    name: str
    notebook: str
    title: dict[str, str]
    section: str
    parameters: dict[str, Any] = field(default_factory=dict)
    summary: dict[str, str] = field(default_factory=dict)
    row: int = field(default=0, compare=False)


def read_pages(folder: Path | None = None) -> list[Page]:
    """Return the pages in their order.

    Parameters
    ----------
    folder : Path, optional
        The folder of the notebooks; the project's ``notebooks/`` by default.

    Raises
    ------
    PageError
        With every problem of the list, if there is one.
    """
    pages, problems = collect_pages(folder)
    if problems:
        raise PageError(problems)
    return pages


def collect_pages(folder: Path | None = None) -> tuple[list[Page], list[Problem]]:
    """Return the pages that can be read, and every problem of the list."""
    folder = folder or paths.notebooks()
    place = f"{folder.name}/{FILE}"
    try:
        text = (folder / FILE).read_bytes().decode("utf-8")
        content = tomllib.loads(text.removeprefix("\ufeff"))
    except (OSError, ValueError, RecursionError) as error:
        return [], [_unreadable(place, error)]
    problems = [
        Problem(place, found=f'"{key}"', allowed="[[page]] tables", remedy="Remove it.")
        for key in sorted(set(content) - {"page"})
    ]
    entries = content.get("page")
    if not isinstance(entries, list) or not entries:
        problems.append(
            Problem(place, found="no page", allowed="one [[page]] table a page", remedy="Add one.")
        )
        return [], problems
    lines = [
        number
        for number, line in enumerate(text.splitlines(), 1)
        if re.match(r"\s*\[\[\s*page\s*\]\]", line)
    ]
    lines += [0] * (len(entries) - len(lines))
    pages = []
    for entry, line in zip(entries, lines, strict=False):
        found = _check_entry(entry, folder, place, line)
        problems.extend(found)
        # The parameters of a page are judged whatever else is wrong with it.
        if not {each.column for each in found} & {"", "name", "notebook", "parameters"}:
            pages.append(_make_page(entry, line))
    problems.extend(_check_duplicates(entries, lines, place))
    return pages, problems


def _unreadable(place: str, error: Exception) -> Problem:
    if isinstance(error, tomllib.TOMLDecodeError):
        where = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
        words = re.sub(r" \(at .*\)$", "", str(error))
        return Problem(
            place, int(where[1]) if where else 0, found=words,
            allowed="TOML", remedy="Correct the line.",
        )  # fmt: skip
    if isinstance(error, UnicodeDecodeError):
        return Problem(
            place, found=f"the byte {error.object[error.start]:#04x} at {error.start}",
            allowed="UTF-8", remedy="Save the file as UTF-8.",
        )  # fmt: skip
    if not isinstance(error, OSError):
        # Brackets in brackets without end, a number of thousands of digits.
        return Problem(place, found="TOML that nobody can read", allowed="[[page]] tables",
                       remedy="Restore the file.")  # fmt: skip
    words = (error.strerror or "no file").lower()
    return Problem(place, found=words, allowed="a readable file", remedy="Restore the file.")


def _check_entry(entry: object, folder: Path, place: str, line: int) -> list[Problem]:
    if not isinstance(entry, dict):
        return [
            Problem(place, line, found=repr(entry), allowed="a table", remedy="Write [[page]].")
        ]
    key = entry["name"] if isinstance(entry.get("name"), str) else ""
    problems = []

    def note(column: str, found: object, allowed: str, remedy: str) -> None:
        shown = f'"{found}"' if isinstance(found, str) else str(found or "nothing")
        problems.append(Problem(place, line, key, column, shown, allowed, remedy))

    known = (*REQUIRED, *OPTIONAL)
    for unknown in sorted(set(entry) - set(known)):
        note(unknown, unknown, ", ".join(known), suggest(unknown, known) + "Rename or remove it.")
    for name in REQUIRED:
        if name not in entry:
            note(name, None, "a text", f"Add {name}.")
    for name in (*REQUIRED, "summary", "summary_nb"):
        value = entry.get(name, "x")
        if not isinstance(value, str) or not value.strip():
            note(name, value, "a text in quotation marks", "Correct it.")
        elif any(unicodedata.category(letter)[0] == "C" for letter in value.replace("\xad", "")):
            note(name, value, "letters that can be seen", "Remove the others.")
    name = entry.get("name")
    if isinstance(name, str) and name.strip():
        if not NAME.fullmatch(name) or len(name) > LONGEST_NAME:
            allowed = f"lower-case letters, digits and single hyphens, at most {LONGEST_NAME}"
            note("name", name, allowed, "Rename the page.")
        elif name in RESERVED:
            allowed = "a name that neither the site nor Windows keeps for itself"
            note("name", name, allowed, "Rename the page.")
    section = entry.get("section")
    if isinstance(section, str) and section.strip() and section not in SECTIONS:
        note("section", section, ", ".join(SECTIONS), suggest(section, SECTIONS) + "Correct it.")
    notebook = entry.get("notebook")
    if isinstance(notebook, str) and notebook.strip():
        _check_file(notebook, folder, note)
    parameters = entry.get("parameters", {})
    if not isinstance(parameters, dict):
        note("parameters", parameters, "a table", "Write [page.parameters].")
    elif "page" in parameters:
        note("parameters", "page", "every parameter but page", "Remove it: page is the name.")
    return problems


def _check_file(notebook: str, folder: Path, note: Any) -> None:
    existing = sorted(file.name for file in folder.glob("*.ipynb"))
    if not NOTEBOOK.fullmatch(notebook):
        note("notebook", notebook, f"a file name in {folder.name}/ ending in .ipynb", "Correct it.")
    elif notebook not in existing:
        allowed = ", ".join(existing) or f"a notebook in {folder.name}/"
        note("notebook", notebook, allowed, suggest(notebook, existing) + "Correct the name.")


def _check_duplicates(entries: list, lines: list[int], place: str) -> list[Problem]:
    problems, first = [], {}
    for entry, line in zip(entries, lines, strict=False):
        name = entry.get("name") if isinstance(entry, dict) else None
        if isinstance(name, str) and name in first:
            found = f'"{name}" again, first in row {first[name]}'
            problems.append(
                Problem(place, line, name, "name", found, "each name once", "Rename one of them.")
            )
        elif isinstance(name, str):
            first[name] = line
    return problems


def _make_page(entry: dict, row: int) -> Page:
    summary = {"en": entry.get("summary", ""), "nb": entry.get("summary_nb", "")}
    return Page(
        name=entry["name"],
        notebook=entry["notebook"],
        title={"en": entry.get("title", ""), "nb": entry.get("title_nb", "")},
        section=entry.get("section", ""),
        parameters=dict(entry.get("parameters", {})),
        summary=summary,
        row=row,
    )


def suggest(word: str, allowed: Any) -> str:
    """Return "Did you mean x? " for the closest allowed word, or nothing."""
    from difflib import get_close_matches

    close = get_close_matches(word, list(allowed), n=1, cutoff=0.6)
    return f'Did you mean "{close[0]}"? ' if close else ""
