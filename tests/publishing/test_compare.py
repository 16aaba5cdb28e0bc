"""The diff of results: what moved, by how much, told so that a person can read it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metaworkbook.errors import WorkbookError
from metaworkbook.publishing.compare import (
    AGREEMENT,
    compare,
    compare_folders,
    read_results,
    show,
    show_markdown,
    show_plain,
)

OLD = {
    "page": "one",
    "results": {
        "pooled": {"estimate": -0.25, "ci_high": "inf", "k": 3, "decided": False, "se": None},
        "rows": [{"effect_id": "a-01", "zi": 0.1}, {"effect_id": "b-01", "zi": 0.2}],
        "entered": ["a-01", "b-01"],
        "curve": [0.1, 0.2],
    },
}


def changed(**changes):
    new = json.loads(json.dumps(OLD))
    for path, value in changes.items():
        *steps, last = path.split("__")
        place = new["results"]
        for step in steps:
            place = place[int(step) if step.isdigit() else step]
        place[last] = value
    return [str(change) for change in compare("one", OLD, new)]


def test_the_same_results_have_no_change():
    assert changed() == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"pooled__estimate": -0.3}, ["one: results.pooled.estimate: -0.25 -> -0.3 (-0.05)"]),
        ({"pooled__k": 4}, ["one: results.pooled.k: 3 -> 4 (+1)"]),
        ({"pooled__ci_high": 0.5}, ["one: results.pooled.ci_high: inf -> 0.5"]),
        ({"pooled__se": 0.1}, ["one: results.pooled.se: nothing -> 0.1"]),
        ({"pooled__decided": True}, ["one: results.pooled.decided: false -> true"]),
        ({"pooled__decided": 0}, ["one: results.pooled.decided: false -> 0"]),
        ({"pooled__q": 1.5}, ["one: results.pooled.q: new, 1.5"]),
        ({"curve": [0.1, 0.4, 0.5]}, ["one: results.curve[1]: 0.2 -> 0.4 (+0.2)",
                                      "one: results.curve[2]: new, 0.5"]),
        ({"entered": ["b-01", "c-01"]}, ["one: results.entered[a-01]: gone, was a-01",
                                         "one: results.entered[c-01]: new, c-01"]),
        ({"rows__1__zi": 0.3}, ["one: results.rows[b-01].zi: 0.2 -> 0.3 (+0.1)"]),
        ({"rows": []}, ['one: results.rows[a-01]: gone, was {"effect_id": "a-01", "zi": 0.1}',
                        'one: results.rows[b-01]: gone, was {"effect_id": "b-01", "zi": 0.2}']),
        ({"rows": 3}, ['one: results.rows: [{"effect_id": "a-01", "zi": 0.1}, '
                       '{"effect_id": "b-01", "zi": 0.2}] -> 3']),
    ],
)  # fmt: skip
def test_each_kind_of_change_is_one_line(changes, expected):
    assert changed(**changes) == expected


def test_one_row_more_shows_as_one_row_more():
    rows = [{"effect_id": "a0-01", "zi": 0.0}, *OLD["results"]["rows"]]
    (line,) = changed(rows=rows)
    assert line.startswith("one: results.rows[a0-01]: new, ")


def test_a_row_that_only_moved_its_place_is_no_change():
    assert changed(rows=OLD["results"]["rows"][::-1], entered=["b-01", "a-01"]) == []


def test_less_than_the_agreement_is_the_same_number_and_more_is_not():
    assert changed(pooled__estimate=-0.25 + AGREEMENT / 10) == []
    assert len(changed(pooled__estimate=-0.25 + AGREEMENT * 10)) == 1


def test_pages_come_and_go(tmp_path):
    for side, pages in (("old", ("one", "gone")), ("new", ("one", "fresh"))):
        (tmp_path / side).mkdir()
        for page in pages:
            (tmp_path / side / f"{page}.json").write_text(json.dumps(OLD), encoding="utf-8")
    (tmp_path / "old" / "_sources.json").write_text("{}", encoding="utf-8")
    lines = [str(change) for change in compare_folders(tmp_path / "old", tmp_path / "new")]
    assert lines == [
        "fresh: the page: new, results not yet accepted",
        "gone: the page: gone, was accepted results",
    ]


def test_a_folder_that_is_not_there_holds_nothing(tmp_path):
    assert read_results(tmp_path / "nowhere") == {}


def test_a_torn_file_is_named(tmp_path):
    (tmp_path / "one.json").write_text("{", encoding="utf-8")
    with pytest.raises(WorkbookError, match=r"one\.json: Expecting"):
        read_results(tmp_path)


def test_the_markdown_form_leads_with_the_largest_shift_and_escapes_bars():
    new = json.loads(json.dumps(OLD))
    new["results"]["pooled"] |= {"estimate": -0.26, "k": 9, "a|b": "x\ny"}
    text = show_markdown(compare("one", OLD, new), ["1 row changed: effects a-01"], {})
    lines = text.splitlines()
    assert lines[:3] == ["**3 results moved on 1 page.**", "", "- 1 row changed: effects a-01"]
    assert lines[4:8] == [
        "### one", "", "| result | accepted | now | shift |", "|---|---|---|---|",
    ]  # fmt: skip
    assert lines[8] == "| results.pooled.k | 3 | 9 | +6 |"
    assert lines[9] == "| results.pooled.estimate | -0.25 | -0.26 | -0.01 |"
    assert lines[10] == "| results.pooled.a\\|b | nothing | x y | added |"
    assert show_markdown([], [], {}) == "No result moved.\n"


def test_a_long_page_is_cut_and_says_so():
    changes = compare("one", list(range(9)), list(range(10, 19)))
    text = show_markdown(changes, [], {}, limit=4)
    assert text.count("\n| [") == 4
    assert text.endswith("and 5 more.\n")


def test_the_plain_form_goes_page_by_page_from_the_headline_inwards():
    new = json.loads(json.dumps(OLD))
    new["results"]["pooled"] |= {"estimate": -0.26, "k": 9}
    new["headline"] = {"en": "k = 9"}
    changes = compare("one", OLD | {"headline": {"en": "k = 3"}}, new) + compare("two", [1], [2])
    rows = {"one": ["effects a-01"], "two": []}
    assert show_plain(changes, ["1 row changed: effects a-01"], rows, limit=2).splitlines() == [
        "4 results moved on 2 pages.",
        "since: 1 row changed: effects a-01",
        "",
        "one: 3 results moved, with effects a-01",
        "  headline.en: k = 3 -> k = 9",
        "  results.pooled.k: 3 -> 9 (+6)",
        "  and 1 more; every one: metaworkbook diff --all",
        "",
        "two: 1 result moved",
        "  [0]: 1 -> 2 (+1)",
    ]
    assert "results.pooled.estimate" in show_plain(changes, [], rows, limit=None)
    assert "Changed rows that it names: effects a-01\n" in show_markdown(changes, [], rows)
    assert show_plain([], [], {}) == "No result moved.\n"


def test_long_texts_are_cut():
    assert len(show("x" * 500)) == 120
    assert show(1 / 3) == "0.333333"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(JSON)
def test_anything_equals_itself(value):
    assert compare("page", value, json.loads(json.dumps(value))) == []


@given(JSON, JSON)
def test_what_differs_differs_in_both_directions(old, new):
    forth, back = compare("page", old, new), compare("page", new, old)
    assert sorted(change.path for change in forth) == sorted(change.path for change in back)
    assert all(str(change) for change in forth)
