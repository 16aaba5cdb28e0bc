"""The part of the package a page can use: all that it loads, and not much more."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from metaworkbook.publishing import keys
from metaworkbook.publishing.pages import read_pages
from metaworkbook.publishing.reach import Reach
from metaworkbook.publishing.source import read_notebook

from . import books

PACKAGE = books.REAL / "lib" / "metaworkbook"
WING = """from importlib import import_module

PUBLIC = {"pool": "pooling", "scan": "scanning", "draw": "figures.forest"}


def __getattr__(name):
    if name in PUBLIC:
        return getattr(import_module(f"{__name__}.{PUBLIC[name]}"), name)
    raise AttributeError(name)
"""
SOURCES = {
    "__init__.py": "",
    "errors.py": "",
    "models/__init__.py": WING,
    "models/pooling.py": "from metaworkbook.models import arrays\n\n\ndef pool(): ...\n",
    "models/arrays.py": "def f():\n    from metaworkbook.models.late import g\n\n    return g\n",
    "models/late.py": "import numpy as np\n",
    "models/scanning.py": "import metaworkbook.models.grid as grid\n",
    "models/grid.py": "",
    "models/data/table.csv": "1\n",
    "models/figures/__init__.py": "",
    "models/figures/forest.py": "from metaworkbook.models.figures import style\n",
    "models/figures/style.py": "",
    "models/figures/words.po": "",
    "reporting/__init__.py": "PUBLIC = {}\n",
    "reporting/whole.py": "from metaworkbook import models\n",
}
POOLING = {"__init__.py", "models/__init__.py", "models/pooling.py", "models/arrays.py",
           "models/late.py", "models/data/table.csv"}  # fmt: skip
SCANNING = POOLING - {"models/pooling.py", "models/arrays.py", "models/late.py"}
SCANNING |= {"models/scanning.py", "models/grid.py"}
DRAWING = SCANNING - {"models/scanning.py", "models/grid.py"}
DRAWING |= {name for name in SOURCES if name.startswith("models/figures/")}
WHOLE = {name for name in SOURCES if name.split("/")[0] != "reporting"} - {"errors.py"}


@pytest.fixture
def package(tmp_path):
    folder = tmp_path / "metaworkbook"
    for name, text in SOURCES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def reach(package, *cells):
    book = books.make_notebook(*cells, save=False)
    files = [file for file in package.rglob("*") if file.is_file()]
    found = Reach(package, files).list_files(book)
    return {file.relative_to(package).as_posix() for file in found}


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("from metaworkbook import models\n\nmodels.pool(1)", POOLING),
        ("from metaworkbook import models as m\n\nm.pool", POOLING),
        ("from metaworkbook.models import pool", POOLING),
        ("from metaworkbook.models.pooling import pool", POOLING),
        ("from metaworkbook.models import pooling\n\npooling.pool()", POOLING),
        ("import metaworkbook.models.pooling as p", POOLING),
        ("from metaworkbook import models\n\nmodels.scan().pool", SCANNING),
        ("from metaworkbook import models\n\n[models.draw]", DRAWING),
        ("from metaworkbook import errors", {"__init__.py", "errors.py"}),
        ("from metaworkbook.errors import WorkbookError", {"__init__.py", "errors.py"}),
        ("import pandas", set(SOURCES)),
        ("from metaworkbook import models", DRAWING - {n for n in DRAWING if "figures" in n}),
    ],
)
def test_names_are_followed_through_tables_and_imports(package, code, expected):
    assert reach(package, code) == expected


@pytest.mark.parametrize(
    "code",
    [
        "from metaworkbook import models\n\ngetattr(models, 'pool')",
        "from metaworkbook import models\n\nm = models\nm.pool",
        "from metaworkbook import models\n\nmodels.unknown",
        "from metaworkbook import models\n\nmodels.__dict__",
        "from metaworkbook.models import *",
        "from metaworkbook.models import PUBLIC",
    ],
)
def test_a_wing_asked_for_what_is_not_told_counts_whole(package, code):
    assert reach(package, code) == WHOLE


@pytest.mark.parametrize(
    "code",
    [
        "from metaworkbook.models import nowhere as n\nfrom metaworkbook.nowhere import x",
        "import metaworkbook.models",
        "import metaworkbook",
        "from . import models",
        "import importlib",
        "__import__('metaworkbook.models.grid')",
        "exec('import x')",
        "eval('1')",
        "get_ipython().run_cell('1')",
        "%run other.py",
        "for each in (1, 2):\n    each",
        "from metaworkbook import models as m\nfrom metaworkbook.models import figures as m\n1 +",
    ],
)
def test_a_notebook_that_can_load_anything_reaches_everything(package, code):
    assert reach(package, code) == set(SOURCES)


@pytest.mark.parametrize(
    "text",
    [
        "import importlib\n",
        "from importlib import import_module\n",
        "def f():\n    return __import__('x')\n",
        "import runpy as r\n",
        "from . import grid\n",
        "from metaworkbook.publishing import site\n",
    ],
)
def test_a_module_that_can_load_anything_makes_its_users_reach_everything(package, text):
    pool = "from metaworkbook import models\n\nmodels.pool"
    scan = "from metaworkbook import models\n\nmodels.scan"
    (package / "models" / "late.py").write_text(text, encoding="utf-8")
    assert reach(package, pool) == set(SOURCES)
    assert reach(package, scan) == SCANNING


def test_a_wing_that_loads_otherwise_than_by_its_table_reaches_everything(package):
    file = package / "models" / "__init__.py"
    file.write_text(WING.replace("{PUBLIC[name]}", "{name}"), encoding="utf-8")
    assert reach(package, "from metaworkbook import models\n\nmodels.pool") == set(SOURCES)


def test_a_module_that_holds_a_wing_holds_all_of_it(package):
    found = reach(package, "from metaworkbook.reporting import whole")
    assert found == WHOLE | {"reporting/__init__.py", "reporting/whole.py"}


# Runs pages one after another, each in a process of its own that has loaded nothing of ours but
# what runs notebooks, and tells which modules and files of ours each one used.
LOADED = """
import json, os, sys
from pathlib import Path
import pandas, scipy.stats, seaborn, pymare, joblib, yaml, babel, jinja2
import ipykernel.zmqshell
from metaworkbook.publishing import engines
from metaworkbook.publishing.source import read_notebook

