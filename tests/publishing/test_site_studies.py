"""A study's page on the real evidence, and on evidence that tries to break out."""

from __future__ import annotations

import re

import numpy as np
import pytest

from metaworkbook.errors import WorkbookError
from metaworkbook.evidence.ledger import Ledger, read_ledger
from metaworkbook.evidence.table_rules import REVIEWING
from metaworkbook.publishing.archive import open_archive
from metaworkbook.publishing.statements import (
    has_coefficient,
    report_statistic,
    say_second,
    show_plain,
)
from metaworkbook.publishing.studies import gather_study, list_links, render_study, tell_study

from .site_samples import HOSTILE, PAGES, PROVENANCE, Reading, assert_harmless

# Columns whose words steer the conversion; the ledger's validation holds them to a list.
STEERING = {"contrast", "statistic", "n_unit", "significance", "direction_analysed", "x_scored_as",
            "y_scored_as"}  # fmt: skip
KEYS = {"study_id", "effect_id", "sample_id", "x", "y", "construct", "attachment_class",
        "review_id", "meta_id", "claim_id"}  # fmt: skip


USED = ["../one.html", "../two.html"]


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    return read_ledger()


def render(study: str, ledger: Ledger, language: str = "en", results=None) -> str:
    gathered = gather_study(study, ledger, results or {}, PAGES)
    told = tell_study(gathered, language)
    return render_study(told, gathered["study"], PAGES, language, PROVENANCE)


def busiest(ledger: Ledger) -> str:
    """Return a study with rows, shares or a second reading: the widest page there is."""
    effects = ledger.tables["effects"]
    return effects["study_id"].value_counts().index[0]


def test_every_study_renders_with_all_its_rows(ledger):
    archive = open_archive(ledger)
    for study in archive.studies:
        html = render(study, ledger)
        for row in archive.effects.get(study, []):
            assert f'id="{row["effect_id"]}"' in html
        for row in archive.claims.get(study, []):
            assert f'id="{row["claim_id"]}"' in html


def test_no_page_links_where_a_row_was_read(ledger):
    effects = ledger.tables["effects"]
    read_at = {url for url in effects["source_url"] if url}
    institutional = set(ledger.tables["studies"]["institutional_url"])
    studies = effects.loc[effects["source_url"].isin(read_at), "study_id"].unique()
    for study in studies[::7]:
        links = {tag.get("href", "") for tag in Reading(render(study, ledger)).all("a")}
        assert not links & (read_at - institutional)


def test_links_are_doi_and_institutional_record_alone(ledger):
    study = {"doi": "10.1002/(SICI)1<2>3", "institutional_url": "https://x.example/1"}
    assert list_links(study) == [
        ("https://doi.org/10.1002/(SICI)1%3C2%3E3", "doi:10.1002/(SICI)1<2>3"),
        ("https://x.example/1", "x.example"),
    ]
    assert list_links({"doi": "", "institutional_url": "javascript:alert(1)"}) == []


def test_unverified_and_unseen_are_said(ledger):
    studies = ledger.tables["studies"]
    archive = open_archive(ledger)
    unverified = studies.loc[studies["unverified"] == "yes", "study_id"].iloc[0]
    assert "the reference line itself was not seen" in Reading(render(unverified, ledger)).text
    verified = studies.loc[studies["unverified"] == "no", "study_id"].iloc[0]
    assert "the reference line itself" not in render(verified, ledger)
    unseen = next(s for s, rows in archive.effects.items() if not any(map(has_coefficient, rows)))
    assert "No coefficient of this study was seen" in Reading(render(unseen, ledger)).text
    seen = next(s for s, rows in archive.effects.items() if any(map(has_coefficient, rows)))
    assert "No coefficient of this study was seen" not in Reading(render(seen, ledger)).text


def test_uses_name_the_pages_and_the_reason(ledger):
    study = busiest(ledger)
    ids = [row["effect_id"] for row in open_archive(ledger).effects[study]]
    results = {
        "one": {"selected": {"entered": ids[:1], "left_out": []}},
        "two": {
            "selected": {"entered": [], "left_out": [{"effect_id": ids[0], "reason": "held <b>"}]}
        },
    }
    reading = Reading(render(study, ledger, results=results))
    links = [tag["href"] for tag in reading.all("a") if tag.get("href", "") in USED]
    assert links[-2:] == USED
    assert "enters the analysis" in reading.text
    assert "held <b>" in reading.text
    assert "no page" in reading.text


