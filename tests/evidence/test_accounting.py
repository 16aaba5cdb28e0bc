"""Accounting: every raw row is in exactly one place, and no number changed on the way.

``tests/reference/raw_rows.csv`` lists the rows as they were extracted.
"""

from __future__ import annotations

import csv
import re
from collections import Counter

import frictionless
import pytest

from .. import ledgers

RAW = ledgers.REAL.parent / "tests" / "reference" / "raw_rows.csv"
COUNTS = {
    "effects": 654,
    "reviews": 161,
    "review_moderators": 144,
    "studies": 436,
    "second_coding": 137,
}
#: What a number of the raw row is called in a review.
AS_REVIEW = {"value": "estimate", "ci_low": "ci_low", "ci_high": "ci_high", "n": "n_total"}


def read(path, key):
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    by_key = {row[key]: row for row in rows}
    assert len(by_key) == len(rows)
    return by_key


@pytest.fixture(scope="module")
def raw():
    with RAW.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    tables = {name: {} for name in COUNTS}
    for row in rows:
        tables[row["raw_table"]][row["raw_id"]] = row
    return tables


@pytest.fixture(scope="module")
def kept():
    """The project's tables as text, so that a number is compared as it is written."""
    return {
        name: read(ledgers.REAL / table.path, table.key)
        for name, table in ledgers.DICTIONARY.items()
        if name != "shares"
    }


@pytest.fixture(scope="module")
def made_of(kept, raw):
    """Reviews that were first recorded as a row of effects, by the raw row they were made of."""
    return {
        raw_id: review
        for review, row in kept["reviews"].items()
        if review not in raw["reviews"]
        for raw_id in row["raw_effect_ids"].split()
    }


def places(raw_table, raw_id, kept, made_of):
    leftover = kept["leftovers"].get(raw_id, {}).get("raw_table")
    homes = {
        "effects": ("effects", "claims"),
        "reviews": ("reviews",),
        "review_moderators": ("review_moderators",),
        "studies": ("studies",),
        "second_coding": ("second_coding",),
    }
    found = [name for name in homes[raw_table] if raw_id in kept[name]]
    found += ["leftovers"] * (leftover == raw_table)
    found += ["reviews"] * (raw_table == "effects" and raw_id in made_of)
    return found


def same_number(one, other):
    return one == other or (one != "" and other != "" and float(one) == float(other))


def test_raw_rows_are_all_listed(raw):
    assert {name: len(rows) for name, rows in raw.items()} == COUNTS


@pytest.mark.parametrize("table", COUNTS)
def test_every_raw_row_is_in_one_place(raw, kept, made_of, table):
    homes = {raw_id: places(table, raw_id, kept, made_of) for raw_id in raw[table]}
    assert {raw_id: found for raw_id, found in homes.items() if len(found) != 1} == {}


@pytest.mark.parametrize("table", COUNTS)
def test_counts_add_up(raw, kept, made_of, table):
    counted = Counter(
        place for raw_id in raw[table] for place in places(table, raw_id, kept, made_of)
    )
    assert counted.total() == COUNTS[table]
    if table == "effects":
        assert counted["effects"] == len(kept["effects"])
        assert counted["reviews"] == len(made_of)
    elif table == "reviews":
        assert counted["reviews"] == len(kept["reviews"]) - len(made_of)
    else:
        assert counted[table] == len(kept[table])


def test_nothing_came_from_nowhere(raw, kept, made_of):
    assert set(kept["effects"]) <= set(raw["effects"])
    for name in ("studies", "second_coding", "review_moderators"):
        assert set(kept[name]) <= set(raw[name])
    assert set(kept["reviews"]) - set(raw["reviews"]) == set(made_of.values())
    claims = {claim for claim in kept["claims"] if not claim.endswith("-claim")}
    assert claims <= set(raw["effects"])
    for claim in set(kept["claims"]) - claims:
        assert claim.removesuffix("-claim") in raw["studies"]
    for raw_id, row in kept["leftovers"].items():
        assert raw_id in raw[row["raw_table"]]
        assert row["reason"]
        assert row["content"]


def test_raw_rows_that_back_a_review_exist(raw, kept):
    for row in kept["reviews"].values():
        assert set(row["raw_effect_ids"].split()) <= set(raw["effects"])


