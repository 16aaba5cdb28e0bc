"""The page list: read whole, refused with every problem at its line."""

from __future__ import annotations

import pytest

from metaworkbook.errors import PageError
from metaworkbook.publishing.pages import read_pages, suggest

from . import books

GOOD = """
[[page]]
name = "first-page"
notebook = "one.ipynb"
title = "One"
title_nb = "En"
section = "answers"
summary = "What one says."
summary_nb = "Hva en sier."
[page.parameters]
x = "avoidance"
level = 0.9

[[page]]
name = "second"
notebook = "one.ipynb"
title = "Two"
title_nb = "To"
section = "methods"
"""


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "notebooks"
    folder.mkdir()
    (folder / "one.ipynb").write_text("{}", encoding="utf-8")
    return folder


def read_problems(folder, text):
    (folder / "pages.toml").write_text(text, encoding="utf-8")
    with pytest.raises(PageError) as caught:
        read_pages(folder)
    return [str(problem) for problem in caught.value.problems]


def test_pages_are_read_in_order_with_both_languages(folder):
    (folder / "pages.toml").write_text(GOOD, encoding="utf-8")
    first, second = read_pages(folder)
    assert (first.name, first.notebook, first.section) == ("first-page", "one.ipynb", "answers")
    assert first.title == {"en": "One", "nb": "En"}
    assert first.summary == {"en": "What one says.", "nb": "Hva en sier."}
    assert first.parameters == {"x": "avoidance", "level": 0.9}
    assert (second.name, second.parameters, second.summary) == ("second", {}, {"en": "", "nb": ""})


def test_a_byte_order_mark_is_forgiven(folder):
    (folder / "pages.toml").write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert len(read_pages(folder)) == 2


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('"second"', '"first-page"', 'row 14 (first-page), name: found "first-page" again'),
        ('"second"', '"../second"', 'row 14 (../second), name: found "../second"; allowed: lower'),
        ('"second"', '"Second"', 'name: found "Second"; allowed: lower-case'),
        ('"second"', '"index"', 'name: found "index"; allowed: a name that neither the site nor'),
        ('"second"', '"con"', 'name: found "con"; allowed: a name that neither the site nor'),
        ('"second"', '"lpt9"', 'name: found "lpt9"; allowed: a name that neither the site nor'),
        ('"second"', r'"a\nb\u001b"', r'(a\nb\x1b), name: found "a\nb\x1b"; allowed: lower-case'),
        ('"second"', '"' + "a" * 61 + '"', "at most 60"),
        ('"second"', "7", "name: found 7; allowed: a text"),
        ('"methods"', '"methds"', 'Did you mean "methods"?'),
        ('"methods"', '""', "section: found \"\"; allowed: a text"),
        ('title_nb = "To"', "", "(second), title_nb: found nothing"),
        ('"To"', r'"T\u0000o"', r'title_nb: found "T\x00o"; allowed: letters that can be seen'),
        ('"Two"', r'"\u202eTwo"', r'title: found "\u202eTwo"; allowed: letters that can be seen'),
        ('title = "Two"', 'titel = "Two"', '(second), titel: found "titel"; allowed: name,'),
        ('title = "Two"', 'titel = "Two"', 'Did you mean "title"?'),
    ],
)  # fmt: skip
def test_each_mistake_names_its_place(folder, old, new, expected):
    text = GOOD[: GOOD.rindex("[[page]]")] + GOOD[GOOD.rindex("[[page]]") :].replace(old, new)
    assert any(expected in problem for problem in read_problems(folder, text))


@pytest.mark.parametrize("name", ["two.ipynb", "../one.ipynb", "/one.ipynb", "one.py", "a/b.ipynb"])
def test_a_notebook_must_be_one_of_the_folder(folder, name):
    problems = read_problems(folder, GOOD.replace('"one.ipynb"', f'"{name}"'))
    assert len(problems) == 2
    assert f'notebook: found "{name}"' in problems[0]


def test_all_problems_come_at_once(folder):
    text = GOOD.replace('"answers"', '"answer"').replace('title_nb = "To"', 'subtitle = "To"')
    problems = read_problems(folder, text)
    assert len(problems) == 3
    assert all("notebooks/pages.toml, row " in problem for problem in problems)


def test_parameters_must_be_a_table_without_the_page(folder):
    text = GOOD.replace('x = "avoidance"', 'page = "other"')
    assert "every parameter but page" in read_problems(folder, text)[0]
    text = GOOD.replace('section = "methods"', 'section = "methods"\nparameters = 3')
    assert "parameters: found 3; allowed: a table" in read_problems(folder, text)[0]


def test_broken_toml_names_the_line(folder):
    problems = read_problems(folder, GOOD.replace('name = "second"', "name = second"))
    assert "notebooks/pages.toml, row 15: found" in problems[0]


def test_bytes_that_are_not_utf8_are_refused(folder):
    (folder / "pages.toml").write_bytes(b'[[page]]\nname = "\xe5"\n')
    with pytest.raises(PageError, match="found the byte 0xe5 at 17; allowed: UTF-8"):
        read_pages(folder)


@pytest.mark.parametrize("text", ["", "page = 3", "[page]\nname = 'x'", "other = 1\n[[page]]"])
def test_a_list_without_pages_is_refused(folder, text):
    assert read_problems(folder, text)


def test_a_missing_list_is_one_problem(tmp_path):
    with pytest.raises(PageError, match="found no such file or directory"):
        read_pages(tmp_path)


def test_a_suggestion_is_close_or_absent():
    assert suggest("avoidence", ["avoidance", "anxiety"]) == 'Did you mean "avoidance"? '
    assert suggest("zzz", ["avoidance", "anxiety"]) == ""


def test_the_real_list_can_be_read():
    assert len(read_pages(books.REAL / "notebooks")) >= 10
