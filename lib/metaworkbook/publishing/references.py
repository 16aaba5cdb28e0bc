"""The sources behind a page, for reference managers: BibTeX, and CSL as JSON.

A field stands only where the ledger records it. The whole reference as recorded goes into the note,
with a warning where it was not seen itself; names without initials stay without.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any

import pandas as pd

from metaworkbook.evidence.ledger import Ledger
from metaworkbook.evidence.table_rules import REVIEWING
from metaworkbook.publishing.archive import open_archive

NAMED = re.compile(r"(?P<names>[^()]+) \((\d{4}[a-z]?|year not shown)\)")
NO_NAMES = re.compile(r"\b(not (shown|recorded)|unnamed|unknown|thesis|study|trial)\b", re.I)
# Names with initials at the start of a reference, as in "Sauer, E. M., & Lopez, F. G. (2003)."
FULL_NAME = re.compile(
    r"(?P<family>[^,()&]+), (?P<given>\w\.(?:[ -]?\w\.)*)(?:, (?:& )?| & |, \.\.\. | (?=\())"
)
# Letters that mean something to LaTeX; all others stand for themselves.
SPECIAL = re.compile(r"[#$%&_~^\\{}]")
PLACEHOLDER = re.compile(r"\(.*\)")
TYPES = {
    "journal_article": "article-journal", "meta_analysis": "article-journal",
    "review": "article-journal", "theory": "article-journal", "case": "article-journal",
    "dissertation": "thesis", "book": "book", "conference": "paper-conference",
    "report": "report", "preprint": "article",
}  # fmt: skip
ET_AL = "et al."
UNSEEN = "The reference itself was not seen."


def list_sources(result: dict[str, Any], ledger: Ledger) -> list[dict[str, Any]]:
    """Return the included sources of a page as CSL items, in order of their ids.

    Parameters
    ----------
    result : dict
        Content of ``build/results/<page>.json``. Included is what entered: every effect or review
        named under ``entered``, and every review among the ``published``.
    ledger : Ledger
        The validated ledger.
    """
    named = set(_find_entered(result))
    archive = open_archive(ledger)
    rows = [row for found in archive.effects.values() for row in found]
    reviews = [row for found in archive.reviews.values() for row in found]
    wanted = {row["study_id"] for row in rows if row["effect_id"] in named}
    sources = {}
    for row in reviews:
        if row["review_id"] in named:
            source = archive.studies.get(row["meta_id"])
            if source is None or source["kind"] not in REVIEWING:
                name = row["meta_id"] if source is None else f"{row['meta_id']}-review"
                source = {**row, "study_id": name, "kind": "meta_analysis"}
            sources.setdefault(source["study_id"], source)
    sources |= {name: archive.studies[name] for name in wanted}
    return [describe_source(sources[name]) for name in sorted(sources)]


def describe_source(row: dict[str, Any]) -> dict[str, Any]:
    """Return one study or review as a CSL item; ``row`` is its row of the ledger."""
    journal, doi = row["journal"], row["doi"]
    kind = TYPES.get(row["kind"], "document")
    title = "" if PLACEHOLDER.fullmatch(row["title"]) else row["title"]
    note = row.get("full_reference") or row["citation"]
    year = row["year"]
    item = {
        "id": row["study_id"],
        "type": "document" if kind == "article-journal" and not journal else kind,
        "title": title,
        "author": list_authors(row["citation"], row.get("full_reference") or ""),
        "issued": {} if pd.isna(year) else {"date-parts": [[int(year)]]},
        "container-title": journal,
        "DOI": doi,
        "URL": row.get("institutional_url") or "",
        "note": f"{note} {UNSEEN}" if row["unverified"] in (True, "yes") else note,
    }
    return {name: value for name, value in item.items() if value}


def list_authors(citation: str, reference: str) -> list[dict[str, str]]:
    """Return the authors as CSL names, none where the citation does not name them.

    Initials come from the reference where it gives them for the same family names; "et al." stays
    as a last name of its own.
    """
    found = NAMED.fullmatch(citation)
    if not found or NO_NAMES.search(found["names"]):
        return []
    names, count = re.subn(rf",? {re.escape(ET_AL)}", "", found["names"])
    families = [name.strip() for name in re.split(r", | & ", names)]
    full = [match.groupdict() for match in _read_full_names(reference)]
    if count == 0 and [name["family"] for name in full] == families:
        return full
    return [{"family": name} for name in families] + [{"literal": ET_AL}] * bool(count)


def to_csl(items: list[dict[str, Any]]) -> str:
    """Return CSL items as the JSON that reference managers read."""
    return json.dumps(items, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def to_bibtex(items: list[dict[str, Any]]) -> str:
    """Return CSL items as BibTeX, every special character escaped."""
    return "\n".join(_write_entry(json.dumps(item)) for item in items)


# Most sources stand behind several pages.
@lru_cache(maxsize=1024)
def _write_entry(text: str) -> str:
    """Return a CSL item, given as JSON, as an entry of BibTeX."""
    from pybtex.database import BibliographyData, Entry, Person

    item = json.loads(text)
    types = {"article-journal": "article", "book": "book"}
    fields = {
        "title": item.get("title", ""),
        "year": str(item["issued"]["date-parts"][0][0]) if "issued" in item else "",
        "journal": item.get("container-title", ""),
        "doi": item.get("DOI", ""),
        "url": item.get("URL", ""),
        "note": item["note"],
    }
    people = [Person(_write_name(name)) for name in item.get("author", [])]
    entry = Entry(
        types.get(item["type"], "misc"),
        [(name, " ".join(_balance(text).split())) for name, text in fields.items() if text],
        {"author": people} if people else {},
    )
    return make_writer().to_string(BibliographyData({item["id"]: entry}))


@cache
def make_writer() -> Any:
    """Return what writes BibTeX; pybtex's own encodes every text letter by letter."""
    from pybtex.database.output.bibtex import Writer

    class QuickWriter(Writer):
        def _encode(self, text: str) -> str:
            return super()._encode(text) if SPECIAL.search(text) else text

    return QuickWriter()


def _find_entered(value: Any, name: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _find_entered(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from _find_entered(item, name)
    elif name in ("entered", "review_id"):
        yield value


def _read_full_names(reference: str) -> Iterator[re.Match[str]]:
    place = 0
    while found := FULL_NAME.match(reference, place):
        yield found
        place = found.end()


def _write_name(name: dict[str, str]) -> str:
    if "literal" in name:
        return "others"
    family = _balance(name["family"])
    # Braces keep the words of a name together where no initials follow it.
    return f"{family}, {name['given']}" if "given" in name else f"{{{family}}}"


def _balance(text: str) -> str:
    """Return text that cannot end its field: braces become parentheses."""
    return text.translate(str.maketrans("{}", "()"))