def test_values_and_intervals_are_unchanged(raw, kept):
    changed = [
        (raw_id, column, row[column], kept["effects"][raw_id][column])
        for raw_id, row in raw["effects"].items()
        if raw_id in kept["effects"]
        for column in ("value", "ci_low", "ci_high")
        if not same_number(row[column], kept["effects"][raw_id][column])
    ]
    assert changed == []


@pytest.mark.parametrize("column", ["n", "direction", "significance"])
def test_what_changed_is_explained(raw, kept, column):
    """The coder's note, or for n its own note, says why a row differs from its first reading."""
    unexplained = [
        (raw_id, row[column], kept["effects"][raw_id][column])
        for raw_id, row in raw["effects"].items()
        if raw_id in kept["effects"]
        and not same_number_or_word(row[column], kept["effects"][raw_id][column])
        and not explains(kept["effects"][raw_id], column)
    ]
    assert unexplained == []


def same_number_or_word(one, other):
    try:
        return same_number(one, other)
    except ValueError:
        return False


def explains(row, column):
    return bool(row["coder_note"]) and (column != "n" or "n" in row["coder_note"].split())


def test_published_numbers_are_unchanged(raw, kept):
    changed = [
        (raw_id, column, row[column], kept["reviews"][raw_id][name])
        for raw_id, row in raw["reviews"].items()
        if raw_id in kept["reviews"]
        for column, name in AS_REVIEW.items()
        if not same_number(row[column], kept["reviews"][raw_id][name])
    ]
    assert changed == []


def test_rows_made_into_reviews_keep_their_numbers(raw, kept, made_of):
    for raw_id, review in made_of.items():
        for column, name in AS_REVIEW.items():
            assert same_number(raw["effects"][raw_id][column], kept["reviews"][review][name])


def test_a_claim_rests_on_rows_that_are_kept(kept):
    """Every row that ``why`` names is one of the source itself, never another claim."""
    rows = set(kept["effects"]) | set(kept["reviews"])
    for claim in kept["claims"].values():
        assert not claim["claim"].startswith("Not cited")
        assert set(re.findall(r"\b[a-z_]+\d{4}[a-z]*-\d\d\b", claim["why"])) <= rows


def test_claims_keep_their_numbers(raw, kept):
    for raw_id, row in raw["effects"].items():
        claim = kept["claims"].get(raw_id)
        if claim is not None:
            assert same_number(row["n"], claim["n"])
            assert same_number(row["value"], claim["value"])
            assert row["direction"] == claim["direction"] or claim["notes"]


def test_studies_keep_their_n(raw, kept):
    for study, row in raw["studies"].items():
        assert same_number(row["n"], kept["studies"][study]["n"])


def test_the_second_reading_is_unchanged(raw, kept):
    for raw_id, row in raw["second_coding"].items():
        again = kept["second_coding"][raw_id]
        for column in ("n", "value"):
            assert same_number(row[column], again[column])
        for column in ("direction", "significance"):
            assert row[column] == again[column]


def test_every_superseded_review_leads_to_one_that_counts(kept):
    """Otherwise both would leave the page unseen."""
    for row in kept["reviews"].values():
        last = row
        while last["superseded_by"]:
            last = kept["reviews"][last["superseded_by"]]
        assert last is row or last["hold_back"] == "", row["review_id"]


def test_frictionless_reads_it_as_a_data_package():
    """Another reader of the standard finds no error under the same dictionary."""
    report = frictionless.validate(str(ledgers.REAL / "datapackage.yaml"), type="package")
    errors = report.flatten(["name", "rowNumber", "fieldName", "message"])
    assert errors == []
    assert len(report.tasks) == len(ledgers.DICTIONARY)


def test_frictionless_finds_a_planted_error(real_folder):
    """The comparison above can fail."""
    file = real_folder / "samples.csv"
    text = file.read_text(encoding="utf-8").replace("\neames,30,", "\neames,thirty,")
    file.write_text(text, encoding="utf-8")
    report = frictionless.validate(str(real_folder / "datapackage.yaml"), type="package")
    assert [task.name for task in report.tasks if not task.valid] == ["samples"]
