"""The frame of every page: templates, navigation, and a policy that allows no request."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from metaworkbook.publishing.pages import Page
from metaworkbook.publishing.provenance import Provenance
from metaworkbook.reporting.language import LANGUAGES, translate

TEMPLATES = Path(__file__).parent / "templates"
SITE_TITLE = "Avoidant attachment and the therapeutic alliance"
# A page's own style rules are kept no longer than its neighbours are being written.
KEPT = 64
LANGUAGE_NAMES = {"en": "English", "nb": "Norsk"}
SECTION_TITLES = {
    "answers": "Answers",
    "evidence": "Evidence",
    "thesis": "The thesis",
    "methods": "Methods",
}


@dataclass(frozen=True)
class Place:
    """Where a file of the site lies: its language, and its path within that language's folder."""

    language: str
    path: str

    @property
    def home(self) -> str:
        """The relative way to the folder of this language."""
        return "../" * self.path.count("/")

    @property
    def site(self) -> str:
        """The relative way to the site's own folder, where ``data/`` lies."""
        return self.home + ("" if self.language == "en" else "../")

    @property
    def here(self) -> str:
        """The relative address of the file itself."""
        return self.path.rsplit("/", 1)[-1]

    @property
    def elsewhere(self) -> str:
        """The relative address of the same page in the other language."""
        return self.site + ("nb/" if self.language == "en" else "") + self.path


@dataclass(frozen=True)
class Entry:
    """A page as the navigation shows it."""

    path: str
    title: str


def other_language(language: str) -> str:
    """Return the language that the switch leads to."""
    return next(other for other in LANGUAGES if other != language)


def compose(
    template: str,
    place: Place,
    title: str,
    pages: list[Page],
    provenance: Provenance,
    rules: str = "",
    description: str = "",
    scripts: tuple[str, ...] = ("site",),
    **context: Any,
) -> str:
    """Return a complete HTML file.

    Parameters
    ----------
    template : str
        A template that extends ``frame.html.j2``.
    place : Place
        Where the file will lie; all links are relative to it.
    title : str
        The page's title in the place's language.
    pages : list of Page
        The published pages, in order.
    provenance : Provenance
        Checksum, versions and origin, for the footer.
    rules : str
        Style rules of this page alone.
    description : str
        One line for search engines and shared links.
    scripts : tuple of str
        Names of the templates' scripts that the page needs.
    **context
        What the template shows.
    """
    language = place.language
    other = other_language(language)
    policy, blocks = _write_blocks(rules, scripts)
    listed = tuple((page.name, page.section, page.title[language]) for page in pages)
    navigation = _write_navigation(language, place.home, listed)
    link = Markup('href="{}{}"').format(place.home, place.path)
    return (
        environment()
        .get_template(template)
        .render(
            t=speak(language),
            language=language,
            other_language=other,
            other_name=LANGUAGE_NAMES[other],
            path=place.path,
            home=place.home,
            site=place.site,
            here=place.here,
            elsewhere=place.elsewhere,
            title=title,
            site_title=translate(SITE_TITLE, language),
            description=description,
            navigation=navigation.replace(link, Markup('{} aria-current="page"').format(link)),
            origin=_write_origin(
                language,
                provenance.checksum,
                provenance.built_from,
                tuple(provenance.versions.items()),
            ),
            policy=policy,
            blocks=blocks,
            **context,
        )
    )


# What most files have in common is written once; each is kept by everything it is made from.
@lru_cache(maxsize=KEPT)
def _write_navigation(language: str, home: str, listed: tuple[tuple[str, str, str], ...]) -> Markup:
    """Return the list of pages by section, for a file with this way to its language's folder."""
    pages = [Page(name, "", {language: title}, section) for name, section, title in listed]
    sections = list_sections(pages, language)
    template = environment().get_template("navigation.html.j2")
    return Markup(template.render(t=speak(language), home=home, sections=sections))


@lru_cache(maxsize=KEPT)
def _write_origin(
    language: str, checksum: str, built_from: str, versions: tuple[tuple[str, str], ...]
) -> Markup:
    """Return where a file comes from, for its footer."""
    provenance = Provenance(checksum, dict(versions), built_from)
    template = environment().get_template("origin.html.j2")
    return Markup(template.render(t=speak(language), provenance=provenance))


@lru_cache(maxsize=KEPT)
def _write_blocks(rules: str, scripts: tuple[str, ...]) -> tuple[str, Markup]:
    """Return the policy, and the style sheets and scripts that it allows."""
    styles = [style for style in (read_style(), rules) if style]
    blocks = [read_script(name) for name in scripts]
    written = [Markup("<style>{}</style>\n").format(style) for style in styles]
    written += [Markup("<script>{}</script>\n").format(block) for block in blocks]
    return build_policy(styles, blocks), Markup("").join(written)


def list_sections(pages: list[Page], language: str) -> list[tuple[str, list[Entry]]]:
    """Return the navigation: section titles with their pages, answers first."""
    order = [*SECTION_TITLES, *sorted({page.section for page in pages} - set(SECTION_TITLES))]
    return [
        (translate(SECTION_TITLES.get(section, section), language), entries)
        for section in order
        if (entries := [describe(page, language) for page in pages if page.section == section])
    ]


def describe(page: Page, language: str) -> Entry:
    """Return the navigation entry of a page."""
    return Entry(f"{page.name}.html", page.title[language])


def build_policy(styles: list[str], scripts: list[str]) -> str:
    """Return a Content-Security-Policy for these inline blocks and data images, no more."""

    def hashes(blocks: list[str]) -> str:
        digests = (hashlib.sha256(block.encode()).digest() for block in blocks)
        return " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)

    return (
        f"default-src 'none'; style-src {hashes(styles)}; script-src {hashes(scripts)}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Return the templates' environment: every value is escaped unless it is marked as HTML."""
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
        # Templates are part of the package, which stays as it is while it runs.
        auto_reload=False,
    )


@cache
def speak(language: str) -> Callable[..., str]:
    """Return what templates call ``t``: a message in ``language``."""
    return lambda text, **values: translate(text, language, **values)


@lru_cache(maxsize=1)
def read_style() -> Markup:
    """Return the style sheet without comments and needless space, marked as it is."""
    text = (TEMPLATES / "site.css").read_text(encoding="utf-8")
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    text = re.sub(r"\s+", " ", text)
    return Markup(re.sub(r"\s*([{};,])\s*", r"\1", text).replace(";}", "}").strip())


@cache
def read_script(name: str = "site") -> Markup:
    """Return a script without comments and indentation, marked as it is."""
    text = (TEMPLATES / f"{name}.js").read_text(encoding="utf-8")
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    return Markup("\n".join(line.strip() for line in text.splitlines() if line.strip()))
