"""What a page sees of the evidence: a digest of every value its notebook gets from `evidence`.

A notebook reaches the ledger through functions of `evidence` only, so it can depend on nothing
but what they return. `look` makes those calls again, with models, figures and results replaced by
silence, and takes the digest of each returned value. Where the digest is that of the last run, the
evidence changed elsewhere and the page need not run. Whatever cannot be told for certain, such as
a decision on a model's result, counts as seen: `look` returns a blank.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import dataclasses
import hashlib
import importlib
import io
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from types import ModuleType
from typing import Any

from metaworkbook.publishing.digests import UnclearError, write_pieces
from metaworkbook.publishing.lints import keeps_rules
from metaworkbook.publishing.parameters import TAG

PACKAGE = "metaworkbook"
# Of silence these make silence; what else is done with it ends the look.
HUSHED = (
    "abs",
    "float",
    "int",
    "len",
    "list",
    "max",
    "min",
    "round",
    "sorted",
    "str",
    "sum",
    "tuple",
)
# What else of Python's own a notebook may name without ending the look: nothing that asks, runs
# code, ends the process or makes something large of a small number.
HARMLESS = ("bool", "dict", "set", "zip")
# Seconds of the processor's time after which a look asks `evidence` no more: a page that costs more
# had better run. Loops are against the house rules, so between two answers no time goes by.
BUDGET = 20.0
WATCHED = f"{PACKAGE}.evidence"
MODELS = f"{PACKAGE}.models"
SILENT = (MODELS, f"{PACKAGE}.reporting", f"{PACKAGE}.results")


def look(notebook: dict[str, Any], resolved: dict[str, Any], ledger: Any) -> str:
    """Return the digest of what a page sees of the evidence, blank if that cannot be told.

    Parameters
    ----------
    notebook : dict
        As `source.read_notebook` returns it.
    resolved : dict
        The value of every parameter.
    ledger : Ledger
        The validated evidence.
    """
    # Only what keeps the house rules is safe to run here: no loops, no files, no definitions.
    if not keeps_rules(notebook):
        return ""
    cells = [
        (cell["source"], TAG in cell.get("metadata", {}).get("tags", []))
        for cell in notebook["cells"]
        if cell["cell_type"] == "code"
    ]
    record = _Record()
    names = dict(resolved)
    known = {name: getattr(builtins, name) for name in HARMLESS}
    known |= {name: _hush(getattr(builtins, name)) for name in HUSHED}
    names["__builtins__"] = known | {"__import__": _Importer(record, ledger)}
    try:
        with redirect_stdout(io.StringIO()):
            for source, tagged in cells:
                if not tagged:
                    exec(compile(ast.parse(source), "notebook", "exec"), names)
    except (Exception, SystemExit):
        # A page that cannot be followed, or that will fail, shows so when it runs.
        return ""
    return record.digest.hexdigest()


class _Record:
    """The digest of everything seen so far, and how deep in calls of `evidence` we are."""

    def __init__(self) -> None:
        self.digest = hashlib.sha256()
        self.depth = 0
        self.end = time.process_time() + BUDGET

    def note(self, name: str, value: Any) -> None:
        if time.process_time() > self.end:
            raise UnclearError("too long")
        self.digest.update(f"\n{name}\n".encode())
        for piece in write_pieces(value):
            self.digest.update(piece)

    @contextlib.contextmanager
    def inside(self) -> Iterator[None]:
        self.depth += 1
        try:
            yield
        finally:
            self.depth -= 1


class _Importer:
    """Gives a notebook `evidence` under watch, and silence for everything that does not ask it."""

    def __init__(self, record: _Record, ledger: Any):
        self.record, self.ledger = record, _watch(ledger, record)

    def __call__(self, name: str, _globals=None, _locals=None, fromlist=(), level=0) -> Any:
        if level or not fromlist or name.split(".")[0] != PACKAGE:
            raise UnclearError(name)
        package = ModuleType(name)
        for part in fromlist:
            whole = name == PACKAGE
            module = f"{name}.{part}" if whole else name
            value: Any
            if module.startswith(SILENT):
                value = _Models(self) if module == MODELS else _Silence()
            elif module.startswith(WATCHED):
                watched = _Watched(importlib.import_module(module), self)
                value = watched if whole else getattr(watched, part)
            else:
                loaded = importlib.import_module(module)
                value = loaded if whole else getattr(loaded, part)
            setattr(package, part, value)
        return package


class _Watched:
    """A module of `evidence` whose every answer is noted."""

    def __init__(self, module: ModuleType, importer: _Importer):
        self._module, self._importer = module, importer

    def __getattr__(self, name: str) -> Any:
        value, record = getattr(self._module, name), self._importer.record
        if name == "read_ledger":
            return lambda: self._importer.ledger
        if not callable(value):
            record.note(name, value)
            return value

        def call(*given: Any, **named: Any) -> Any:
            if _is_silent([*given, *named.values()]):
                if _contains([*given, *named.values()], _is_watched):
                    raise UnclearError(name)
                # Made of results and of answers noted before: nothing more is seen.
                return _Silence()
            with record.inside():
                answer = value(*given, **named)
                if getattr(answer, "checksum", None) == self._importer.ledger.checksum:
                    return self._importer.ledger
            record.note(name, answer)
            return answer

        return call


class _Silence:
    """Takes every call and question and gives silence; whatever decides on it is unclear."""

    def __getattr__(self, name: str) -> _Silence:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *given: Any, **named: Any) -> _Silence:
        if _contains([*given, *named.values()], _is_watched):
            raise UnclearError("the evidence handed to what is not followed")
        return self

    def __getitem__(self, _: Any) -> _Silence:
        return self

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def _decide(self, *_: Any) -> Any:
        raise UnclearError("a decision on a result")

    __bool__ = __eq__ = __hash__ = __str__ = __repr__ = __format__ = _decide


class _Models(_Silence):
    """Silence but for the one model that is handed the evidence: what it reads there is noted."""

    def __init__(self, importer: _Importer):
        self._importer = importer

    def __getattr__(self, name: str) -> Any:
        if name != "run_multiverse":
            return super().__getattr__(name)
        from metaworkbook.models.multiverse import read_options

        def call(ledger: Any, asked: Any, choices: Any) -> _Silence:
            record = self._importer.record
            with record.inside():
                answer = read_options(ledger, asked, choices)
            record.note(name, answer)
            return _Silence()

        return call


def _hush(function: Any) -> Any:
    def call(*given: Any, **named: Any) -> Any:
        if _is_silent([*given, *named.values()]):
            return _Silence()
        return function(*given, **named)

    return call


def _is_silent(value: Any) -> bool:
    """Return whether silence is in a value, however deep."""
    return _contains(value, lambda part: isinstance(part, _Silence))


def _contains(value: Any, wanted: Callable[[Any], bool]) -> bool:
    if isinstance(value, dict):
        value = [*value.keys(), *value.values()]
    if isinstance(value, (list, tuple, set)):
        return any(_contains(each, wanted) for each in value)
    return wanted(value)


def _is_watched(value: Any) -> bool:
    """Return whether a value is the evidence itself."""
    return hasattr(type(value), "watched")


def _watch(ledger: Any, record: _Record) -> Any:
    """Return the ledger such that a notebook's own reading of a table is noted."""

    class Watched(type(ledger)):
        watched = True

        def __getitem__(self, name: str) -> Any:
            with record.inside():
                table = super().__getitem__(name)
            if record.depth == 0:
                record.note(name, table)
            return table

        def __getattribute__(self, name: str) -> Any:
            if name in ("tables", "checksum") and record.depth == 0:
                raise UnclearError(name)
            return super().__getattribute__(name)

    watched = object.__new__(Watched)
    for field in dataclasses.fields(ledger):
        object.__setattr__(watched, field.name, getattr(ledger, field.name))
    return watched
