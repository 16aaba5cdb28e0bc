"""The site: an executed notebook becomes a page that is complete by itself, in either language."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from html import unescape
from typing import Any

from markupsafe import Markup, escape

from metaworkbook.errors import PageError
from metaworkbook.publishing.downloads import write_downloads
from metaworkbook.publishing.frame import (
    TEMPLATES,
    Place,
    compose,
    describe,
    environment,
    list_sections,
)
from metaworkbook.publishing.illustrations import link_illustrations, write_illustrations
from metaworkbook.publishing.index import render_index
from metaworkbook.publishing.markup import keep_together, render_code, render_prose
from metaworkbook.publishing.outputs import hoist_styles, render_output, shorten_names, tell_apart
from metaworkbook.publishing.pages import Page
from metaworkbook.publishing.parameters import declared_parameters, resolve_parameters
from metaworkbook.publishing.provenance import Provenance
from metaworkbook.publishing.studies import render_study
from metaworkbook.reporting.language import DASH

__all__ = [
    "render_index",
    "render_page",
    "render_study",
    "write_downloads",
    "write_illustrations",
]

# The scripts of a page with the explorer.
EXPLORER = ("pooling", "explorer")
PAGE_LINK = re.compile(r'(<a href="([a-z0-9-]+)\.html">)\2</a>')
LEAD = re.compile(r'<div class="output">\s*<p class="lead">([^<]*)</p>\s*</div>')
HEADINGS = re.compile(r'<h2\b[^>]*\bid="([^"]+)"[^>]*>(.*?)</h2>', re.DOTALL)


@dataclass(frozen=True)
class Shown:
    """A parameter as a page shows it: its name, its value, and the comment that explains it."""

    name: str
    value: str
    comment: str


def render_page(
    notebook: Any,
    page: Page,
    pages: list[Page],
    language: str,
    provenance: Provenance,
    sourced: bool = False,
    result: dict[str, Any] | None = None,
) -> str:
    """Return the HTML file of an executed notebook.

    Parameters
    ----------
    notebook : NotebookNode
        The executed notebook.
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

    Raises
    ------
    PageError
        For a formula that cannot be shown rightly.
    """
    notebook = _as_node(notebook)
    place = Place(language, f"{page.name}.html")
    article = link_illustrations(render_article(notebook, language), place)
    headline = keep_together((result or {}).get("headline", {}).get(language, ""))
    article = name_pages(drop_repeated(article, headline), pages, language)
    article, rules = hoist_styles(tell_apart(shorten_names(article)))
    entries = [entry for _, section in list_sections(pages, language) for entry in section]
    position = [entry.path for entry in entries].index(place.path)
    return compose(
        "page.html.j2",
        place,
        describe(page, language).title,
        pages,
        provenance,
        rules,
        description=page.summary.get(language, ""),
        scripts=("site", *(EXPLORER if 'class="explorer"' in article else ())),
        name=page.name,
        sourced=sourced,
        selects=bool((result or {}).get("selected")),
        headline=headline,
        article=article,
        contents=list_headings(article),
        has_code='<details class="code">' in article,
        parameters=show_parameters(notebook, page),
        before=entries[position - 1] if position else None,
        after=entries[position + 1] if position + 1 < len(entries) else None,
    )


def render_article(notebook: Any, language: str) -> Markup:
    """Return the body of a notebook as HTML, through nbconvert with the site's own template."""
    text, _ = make_exporter(language).from_notebook_node(notebook)
    # One notebook serves many pages: the page's title stands above, not the notebook's own.
    text = re.sub(r"\s*<h1\b.*?</h1>", "", text, count=1, flags=re.DOTALL)
    return Markup(re.sub(r"<(/?)h1\b", r"<\1h2", text))


@lru_cache(maxsize=2)
def make_exporter(language: str) -> Any:
    """Return the nbconvert exporter of one language."""
    from nbconvert.exporters.templateexporter import TemplateExporter

    class ArticleExporter(TemplateExporter):
        """Cells in order; templates of this package alone, with escaping switched on."""

        file_extension = ".html"
        template_file = "article.html.j2"

        def _create_environment(self) -> Any:
            made = environment(language).overlay()
            made.filters = {
                **made.filters,
                "prose": lambda cell: render_prose(cell.source, language),
                "code": render_code,
                "shown": lambda output: render_output(output, language),
            }
            return made

    # What was run here needs no step of tidying, each with a validation of its own.
    return ArticleExporter(
        template_paths=[str(TEMPLATES)], template_name="base", default_preprocessors=[]
    )


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


def list_headings(article: str) -> list[tuple[str, Markup]]:
    """Return anchor and text of each second-level heading, for the contents."""
    return [
        (anchor, Markup(re.sub(r"<[^>]+>", "", text).strip()))
        for anchor, text in HEADINGS.findall(article)
    ]


def show_parameters(notebook: Any, page: Page) -> list[Shown]:
    """Return the parameters a page ran with, in declared order, each with its comment."""
    declared, problems = declared_parameters(notebook, page.notebook)
    if problems:
        raise PageError(problems)
    return [
        Shown(name, _show_value(value), declared[name].comment)
        for name, value in resolve_parameters(page, declared).items()
        if name != "page"
    ]


def _show_value(value: Any) -> str:
    return (", ".join(map(str, value)) if isinstance(value, list) else str(value)) or DASH


def _as_node(notebook: Any) -> Any:
    from nbformat import NotebookNode, from_dict
    from nbformat.v4.rwbase import rejoin_lines

    return notebook if isinstance(notebook, NotebookNode) else rejoin_lines(from_dict(notebook))
