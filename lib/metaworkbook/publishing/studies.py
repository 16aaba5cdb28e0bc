"""A study's own page: how it is cited, every row read from it, and where each row was used."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import quote

from markupsafe import Markup, escape

from metaworkbook.errors import WorkbookError
from metaworkbook.evidence.ledger import Ledger
from metaworkbook.publishing.archive import Record, open_archive
from metaworkbook.publishing.frame import Place, compose, environment, speak
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
from metaworkbook.publishing.uses import find_uses
from metaworkbook.reporting.language import LANGUAGES, translate
from metaworkbook.reporting.wordings import word

# Where the pages of the studies lie, within the folder of a language.
FOLDER = "study"
# Stand in a frame for what differs between studies; no text of the site holds such letters.
ID, TITLE, TOLD = "\ue000", "\ue001", "\ue002"
# Many rows have the same path, tier and reason.
say = lru_cache(maxsize=4096)(word)


class Fact(NamedTuple):
    """One line of a study's page: what it is, what is known, and the language it was noted in."""

    label: str
    text: Markup | str
    language: str = ""


def gather_study(
    study_id: str, ledger: Ledger, results: dict[str, dict[str, Any]], pages: list[Page]
) -> Record:
    """Return all that a study's page tells, in plain values that JSON can hold.

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
    """
    archive, uses = open_archive(ledger), find_uses(results)
    study = archive.studies.get(study_id)
    if study is None:
        raise WorkbookError(f'study: found "{study_id}"; allowed: an id of effects/studies.csv.')
    effects = archive.effects.get(study_id, [])
    reviews = archive.reviews.get(study_id, [])
    constructs = {row[name] for row in [*effects, *reviews] for name in ("x", "y")}
    constructs |= {share["attachment_class"] for row in effects for share in row["shares"]}
    return {
        "study": study,
        "others": [
            [other, archive.studies[other]["citation"]]
            for other in study["same_sample_as"].split()
            if other in archive.studies
        ],
        "effects": effects,
        "reviews": reviews,
        "claims": archive.claims.get(study_id, []),
        "names": {
            language: {name: names[name] for name in sorted(constructs)}
            for language, names in archive.names.items()
        },
        "uses": {
            row["effect_id"]: [
                [page.name, page.title, use.entered, use.reason]
                for page in pages
                for use in uses.get(row["effect_id"], [])
                if use.page == page.name
            ]
            for row in effects
        },
    }


def tell_study(gathered: Record, language: str) -> str:
    """Return the body of a study's page as HTML, made of what `gather_study` found alone."""
    study, effects, names = gathered["study"], gathered["effects"], gathered["names"][language]
    return environment().get_template("study_body.html.j2").render(
        t=speak(language),
        title=study["citation"],
        reference=study["full_reference"] or study["citation"],
        unverified=study["unverified"] == "yes",
        links=list_links(study),
        facts=describe_study(study, gathered["others"], language),
        note=study["note"],
        rows=[
            describe_row(row, names, language)
            | {"uses": list_uses(gathered["uses"][row["effect_id"]], language)}
            for row in effects
        ],
        reviews=[describe_review(row, names, language) for row in gathered["reviews"]],
        claims=[describe_claim(row, language) for row in gathered["claims"]],
        unseen=not any(has_coefficient(row) for row in effects),
    )  # fmt: skip


def render_study(
    told: str, study: Record, pages: list[Page], language: str, provenance: Provenance
) -> str:
    """Return the HTML file of a study, ``study/<study_id>.html``.

    Parameters
    ----------
    told : str
        From `tell_study`.
    study : dict
        Its row of ``effects/studies.csv``.
    pages : list of Page
        The published pages.
    language : str
        "en" or "nb".
    provenance : Provenance
        For the footer.
    """
    frame = _frame_study(
        language,
        tuple((page.name, page.section, page.title[language]) for page in pages),
        provenance.checksum,
        provenance.built_from,
        tuple(provenance.versions.items()),
    )
    filled = {ID: escape(study["study_id"]), TITLE: escape(study["citation"]), TOLD: told}
    return "".join(filled.get(part, part) for part in frame)


@lru_cache(maxsize=len(LANGUAGES))
def _frame_study(
    language: str,
    listed: tuple[tuple[str, str, str], ...],
    checksum: str,
    built_from: str,
    versions: tuple[tuple[str, str], ...],
) -> list[str]:
    """Return a study's page in parts, between them the marks of what differs between studies."""
    pages = [Page(name, "", {language: title}, section) for name, section, title in listed]
    provenance = Provenance(checksum, dict(versions), built_from)
    place = Place(language, f"{FOLDER}/{ID}.html")
    html = compose("study.html.j2", place, TITLE, pages, provenance, told=Markup(TOLD))
    return re.split(f"({ID}|{TITLE}|{TOLD})", html)


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


def list_uses(
    uses: list[tuple[str, dict[str, str], bool, str]], language: str
) -> list[tuple[str, str, bool, str]]:
    """Return address, title, whether the row entered, and the reason if not, of each page."""
    home = Place(language, f"{FOLDER}/").home
    return [
        (f"{home}{page}.html", title[language], entered, say(reason, language))
        for page, title, entered, reason in uses
    ]


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
