"""A small sound ledger, made up: every kind of row, and hands to change one cell of it."""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path

from metaworkbook.evidence.dictionary import FILE, read_dictionary

REAL = Path(__file__).parents[1] / "effects"
DICTIONARY = read_dictionary(REAL)

Tables = dict[str, list[dict[str, str]]]

STUDY = {"unverified": "no", "kind": "journal_article", "cited_in_thesis": "no"}
STUDIES = [
    {"study_id": "alm2001", "citation": "Alm (2001)", "year": "2001", "doi": "10.1234/alm.2001",
     "same_sample_as": "alm2003", "cited_in_thesis": "yes", "treatment_family": "cbt"},
    {"study_id": "alm2003", "citation": "Alm & Eik (2003)", "year": "2003",
     "same_sample_as": "alm2001", "kind": "dissertation"},
    {"study_id": "bjork2005", "citation": "Bjørk, Øst & Ås (2005)", "year": "2005"},
    {"study_id": "gran2010", "citation": "Gran (2010)", "year": "2010", "note": "Quoted, \"so\""},
    {"study_id": "hassel2012", "citation": "Hassel (2012)"},
]  # fmt: skip
SAMPLES = [
    {"sample_id": "alm", "n": "40", "reports": "alm2001 alm2003"},
    {"sample_id": "bjork", "n": "60", "reports": "bjork2005"},
    {"sample_id": "gran", "n": "30", "set_apart": "adolescents", "reports": "gran2010"},
    {"sample_id": "hassel", "n": "100", "reports": "hassel2012"},
]
CONSTRUCTS = [
    ("attachment_avoidance", "client_attachment", "attachment avoidance", "tilknytningsunngåelse"),
    ("dismissing", "client_attachment", "dismissing style", "avvisende stil"),
    ("alliance_total", "alliance", "alliance", "allianse"),
    ("alliance_bond", "alliance", "bond", "bånd"),
    ("outcome_symptoms", "outcome", "symptoms", "symptomer"),
    ("group_membership", "class_distribution", "group", "gruppe"),
    ("class_distribution", "class_distribution", "classes", "klasser"),
]
EFFECT = {
    "x": "attachment_avoidance", "x_scored_as": "construct", "measure_family": "self_dimension",
    "y": "alliance_total", "y_scored_as": "construct", "y_rater": "client", "phase": "early",
    "n_unit": "persons", "statistic": "direction_only", "contrast": "bivariate",
    "direction": "negative", "significance": "not_stated", "source_kind": "abstract",
    "confidence": "high", "proposition": "P1",
}  # fmt: skip
EFFECTS = [
    # r = -.30 with n = 40: z = -.3095, half-width .3222, t(38) = -1.939, p = .060.
    {"effect_id": "alm2001-01", "n": "40", "statistic": "r", "value": "-0.30", "ci_low": "-0.56",
     "ci_high": "0.01", "p_reported": ".06", "p_value": "0.06", "p_relation": "=",
     "significance": "not_significant", "second_reading": "agrees",
     "summary": "=1+1, <b>bold</b>; \"quoted\" & kept as printed"},
    {"effect_id": "alm2001-02", "n": "40", "significance": "significant", "proposition": "P1 P2",
     "y": "alliance_bond", "second_reading": "direction n", "summary": "Significantly negative."},
    {"effect_id": "alm2003-01", "n": "40", "significance": "significant", "y": "alliance_bond",
     "duplicate_of": "alm2001-02", "summary": "The same in the thesis."},
    {"effect_id": "alm2003-02", "n": "38", "n_note": "two left early", "phase": "late",
     "direction": "unstated", "significance": "not_significant", "second_reading": "not_found",
     "summary": "Not significant late."},
    {"effect_id": "alm2003-03", "n": "40", "statistic": "t", "value": "-2.5", "phase": "middle",
     "significance": "significant", "summary": "A t of a correlation."},
    {"effect_id": "bjork2005-01", "n": "60", "summary": "Negative, n printed."},
    {"effect_id": "bjork2005-02", "n": "60", "statistic": "p_only", "p_reported": ".02",
     "p_value": "0.02", "p_relation": "=", "significance": "significant", "direction": "positive",
     "y": "outcome_symptoms", "y_scored_as": "reversed", "proposition": "P6",
     "summary": "More avoidance, more distress: reversed."},
    {"effect_id": "bjork2005-03", "n": "60", "statistic": "beta", "value": "-0.21",
     "contrast": "adjusted", "significance": "significant", "summary": "A weight, adjusted."},
    {"effect_id": "bjork2005-04", "n": "60", "n1": "25", "n2": "35", "statistic": "t",
     "value": "-2.1", "contrast": "groups", "natural_classes": "no", "x": "dismissing",
     "significance": "significant", "summary": "High against low, cut from a dimension."},
    {"effect_id": "bjork2005-05", "n": "60", "contrast": "interaction", "direction": "unstated",
     "significance": "significant", "summary": "An interaction."},
    {"effect_id": "gran2010-01", "n": "30", "n1": "10", "n2": "20", "statistic": "means",
     "mean1": "4.1", "sd1": "1.2", "mean2": "5.0", "sd2": "1.1", "contrast": "groups",
     "natural_classes": "yes", "x": "dismissing", "significance": "significant",
     "summary": "Adolescents, classes compared."},
    {"effect_id": "gran2010-02", "n": "30", "statistic": "OR", "value": "0.5",
     "ci_low": "0.2", "ci_high": "1.3", "contrast": "unclear", "significance": "not_significant",
     "summary": "An odds ratio below 1."},
    {"effect_id": "hassel2012-01", "n": "100", "statistic": "F", "value": "6.2", "df1": "1",
     "df2": "98", "significance": "significant", "direction": "positive", "phase": "late",
     "summary": "F of one degree of freedom."},
    {"effect_id": "hassel2012-02", "n": "41", "n_unit": "sessions", "direction": "positive",
     "hold_back": "sessions are no persons", "summary": "Counted in sessions."},
    {"effect_id": "hassel2012-03", "n": "100", "statistic": "proportion", "value": "0.26",
     "detail": "26 of 100", "contrast": "descriptive", "x": "group_membership",
     "y": "class_distribution", "direction": "unstated", "group": "clinical",
     "y_rater": "", "proposition": "P12", "summary": "Shares of classes."},
    {"effect_id": "hassel2012-04", "direction": "mixed", "significance": "significant",
     "n": "100", "phase": "averaged", "summary": "Mixed signs."},
    {"effect_id": "hassel2012-05", "summary": "Negative, no n."},
]  # fmt: skip
SHARES = [
    ("hassel2012-03", "three_way", "dismissing", "26", "0.26", "100"),
    ("hassel2012-03", "three_way", "attachment_avoidance", "70", "0.70", "100"),
    ("hassel2012-03", "other", "dismissing", "", "0.12", ""),
]
REVIEW = {
    "citation": "Pool (2020)", "year": "2020", "unverified": "no", "cited_in_thesis": "no",
    "x": "attachment_avoidance", "x_as_written": "avoidance", "x_scored_as": "construct",
    "y": "alliance_total", "y_as_written": "alliance", "y_scored_as": "construct",
    "statistic": "r", "direction": "negative", "direction_analysed": "negative",
    "source_kind": "abstract", "confidence": "high",
}  # fmt: skip
REVIEWS = [
    {"review_id": "pool2020-01", "k": "20", "n_total": "2000", "n_relation": "=",
     "estimate": "-0.14", "ci_low": "-0.20", "ci_high": "-0.08", "p_reported": "<.001",
     "p_value": ".001", "p_relation": "<", "raw_effect_ids": "pool2020-91"},
    {"review_id": "old2010-01", "year": "2010", "estimate": "-0.17",
     "superseded_by": "pool2020-01"},
    {"review_id": "pool2020-02", "y": "outcome_symptoms", "y_scored_as": "reversed",
     "direction": "positive", "estimate": "0.10"},
]  # fmt: skip
MODERATORS = [
    {"moderator_id": "pool2020-m01", "moderator": "rater", "moderator_kind": "rater",
     "result": "Q(1) = 3.9, p = .047", "result_kind": "significant", "q": "3.9", "df": "1",
     "p_value": ".047", "p_relation": "="},
    {"moderator_id": "pool2020-m02", "moderator": "age", "moderator_kind": "demographic",
     "result": "ns", "result_kind": "not_significant"},
]  # fmt: skip
CLAIMS = [
    {"claim_id": "alm2001-claim", "study_id": "alm2001", "claim": "Weaker alliance early.",
     "x": "attachment_avoidance", "y": "alliance_total alliance_bond", "direction": "negative",
     "proposition": "P1 P2", "seen_in_source": "agrees"},
    {"claim_id": "gran2010-09", "study_id": "gran2010", "claim": "No relation.",
     "direction": "none", "seen_in_source": "not_found"},
]  # fmt: skip
SECOND = [
    {"effect_id": "alm2001-01", "found": "yes", "n": "40", "statistic": "r", "value": "-0.30",
     "direction": "negative", "significance": "not_stated"},
    {"effect_id": "alm2001-02", "found": "yes", "n": "39", "direction": "unstated",
     "significance": "significant"},
    {"effect_id": "alm2003-02", "found": "no"},
    {"effect_id": "gran2010-09", "found": "yes", "direction": "none"},
]  # fmt: skip
LEFTOVERS = [
    {"raw_id": "hassel2012-09", "raw_table": "effects", "reason": "No result.", "content": "-"}
]