def test_both_readings_are_told():
    second = {"found": "yes", "n": 40.0, "statistic": "r", "value": -0.2, "direction": "negative",
              "significance": "significant", "note": ""}  # fmt: skip
    row = {"second_reading_row": second, "second_reading": "n direction"}
    assert (
        say_second(row, "en") == "differs in n, direction: r = −0.2; negative, significant; n = 40"
    )
    assert say_second(row | {"second_reading": "agrees"}, "en").startswith("agrees: ")
    assert say_second({"second_reading_row": None}, "en") == "not read twice"
    lost = {"second_reading_row": second | {"found": "no"}}
    assert say_second(lost, "nb") == "ettersøkt på nytt og ikke funnet"


def row(**changes) -> dict:
    names = (
        "value",
        "df1",
        "df2",
        "mean1",
        "sd1",
        "mean2",
        "sd2",
        "ci_low",
        "ci_high",
        "n",
        "n1",
        "n2",
    )
    blank = dict.fromkeys(names, np.nan)
    words = {
        "statistic": "direction_only",
        "statistic_as_written": "",
        "p_reported": "",
        "n_unit": "persons",
    }
    return blank | words | changes


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"statistic": "r", "value": -0.31, "p_reported": "<.01", "n": 1044.0},
         "r = −0.31; p: <.01; n = 1,044 persons"),
        ({"statistic": "t", "value": 2.5, "df1": 38.0, "n1": 20.0, "n2": 20.0},
         "t(38) = 2.5; n1 = 20; n2 = 20"),
        ({"statistic": "means", "mean1": 3.0, "sd1": 0.5, "mean2": 2.25, "sd2": 0.75},
         "M1 = 3 (SD 0.5); M2 = 2.25 (SD 0.75)"),
        ({"p_reported": "significant", "n": 30.0},
         "coefficient not seen; significance: significant; n = 30 persons"),
        ({"statistic": "p_only", "p_reported": ".03", "n": 30.0, "n_unit": "unclear"},
         "coefficient not seen; p: .03; n = 30"),
        ({"statistic": "OR", "value": 1.5, "ci_low": 1.1, "ci_high": 2.0},
         "OR = 1.5; interval 1.1 to 2"),
    ],
)  # fmt: skip
def test_a_result_is_told_as_printed(given, told):
    assert report_statistic(row(**given), "en").replace("\u00a0", " ") == told


def test_numbers_keep_their_decimals_in_each_language():
    assert show_plain(-0.313, "nb") == "−0,313"
    assert show_plain(12345.5, "en") == "12,345.5"
    assert show_plain(0.0000125, "en") == "0.000013"


def test_an_unknown_study_is_refused(ledger):
    with pytest.raises(WorkbookError, match=r"allowed: an id of effects/studies\.csv"):
        render("no_such_study", ledger)


def make_hostile(ledger: Ledger, names: set[str]) -> Ledger:
    tables = {}
    for name, table in ledger.tables.items():
        table = table.copy()
        for column in table.columns:
            wanted = column in names if names else column not in STEERING | KEYS
            if wanted and not np.issubdtype(table[column].to_numpy().dtype, np.number):
                table[column] = HOSTILE
        tables[name] = table
    return Ledger(tables, "0" * 64)


@pytest.mark.parametrize("language", ["en", "nb"])
def test_no_column_of_the_evidence_becomes_markup(ledger, language):
    hostile = make_hostile(ledger, set())
    archive = open_archive(ledger)
    rich = [
        busiest(ledger),
        next(s for s in archive.claims if s in archive.effects),
        next(s for s in archive.reviews if archive.studies.get(s, {}).get("kind") in REVIEWING),
        next(s for s, rows in archive.effects.items() if any(r["shares"] for r in rows)),
        next(
            s for s, rows in archive.effects.items() if any(r["second_reading_row"] for r in rows)
        ),
    ]
    for study in rich:
        html = render(study, hostile, language)
        assert_harmless(html)
        assert HOSTILE in " ".join(Reading(html).words)


@pytest.mark.parametrize(("study", "count"), [("taylor2015", 0), ("notsu2024", 1)])
def test_only_a_review_shows_the_published_rows_of_its_id(ledger, study, count):
    gathered = gather_study(study, ledger, {}, PAGES)
    assert (len(gathered["reviews"]) > 0) == count


@pytest.mark.parametrize("column", ["n_unit", "significance", "direction_analysed"])
def test_words_that_steer_are_escaped_too(ledger, column):
    assert_harmless(render(busiest(ledger), make_hostile(ledger, {column})))


def test_english_notes_on_a_norwegian_page_are_marked(ledger):
    html = render("eames2000", ledger, "nb")
    notes = re.findall(r'<dd( lang="en")?>([^<]*)', html)
    assert any(mark and "design names correlation" in text for mark, text in notes)
    assert ' lang="en"' not in re.findall(r"<dd[^>]*>tidlig[^<]*", html)[0]
