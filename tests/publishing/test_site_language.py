"""Every word the site itself says has its Norwegian form."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from metaworkbook.evidence.dictionary import read_dictionary
from metaworkbook.paths import effects, notebooks
from metaworkbook.publishing import frame, index, statements
from metaworkbook.publishing.frame import SECTION_TITLES, SITE_TITLE, TEMPLATES
from metaworkbook.publishing.pages import SECTIONS
from metaworkbook.publishing.parameters import declared_parameters
from metaworkbook.publishing.source import read_notebook
from metaworkbook.reporting.language import CATALOGUE, missing_messages

MODULES = ("facts", "frame", "index", "markup", "outputs", "site", "statements", "studies")
SHOWN = {
    "studies": ("kind", "setting", "cited_in_thesis"),
    "effects": (
        "y_rater",
        "phase",
        "contrast",
        "confidence",
        "source_kind",
        "n_unit",
        "significance",
    ),
    "reviews": ("rater", "confidence"),
    "claims": ("seen_in_source",),
    "second_coding": ("significance",),
}


def messages_of_templates() -> set[str]:
    found = set()
    for file in TEMPLATES.glob("*.j2"):
        found |= set(re.findall(r'\bt\("((?:[^"\\]|\\.)*)"', file.read_text(encoding="utf-8")))
    return found


def messages_of_modules() -> set[str]:
    """Return every literal first argument of translate, _say and Fact."""
    found = set()
    for name in MODULES:
        file = Path(frame.__file__).with_name(f"{name}.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("translate", "Fact"):
                text = node.args[0]
                parts = [text.body, text.orelse] if isinstance(text, ast.IfExp) else [text]
                found |= {part.value for part in parts if isinstance(part, ast.Constant)}
    return found


def messages_of_the_dictionary() -> set[str]:
    tables = read_dictionary(effects())
    return {
        word.replace("_", " ")
        for table, names in SHOWN.items()
        for column in tables[table].columns
        if column.name in names
        for word in column.enum
    }


def messages_of_the_parameters() -> set[str]:
    """Return the comment of every parameter that a page shows."""
    found = set()
    for file in notebooks().glob("*.ipynb"):
        declared, _ = declared_parameters(read_notebook(file), file.name)
        found |= {one.comment for name, one in declared.items() if name != "page"}
    return found


def test_the_search_for_messages_finds_them():
    assert "Skip to the content" in messages_of_templates()
    assert {"As reported", "Figure", "{n} persons"} <= messages_of_modules()
    assert {"client", "follow up", "bivariate"} <= messages_of_the_dictionary()
    assert {"tiers that enter the main analysis"} <= messages_of_the_parameters()


@pytest.mark.parametrize(
    "collect",
    [
        messages_of_templates,
        messages_of_modules,
        messages_of_the_dictionary,
        messages_of_the_parameters,
    ],
)
def test_no_message_is_without_norwegian(collect):
    assert missing_messages(collect()) == set()


def test_tables_of_words_are_translated():
    words = {*index.VERDICTS.values(), *SECTION_TITLES.values(), SITE_TITLE, index.LEDE,
             statements.UNSEEN}  # fmt: skip
    assert missing_messages(words) == set()
    assert set(SECTION_TITLES) == set(SECTIONS)


def test_the_catalogue_is_valid_and_its_fields_agree():
    with CATALOGUE.open("rb") as file:
        catalogue = read_po(file, locale="nb", abort_invalid=True)
    for message in catalogue:
        if message.id and message.string:
            fields = [set(re.findall(r"\{\w*\}", text)) for text in (message.id, message.string)]
            assert fields[0] == fields[1], message.id
            assert not message.fuzzy, message.id


def test_numbers_in_messages_keep_their_norwegian_form():
    with CATALOGUE.open("rb") as file:
        for message in read_po(file, locale="nb"):
            if message.id:
                assert not re.search(r"\d\.\d", str(message.string)), message.id
