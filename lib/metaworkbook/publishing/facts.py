"""What is known of a study, a result, a review and a claim, line by line."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from markupsafe import Markup

from metaworkbook.publishing.archive import Record
from metaworkbook.publishing.statements import (
    UNSEEN,
    combine,
    known,
    report_statistic,
    say_direction,
    say_second,
    say_source,
    say_word,
    show_count,
    show_decimal,
    show_plain,
)
from metaworkbook.reporting.language import translate
from metaworkbook.reporting.wordings import word

# Many rows have the same path, tier and reason.
say = lru_cache(maxsize=4096)(word)


class Fact(NamedTuple):
    """One line of a study's page: what it is, what is known, and the language it was noted in."""

    label: str
    text: Markup | str
    language: str = ""


def describe_study(study: Record, others: list[list[str]], language: str) -> list[Fact]:
    """Return what is recorded of a study as a whole; ``others`` are of the same sample."""
    links = [
        Markup('<a href="{}.html">{}</a>').format(other, citation) for other, citation in others
    ]
    facts = [
        Fact("Kind of publication", say_word(study["kind"], language)),
        Fact("Year", "" if not known(study["year"]) else f"{study['year']:.0f}"),
        Fact("Persons", show_count(study["n"], language)),
        Fact("Design", study["design"], "en"),
        Fact("Country", study["country"], "en"),
        Fact("Setting", say_word(study["setting"], language)),
        Fact("Population", study["population"], "en"),
        Fact("Treatment", study["treatment"], "en"),
        Fact("Mean age", show_decimal(study["mean_age"], language)),
        Fact("Women, %", show_decimal(study["pct_female"], language)),
        Fact("Cited in the thesis", say_word(study["cited_in_thesis"], language)),
        Fact("Same sample as", Markup(", ").join(links)),
    ]
    return _keep(facts, language)


def describe_row(row: Record, names: dict[str, str], language: str) -> Record:
    """Return what the template shows of a result: names, its line, facts and shares."""
    return {
        "id": row["effect_id"],
        "x": names[row["x"]],
        "y": names[row["y"]],
        "summary": row["summary"],
        "unverified": row["unverified"] == "yes",
        "facts": _list_facts(row, language),
        "notes": _list_notes(row, language),
        "shares": [
            (
                names[share["attachment_class"]],
                show_count(share["count"], language),
                show_decimal(share["share"], language, 2),
                show_count(share["n"], language),
            )
            for share in row["shares"]
        ],
    }


def _list_facts(row: Record, language: str) -> list[Fact]:
    stated = say_direction(row, "direction", language)
    analysed = say_direction(row, "direction_analysed", language)
    turned = "" if analysed == stated else analysed
    tier = f"{row['tier']} · {word(row['tier_reason'], language)}"
    facts = [
        Fact("As reported", report_statistic(row, language)),
        Fact("Detail", row["detail"], "en"),
        Fact("Sign", stated),
        Fact("Sign as analysed", turned),
        Fact("Predictor, as written", _written(row, "x"), "en"),
        Fact("Criterion, as written", _written(row, "y"), "en"),
        Fact("Rated by", say_word(row["y_rater"], language)),
        Fact("Phase", combine(say_word(row["phase"], language), row["phase_as_written"])),
        Fact("Contrast", say_word(row["contrast"], language)),
        Fact("Tier", tier),
        Fact("Conversion", say(row["path"], language)),
        Fact("Confidence of the reading", say_word(row["confidence"], language)),
        Fact("Read in", say_source(row, language)),
        Fact("Second reading", say_second(row, language)),
        Fact("Why n differs", row["n_note"], "en"),
        Fact("Odd in print", row["oddity"], "en"),
        Fact("Same result as", row["duplicate_of"]),
        Fact("Held back", row["hold_back"], "en"),
    ]
    return _keep(facts, language)


def _list_notes(row: Record, language: str) -> list[Fact]:
    again = row["second_reading_row"]
    facts = [
        Fact("Decided in coding", row["coder_note"], "en"),
        Fact("Notes of the reading", row["notes"], "en"),
        Fact("Note of the second reading", again["note"] if again else "", "en"),
    ]
    return _keep(facts, language)


def _written(row: Record, name: str) -> str:
    """Return the words of the source where they differ from the construct, and its measure."""
    words, measure = row[f"{name}_as_written"], row[f"{name}_measure"]
    words = "" if words == row[name] else words.removeprefix("other:").replace("_", " ")
    return combine(words, measure)


def describe_review(row: Record, names: dict[str, str], language: str) -> Record:
    """Return what the template shows of a published pooled estimate."""
    parts = [translate(UNSEEN, language)]
    if known(row["estimate"]):
        parts = [f"{row['statistic']} = {show_plain(row['estimate'], language)}"]
    if known(row["ci_low"]) and known(row["ci_high"]):
        low, high = (show_plain(row[key], language) for key in ("ci_low", "ci_high"))
        parts.append(translate("interval {low} to {high}", language, low=low, high=high))
    parts += [f"k = {show_count(row['k'], language)}"] if known(row["k"]) else []
    parts += [f"p: {row['p_reported']}"] if row["p_reported"] else []
    facts = [
        Fact("As reported", "; ".join(parts)),
        Fact("Part of the review", row["subgroup"], "en"),
        Fact("Sign as analysed", say_direction(row, "direction_analysed", language)),
        Fact("Rated by", say_word(row["rater"], language)),
        Fact("Tier", translate("R · a published pooled estimate", language)),
        Fact("Confidence of the reading", say_word(row["confidence"], language)),
        Fact("Superseded by", row["superseded_by"]),
        Fact("Odd in print", combine(row["oddity"], row["interval_note"]), "en"),
        Fact("Held back", row["hold_back"], "en"),
        Fact("Notes of the reading", row["notes"], "en"),
    ]
    return {
        "id": row["review_id"],
        "x": names[row["x"]],
        "y": names[row["y"]],
        "summary": row["summary"],
        "unverified": row["unverified"] == "yes",
        "facts": _keep(facts, language),
    }


def describe_claims(rows: list[Record], language: str) -> list[Record]:
    """Return what the template shows of a study's claims, each with what tells it ``again``."""
    return [
        _describe_claim(row, language)
        | {
            "again": [
                _describe_claim(other, language)
                for other in rows
                if other["same_as"] == row["claim_id"]
            ]
        }
        for row in rows
        if not row["same_as"]
    ]


def _describe_claim(row: Record, language: str) -> Record:
    """Return what the thesis says and what the source shows."""
    facts = [
        Fact("What the source shows", say_word(row["seen_in_source"], language)),
        Fact("Why", row["why"], "en"),
        Fact("Notes of the reading", row["notes"], "en"),
    ]
    return {"id": row["claim_id"], "claim": row["claim"], "facts": _keep(facts, language)}


def _keep(facts: list[Fact], language: str) -> list[Fact]:
    """Return the facts that are known, labels translated; English notes are marked as such."""
    return [
        Fact(translate(f.label, language), f.text, "" if f.language == language else f.language)
        for f in facts
        if str(f.text)
    ]
