"""The data dictionary: ``effects/datapackage.yaml`` as frozen tables and columns."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from metaworkbook import paths
from metaworkbook.errors import LedgerError, Problem
from metaworkbook.evidence.columns import NUMBERS, TABLES, WORDS, Column, ForeignKey, Table

FILE = "datapackage.yaml"
TYPES = ("string", "integer", "number")
LIMITS = {"required", "unique", "pattern", "enum", "minimum", "maximum"}
ENTRIES = {"name", "type", "title", "description", "example", "constraints", "unit"}
FILE_NAME = re.compile(r"[a-z0-9_]+\.csv")
BRACKETS, DEEPEST = re.compile(r"[][{}]"), 200


def read_dictionary(folder: Path | None = None) -> dict[str, Table]:
    """Return every table of the dictionary by name.

    Parameters
    ----------
    folder : Path, optional
        The evidence folder; the project's ``effects/`` by default.

    Raises
    ------
    LedgerError
        If the file is missing, is no YAML, or describes a table or column incompletely.
    """
    try:
        file = (folder or paths.effects()) / FILE
        # Reading from a pipe would wait for ever.
        if file.is_fifo():
            raise OSError(0, "a pipe")
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise _refusal(error.strerror or "no file", "the data dictionary", "Restore it.") from None
    except UnicodeDecodeError as error:
        byte = f"byte {error.object[error.start]:#04x}"
        raise _refusal(byte, "text in UTF-8", "Save the file as UTF-8.") from None
    return dict(_read_text(text))


# The ledger is read several times in a session, the dictionary hardly ever changes.
@lru_cache(maxsize=4)
def _read_text(text: str) -> dict[str, Table]:
    problems: list[Problem] = []
    tables: dict[str, Table] = {}
    for resource in _load(text):
        table = _read_table(resource, problems)
        if table and table.name in tables:
            problems.append(_problem(table.name, "", "the table twice", "once", "Delete one."))
        elif table:
            tables[table.name] = table
    if not problems:
        problems = [*_check_needed(tables), *_check_keys(tables)]
    if problems:
        raise LedgerError(problems)
    return tables


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """YAML that refuses a key given twice, where YAML itself keeps the last without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        again = {key for key in keys if keys.count(key) > 1}
        if again:
            raise yaml.constructor.ConstructorError(
                None, None, f'the key "{min(again)}" twice', node.start_mark
            )
        return super().construct_mapping(node, deep)


def load_yaml(text: str) -> Any:
    """Return the content of a YAML text; raises yaml.YAMLError, also for a key given twice.

    Brackets in brackets without end would take the parser, and this process, with them.
    """
    depth = 0
    for bracket in BRACKETS.findall(text):
        depth = depth + 1 if bracket in "[{" else max(0, depth - 1)
        if depth > DEEPEST:
            raise yaml.YAMLError(f"more than {DEEPEST} open brackets")
    return yaml.load(text, _Loader)


