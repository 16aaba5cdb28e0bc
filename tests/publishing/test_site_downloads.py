"""Downloads: the same numbers, and no cell that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metaworkbook.evidence.demonstration import open_source
from metaworkbook.evidence.ledger import read_ledger
from metaworkbook.publishing.downloads import FORMULA, flatten, neutralise, write_downloads
from metaworkbook.publishing.failures import RenderError

from .site_samples import PAGES


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"), ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"), ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"), ("\tx", "'\tx"), ("\rx", "'\rx"), ("  =1", "'  =1"),
        ("＝1", "'＝1"), ("-0.13", "-0.13"), ("+.5", "+.5"), ("-1e-3", "-1e-3"), ("−0.13", "−0.13"),
        (-0.13, "-0.13"), (30.0, "30"), (math.nan, ""), (None, ""), (True, "yes"), (7, "7"),
        ("a=1", "a=1"), ("", ""), ("-", "'-"), ("-١", "'-١"), (1e300, "1e+300"),
    ],
)  # fmt: skip
def test_text_like_a_formula_gets_an_apostrophe_and_numbers_stay(value, cell):
    assert neutralise(value) == cell


@given(st.text(max_size=40))
def test_no_text_begins_like_a_formula_unless_it_is_a_number(text):
    cell = neutralise(text)
    if cell.startswith(FORMULA):
        float(cell)
    assert cell in (text, f"'{text}")


def test_results_are_flattened_to_names_and_values():
    assert flatten({"a": {"b": 1.5}, "c": [True, None]}) == [
        ("a.b", 1.5),
        ("c.0", True),
        ("c.1", None),
    ]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site") / "data"
    ledger = read_ledger()
    effects = ledger.tables["effects"]
    ids = effects["effect_id"].tolist()
    results = {
        "one": {
            "page": "one", "results": {"estimate": -0.2},
            "selected": {
                "entered": ids[:3],
                "left_out": [{"effect_id": ids[3], "reason": "=HYPERLINK(1)"}],
            },
        },
        "two": {"page": "two", "results": {"published": [{"estimate": -0.13, "note": "=x"}]}},
    }  # fmt: skip
    files = write_downloads(folder, ledger, results, PAGES)
    return folder, files, ledger, results


def read(file) -> list[dict]:
    return list(csv.DictReader(io.StringIO(file.read_bytes().decode("utf-8-sig"), newline="")))


def test_every_page_has_its_files_and_the_ledger_its_tables(written):
    folder, files, ledger, _ = written
    names = {str(file.relative_to(folder)) for file in files}
    expected = {f"{page.name}.{kind}" for page in PAGES for kind in ("csv", "json")}
    expected |= {f"ledger/{name}.csv" for name in ledger.tables}
    # Only page "one" includes sources.
    assert names == expected | {"one.bib", "one.csl.json"}
    assert all(file.is_file() for file in files)


def test_the_rows_of_a_page_are_those_it_weighed(written):
    folder, _, _, results = written
    rows = read(folder / "one.csv")
    selected = results["one"]["selected"]
    assert [row["effect_id"] for row in rows if row["entered"] == "yes"] == selected["entered"]
    (left,) = [row for row in rows if row["entered"] == "no"]
    assert left["reason"] == "'=HYPERLINK(1)"
    assert {"tier", "path", "citation", "doi", "zi"} <= set(left)


def test_a_page_without_rows_gives_its_results(written):
    folder, *_ = written
    assert read(folder / "two.csv") == [
        {"result": "published.0.estimate", "value": "-0.13"},
        {"result": "published.0.note", "value": "'=x"},
    ]
    assert read(folder / "zero.csv") == []


def test_the_json_is_the_results(written):
    folder, _, _, results = written
    assert json.loads((folder / "one.json").read_text(encoding="utf-8")) == results["one"]


def test_no_cell_of_any_download_runs(written):
    _, files, *_ = written
    for file in files:
        if file.suffix == ".csv":
            for record in csv.reader(
                io.StringIO(file.read_bytes().decode("utf-8-sig"), newline="")
            ):
                for cell in record:
                    if cell.startswith(FORMULA):
                        float(cell)


def test_the_ledgers_numbers_come_back_unchanged(written):
    folder, _, ledger, _ = written
    rows = read(folder / "ledger" / "effects.csv")
    effects = ledger.tables["effects"]
    assert len(rows) == len(effects)
    for row, value in zip(rows, effects["value"], strict=True):
        assert (row["value"] == "") if math.isnan(value) else (float(row["value"]) == value)


def test_writing_twice_gives_the_same_bytes(written, tmp_path):
    _, files, ledger, results = written
    again = write_downloads(tmp_path / "data", ledger, results, PAGES)
    assert [file.read_bytes() for file in again] == [file.read_bytes() for file in files]


def test_a_page_of_the_demonstration_offers_the_demonstrations_rows(tmp_path):
    page = PAGES[0].name
    shown = open_source("demonstration").tables["effects"]["effect_id"].tolist()
    results = {
        page: {"page": page, "parameters": {"source": "demonstration"}, "results": {},
               "selected": {"entered": shown, "left_out": []}}
    }  # fmt: skip
    write_downloads(tmp_path / "data", read_ledger(), results, PAGES[:1])
    rows = read(tmp_path / "data" / f"{page}.csv")
    assert [row["effect_id"] for row in rows] == shown
    assert all(row["entered"] == "yes" and row["ri"] for row in rows)


def test_a_page_whose_files_cannot_be_written_is_named(tmp_path):
    results = {PAGES[0].name: {"page": PAGES[0].name, "parameters": {"source": "zzz"}}}
    with pytest.raises(
        RenderError, match=f"page {PAGES[0].name} .*: parameters, source: found .zzz"
    ):
        write_downloads(tmp_path, read_ledger(), results, PAGES[:1])
