"""Kept bodies: found only whole and only for what they were made from."""

from __future__ import annotations

import pytest

from metaworkbook.publishing import bodies as module
from metaworkbook.publishing.bodies import Bodies

BODY = {"en": "<p>“é” \u2028 \n end</p>", "figures": [["a", "<svg/>", "aGk="]], "n": [1.5, None]}


@pytest.fixture
def bodies(tmp_path):
    return Bodies(tmp_path / "bodies", "package")


def test_a_body_comes_back_as_it_was(bodies):
    bodies.keep("one", bodies.digest("a"), BODY)
    assert bodies.find("one", bodies.digest("a")) == BODY
    assert [file.name for file in bodies.folder.iterdir()] == ["one"]


def test_a_body_is_not_found_for_anything_else(bodies, tmp_path):
    digest = bodies.digest("a", {"b": 1})
    bodies.keep("one", digest, BODY)
    assert bodies.find("one", bodies.digest("a", {"b": 2})) is None
    assert bodies.find("two", digest) is None
    (bodies.folder / "two").write_bytes((bodies.folder / "one").read_bytes())
    assert bodies.find("two", bodies.digest("another")) is None
    assert Bodies(tmp_path / "bodies", "new package").digest("a", {"b": 1}) != digest


def test_a_new_release_of_a_library_is_something_else(bodies, tmp_path, monkeypatch):
    site = tmp_path / "site-packages"
    (site / "mistune-3.1.dist-info").mkdir(parents=True)
    monkeypatch.syspath_prepend(str(site))
    before = Bodies(tmp_path / "bodies", "package").digest("a")
    (site / "mistune-3.1.dist-info").rename(site / "mistune-3.2.dist-info")
    assert Bodies(tmp_path / "bodies", "package").digest("a") != before


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def alter(content: bytes) -> bytes:
    return content.replace(b"end", b"And")


@pytest.mark.parametrize("damage", [cut, alter, lambda content: b"", lambda content: b"{}"])
def test_a_damaged_body_is_as_good_as_absent(bodies, damage):
    digest = bodies.digest("a")
    bodies.keep("one", digest, BODY)
    file = bodies.folder / "one"
    file.write_bytes(damage(file.read_bytes()))
    assert bodies.find("one", digest) is None
    bodies.keep("one", digest, BODY)
    assert bodies.find("one", digest) == BODY


def test_nothing_is_kept_by_code_that_may_be_older_than_its_digest(bodies, monkeypatch):
    monkeypatch.setattr(module, "BEGUN", 0.0)
    bodies.keep("one", bodies.digest("a"), BODY)
    assert bodies.find("one", bodies.digest("a")) is None


def test_what_is_not_named_goes(bodies):
    for name in ("one", "two"):
        bodies.keep(name, bodies.digest("a"), BODY)
    (bodies.folder / ".three").write_text("unfinished", encoding="utf-8")
    (bodies.folder / "folder").mkdir()
    bodies.forget_others(["two", "four"])
    assert [file.name for file in bodies.folder.iterdir()] == ["two"]
