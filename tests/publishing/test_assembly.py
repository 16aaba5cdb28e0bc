"""The site put together: whatever changed, it is the one that would be made from nothing."""

from __future__ import annotations

import dataclasses
import json
from types import SimpleNamespace

import nbformat
import pytest

from metaworkbook.evidence.ledger import Ledger, read_ledger
from metaworkbook.publishing import bodies, site
from metaworkbook.publishing.assembly import assemble, group_studies
from metaworkbook.publishing.provenance import Provenance

from . import books
from .site_samples import EVIDENCE, PAGES, bundle, notebook

STUDIES = 40
# Downloads are written anew each time, from nothing that is kept.
QUICK = SimpleNamespace(
    **{name: getattr(site, name) for name in site.__all__} | {"write_downloads": lambda *_: None}
)
FIGURE = (
    '<figure class="chart" data-name="one-line" data-png="aGk="><div><svg viewBox="0 0 9 9">'
    "<desc>A line.</desc></svg></div></figure>"
)


class World:
    """All that a site is made from, to be changed in one place."""

    def __init__(self, full: Ledger):
        kept = set(full["studies"]["study_id"].head(STUDIES))
        tables = dict(full.tables)
        for name, column in (("studies", "study_id"), ("effects", "study_id")):
            table = tables[name]
            tables[name] = table[table[column].isin(kept)].reset_index(drop=True)
        self.tables, self.checksum, self.package = tables, "a" * 64, "package"
        self.pages = list(PAGES)
        linked = bundle('<a href="two.html">two</a>')
        self.notebooks = {
            page.name: notebook(bundle(EVIDENCE), bundle(FIGURE, FIGURE), linked) for page in PAGES
        }
        ids = tables["effects"]["effect_id"].tolist()
        left = [{"effect_id": name, "reason": "it is held back"} for name in ids[3:6]]
        self.results = {
            page.name: {
                "page": page.name,
                "headline": {"en": "A headline.", "nb": "En overskrift."},
                "selected": {"entered": ids[:3], "left_out": left},
            }
            for page in PAGES
        }

    def edit(self, table: str, row: int, column: str, value: object) -> None:
        """Change one cell; the table is another one, as that of a ledger read again."""
        self.tables[table] = self.tables[table].copy()
        self.tables[table].loc[row, column] = value

    def lay_out(self, build):
        """Write what the runs of the pages would have left."""
        for name in ("executed", "results"):
            (build / name).mkdir(parents=True, exist_ok=True)
        for page in self.pages:
            executed = nbformat.writes(self.notebooks[page.name])
            (build / "executed" / f"{page.name}.ipynb").write_text(executed, encoding="utf-8")
            result = json.dumps(self.results[page.name])
            (build / "results" / f"{page.name}.json").write_text(result, encoding="utf-8")

    def assemble(self, build, staging, renderer=QUICK) -> dict[str, str]:
        """Put the site together; return the digest of each of its files."""
        self.lay_out(build)
        staging.mkdir()
        provenance = Provenance(self.checksum, {"python": "3"}, "b" * 12)
        ledger = Ledger(dict(self.tables), self.checksum)
        assemble(staging, build, self.pages, ledger, provenance, renderer, self.package)
        return books.digest_folder(staging)


def count_renderings(world, build, staging) -> tuple[dict[str, str], list[str]]:
    """Return the site's digests, and the pages and studies whose bodies were rendered for it."""
    rendered = []

    def render_body(notebook, page, *others):
        rendered.append(page.name)
        return site.render_body(notebook, page, *others)

    def tell_study(gathered, language):
        rendered.append(gathered["study"]["study_id"])
        return site.tell_study(gathered, language)

    own = {"render_body": render_body, "tell_study": tell_study}
    return world.assemble(build, staging, SimpleNamespace(**vars(QUICK) | own)), rendered


@pytest.fixture(autouse=True)
def settled(monkeypatch):
    """The package, which someone may be editing while the tests run, seems at rest."""
    monkeypatch.setattr(bodies, "BEGUN", float("inf"))


@pytest.fixture(scope="module")
def ledger():
    return read_ledger()


@pytest.fixture
def world(ledger):
    return World(ledger)


def replace_page(world, number, **changes):
    world.pages[number] = dataclasses.replace(world.pages[number], **changes)


def relate(world):
    """Let two studies share a sample, so that the page of one cites the other."""
    ids = world.tables["studies"]["study_id"]
    world.edit("studies", 0, "same_sample_as", ids[1])


