"""What the workbook says of a row: every sentence is known by its pattern and has its Norwegian."""

from __future__ import annotations

import pytest
from babel.messages.pofile import read_po

from metaworkbook.evidence.checklist import list_parts
from metaworkbook.evidence.demonstration import open_choices
from metaworkbook.evidence.descriptions import describe_effects
from metaworkbook.evidence.selection import select
from metaworkbook.evidence.tiers import convert
from metaworkbook.reporting.language import LOCALE, missing_messages, translate
from metaworkbook.reporting.wordings import PATTERNS, is_worded, name_choice, word

from ..evidence.test_tiers import EXACT_P, GROUPS, MEANS, SIGNIFICANT, UNSTATED, table


def test_every_pattern_has_its_norwegian():
    assert missing_messages(set(PATTERNS)) == set()


def test_no_path_tier_or_reason_of_the_real_rows_stays_english(real_ledger):
    rows = describe_effects(real_ledger)
    said = set(rows["path"]) | set(rows["tier_reason"]) - {""}
    for y in ("alliance", "outcome"):
        asked = {"x": "attachment_avoidance", "y": y}
        left_out = select(real_ledger, **asked, rater="client", phase="early").left_out
        said |= set(left_out["reason"])
    assert len(said) > 150
    assert [text for text in said if text and not is_worded(text)] == []
    assert "" not in {word(text, "nb") for text in said if text}


def test_paths_that_no_real_row_takes_have_their_pattern_too():
    apart = {"statistic": "t", "value": -2.0}
    rows = table(
        {"statistic": "r", "value": -0.3, "y_scored_as": "reversed"},
        apart, {"statistic": "F", "value": 4.0, "df1": 1.0}, EXACT_P,
        {**GROUPS, **apart}, {**GROUPS, **apart, "natural_classes": "no"}, {**GROUPS, **MEANS},
        {**GROUPS, "statistic": "d", "value": 90.0, "natural_classes": "no"},
        {**GROUPS, "statistic": "t", "value": 90.0, "n1": 2.0, "n2": 2.0, "n": 4.0},
        {**SIGNIFICANT, "direction_analysed": "mixed"}, UNSTATED,
    )  # fmt: skip
    paths = convert(rows)["path"]
    assert paths.nunique() == len(rows)
    assert [path for path in paths if not is_worded(path)] == []
    assert any("|r| >= 1" in path for path in paths)


@pytest.mark.parametrize(
    ("english", "norwegian"),
    [
        ("another rater: therapist", "annen vurderer: terapeut"),
        (
            "not significant at 0.05 two-sided, n = 46, critical r = 0.291 from t(n - 2)",
            "ikke signifikant på nivå 0,05 (tosidig), n = 46, kritisk r = 0,291 fra t(n − 2)",
        ),
        (
            "r = -0.3 as printed, turned by polarity; z = artanh(r), v = 1/(n - 3) (Fisher 1921)",
            "r = −0,3 som trykt, snudd etter konstruktenes retning; "
            "z = artanh(r), v = 1/(n − 3) (Fisher 1921)",
        ),
        (
            "tier F: contrast omnibus: another estimand than a correlation",
            "evidensnivå F: kontrast: omnibustest; en annen størrelse enn en korrelasjon",
        ),
        ("held back: N not seen; see {notes}", "holdt tilbake: N not seen; see {notes}"),
        ("words of the evidence", "words of the evidence"),
        ("", ""),
    ],
)
def test_words_and_numbers_take_the_readers_form(english, norwegian):
    assert word(english, "nb") == norwegian
    assert word(english, "en") == english


@pytest.mark.parametrize("source", ["ledger", "demonstration"])
def test_the_names_of_choices_and_options_are_translated(source):
    choices = open_choices(source).choices
    names = {name for one in choices for name in (one.name, *(o.name for o in one.options))}
    words = {name.replace("_", " ") for name in names if not set(name) <= set("0123456789.ABCDE ")}
    assert len(words) > 5
    assert missing_messages(words) == set()
    assert name_choice("self_dimension", "en") == "self-reported dimension"
    assert [name_choice("0.6", language) for language in ("en", "nb")] == ["0.6", "0,6"]


def test_codes_are_words_on_english_pages_too():
    with (LOCALE / "en.po").open("rb") as file:
        worded = {message.id: message.string for message in read_po(file) if message.id}
    assert missing_messages(set(worded)) == set()
    assert [code for code, words in worded.items() if words in ("", code)] == []
    # A filter of a proposition is a column and its values in one: none is shown as it is coded.
    parts = list_parts()
    filters = {one for told in (*parts["asked"], *parts["against"]) for one in told.split("; ")}
    assert filters - {""} <= set(worded)
    assert translate("couples families", "en") == "couples and families"
    assert translate("Samples", "en") == "Samples"
