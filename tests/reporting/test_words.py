"""Every word of the propositions, their analyses and pages has its Norwegian form."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from metaworkbook import paths
from metaworkbook.evidence import changes, checklist, propositions, questions, rows, shares
from metaworkbook.models import estimands, reviews, synthesis, verdicts
from metaworkbook.publishing.markup import split_blocks, translatable
from metaworkbook.reporting import (
    agreement,
    claims,
    codings,
    methods,
    proportions,
    published,
    reasons,
)
from metaworkbook.reporting import verdicts as told
from metaworkbook.reporting.language import missing_messages

FOLDER = Path(told.__file__).parent
# Modules that show words of their own; the others are handed them.
MODULES = sorted(
    file.relative_to(FOLDER).as_posix()
    for file in FOLDER.rglob("*.py")
    if re.search(r"\b(translate|say)\(\s*[\"']", file.read_text(encoding="utf-8"))
)
NOTEBOOKS = sorted(file.stem for file in paths.notebooks().glob("*.ipynb"))


def literals(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {node.value}
    if isinstance(node, ast.IfExp):
        return literals(node.body) | literals(node.orelse)
    return set()


@pytest.mark.parametrize("module", MODULES)
def test_every_message_of_a_module_is_translated(module):
    tree = ast.parse((FOLDER / module).read_text(encoding="utf-8"))
    words = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("translate", "say"):
            words |= literals(node.args[0])
        # Headers and captions are tuples or names that are translated in one go.
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in (
            "header", "text", "caption", "why",
        ):  # fmt: skip
            parts = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
            words |= {word for part in parts for word in literals(part)}
    assert words
    assert missing_messages(words) == set()


def test_tables_of_words_are_translated():
    tables = (
        proportions.SYSTEMS, proportions.CLASSES, proportions.GROUPS, proportions.CHANGES,
        proportions.CONTROLS, proportions.TOLD_BY, reasons.SCALES, reasons.LACKING, reasons.NOTHING,
        reasons.VARIANTS, reasons.BESIDE, told.VERDICTS, told.POINTS, told.KINDS, claims.SEEN,
        codings.CONFIRMED, codings.RECODINGS, methods.STATUS, dict(methods.GATES),
        published.GROUPINGS, published.REASONS, agreement.WHAT, agreement.QUANTITIES,
    )  # fmt: skip
    assert missing_messages({word for table in tables for word in table.values()}) == set()


def test_propositions_parts_rules_and_reasons_are_translated():
    words = {one.statement for one in propositions.PROPOSITIONS}
    words |= {one.fixed for one in propositions.PROPOSITIONS if one.fixed}
    words |= {ask.name for one in propositions.PROPOSITIONS for ask in one.parts}
    words |= set(verdicts.RULE) | {text for pair in estimands.ANALYSES.values() for text in pair}
    words |= {item[2] for item in checklist.ITEMS}
    words |= {shares.SEVERAL, shares.NO_COUNT, shares.PUBLISHED, rows.OTHER, questions.UNSIZED}
    assert missing_messages(words) == set()


def test_every_variant_has_its_words():
    names = {f"reporting-{share:g}" for share in synthesis.REPORTING}
    names |= {f"rho-{rho:g}" for rho in synthesis.RHOS}
    names |= {f"overlap-{rho:g}" for rho in reviews.RHOS if rho != reviews.RHO}
    names |= {f"before-after-{rho:g}" for rho in changes.PRE_POST if rho != changes.PRE_POST[1]}
    assert names <= set(reasons.VARIANTS)


def test_every_kind_of_part_and_every_change_has_its_words():
    assert set(told.KINDS) == set(propositions.KINDS) == set(estimands.ANALYSES)
    assert set(verdicts.KINDS) == set(propositions.KINDS)
    assert set(proportions.CHANGES) == set(changes.CHANGES)
    assert set(told.VERDICTS) == {*verdicts.VERDICTS, "not_judged"}


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_the_prose_of_the_pages_is_translated(name):
    notebook = json.loads((paths.notebooks() / f"{name}.ipynb").read_text(encoding="utf-8"))
    blocks = {
        block
        for cell in notebook["cells"]
        if cell["cell_type"] == "markdown"
        for block in split_blocks("".join(cell["source"]))
        if translatable(block)
    }
    assert blocks
    assert missing_messages(blocks) == set()


def test_codes_of_published_rows_that_reach_a_page_are_translated(real_ledger):
    rows_read = real_ledger.tables["reviews"]
    codes = {word for column in ("modality", "rater", "population") for word in rows_read[column]}
    assert missing_messages({published.words(code) for code in codes if code}) == set()


def test_filters_of_propositions_are_translated():
    parts = checklist.list_parts()
    filters = {one for told in (*parts["asked"], *parts["against"]) for one in told.split("; ")}
    assert missing_messages(filters - {""}) == set()
