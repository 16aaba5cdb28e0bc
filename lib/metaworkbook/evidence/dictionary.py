"""The data dictionary: ``effects/datapackage.yaml`` as frozen tables and columns."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import yaml

from metaworkbook import paths
from metaworkbook.errors import LedgerError, Problem

FILE = "datapackage.yaml"
TYPES = ("string", "integer", "number")
TABLES = (
    "studies",
    "samples",
    "constructs",
    "effects",
    "shares",
    "reviews",
    "review_moderators",
    "claims",
    "second_coding",
    "leftovers",
)


@dataclass(frozen=True)
class Column:
    """One column: type "string", "integer" or "number", and what its cells may hold."""

    name: str
    type: str
    description: str
    required: bool = False
    unique: bool = False
    pattern: str = ""
    enum: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None

    def allowed(self) -> str:
        """Return in words what a cell of this column may hold."""
        if self.enum:
            words = ", ".join(self.enum)
        elif self.type == "string":
            words = f"text of the form {self.pattern}" if self.pattern else "text"
        else:
            words = "a whole number" if self.type == "integer" else "a number with a decimal point"
            if self.minimum is not None:
                words += f", at least {self.minimum:g}"
            if self.maximum is not None:
                words += f", at most {self.maximum:g}"
        return words if self.required else f"{words}, or blank"


@dataclass(frozen=True)
class ForeignKey:
    """``column`` holds values of ``other_column`` in table ``other``."""

    column: str
    other: str
    other_column: str


@dataclass(frozen=True)
class Table:
    """One table: its file, columns in order, and keys."""

    name: str
    path: str
    title: str
    columns: tuple[Column, ...]
    primary_key: str = ""
    foreign_keys: tuple[ForeignKey, ...] = ()

    def column(self, name: str) -> Column:
        """Return the column called ``name``; KeyError if there is none."""
        return next(column for column in self.columns if column.name == name)


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
    file = (folder or paths.effects()) / FILE
    place = f"effects/{FILE}"
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise LedgerError(
            [Problem(place, found="no file", allowed="the data dictionary", remedy="Restore it.")]
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        raise LedgerError(
            [
                Problem(
                    place,
                    row=mark.line + 1 if mark else 0,
                    found=str(getattr(error, "problem", error)),
                    allowed="YAML in UTF-8",
                    remedy="Correct the line.",
                )
            ]
        ) from None
    problems: list[Problem] = []
    resources = content.get("resources") if isinstance(content, dict) else None
    tables = {
        table.name: table
        for resource in (resources if isinstance(resources, list) else [])
        if (table := _read_table(resource, place, problems))
    }
    for name in TABLES:
        if name not in tables:
            problems.append(
                Problem(place, 0, name, found="no such table", allowed=", ".join(TABLES))
            )
    problems.extend(_check_keys(tables, place))
    if problems:
        raise LedgerError(problems)
    return tables


def _read_table(resource: object, place: str, problems: list[Problem]) -> Table | None:
    if not isinstance(resource, dict) or not isinstance(resource.get("name"), str):
        problems.append(Problem(place, found="a resource without a name", allowed="name and path"))
        return None
    name = resource["name"]
    path = resource.get("path")
    schema = resource.get("schema")
    fields = schema.get("fields") if isinstance(schema, dict) else None
    if not isinstance(path, str) or "/" in path or "\\" in path or not isinstance(fields, list):
        problems.append(
            Problem(
                place,
                key=name,
                found=f"path {path!r}",
                allowed="a file name beside the dictionary, and a schema with fields",
            )
        )
        return None
    columns = [column for field in fields if (column := _read_column(field, name, place, problems))]
    keys = tuple(
        ForeignKey(key["fields"], key["reference"]["resource"], key["reference"]["fields"])
        for key in schema.get("foreignKeys", [])
    )
    return Table(
        name, path, resource.get("title", ""), tuple(columns), schema.get("primaryKey", ""), keys
    )


def _read_column(field: object, table: str, place: str, problems: list[Problem]) -> Column | None:
    name = field.get("name") if isinstance(field, dict) else None
    if not isinstance(name, str):
        problems.append(Problem(place, key=table, found="a field without a name", allowed="a name"))
        return None
    limits = field.get("constraints") or {}
    kind = field.get("type", "string")
    if kind not in TYPES:
        problems.append(
            Problem(place, 0, table, name, found=f'type "{kind}"', allowed=", ".join(TYPES))
        )
    enum = tuple(limits.get("enum", ()))
    if not all(isinstance(word, str) for word in enum):
        problems.append(
            Problem(
                place, 0, table, name, f"enum {list(enum)}", "words", "Quote yes, no and numbers."
            )
        )
    try:
        re.compile(limits.get("pattern", ""))
    except re.error as error:
        problems.append(Problem(place, 0, table, name, f"pattern: {error}", "a regular expression"))
    return Column(
        name,
        kind,
        field.get("description", ""),
        bool(limits.get("required")),
        bool(limits.get("unique")),
        limits.get("pattern", ""),
        enum,
        limits.get("minimum"),
        limits.get("maximum"),
    )


def _check_keys(tables: dict[str, Table], place: str) -> list[Problem]:
    problems = []
    for table in tables.values():
        names = [column.name for column in table.columns]
        for name in sorted({name for name in names if names.count(name) > 1}):
            problems.append(Problem(place, 0, table.name, name, "the column twice", "once"))
        if table.primary_key and table.primary_key not in names:
            problems.append(
                Problem(place, 0, table.name, "primaryKey", table.primary_key, ", ".join(names))
            )
        for key in table.foreign_keys:
            other = tables.get(key.other)
            if (
                other is None
                or key.column not in names
                or key.other_column not in {column.name for column in other.columns}
            ):
                problems.append(
                    Problem(
                        place,
                        0,
                        table.name,
                        key.column,
                        f"{key.other}.{key.other_column}",
                        "columns",
                    )
                )
    return problems
