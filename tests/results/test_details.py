"""What a page saves beside its results has the shape that the site relies on."""

from __future__ import annotations

import pytest

from metaworkbook import paths, results
from metaworkbook.errors import WorkbookError

LEFT_OUT = {"effect_id": "x-01", "reason": "no size"}
SOUND = {
    "parameters": {"x": "avoidance"},
    "selected": {"entered": ["x-02"], "left_out": [LEFT_OUT]},
    "headline": {"en": "Yes.", "nb": "Ja."},
    "card": {},
    "anything": ["else"],
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(paths.BUILD_VARIABLE, str(tmp_path))
    return tmp_path / "results"


def test_sound_details_are_saved(folder):
    results.save("one", {}, **SOUND)
    assert (folder / "one.json").is_file()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("parameters", None), ("parameters", "x"),
        ("selected", ["x-01"]), ("selected", "all"), ("selected", {"entered": "x-01"}),
        ("selected", {"entered": [1]}), ("selected", {"left_out": LEFT_OUT}),
        ("selected", {"left_out": [{"effect_id": "x-01"}]}),
        ("selected", {"left_out": [{"effect_id": 1, "reason": ""}]}),
        ("headline", "text"), ("headline", {"en": "text"}), ("headline", {"en": "a", "nb": 1}),
        ("card", 7),
    ],
)  # fmt: skip
def test_another_shape_is_refused_where_it_is_saved(folder, name, value):
    with pytest.raises(WorkbookError) as caught:
        results.save("one", {}, **{**SOUND, name: value})
    text = str(caught.value)
    assert text.startswith(f"results.save, {name}: found {value!r} ({type(value).__name__})")
    assert "; allowed: a dictionary" in text
    assert text.endswith("Correct what the notebook saves.")
    assert not folder.exists()


def test_every_part_is_told_at_once_and_briefly(folder):
    with pytest.raises(WorkbookError) as caught:
        results.save("one", {}, selected="x" * 1000, headline="text")
    lines = str(caught.value).splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "results.save, selected", "results.save, headline",
    ]  # fmt: skip
    assert max(map(len, lines)) < 300
