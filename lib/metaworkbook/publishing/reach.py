"""Which part of the package a page can use, told from the sources without running them.

A wing hands out its public names lazily: a notebook that says ``models.pool`` loads `pooling` and
what that imports, and nothing else. `Reach` follows the names that a notebook uses through the
tables of the wings, and from there every import, those inside functions too. Where a source could
load what it does not name, the page reaches everything.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from metaworkbook.publishing.lints import keeps_rules

PACKAGE = "metaworkbook"
INIT = "__init__.py"
# The table in a wing's __init__: public name to the module that holds it.
TABLE = "PUBLIC"
# What can load a module that no import names, and the one use of it whose modules are known.
LOADERS = {"import_module", "__import__", "importlib", "pkgutil", "runpy", "exec", "eval",
           "get_ipython"}  # fmt: skip
KNOWN = ("from importlib import import_module", f"import_module(f'{{__name__}}.{{{TABLE}[name]}}')")


class _UntoldError(Exception):
    """A source may load what it does not name."""


class Reach:
    """What the sources of a package can reach of it.

    Parameters
    ----------
    package : Path
        The folder of the package.
    files : iterable of Path
        Its files that a notebook may reach, those of data among them.
    """

    def __init__(self, package: Path, files: Iterable[Path]):
        self.package, self.files = package, list(files)
        self.names = {file: _name(file, package) for file in self.files if file.suffix == ".py"}
        self.modules = {name: file for file, name in self.names.items()}
        self.tables = {
            name: _read_table(file) for file, name in self.names.items() if file.name == INIT
        }
        self.used: dict[str, set[str]] = {}

    def list_files(self, notebook: dict[str, Any]) -> list[Path]:
        """Return the files of the package that a page of this notebook can use, data included."""
        try:
            reached = self._close(self._read_notebook(notebook))
        except _UntoldError:
            return self.files
        return [file for file in self.files if self._counts(file, reached)]

    def _counts(self, file: Path, reached: set[str]) -> bool:
        """Data counts where any module of the package that it lies in is reached."""
        if file not in self.names:
            inits = (folder / INIT for folder in file.parents)
            file = next(init for init in inits if init in self.names)
        return self.names[file] in reached

    def _close(self, names: set[str]) -> set[str]:
        """Return modules with the packages they lie in and all that they import, however far."""
        reached: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name not in reached:
                reached.add(name)
                if name not in self.used:
                    self.used[name] = self._read_module(name)
                waiting.extend(self.used[name])
        return reached

    def _read_module(self, name: str) -> set[str]:
        """Return what a module imports; of a wing's table its users say what they take."""
        nodes = list(ast.walk(ast.parse(self.modules[name].read_bytes())))
        _refuse_loaders(nodes, KNOWN if self.tables.get(name) else ())
        used = {name.rpartition(".")[0]} - {""}
        for module, attribute, _ in _list_imports(nodes):
            used |= self._resolve(module, attribute)
            # A wing that a module holds whole may be asked for any of its names.
            used |= self._take_all(f"{module}.{attribute}")
        return used

    def _read_notebook(self, notebook: dict[str, Any]) -> set[str]:
        """Return the modules that the cells of a notebook name."""
        if not keeps_rules(notebook):
            raise _UntoldError
        cells = [cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "code"]
        nodes = list(ast.walk(ast.parse("\n".join(cells))))
        _refuse_loaders(nodes)
        used: set[str] = set()
        wings: dict[str, str] = {}
        for module, attribute, bound in _list_imports(nodes):
            used |= self._resolve(module, attribute)
            wing = f"{module}.{attribute}"
            if self.tables.get(wing) and wings.setdefault(bound, wing) != wing:
                raise _UntoldError(bound)
        held = {node for node in nodes if isinstance(node, ast.Name) and node.id in wings}
        for node in nodes:
            if isinstance(node, ast.Attribute) and node.value in held:
                used |= self._resolve(wings[node.value.id], node.attr)
                held.remove(node.value)
        for name in held:
            used |= self._take_all(wings[name.id])
        return used

    def _resolve(self, module: str, attribute: str) -> set[str]:
        """Return the modules that are loaded where an attribute of a module is taken."""
        if module not in self.modules:
            if module.split(".")[0] == PACKAGE:
                raise _UntoldError(module)
            return set()
        whole, table = f"{module}.{attribute}", self.tables.get(module, {})
        found = {module}
        if whole in self.modules:
            found.add(whole)
        if attribute in table:
            found.add(f"{module}.{table[attribute]}")
        elif whole not in self.modules:
            found |= self._take_all(module)
        return found

    def _take_all(self, module: str) -> set[str]:
        """Return every module that a wing's table names; none for what is no wing."""
        return {f"{module}.{each}" for each in self.tables.get(module, {}).values()}


def _name(file: Path, package: Path) -> str:
    """Return the dotted name of a module."""
    parts = file.relative_to(package.parent).with_suffix("").parts
    return ".".join(parts[:-1] if file.name == INIT else parts)


def _read_table(file: Path) -> dict[str, str]:
    """Return the table of public names in a package's __init__, empty where it has none."""
    for node in ast.parse(file.read_bytes()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == TABLE:
            return dict(ast.literal_eval(node.value))
    return {}


def _list_imports(nodes: list[ast.AST]) -> Iterator[tuple[str, str, str]]:
    """Return what a source imports: module, attribute of it, and the name it gets there."""
    for node in nodes:
        if isinstance(node, ast.ImportFrom):
            if node.level or not node.module:
                raise _UntoldError(ast.unparse(node))
            for alias in node.names:
                yield node.module, alias.name, alias.asname or alias.name
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == PACKAGE and not alias.asname:
                    # It gives one name to the package, and with it to every wing.
                    raise _UntoldError(alias.name)
                module, _, attribute = alias.name.rpartition(".")
                yield module, attribute, alias.asname or alias.name


def _refuse_loaders(nodes: list[ast.AST], known: tuple[str, ...] = ()) -> None:
    """Raise _UntoldError where a source uses a loader in another way than those known."""
    told: set[ast.AST] = set()
    for node in nodes:
        if known and isinstance(node, (ast.Call, ast.ImportFrom)) and ast.unparse(node) in known:
            told.update(ast.walk(node))
        elif node not in told and LOADERS.intersection(_list_words(node)):
            raise _UntoldError(ast.unparse(node))


def _list_words(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Attribute):
        return [node.attr]
    if isinstance(node, ast.alias):
        return node.name.split(".")
    if isinstance(node, ast.ImportFrom):
        return (node.module or "").split(".")
    return []
