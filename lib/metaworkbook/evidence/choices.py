"""The declared choices of a multiverse, read from ``notebooks/multiverse.toml`` and checked.

Every option and every excluded combination states its reason; a file in which one does not is
refused, with all its problems at once.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from metaworkbook import paths
from metaworkbook.errors import Problem, ProblemsError
from metaworkbook.results.multiverse import COLUMNS, Choice, Choices, Exclusion, Option

FILE = "multiverse.toml"
#: Arguments of `selection.select` that an option may set.
SELECT = ("rater", "phase", "measure_family", "population", "tiers")
#: Settings of a fit that an option may set, and their values ("number": a share from 0 to 1).
FIT: dict[str, tuple[str, ...]] = {
    "model": ("censored", "composites", "three-level"),
    "rho": ("number",),
    "reporting": ("number",),
    "estimator": ("DL", "HE", "HS", "SJ", "ML", "REML", "EB", "PM"),
    "interval": ("wider", "knapp-hartung", "wald"),
}
#: More choices than this make the decomposition slow and no reader wiser.
MOST_CHOICES = 14


def read_choices(file: Path | None = None) -> Choices:
    """Return the declared choices.

    Parameters
    ----------
    file : Path, optional
        The file; the project's ``notebooks/multiverse.toml`` by default.

    Raises
    ------
    ProblemsError
        With every problem of the file.
    """
    file = file or paths.notebooks() / FILE
    place = f"{file.parent.name}/{file.name}"
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        found = str(getattr(error, "strerror", None) or error)
        problem = Problem(place, 0, "", "", found, "TOML in UTF-8", "Restore or correct the file.")
        raise ProblemsError([problem]) from None
    reader = _Reader(place)
    choices = reader.read(content)
    if reader.problems:
        raise ProblemsError(reader.problems)
    return choices


class _Reader:
    def __init__(self, place: str):
        self.place = place
        self.problems: list[Problem] = []

    def note(self, key: str, column: str, found: object, allowed: str, remedy: str) -> None:
        shown = f'"{found}"' if isinstance(found, str) else str(found)
        self.problems.append(Problem(self.place, 0, key, column, shown, allowed, remedy))

    def read(self, content: dict[str, Any]) -> Choices:
        for key in sorted(set(content) - {"choice", "excluded"}):
            self.note("", "", key, "[[choice]] and [[excluded]]", "Remove it.")
        choices = [self._choice(entry) for entry in self._tables(content, "choice")]
        names = [choice.name for choice in choices]
        for name in {name for name in names if names.count(name) > 1}:
            self.note(name, "name", name, "each name once", "Rename one of them.")
        if not 1 <= len(choices) <= MOST_CHOICES:
            allowed = f"1 to {MOST_CHOICES} choices"
            self.note("", "choice", f"{len(choices)} choices", allowed, "Add or remove some.")
        excluded = self._tables(content, "excluded")
        exclusions = [self._exclusion(entry, place, choices) for place, entry in
                      enumerate(excluded, 1)]  # fmt: skip
        return Choices(tuple(choices), tuple(exclusions))

    def _tables(self, content: dict[str, Any], key: str) -> list[dict[str, Any]]:
        entries = content.get(key, [])
        if isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries):
            return entries
        self.note("", key, entries, f"[[{key}]] tables", f"Write [[{key}]].")
        return []

    def _text(self, entry: dict[str, Any], name: str, key: str) -> str:
        value = entry.get(name)
        if isinstance(value, str) and value.strip():
            return value
        self.note(key, name, value or "nothing", "a text", f"Add {name}.")
        return ""

    def _known(self, entry: dict[str, Any], allowed: tuple[str, ...], key: str) -> None:
        for name in sorted(set(entry) - set(allowed)):
            self.note(key, name, name, ", ".join(allowed), "Rename or remove it.")

    def _choice(self, entry: dict[str, Any]) -> Choice:
        name = self._text(entry, "name", "")
        self._known(entry, ("name", "title", "option"), name)
        if name in COLUMNS:
            self.note(name, "name", name, "no column of the table", "Rename the choice.")
        options = [self._option(option, name) for option in self._tables(entry, "option")]
        names = [option.name for option in options]
        if len(options) < 2 or len(set(names)) < len(names):
            allowed = "two or more options of different names"
            self.note(name, "option", ", ".join(names) or "none", allowed, "Correct them.")
        for place, option in enumerate(options):
            does = (option.select, option.rows, option.fit)
            for other in options[:place]:
                # What does the same twice would count twice.
                if does == (other.select, other.rows, other.fit):
                    found, allowed = f"{other.name}, {option.name}", "options that differ"
                    self.note(name, "option", found, allowed, "Correct or remove one of them.")
        return Choice(name, self._text(entry, "title", name), tuple(options))

    def _option(self, entry: dict[str, Any], choice: str) -> Option:
        key = f"{choice}: {entry.get('name', '')}"
        self._known(entry, ("name", "reason", "select", "rows", "fit"), key)
        parts: dict[str, dict[str, Any]] = {}
        for part in ("select", "rows", "fit"):
            value = entry.get(part, {})
            if not isinstance(value, dict):
                self.note(key, part, value, "a table", f"Write {part} = {{name = value}}.")
                value = {}
            parts[part] = value
        self._known(parts["select"], SELECT, key)
        self._known(parts["fit"], tuple(FIT), key)
        for part in ("select", "rows"):
            for name, value in parts[part].items():
                if not isinstance(value, str):
                    self.note(key, name, value, "a text", "Put it in quotation marks.")
        for name, value in parts["fit"].items():
            self._setting(key, name, value)
        reason = self._text(entry, "reason", key)
        return Option(self._text(entry, "name", key), reason, **parts)

    def _setting(self, key: str, name: str, value: object) -> None:
        allowed = FIT.get(name, ())
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if allowed == ("number",):
            if not number or not 0 <= value <= 1 or (name == "rho" and value == 1):
                words = "a number from 0 to below 1" if name == "rho" else "a number from 0 to 1"
                self.note(key, name, value, words, "Correct it.")
        elif allowed and value not in allowed:
            self.note(key, name, value, ", ".join(allowed), "Correct it.")

    def _exclusion(self, entry: dict[str, Any], place: int, choices: list[Choice]) -> Exclusion:
        key = f"excluded {place}"
        self._known(entry, ("when", "reason"), key)
        when = entry.get("when")
        if not isinstance(when, dict) or not when:
            self.note(key, "when", when, "a table of choices", "Name choices and options.")
            when = {}
        known = {choice.name: [option.name for option in choice.options] for choice in choices}
        read = {}
        for name, options in when.items():
            words = [options] if isinstance(options, str) else options
            if name not in known:
                self.note(key, name, name, ", ".join(filter(None, known)), "Correct the name.")
            elif not isinstance(words, list) or not words or set(words) - set(known[name]):
                self.note(key, name, options, ", ".join(known[name]), "Correct the options.")
            else:
                read[name] = tuple(words)
        return Exclusion(read, self._text(entry, "reason", key))
