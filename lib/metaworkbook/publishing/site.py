"""The site: an executed notebook becomes a page that is complete by itself, in either language."""

from __future__ import annotations

import re
from html import unescape
from typing import Any, TypedDict

from markupsafe import Markup, escape

from metaworkbook.errors import PageError
from metaworkbook.evidence.dictionary import read_dictionary
from metaworkbook.publishing.downloads import write_downloads
from metaworkbook.publishing.frame import (
    Place,
    compose,
    describe,
    environment,
    list_sections,
    speak,
)
from metaworkbook.publishing.illustrations import (
    Illustration,
    link_illustrations,
    list_illustrations,
    write_illustrations,
)
from metaworkbook.publishing.index import render_index
from metaworkbook.publishing.markup import keep_together, render_code, render_prose
from metaworkbook.publishing.outputs import hoist_styles, render_output, shorten_names, tell_apart
from metaworkbook.publishing.pages import Page
from metaworkbook.publishing.parameters import declared_parameters, resolve_parameters
from metaworkbook.publishing.provenance import Provenance
from metaworkbook.publishing.studies import gather_study, render_study, tell_study
from metaworkbook.reporting.language import DASH

__all__ = [
    "gather_study",
    "render_body",
    "render_index",
    "render_page",
    "render_study",
    "tell_study",
    "write_downloads",
    "write_illustrations",
]

# The scripts of a page with the explorer.
EXPLORER = ("pooling", "explorer")
# The page of all evidence, which offers the ledger as a whole.
INVENTORY = "evidence"
PAGE_LINK = re.compile(r'(<a href="([a-z0-9-]+)\.html">)\2</a>')
LEAD = re.compile(r'<div class="output">\s*<p class="lead">([^<]*)</p>\s*</div>')
HEADINGS = re.compile(r'<h2\b[^>]*\bid="([^"]+)"[^>]*>(.*?)</h2>', re.DOTALL)


class Body(TypedDict):
    """What a page shows in one language but for its frame: all of it that takes long to render.

    Attributes
    ----------
    article : str
        HTML.
    rules : str
        Style rules of the article.
    contents : list of list of str
        Anchor and HTML of each second-level heading.
    parameters : list of list of str
        Name, value and comment of each parameter that the page ran with.
    figures : list of Illustration
        The figures, to be written as files.
    """

    article: str
    rules: str
    contents: list[list[str]]
    parameters: list[list[str]]
    figures: list[Illustration]


def render_body(
    notebook: dict[str, Any],
    page: Page,
    pages: list[Page],
    language: str,
    result: dict[str, Any] | None = None,
) -> Body:
    """Return what an executed notebook shows.

    Bodies are kept by what enters here (`assembly.write_page`): of the pages, the titles, of the
    result, the headline, and nothing else of them.

    Parameters
    ----------
    notebook : dict
        The executed notebook.
    page : Page
        Which page it is.
    pages : list of Page
        All pages, whose titles stand where a notebook links them.
    language : str
        "en" or "nb".
    result : dict, optional
        Content of the page's results file; its headline is not said twice.

    Raises
    ------
    PageError
        For a formula that cannot be shown rightly.
    """
    cells = [{**cell, "source": "".join(cell["source"])} for cell in notebook["cells"]]
    notebook = {**notebook, "cells": cells}
    place = Place(language, f"{page.name}.html")
    article = link_illustrations(render_article(notebook, language), place)
    article = name_pages(drop_repeated(article, find_headline(result, language)), pages, language)
    article, rules = hoist_styles(tell_apart(shorten_names(article)))
    return Body(
        article=str(article),
        rules=str(rules),
        contents=list_headings(article),
        parameters=show_parameters(notebook, page),
        figures=list(list_illustrations(notebook, language)),
    )


def render_page(
    body: Body,
    page: Page,
    pages: list[Page],
    language: str,
    provenance: Provenance,
    sourced: bool = False,
    result: dict[str, Any] | None = None,
) -> str:
    """Return the HTML file of a page.

    Parameters
    ----------
    body : Body
        From `render_body`.
    page : Page
        Which page it is.
    pages : list of Page
        All pages, for the navigation.
    language : str
        "en" or "nb".
    provenance : Provenance
        For the footer.
    sourced : bool
        Whether the page includes sources, which then can be downloaded.
    result : dict, optional
        Content of the page's results file; its headline opens the page.
    """
    article = body["article"]
    place = Place(language, f"{page.name}.html")
    entries = [entry for _, section in list_sections(pages, language) for entry in section]
    position = [entry.path for entry in entries].index(place.path)
    return compose(
        "page.html.j2",
        place,
        describe(page, language).title,
        pages,
        provenance,
        Markup(body["rules"]),
        description=page.summary.get(language, ""),
        scripts=("site", *(EXPLORER if 'class="explorer"' in article else ())),
        name=page.name,
        sourced=sourced,
        tables=list(read_dictionary()) if page.name == INVENTORY else [],
        selects=bool((result or {}).get("selected")),
        headline=find_headline(result, language),
        article=Markup(article),
        contents=[(anchor, Markup(heading)) for anchor, heading in body["contents"]],
        has_code='<details class="code">' in article,
        parameters=body["parameters"],
        before=entries[position - 1] if position else None,
        after=entries[position + 1] if position + 1 < len(entries) else None,
    )


def find_headline(result: dict[str, Any] | None, language: str) -> str:
    """Return the sentence that opens a page, blank where its result has none."""
    return keep_together((result or {}).get("headline", {}).get(language, ""))


def render_article(notebook: dict[str, Any], language: str) -> Markup:
    """Return the cells of a notebook as HTML."""
    text = environment().get_template("article.html.j2").render(
        t=speak(language),
        nb=notebook,
        prose=lambda text: render_prose(text, language),
        code=render_code,
        shown=lambda output: render_output(output, language),
    )  # fmt: skip
    # One notebook serves many pages: the page's title stands above, not the notebook's own.
    text = re.sub(r"\s*<h1\b.*?</h1>", "", text, count=1, flags=re.DOTALL)
    return Markup(re.sub(r"<(/?)h1\b", r"<\1h2", text))


def name_pages(article: str, pages: list[Page], language: str) -> str:
    """Return HTML that shows a page's title where a notebook could only show its name."""
    titles = {page.name: page.title[language] for page in pages}

    def entitle(found: re.Match[str]) -> str:
        return f"{found[1]}{escape(titles.get(found[2], found[2]))}</a>"

    return PAGE_LINK.sub(entitle, article)


def drop_repeated(article: str, headline: str) -> str:
    """Return HTML without the output that is the headline again, which opens the page already."""
    return LEAD.sub(
        lambda found: "" if unescape(found[1]).strip() == headline else found[0], article
    )


def list_headings(article: str) -> list[list[str]]:
    """Return anchor and HTML of each second-level heading, for the contents."""
    return [
        [anchor, re.sub(r"<[^>]+>", "", text).strip()] for anchor, text in HEADINGS.findall(article)
    ]


def show_parameters(notebook: dict[str, Any], page: Page) -> list[list[str]]:
    """Return name, value and comment of each parameter a page ran with, in declared order."""
    declared, problems = declared_parameters(notebook, page.notebook)
    if problems:
        raise PageError(problems)
    return [
        [name, _show_value(value), declared[name].comment]
        for name, value in resolve_parameters(page, declared).items()
        if name != "page"
    ]


def _show_value(value: Any) -> str:
    return (", ".join(map(str, value)) if isinstance(value, list) else str(value)) or DASH