def make_tables() -> Tables:
    """Return fresh tables of the sound ledger: lists of rows, cells as text."""
    classes = ("effect_id", "system", "attachment_class", "count", "share", "n")
    named = ("construct", "family", "name_en", "name_nb")
    tables = {
        "studies": [STUDY | row for row in STUDIES],
        "samples": SAMPLES,
        "constructs": [
            {"polarity": "higher = more", "definition": words[2]}
            | dict(zip(named, words, strict=True))
            for words in CONSTRUCTS
        ],
        "effects": [make_effect(**row) for row in EFFECTS],
        "shares": [dict(zip(classes, row, strict=True)) for row in SHARES],
        "reviews": [
            REVIEW | {"meta_id": row["review_id"].rsplit("-", 1)[0]} | row for row in REVIEWS
        ],
        "review_moderators": [{"meta_id": "pool2020"} | row for row in MODERATORS],
        "claims": CLAIMS,
        "second_coding": SECOND,
        "leftovers": LEFTOVERS,
    }
    return {
        name: [dict.fromkeys(columns_of(name), "") | row for row in rows]
        for name, rows in tables.items()
    }


def make_effect(effect_id: str, **cells: str) -> dict[str, str]:
    """Return a row of ``effects``; study, sample and analysed direction follow from the others."""
    study = effect_id.rsplit("-", 1)[0]
    row = EFFECT | {"effect_id": effect_id, "study_id": study, "sample_id": study[:-4]} | cells
    turned = (row["x_scored_as"] == "reversed") != (row["y_scored_as"] == "reversed")
    flipped = {"negative": "positive", "positive": "negative"} if turned else {}
    written = {"x_as_written": row["x"], "y_as_written": row["y"]}
    analysed = {"direction_analysed": flipped.get(row["direction"], row["direction"])}
    return written | analysed | row


