"""What moved: the results of this build beside the accepted ones, number by number.

Entries of a list are told apart by their name or id, not by their place, so that one row more
shows as one row more. Numbers that differ by less than `AGREEMENT` are the same number.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from metaworkbook.errors import WorkbookError

# Solvers stop within 1e-10 of their optimum; libraries of linear algebra differ by less than this.
AGREEMENT = 1e-8
SHOWN_DIGITS = 6
SHOWN_TEXT = 120
MISSING = object()


@dataclass(frozen=True)
class Change:
    """One value that moved.

    Attributes
    ----------
    page : str
        The page whose result it is.
    path : str
        Where in the page's results, steps joined by dots, list entries in brackets.
    kind : str
        "moved", "added" or "removed".
    old, new : object
        The values, None where there is none.
    """

    page: str
    path: str
    kind: str
    old: Any = None
    new: Any = None

    @property
    def shift(self) -> float | None:
        """By how much a number moved; None for what is no finite number."""
        if _is_number(self.old) and _is_number(self.new):
            return float(self.new) - float(self.old)
        return None

    def __str__(self) -> str:
        return f"{self.page}: {self.describe()}"

    def describe(self) -> str:
        """Return the change in words, without its page."""
        if self.kind == "added":
            return f"{self.path}: new, {show(self.new)}"
        if self.kind == "removed":
            return f"{self.path}: gone, was {show(self.old)}"
        shift = f" ({self.shift:+.{SHOWN_DIGITS}g})" if self.shift is not None else ""
        return f"{self.path}: {show(self.old)} -> {show(self.new)}{shift}"


def compare_folders(accepted: Path, built: Path) -> list[Change]:
    """Return everything that differs between two folders of results, page by page.

    Raises
    ------
    WorkbookError
        If a file cannot be read as JSON.
    """
    old, new = read_results(accepted), read_results(built)
    changes = []
    for page in sorted(old.keys() | new.keys()):
        if page not in new:
            changes.append(Change(page, "the page", "removed", "accepted results"))
        elif page not in old:
            changes.append(Change(page, "the page", "added", None, "results not yet accepted"))
        else:
            changes.extend(compare(page, old[page], new[page]))
    return changes


def compare(page: str, old: Any, new: Any) -> list[Change]:
    """Return what differs between the accepted and the new results of one page."""
    return list(_walk(page, "", old, new))


def read_results(folder: Path) -> dict[str, Any]:
    """Return the results in a folder by page, files that begin with an underscore left out."""
    results = {}
    for file in sorted(folder.glob("[!_.]*.json")):
        try:
            results[file.stem] = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise WorkbookError(f"{file}: {error}. Restore the file, or build anew.") from None
    return results


def show(value: Any) -> str:
    """Return a value as a line of a diff shows it."""
    if _is_number(value):
        return f"{value:.{SHOWN_DIGITS}g}"
    if value is None:
        return "nothing"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = " ".join(text.splitlines())
    return text if len(text) <= SHOWN_TEXT else text[: SHOWN_TEXT - 1] + "…"


def show_plain(
    changes: list[Change], reasons: list[str], rows: dict[str, list[str]], limit: int | None = 12
) -> str:
    """Return the changes page by page, what a reader sees first in front.

    Parameters
    ----------
    changes : list of Change
    reasons : list of str
        What changed since, a sentence each.
    rows : dict
        For each page the changed rows of the evidence that it names.
    limit : int, optional
        Changes shown of a page; None for all.
    """
    if not changes:
        return "No result moved.\n"
    lines = [f"{_count(changes)}.", *(f"since: {reason}" for reason in reasons)]
    for page, own in _by_page(changes):
        words = "1 result" if len(own) == 1 else f"{len(own)} results"
        named = f", with {', '.join(rows[page])}" if rows.get(page) else ""
        lines += ["", f"{page}: {words} moved{named}"]
        lines += [f"  {change.describe()}" for change in own[:limit]]
        if own[:limit] != own:
            more = len(own) - len(own[:limit])
            lines.append(f"  and {more} more; every one: metaworkbook diff --all")
    return "\n".join(lines) + "\n"


def show_markdown(
    changes: list[Change],
    reasons: list[str],
    rows: dict[str, list[str]],
    limit: int | None = 40,
) -> str:
    """Return the changes as tables for a pull request; parameters as those of `show_plain`."""
    if not changes:
        return "No result moved.\n"
    lines = [f"**{_count(changes)}.**", "", *(f"- {reason}" for reason in reasons)]
    for page, own in _by_page(changes):
        lines += ["", f"### {page}", ""]
        if rows.get(page):
            lines += [f"Changed rows that it names: {', '.join(rows[page])}", ""]
        lines += ["| result | accepted | now | shift |", "|---|---|---|---|"]
        for change in own[:limit]:
            shift = f"{change.shift:+.{SHOWN_DIGITS}g}" if change.shift is not None else change.kind
            cells = [change.path, show(change.old), show(change.new), shift]
            lines.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
        if own[:limit] != own:
            lines.append(f"\nand {len(own) - len(own[:limit])} more.")
    return "\n".join(lines) + "\n"


def _count(changes: list[Change]) -> str:
    pages = len({change.page for change in changes})
    words = "1 result" if len(changes) == 1 else f"{len(changes)} results"
    return f"{words} moved on {pages} page{'' if pages == 1 else 's'}"


def _by_page(changes: list[Change]) -> Iterator[tuple[str, list[Change]]]:
    """Yield each page with its changes: the headline, then what lies least deep, then by shift."""

    def rank(change: Change) -> tuple[bool, int, float]:
        depth = change.path.count(".") + change.path.count("[")
        return not change.path.startswith("headline"), depth, -abs(change.shift or 0.0)

    for page in sorted({change.page for change in changes}):
        yield page, sorted((change for change in changes if change.page == page), key=rank)


def _walk(page: str, path: str, old: Any, new: Any) -> Iterator[Change]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            step = f"{path}.{key}" if path else key
            yield from _step(page, step, old.get(key, MISSING), new.get(key, MISSING))
    elif isinstance(old, list) and isinstance(new, list):
        before, after = _by_name(old, new)
        for key in [*before, *(key for key in after if key not in before)]:
            step = f"{path}[{key}]"
            yield from _step(page, step, before.get(key, MISSING), after.get(key, MISSING))
    elif not _same(old, new):
        yield Change(page, path, "moved", old, new)


def _step(page: str, path: str, old: Any, new: Any) -> Iterator[Change]:
    if old is MISSING:
        yield Change(page, path, "added", None, new)
    elif new is MISSING:
        yield Change(page, path, "removed", old)
    else:
        yield from _walk(page, path, old, new)


def _by_name(old: list, new: list) -> tuple[dict[Any, Any], dict[Any, Any]]:
    """Return two lists as dictionaries: by what names their entries, else by place."""
    for name in _names([*old, *new]):
        keys = [[entry[name] for entry in entries] for entries in (old, new)]
        if all(len(set(each)) == len(each) for each in keys):
            return dict(zip(keys[0], old, strict=True)), dict(zip(keys[1], new, strict=True))
    words = all(isinstance(entry, str) for entry in [*old, *new])
    if words and len(set(old)) == len(old) and len(set(new)) == len(new):
        return {entry: entry for entry in old}, {entry: entry for entry in new}
    return dict(enumerate(old)), dict(enumerate(new))


def _names(entries: list) -> list[str]:
    """Return the keys that every entry has and that hold a text: ids first, then names."""
    if not entries or not all(isinstance(entry, dict) for entry in entries):
        return []
    shared = [
        key for key in entries[0] if all(isinstance(entry.get(key), str) for entry in entries)
    ]
    ids = [key for key in shared if key.endswith("_id") or key == "id"]
    return ids + [key for key in ("name", "key", "label", "step", "page") if key in shared]


def _same(old: Any, new: Any) -> bool:
    if _is_number(old) and _is_number(new):
        return math.isclose(old, new, rel_tol=AGREEMENT, abs_tol=AGREEMENT)
    return type(old) is type(new) and old == new


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
