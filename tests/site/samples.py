"""Builds a small site of every page type, with evidence that tries to break out of its cells.

Run as ``python tests/site/samples.py FOLDER``; the browser tests open what it writes.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
import sys
from pathlib import Path
from types import ModuleType

from metaworkbook import evidence, models, reporting
from metaworkbook.evidence.dictionary import read_dictionary
from metaworkbook.evidence.ledger import Ledger, read_ledger
from metaworkbook.publishing import crate, manifest, site
from metaworkbook.publishing.illustrations import locate
from metaworkbook.publishing.pages import Page

HERE = Path(__file__).parent
NAMES = {
    "avoidance-alliance": ("answers", {"estimate": -0.12, "ci_low": -0.31, "ci_high": 0.08}),
    "dismissing-alliance": ("answers", {"estimate": None, "ci_low": -1.0, "ci_high": 0.2}),
    "avoidance-outcome": ("answers", {"estimate": None, "ci_low": None, "ci_high": None}),
    "evidence": ("evidence", {}),
    "hostile-rows": ("evidence", {}),
}
VERDICTS = ("negative", "not_decided", "side_by_side", "", "")
PROSE = (
    "## What is asked\n\nDoes *avoidance* go with a weaker alliance?\n\n"
    "Let $z_i \\sim N(\\mu, \\tau^2 + v_i)$ and\n\n"
    "$$\\hat\\mu = \\frac{\\sum_i w_i z_i}{\\sum_i w_i}, "
    "\\qquad w_i = \\frac{1}{v_i + \\hat\\tau^2}$$"
    "\n\n## The answer\n\n- one\n- two\n\n> A quotation.\n\n```python\nrows = 1\n```\n\n"
    "| a | b |\n|---|---|\n| 1 | 2 |\n\n## What this does not show\n\n"
    f"A long word: {'unbreakable' * 30}."
)


PLACES = "## The answer\n\nHostile.\n\n## The evidence, row by row\n\nHostile."
# What a cell may hold to leave its place, in whatever reads it.
HOSTILE = (
    "</script></title></style><script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
    '<a href=javascript:alert(3)>x</a> ]]> --> {{ 7*7 }} {% raw %} =HYPERLINK("x") $\\tau$ **b** '
    f"`c` \u202eright to left\u202c {'unbreakable' * 30}"
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
    hostile = make_hostile(ledger, HOSTILE)
    rows_page = samples.notebook(
        *(samples.bundle(*piece) for piece in show_rows(hostile)), prose=PLACES
    )
    for language, home in (("en", folder), ("nb", folder / "nb")):
        (home / "study").mkdir(parents=True)
        files = {"index.html": site.render_index(results, pages, language, samples.PROVENANCE)}
        for page in pages:
            source = rows_page if page.name == "hostile-rows" else notebook
            body = site.render_body(source, page, pages, language, results[page.name])
            text = site.render_page(
                body, page, pages, language, samples.PROVENANCE, True, results[page.name],
            )  # fmt: skip
            text = re.sub(r'href="study/[^".]+\.html"', f'href="study/{study}.html"', text)
            site.write_illustrations(folder / "data" / locate(language), body["figures"])
            files[f"{page.name}.html"] = text
        for name, source in ((study, ledger), ("hostile", hostile)):
            gathered = site.gather_study(study, source, results, pages)
            told = site.tell_study(gathered, language)
            files[f"study/{name}.html"] = site.render_study(
                told, gathered["study"], pages, language, samples.PROVENANCE
            ).replace(f"study/{study}.html", f"study/{name}.html").replace(
                f'href="{study}.html"', f'href="{name}.html"'
            )  # fmt: skip
        for name, text in files.items():
            (home / name).write_text(text, encoding="utf-8")
    site.write_downloads(folder / "data", ledger, results, pages)
    # What the publication writes of a whole site, which the page of all evidence links.
    for file in (manifest.FILE, crate.FILE):
        (folder / file).write_text("{}", encoding="utf-8")


def make_hostile(ledger: Ledger, words: str) -> Ledger:
    """Return the ledger with ``words`` in every column of free text."""
    keys = {"effect_id", "study_id", "sample_id", "review_id", "claim_id", "meta_id", "construct"}
    tables = {name: table.copy() for name, table in ledger.tables.items()}
    for name, described in read_dictionary().items():
        linked = {link.column for link in described.foreign_keys}
        for column in described.columns:
            free = column.type == "string" and not column.enum and not column.pattern
            if free and column.name not in keys | linked | KEPT and column.name in tables[name]:
                tables[name][column.name] = words
    return Ledger(tables, "0" * 64)


# Lists of ids, and what decides whether a row enters at all.
KEPT = {"same_sample_as", "duplicate_of", "hold_back", "set_apart", "superseded_by", "family",
        "second_reading", "x", "y", "proposition"}  # fmt: skip


def show_rows(ledger: Ledger) -> list[tuple[str, str]]:
    """Return in both languages what a page shows of rows, forest and explorer included."""
    selected = evidence.select(ledger, x="attachment_avoidance", y="alliance")
    published = evidence.select_reviews(ledger, x="attachment_avoidance", y="alliance")
    synthesis = models.synthesise(**selected.bounds())
    names = dict.fromkeys(("en", "nb"), HOSTILE)
    shown = (
        reporting.show_answer(synthesis, published, names, names),
        reporting.draw_forest(selected.rows, synthesis, published, "hostile"),
        reporting.show_methods(synthesis, {}, published),
        reporting.show_explorer(evidence.list_candidates(selected), "A C D"),
        reporting.draw_directions(evidence.select_signs(selected).rows, "hostile"),
        reporting.show_left_out(selected.left_out),
        reporting.show_evidence(evidence.describe_all(selected)),
    )
    return [(one.html("en"), one.html("nb")) for one in shown]


if __name__ == "__main__":
    build(Path(sys.argv[1]))