package, told = Path(sys.argv[1]), Path(sys.argv[2])
for page in json.loads(sys.argv[3]):
    child = os.fork()
    if not child:
        opened = set()
        sys.addaudithook(lambda event, args: opened.add(str(args[0])) if event == "open" else None)
        book = read_notebook(Path(page["notebook"]))
        engines.execute(book, page["parameters"], "forked", told / "s", lambda *_: None)
        files = {str(getattr(each, "__file__", "")) for each in list(sys.modules.values())}
        used = [file for file in files | opened if file.startswith(str(package) + os.sep)]
        (told / page["parameters"]["page"]).write_text(json.dumps(sorted(used)))
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
"""


def check_pages(pages, folder):
    """Run pages and hold the files they used against those they are said to reach."""
    asked = [
        {
            "notebook": str(books.REAL / "notebooks" / page.notebook),
            "parameters": {**page.parameters, "page": page.name},
        }
        for page in pages
    ]
    subprocess.run(
        [sys.executable, "-c", LOADED, str(PACKAGE), str(folder), json.dumps(asked)],
        env=os.environ
        | {"METAWORKBOOK_ROOT": str(books.REAL), "METAWORKBOOK_BUILD": str(folder / "build"),
           "MPLBACKEND": "module://matplotlib_inline.backend_inline"},
        check=True,
    )  # fmt: skip
    reach = keys.open_reach()
    for page in pages:
        used = set(json.loads((folder / page.name).read_text(encoding="utf-8")))
        used = {file for file in used if file.endswith((".py", ".po", ".csv", ".yaml", ".toml"))}
        used = {file for file in used if not file.startswith(f"{PACKAGE}/publishing/")}
        said = set(
            map(str, reach.list_files(read_notebook(books.REAL / "notebooks" / page.notebook)))
        )
        assert used - said == set(), page.name
        assert len(used) > 30
        assert len(said) < len(reach.files)


def test_pages_load_and_read_no_more_than_they_are_said_to_reach(tmp_path):
    pages = read_pages(books.REAL / "notebooks")
    check_pages([page for page in pages if page.name in ("evidence", "reviews-alliance")], tmp_path)


@pytest.mark.slow
def test_every_page_loads_and_reads_no_more_than_it_is_said_to_reach(tmp_path):
    check_pages(read_pages(books.REAL / "notebooks"), tmp_path)
