"""Builds a small site of every page type, with evidence that tries to break out of its cells.

Run as ``python tests/site/samples.py FOLDER``; the browser tests open what it writes.
"""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path
from types import ModuleType

from metaworkbook.evidence.ledger import read_ledger
from metaworkbook.publishing import site
from metaworkbook.publishing.pages import Page

HERE = Path(__file__).parent
NAMES = {
    "avoidance-alliance": ("answers", {"estimate": -0.12, "ci_low": -0.31, "ci_high": 0.08}),
    "dismissing-alliance": ("answers", {"estimate": None, "ci_low": -1.0, "ci_high": 0.2}),
    "avoidance-outcome": ("answers", {"estimate": None, "ci_low": None, "ci_high": None}),
    "evidence": ("evidence", {}),
}
VERDICTS = ("negative", "not_decided", "side_by_side", "")
PROSE = (
    "## What is asked\n\nDoes *avoidance* go with a weaker alliance?\n\n"
    "Let $z_i \\sim N(\\mu, \\tau^2 + v_i)$ and\n\n"
    "$$\\hat\\mu = \\frac{\\sum_i w_i z_i}{\\sum_i w_i}, "
    "\\qquad w_i = \\frac{1}{v_i + \\hat\\tau^2}$$"
    "\n\n## The answer\n\n- one\n- two\n\n> A quotation.\n\n```python\nrows = 1\n```\n\n"
    "| a | b |\n|---|---|\n| 1 | 2 |\n\n## What this does not show\n\n"
    f"A long word: {'unbreakable' * 30}."
)


def load(file: Path) -> ModuleType:
    """Return a module of the Python tests."""
    spec = importlib.util.spec_from_file_location(file.stem, file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def build(folder: Path) -> None:
    """Write the site of samples into ``folder``, in place of what is there."""
    samples = load(HERE.parent / "publishing" / "site_samples.py")
    shutil.rmtree(folder, ignore_errors=True)
    ledger = read_ledger()
    pages = [
        Page(name, "x.ipynb", {"en": f"Sample: {name}", "nb": f"Prøve: {name}"}, section,
             {"rater": "client"}, {"en": "In short.", "nb": "Kort sagt."})
        for name, (section, _) in NAMES.items()
    ]  # fmt: skip
    study = ledger.tables["effects"]["study_id"].value_counts().index[0]
    rows = ledger.tables["effects"].query("study_id == @study")["effect_id"].tolist()
    results = {
        name: {
            "page": name,
            "headline": {"en": samples.HOSTILE, "nb": "En setning."},
            "card": {"x": {"en": "avoidance", "nb": "unnvikelse"},
                     "y": {"en": "alliance", "nb": "allianse"}, "k": 7, "n": 1234,
                     "bounded": True, "verdict": verdict,
                     "published": {"citation": "A (2024)", "estimate": -0.13, "k": 33}, **card},
            "selected": {"entered": rows[:2],
                         "left_out": [{"effect_id": rows[2], "reason": samples.HOSTILE}]},
            "results": {"estimate": -0.12},
        }
        for (name, (_, card)), verdict in zip(NAMES.items(), VERDICTS, strict=True)
    }  # fmt: skip
    results["propositions"] = {"results": [
        {"id": "P1", "verdict": "undecided", "reason": "Why", "pages": ["evidence"],
         "k": 3, "n": 99}
    ]}  # fmt: skip
    wide = (
        "<table><caption>Wide</caption><tr>" + "<td>a number of words</td>" * 20 + "</tr></table>"
    )
    marks = "".join(f'<p><a href="study/{study}.html">{row}</a></p>' for row in rows)
    places = "".join(
        f'<details class="evidence"><summary>{row}</summary><div id="row-{row}">x</div></details>'
        for row in rows
    )
    shown = [
        samples.bundle("<p>One sentence.</p>", "<p>Én setning.</p>"),
        samples.bundle(samples.FIGURE),
        samples.bundle(samples.TABLE),
        samples.bundle(samples.EVIDENCE),
        samples.bundle(wide),
        samples.bundle(f"<div>{marks}{places}</div>"),
    ]
    notebook = samples.notebook(*shown, prose=PROSE)
    hostile = _make_hostile(ledger, samples.HOSTILE)
    for language, home in (("en", folder), ("nb", folder / "nb")):
        (home / "study").mkdir(parents=True)
        files = {"index.html": site.render_index(results, pages, language, samples.PROVENANCE)}
        for page in pages:
            text = site.render_page(notebook, page, pages, language, samples.PROVENANCE)
            files[f"{page.name}.html"] = text
        for name, source in ((study, ledger), ("hostile", hostile)):
            files[f"study/{name}.html"] = site.render_study(
                study, source, results, pages, language, samples.PROVENANCE
            ).replace(f"study/{study}.html", f"study/{name}.html").replace(
                f'href="{study}.html"', f'href="{name}.html"'
            )  # fmt: skip
        for name, text in files.items():
            (home / name).write_text(text, encoding="utf-8")
    site.write_downloads(folder / "data", ledger, results, pages)


def _make_hostile(ledger, words: str):
    tables = {name: table.copy() for name, table in ledger.tables.items()}
    for name in ("studies", "effects"):
        for column in ("citation", "full_reference", "summary", "notes", "coder_note", "detail",
                       "p_reported", "oddity", "x_measure", "design", "doi",
                       "locator"):  # fmt: skip
            if column in tables[name]:
                tables[name][column] = words
    return type(ledger)(tables, "0" * 64)


if __name__ == "__main__":
    build(Path(sys.argv[1]))
