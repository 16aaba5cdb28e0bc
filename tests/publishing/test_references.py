"""Sources for reference managers: what the ledger records, and nothing that breaks."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pybtex.database import parse_string

from metaworkbook.evidence.ledger import read_ledger
from metaworkbook.publishing.references import (
    UNSEEN,
    describe_source,
    list_authors,
    list_sources,
    to_bibtex,
    to_csl,
)

ROW = {
    "study_id": "sauer2003", "citation": "Sauer, Lopez & Gormley (2003)", "year": 2003.0,
    "title": "A growth study", "journal": "Psychotherapy Research", "doi": "10.1/x",
    "institutional_url": "", "unverified": "no", "kind": "journal_article",
    "full_reference": "Sauer, E. M., Lopez, F. G., & Gormley, B. (2003). A growth study. PR, 13.",
}  # fmt: skip


@pytest.mark.parametrize(
    ("citation", "reference", "authors"),
    [
        (
            "Sauer, Lopez & Gormley (2003)",
            "Sauer, E. M., Lopez, F. G., & Gormley, B. (2003). X.",
            ["E. M. Sauer", "F. G. Lopez", "B. Gormley"],
        ),
        ("Kanninen (2000)", "Kanninen, R.-L. (2000).", ["R.-L. Kanninen"]),
        ("Rossetti & Botella (2017)", "Rossetti & Botella (2017). X.", ["Rossetti", "Botella"]),
        ("Levy (2011)", "Ellison, W. D. (2011). Another paper.", ["Levy"]),
        ("Levy et al. (2006)", "Levy, K. N., Meehan, K. B. (2006).", ["Levy", "et al."]),
        ("de Jong & Haringsma (year not shown)", "", ["de Jong", "Haringsma"]),
        ("Authors not shown in the record (2018)", "", []),
        ("unnamed authors (2022), a pilot", "", []),
        ("AAI norms quoted in a book (book chapter)", "", []),
    ],
)
def test_authors_are_those_that_the_citation_names(citation, reference, authors):
    found = list_authors(citation, reference)
    told = [name.get("literal") or f"{name.get('given', '')} {name['family']}" for name in found]
    assert [name.strip() for name in told] == authors


def test_an_article_has_its_fields_and_no_empty_ones():
    assert describe_source(ROW) == {
        "id": "sauer2003", "type": "article-journal", "title": "A growth study",
        "author": [
            {"family": "Sauer", "given": "E. M."}, {"family": "Lopez", "given": "F. G."},
            {"family": "Gormley", "given": "B."},
        ],
        "issued": {"date-parts": [[2003]]}, "container-title": "Psychotherapy Research",
        "DOI": "10.1/x", "note": ROW["full_reference"],
    }  # fmt: skip


def test_nothing_is_made_up_for_a_source_that_was_hardly_seen():
    row = ROW | {
        "year": float("nan"), "title": "(a pilot study)", "journal": "", "doi": "",
        "citation": "unnamed authors", "full_reference": "unnamed authors.", "unverified": "yes",
    }  # fmt: skip
    note = f"unnamed authors. {UNSEEN}"
    assert describe_source(row) == {"id": "sauer2003", "type": "document", "note": note}


@pytest.fixture(scope="module")
def ledger():
    return read_ledger()


def test_included_are_the_studies_of_entered_rows_and_the_reviews_shown(ledger):
    effects = ledger.tables["effects"]
    inside, outside = effects.iloc[0], effects[effects["study_id"] != effects.iloc[0].study_id]
    review = ledger.tables["reviews"].iloc[0]
    result = {
        "selected": {
            "entered": [inside["effect_id"]],
            "left_out": [{"effect_id": outside.iloc[0]["effect_id"], "reason": "r"}],
        },
        "results": {"published": [{"review_id": review["review_id"], "estimate": 0.1}]},
    }
    found = [item["id"] for item in list_sources(result, ledger)]
    assert found == sorted([inside["study_id"], review["meta_id"]])
    assert list_sources({"results": {"parts": [{"entered": []}]}}, ledger) == []


def test_a_report_and_a_review_of_one_id_are_two_sources(ledger):
    """By the same authors in the same year, and not the same paper."""
    effects, reviews = ledger.tables["effects"], ledger.tables["reviews"]
    own = effects.loc[effects["study_id"] == "taylor2015", "effect_id"].iloc[0]
    about = (reviews["meta_id"] == "taylor2015") & (reviews["review_id"] != own)
    shown = reviews.loc[about, ["review_id"]].to_dict("records")
    alone = {"selected": {"entered": []}, "results": {"published": shown}}
    (review,) = list_sources(alone, ledger)
    assert review["title"].startswith("Changes in attachment representations")
    both = list_sources({**alone, "selected": {"entered": [own]}}, ledger)
    assert {item["title"] for item in both} > {review["title"]}
    assert len({item["id"] for item in both}) == 2


def test_every_study_of_the_ledger_comes_back_from_bibtex_and_csl(ledger):
    items = [describe_source(row) for row in ledger.tables["studies"].to_dict("records")]
    entries = parse_string(to_bibtex(items), "bibtex").entries
    assert list(entries) == [item["id"] for item in items]
    assert json.loads(to_csl(items)) == items
    for item in items:
        names = [name for name in item.get("author", []) if "family" in name]
        people = entries[item["id"]].persons.get("author", [])
        assert len(people) == len(item.get("author", []))
        for name, person in zip(names, people, strict=False):
            told = " ".join(person.prelast_names + person.last_names)
            assert told.strip("{}") == name["family"]


HOSTILE = st.text(alphabet=st.sampled_from('{}\\"@%#&_$~^,=\n ab<>é'), min_size=1, max_size=30)


@given(HOSTILE, HOSTILE)
def test_no_text_ends_its_field(title, note):
    row = ROW | {"title": title, "full_reference": note, "citation": "Sauer (2003)"}
    entries = parse_string(to_bibtex([describe_source(row)]), "bibtex").entries
    assert list(entries) == ["sauer2003"]
    assert set(entries["sauer2003"].fields) <= {"title", "year", "journal", "doi", "note"}
