"""What a page made is kept only if the site can show it; if not, the page is named."""

from __future__ import annotations

import json

import pytest

from metaworkbook.publishing import keys
from metaworkbook.publishing.keeping import keep
from metaworkbook.publishing.pages import Page
from metaworkbook.publishing.plan import Planned, output_files, record_file

PAGE = Page("one", "one.ipynb", {"en": "One", "nb": "En"}, "answers")
SOUND = {"page": "one", "results": {}, "headline": {"en": "a", "nb": "b"}}


@pytest.fixture
def made(tmp_path):
    folder = tmp_path / "made"
    (folder / "results").mkdir(parents=True)
    (folder / "executed.ipynb").write_text("{}", encoding="utf-8")
    (folder / "results" / "one.json").write_text(json.dumps(SOUND), encoding="utf-8")
    return folder


def keep_in(tmp_path, made):
    planned = Planned(PAGE, {}, {}, {}, {"notebook": "digest"}, None, [])
    return keep(planned, made, tmp_path)


def test_what_is_sound_is_moved_and_recorded(tmp_path, made):
    assert keep_in(tmp_path, made) is None
    assert all(file.is_file() for file in output_files(tmp_path, "one"))
    assert keys.read_record(record_file(tmp_path, "one")).inputs == {"notebook": "digest"}


@pytest.mark.parametrize(
    ("file", "text", "words"),
    [
        ("results/one.json", "not json", "is no JSON that a site can show"),
        ("results/one.json", "[" * 100_000, "is no JSON that a site can show"),
        ("results/one.json", '{"results": NaN}', "is no JSON that a site can show"),
        ("results/one.json", r'{"headline": {"en": "\ud800", "nb": ""}}', "is no JSON that a site"),
        ("results/one.json", "[]", "results/one.json: found [] (list); allowed: a dictionary"),
        ("results/one.json", '{"parameters": null}', "json, parameters: found None (NoneType)"),
        ("results/one.json", '{"selected": {"entered": "a"}}', "results/one.json, selected: found"),
        ("executed.ipynb", "broken", "is no JSON that a site can show"),
    ],
)
def test_what_no_site_can_show_is_refused_before_it_is_recorded(tmp_path, made, file, text, words):
    (made / file).write_text(text, encoding="utf-8")
    failure = str(keep_in(tmp_path, made))
    assert failure.startswith("page one (notebooks/one.ipynb): ")
    assert words in failure
    assert not record_file(tmp_path, "one").exists()


def test_a_page_that_saves_nothing_has_failed(tmp_path, made):
    (made / "results" / "one.json").rename(made / "results" / "other.json")
    assert "it saved no results under its own name" in str(keep_in(tmp_path, made))
