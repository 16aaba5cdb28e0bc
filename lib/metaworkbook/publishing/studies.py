"""A study's own page: how it is cited, every row read from it, and where each row was used."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from markupsafe import Markup, escape

from metaworkbook.errors import WorkbookError
from metaworkbook.evidence.ledger import Ledger
from metaworkbook.evidence.table_rules import REVIEWING
from metaworkbook.publishing.archive import Record, find_uses, open_archive
from metaworkbook.publishing.facts import (
    describe_claims,
    describe_review,
    describe_row,
    describe_study,
    say,
)
from metaworkbook.publishing.frame import Place, compose, environment, speak
from metaworkbook.publishing.pages import Page
from metaworkbook.publishing.provenance import Provenance
from metaworkbook.publishing.statements import has_coefficient
from metaworkbook.reporting.language import LANGUAGES

# Where the pages of the studies lie, within the folder of a language.
FOLDER = "study"
# Stand in a frame for what differs between studies; no text of the site holds such letters.
ID, TITLE, TOLD = "\ue000", "\ue001", "\ue002"


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
    reviews = archive.reviews.get(study_id, []) if study["kind"] in REVIEWING else []
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
        claims=describe_claims(gathered["claims"], language),
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


def list_uses(
    uses: list[tuple[str, dict[str, str], bool, str]], language: str
) -> list[tuple[str, str, bool, str]]:
    """Return address, title, whether the row entered, and the reason if not, of each page."""
    home = Place(language, f"{FOLDER}/").home
    return [
        (f"{home}{page}.html", title[language], entered, say(reason, language))
        for page, title, entered, reason in uses
    ]
