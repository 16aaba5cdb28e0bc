"""The architecture: who may import whom, read from the imports themselves."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "lib" / "metaworkbook"
MODULES = sorted(PACKAGE.rglob("*.py"))
MOST_LINES = 400
MOST_CELL_LINES = 10

GROUND = ("errors", "paths", "results")
#: What each wing may import of ours, and of others beyond the standard library. The outermost
#: wings may import anything of ours; no other wing imports them.
WINGS = {
    "errors": ((), ()),
    "paths": (("errors",), ()),
    "results": (("errors", "paths"), ("numpy", "pandas")),
    "evidence": (GROUND, ("numpy", "pandas", "scipy", "yaml")),
    "models": (GROUND, ("numpy", "scipy")),
    "reporting": (GROUND, ("numpy", "pandas", "babel", "jinja2", "markupsafe", "yaml")),
    "publishing": (None, None),
    "cli": (None, None),
}
#: Modules that may do what their wing may not, and why.
FIGURES = ("matplotlib", "seaborn")
EXCEPTIONS = {
    # Drives the selection over many choices, as the design says.
    "models/multiverse.py": {"metaworkbook.evidence", "pandas", "joblib"},
    # Refits many simulated data sets, in parallel.
    "models/simulations.py": {"joblib"},
    # The one import of PyMARE.
    "models/_pymare.py": {"pymare"},
}
BANNED_NAMES = {"utils", "util", "misc", "helpers", "helper", "common", "tools", "stuff", "core"}
#: What a cell of a notebook may import.
NOTEBOOK_IMPORTS = {"evidence", "models", "reporting", "results"}


def name_of(path):
    return path.relative_to(PACKAGE).as_posix()


def wing_of(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@cache
def parse(path):
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports(path):
    """Return the full name of everything a module imports, at its top and inside functions."""
    found = set()
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)}: write imports in full"
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found - {"__future__.annotations"}


def is_ours(name):
    return name.split(".")[0] == "metaworkbook"


def ours(path):
    """Return the modules of ours that a module imports, as paths."""
    found = set()
    for name in imports(path):
        if is_ours(name):
            stem = PACKAGE.joinpath(*name.split(".")[1:])
            candidates = (stem.with_suffix(".py"), stem / "__init__.py",
                          stem.parent.with_suffix(".py"), stem.parent / "__init__.py")  # fmt: skip
            found.add(next(path for path in candidates if path.is_file()))
    return found


def excused(path, name):
    allowed = EXCEPTIONS.get(name_of(path), set())
    return any(name == one or name.startswith(one + ".") for one in allowed)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_only_what_its_wing_may(path):
    wing = wing_of(path)
    if wing == "__init__":
        assert not imports(path), "the package itself is a docstring"
        return
    allowed_ours, allowed_others = WINGS[wing]
    for name in imports(path):
        if excused(path, name):
            continue
        if is_ours(name):
            # `from metaworkbook import paths` names the module after the package.
            other = (*name.split("."), "")[1]
            assert allowed_ours is None or other in (*allowed_ours, wing), name
            assert other != "cli" or wing == "cli", name
        elif allowed_others is not None:
            top = name.split(".")[0]
            drawing = top in FIGURES and name_of(path).startswith("reporting/figures/")
            known = top in sys.stdlib_module_names or top in allowed_others or drawing
            assert known, f"{name_of(path)} imports {name}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_heavy_packages_have_one_door(path):
    tops = {name.split(".")[0] for name in imports(path)}
    if not name_of(path).startswith("reporting/figures/"):
        assert not tops & set(FIGURES)
    if name_of(path) != "models/_pymare.py":
        assert "pymare" not in tops


def test_outer_wings_are_imported_by_none():
    for path in MODULES:
        if wing_of(path) not in ("publishing", "cli"):
            assert not {wing_of(other) for other in ours(path)} & {"publishing", "cli"}


def test_no_circles():
    graph = {path: ours(path) - {path} for path in MODULES}
    order = list(TopologicalSorter(graph).static_order())  # raises CycleError at a circle
    assert set(order) == set(MODULES)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_module_is_a_small_noun(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES
    words = set(re.split(r"[_.]", path.stem)) | set(path.relative_to(PACKAGE).parts[:-1])
    assert not words & BANNED_NAMES
    assert re.fullmatch(r"_?[a-z][a-z0-9_]*|__init__|__main__", path.stem)
    assert ast.get_docstring(parse(path)), "every module says what it holds"


@pytest.mark.parametrize("wing", ["evidence", "models", "reporting", "results"])
def test_public_names_exist(wing):
    """The lazy names of a wing lead to something; a misspelt one would fail in a notebook."""
    import importlib

    module = importlib.import_module(f"metaworkbook.{wing}")
    public = getattr(module, "PUBLIC", {})
    for name in public:
        assert getattr(module, name) is not None
    with pytest.raises(AttributeError, match="nothing_of_this_name"):
        _ = module.nothing_of_this_name


def loaded_by(statement):
    """Return which heavy packages a fresh interpreter holds after a statement."""
    heavy = ("pandas", "scipy", "scipy.stats", "matplotlib", "seaborn", "pymare", "numpy", "yaml")
    code = f"import sys; {statement}; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True
    )
    return set(ast.literal_eval(done.stdout))


@pytest.mark.parametrize(
    ("statement", "may"),
    [
        ("import metaworkbook", set()),
        ("import metaworkbook.errors, metaworkbook.paths", set()),
        ("from metaworkbook import evidence, models, reporting", set()),
    ],
)
def test_import_loads_nothing_heavy(statement, may):
    assert loaded_by(statement) <= may


@pytest.mark.parametrize("wing", ["models", "evidence", "reporting"])
def test_drawing_is_loaded_by_figures_only(wing):
    """Every module of a wing but the figures can be used without matplotlib."""
    names = [
        "metaworkbook."
        + name_of(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for path in MODULES
        if wing_of(path) == wing and "/figures" not in name_of(path) and path.stem != "_pymare"
    ]
    assert not loaded_by("import " + ", ".join(names)) & {*FIGURES, "pymare"}


def code_cells():
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                yield path.name, cell["id"], "".join(cell["source"])


@pytest.mark.parametrize(
    ("name", "cell", "source"), [pytest.param(*c, id=f"{c[0]}-{c[1]}") for c in code_cells()]
)
def test_cells_only_call(name, cell, source):
    """A cell names, calls and shows; what computes has its place in the package."""
    assert len(source.splitlines()) <= MOST_CELL_LINES
    for node in ast.walk(ast.parse(source)):
        assert not isinstance(
            node,
            ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda | ast.For
            | ast.While | ast.comprehension | ast.BinOp | ast.Try | ast.With,
        ), ast.unparse(node)  # fmt: skip
        if isinstance(node, ast.Import):
            raise AssertionError(ast.unparse(node))
        if isinstance(node, ast.ImportFrom):
            assert node.module == "metaworkbook"
            assert {alias.name for alias in node.names} <= NOTEBOOK_IMPORTS
        if isinstance(node, ast.Name):
            assert node.id not in ("print", "open", "eval", "exec", "Path")


def test_every_notebook_has_one_parameters_cell():
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        tagged = [c for c in cells if "parameters" in c["metadata"].get("tags", [])]
        assert len(tagged) <= 1, path.name