CHANGES = {
    "a row": lambda w: w.edit("effects", 0, "summary", "Another summary."),
    "a number of a row": lambda w: w.edit("effects", 0, "n", 4711.0),
    "a citation": lambda w: w.edit("studies", 1, "citation", "Somebody Else (1999)"),
    "a note of a study": lambda w: w.edit("studies", 2, "note", "A new note."),
    "a relation": relate,
    "a name": lambda w: [
        w.edit("constructs", row, name, f"new {row}")
        for row in w.tables["constructs"].index
        for name in ("name_en", "name_nb")
    ],
    "a second reading": lambda w: w.edit("second_coding", slice(None), "note", "Read again."),
    "a share": lambda w: w.edit("shares", slice(None), "count", 3.0),
    "a claim": lambda w: w.edit("claims", slice(None), "why", "For another reason."),
    "a review": lambda w: w.edit("reviews", slice(None), "notes", "Another note."),
    "the checksum": lambda w: setattr(w, "checksum", "c" * 64),
    "a study gone": lambda w: w.tables.update(
        studies=w.tables["studies"].iloc[1:].reset_index(drop=True)
    ),
    "a title": lambda w: replace_page(w, 2, title={"en": "Other", "nb": "Annen"}),
    "a summary": lambda w: replace_page(w, 2, summary={"en": "Other", "nb": "Annen"}),
    "a section": lambda w: replace_page(w, 2, section="evidence"),
    "a parameter": lambda w: replace_page(w, 1, parameters={"rater": "therapist"}),
    "a page gone": lambda w: w.pages.pop(),
    "the order": lambda w: w.pages.reverse(),
    "a headline": lambda w: w.results["one"].update(headline={"en": "New.", "nb": "Ny."}),
    "a reason": lambda w: w.results["one"]["selected"]["left_out"][0].update(reason="other"),
    "an entry": lambda w: w.results["one"]["selected"]["entered"].pop(),
    "an output": lambda w: w.notebooks.update(one=notebook(bundle("<p>New.</p>"))),
    "a figure": lambda w: w.notebooks.update(
        one=notebook(bundle(FIGURE.replace("aGk=", "aGs="), FIGURE))
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_changed_the_site_is_that_from_nothing(world, tmp_path, change):
    before = world.assemble(tmp_path / "build", tmp_path / "before")
    CHANGES[change](world)
    again = world.assemble(tmp_path / "build", tmp_path / "again")
    fresh = world.assemble(tmp_path / "other", tmp_path / "fresh")
    assert again == fresh
    assert again != before
    assert books.digest_folder(tmp_path / "build" / "bodies") == books.digest_folder(
        tmp_path / "other" / "bodies"
    )


def test_bodies_are_rendered_only_where_something_moved(world, tmp_path):
    build = tmp_path / "build"
    studies = world.tables["studies"]["study_id"].tolist()
    first, rendered = count_renderings(world, build, tmp_path / "1")
    assert sorted(rendered) == sorted([page.name for page in world.pages] * 2 + studies * 2)
    second, rendered = count_renderings(world, build, tmp_path / "2")
    assert (second, rendered) == (first, [])
    world.edit("effects", 0, "summary", "Another summary.")
    changed = world.tables["effects"]["study_id"][0]
    together = next(group for group in group_studies(studies).values() if changed in group)
    _, rendered = count_renderings(world, build, tmp_path / "3")
    assert sorted(rendered) == sorted(together * 2)
    world.notebooks["two"] = notebook(bundle("<p>New.</p>"))
    _, rendered = count_renderings(world, build, tmp_path / "4")
    assert rendered == ["two", "two"]
    world.package = "another package"
    _, rendered = count_renderings(world, build, tmp_path / "5")
    assert len(rendered) == 2 * (len(PAGES) + len(studies))


def test_damaged_and_unfinished_bodies_are_made_again(world, tmp_path):
    build = tmp_path / "build"
    before = world.assemble(build, tmp_path / "before")
    kept = books.digest_folder(build / "bodies")
    contents = [file.read_bytes() for file in sorted((build / "bodies").iterdir())]
    for number, file in enumerate(sorted((build / "bodies").iterdir())):
        content = contents[number]
        # Cut short, altered, or taken from its neighbour.
        damaged = (content[:-7], content.replace(b"p", b"q"), contents[number - 1])[number % 3]
        file.write_bytes(damaged)
    (build / "bodies" / ".one").write_bytes(b"unfinished")
    assert world.assemble(build, tmp_path / "again") == before
    assert books.digest_folder(build / "bodies") == kept


def test_a_study_stays_in_its_group():
    names = [f"study{number}" for number in range(100)]
    whole = group_studies(names)
    assert sorted(name for group in whole.values() for name in group) == sorted(names)
    fewer = group_studies(names[1:])
    assert all(set(group) <= set(whole[name]) for name, group in fewer.items())