def _load(text: str) -> list[Any]:
    """Return the resources of the data package."""
    try:
        content = load_yaml(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        words = str(getattr(error, "problem", None) or error).splitlines()[0]
        found = f"text that is no YAML ({words})"
        line = mark.line + 1 if mark else 0
        raise _refusal(found, "YAML", "Correct this line or the one above.", line) from None
    resources = content.get("resources") if isinstance(content, dict) else None
    if not isinstance(resources, list):
        raise _refusal("no resources", "a list of tables under resources", "Restore the list.")
    return resources


def _read_table(resource: object, problems: list[Problem]) -> Table | None:
    name = resource.get("name") if isinstance(resource, dict) else None
    if not isinstance(name, str):
        problems.append(_problem("", "", "a table without a name", "a name", "Name the table."))
        return None
    path, schema = resource.get("path"), resource.get("schema")
    fields = schema.get("fields") if isinstance(schema, dict) else None
    named = isinstance(path, str) and FILE_NAME.fullmatch(path)
    if not named or not isinstance(fields, list):
        allowed = "the name of a CSV file beside the dictionary, and a schema with fields"
        problems.append(_problem(name, "", f"path {path!r}", allowed, "Complete the table."))
        return None
    columns = [column for field in fields if (column := _read_column(field, name, problems))]
    for column in {column.name for column in columns}:
        if [other.name for other in columns].count(column) > 1:
            problems.append(_problem(name, column, "the column twice", "once", "Delete one."))
    title, key = resource.get("title"), schema.get("primaryKey", "")
    if not isinstance(title, str) or not isinstance(key, str):
        found = f"title {title!r}, primaryKey {key!r}"
        problems.append(_problem(name, "", found, "one text each", "Complete the table."))
        return None
    links = _read_links(schema.get("foreignKeys", []), name, problems)
    return Table(name, path, title, tuple(columns), key, links)


def _read_links(given: object, table: str, problems: list[Problem]) -> tuple[ForeignKey, ...]:
    links = []
    for key in given if isinstance(given, list) else [given]:
        try:
            words = (key["fields"], key["reference"]["resource"], key["reference"]["fields"])
        except (TypeError, KeyError):
            words = (None,)
        if all(isinstance(word, str) for word in words):
            links.append(ForeignKey(*words))
        else:
            allowed = "fields, and reference with resource and fields, one name each"
            problems.append(_problem(table, "foreignKeys", repr(key)[:60], allowed, "Complete it."))
    return tuple(links)


def _read_column(field: object, table: str, problems: list[Problem]) -> Column | None:
    name = field.get("name") if isinstance(field, dict) else None
    if not isinstance(name, str):
        problems.append(_problem(table, "", "a field without a name", "a name", "Name the column."))
        return None
    limits = field.get("constraints") or {}
    limits = limits if isinstance(limits, dict) else {"constraints": limits}
    entries = {
        "type": (field.get("type", "string"), lambda v: v in TYPES, ", ".join(TYPES)),
        "description": (field.get("description"), lambda v: isinstance(v, str) and v, "a text"),
        "constraints": (sorted(map(str, limits)), lambda v: set(v) <= LIMITS, ", ".join(LIMITS)),
        "required": (limits.get("required", False), lambda v: isinstance(v, bool), "true, false"),
        "unique": (limits.get("unique", False), lambda v: isinstance(v, bool), "true, false"),
        "pattern": (limits.get("pattern", ""), _is_pattern, "a regular expression"),
        "example": (field.get("example", ""), _fits(limits), "a text that fits the pattern"),
        "enum": (limits.get("enum", []), _is_words, "words; quote yes, no and numbers"),
        "minimum": (limits.get("minimum"), _is_limit, "a number"),
        "maximum": (limits.get("maximum"), _is_limit, "a number"),
    }
    strange = sorted(str(key) for key in field if key not in ENTRIES)
    entries["entry"] = (strange, lambda v: not v, ", ".join(sorted(ENTRIES)))
    wrong = [
        _problem(table, name, f"{word} {value!r}"[:80], allowed, "Correct the entry.")
        for word, (value, good, allowed) in entries.items()
        if not good(value)
    ]
    problems.extend(wrong)
    if wrong:
        return None
    value = {word: value for word, (value, _, _) in entries.items()}
    return Column(
        name,
        value["type"],
        value["description"],
        value["required"],
        value["unique"],
        value["pattern"],
        value["example"],
        tuple(value["enum"]),
        value["minimum"],
        value["maximum"],
    )


def _is_pattern(value: object) -> bool:
    try:
        re.compile(value)
    except (re.error, TypeError, OverflowError, RecursionError):
        return False
    return isinstance(value, str)


def _fits(limits: dict[str, Any]) -> Callable[[object], bool]:
    """Return what tells whether an example has the form that its column asks for."""
    pattern = limits.get("pattern", "")
    form = pattern if pattern and _is_pattern(pattern) else "(?s:.*)"
    return lambda value: value == "" or (isinstance(value, str) and bool(re.fullmatch(form, value)))


def _is_words(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(word, str) for word in value)


def _is_limit(value: object) -> bool:
    return value is None or (isinstance(value, int | float) and value == value)


def _check_needed(tables: dict[str, Table]) -> list[Problem]:
    problems = []
    for name in TABLES:
        if name not in tables:
            problems.append(_problem(name, "", "no such table", "one", "Restore the table."))
            continue
        types = {column.name: column.type for column in tables[name].columns}
        for needed, kinds in ((NUMBERS, ("integer", "number")), (WORDS, ("string",))):
            for column in needed.get(name, "").split():
                if types.get(column) not in kinds:
                    found = f"type {types[column]}" if column in types else "no such column"
                    remedy = "The package reads this column: restore it."
                    problems.append(_problem(name, column, found, " or ".join(kinds), remedy))
    return problems


def _check_keys(tables: dict[str, Table]) -> list[Problem]:
    problems = []
    columns = {name: {column.name: column for column in tables[name].columns} for name in tables}
    for name, table in tables.items():
        key = columns[name].get(table.primary_key)
        if table.primary_key and not (key and key.required and key.unique):
            found, allowed = f'"{table.primary_key}"', "a column that is required and unique"
            problems.append(_problem(name, "primaryKey", found, allowed, "Correct it."))
        for link in table.foreign_keys:
            known = link.other_column in columns.get(link.other, {})
            if link.column not in columns[name] or not known:
                found, allowed = f'"{link.other}.{link.other_column}"', "columns of the dictionary"
                problems.append(_problem(name, link.column, found, allowed, "Correct the key."))
    return problems


def _problem(table: str, column: str, found: str, allowed: str, remedy: str) -> Problem:
    return Problem(f"effects/{FILE}", 0, table, column, found, allowed, remedy)


def _refusal(found: str, allowed: str, remedy: str, line: int = 0) -> LedgerError:
    return LedgerError([Problem(f"effects/{FILE}", line, "", "", found, allowed, remedy)])