def columns_of(name: str) -> list[str]:
    """Return the columns of a table in the order of the dictionary."""
    return [column.name for column in DICTIONARY[name].columns]


def find(tables: Tables, name: str, key: str) -> dict[str, str]:
    """Return the first row of a table whose first cell is ``key``; change it in place."""
    return next(row for row in tables[name] if next(iter(row.values())) == key)


def line_of(tables: Tables, name: str, key: str) -> int:
    """Return the line of that row in its file."""
    return tables[name].index(find(tables, name, key)) + 2


def to_csv(rows: list[list[str]]) -> bytes:
    """Return rows as a CSV file."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def to_rows(tables: Tables, name: str) -> list[list[str]]:
    """Return a table as rows of cells, header first."""
    return [columns_of(name), *([*row.values()] for row in tables[name])]


def write(folder: Path, tables: Tables) -> Path:
    """Write a ledger folder with the project's dictionary."""
    folder.mkdir(exist_ok=True)
    shutil.copy(REAL / FILE, folder / FILE)
    for name in tables:
        (folder / DICTIONARY[name].path).write_bytes(to_csv(to_rows(tables, name)))
    return folder


def copy_real(folder: Path) -> Path:
    """Copy the real ledger."""
    return Path(shutil.copytree(REAL, folder))
