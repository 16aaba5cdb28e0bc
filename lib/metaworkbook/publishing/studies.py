"""A study's own page: how it is cited, every row read from it, and where each row was used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from metaworkbook.errors import WorkbookError
from metaworkbook.evidence.ledger import Ledger
from metaworkbook.publishing.archive import Archive, Record, open_archive
from metaworkbook.publishing.frame import Place, compose
from metaworkbook.publishing.pages import Page
from metaworkbook.publishing.provenance import Provenance
from metaworkbook.publishing.statements import (
    UNSEEN,
    combine,
    has_coefficient,
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


@dataclass(frozen=True)
class Fact:
    """One line of a study's page: what it is, what is known, and the language it was noted in."""

    label: str
    text: Markup | str
    language: str = ""


def render_study(
    study_id: str,
    ledger: Ledger,
    results: dict[str, dict[str, Any]],
    pages: list[Page],
    language: str,
    provenance: Provenance,
) -> str:
    """Return the HTML file of a study, ``study/<study_id>.html``.

    Parameters
    ----------
    study_id : str
        Its id in ``effects/studies.csv``.
    ledger : Ledger
        The validated ledger.
    results : dict
        Content of ``build/results/<page>.json`` by page; ``selected`` tells which rows it used.
    pages : list of Page
        The published pages.
    language : str
        "en" or "nb".
    provenance : Provenance
        For the footer.
    """
    archive = open_archive(ledger)
    study = archive.studies.get(study_id)
    if study is None:
        raise WorkbookError(f'study: found "{study_id}"; allowed: an id of effects/studies.csv.')
    place = Place(language, f"study/{study_id}.html")
    effects = archive.effects.get(study_id, [])
    names = archive.names[language]
    return compose(
        "study.html.j2",
        place,
        study["citation"],
        pages,
        provenance,
        reference=study["full_reference"] or study["citation"],
        unverified=study["unverified"] == "yes",
        links=list_links(study),
        facts=describe_study(study, archive, language),
        note=study["note"],
        rows=[describe_row(row, names, results, pages, place) for row in effects],
        reviews=[
            describe_review(row, names, language) for row in archive.reviews.get(study_id, [])
        ],
        claims=[describe_claim(row, language) for row in archive.claims.get(study_id, [])],
        unseen=not any(has_coefficient(row) for row in effects),
    )


def list_links(study: Record) -> list[tuple[str, str]]:
    """Return address and text of the links a study's page offers: DOI and institutional record."""
    links = []
    if study["doi"]:
        links.append(
            (f"https://doi.org/{quote(study['doi'], safe='/():;._-')}", f"doi:{study['doi']}")
        )
    if study["institutional_url"].startswith(("https://", "http://")):
        host = study["institutional_url"].split("/")[2]
        links.append((study["institutional_url"], host))
    return links


def describe_study(study: Record, archive: Archive, language: str) -> list[Fact]:
    """Return what is recorded of a study as a whole."""
    others = [
        Markup('<a href="{}.html">{}</a>').format(other, archive.studies[other]["citation"])
        for other in study["same_sample_as"].split()
        if other in archive.studies
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
        Fact("Same sample as", Markup(", ").join(others)),
    ]
    return _keep(facts, language)


def describe_row(
    row: Record, names: dict[str, str], results: dict[str, Any], pages: list[Page], place: Place
) -> Record:
    """Return what the template shows of a result: names, its line, facts, shares and uses."""
    language = place.language
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
        "uses": list_uses(row["effect_id"], results, pages, place),
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
        Fact("Conversion", word(row["path"], language)),
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


def list_uses(
    effect_id: str, results: dict[str, Any], pages: list[Page], place: Place
) -> list[tuple[str, str, bool, str]]:
    """Return address, title, whether the row entered, and the reason if not, of each page."""
    uses = []
    for page in pages:
        selected = results.get(page.name, {}).get("selected") or {}
        address = f"{place.home}{page.name}.html"
        if effect_id in selected.get("entered", []):
            uses.append((address, page.title[place.language], True, ""))
        for left in selected.get("left_out", []):
            if left["effect_id"] == effect_id:
                reason = word(left["reason"], place.language)
                uses.append((address, page.title[place.language], False, reason))
    return uses


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


def describe_claim(row: Record, language: str) -> Record:
    """Return what the template shows of a claim: what the thesis says and what the source shows."""
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
