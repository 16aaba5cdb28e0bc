"""What a notebook shows: one object that knows its English and its Norwegian form."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

NORWEGIAN = "application/vnd.metaworkbook.nb+html"


class Shown:
    """Something to show, drawn in either language from one function.

    JupyterLab shows the English form; the site takes the form of its language.
    """

    def __init__(self, render: Callable[[str], str]):
        self._render = render

    def html(self, language: str = "en") -> str:
        """Return the HTML fragment in ``language`` ("en" or "nb")."""
        return self._render(language)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        english = self.html("en")
        return {
            "text/plain": to_text(english),
            "text/html": english,
            NORWEGIAN: self.html("nb"),
        }


def escape(text: Any) -> str:
    """Return ``text`` safe for HTML content and attributes; all evidence passes through here."""
    return html.escape(str(text), quote=True)


def to_text(fragment: str) -> str:
    """Return the readable text of an HTML fragment, figures replaced by their description."""
    fragment = re.sub(r"<(style|script)\b.*?</\1>", "", fragment, flags=re.DOTALL)
    described = re.sub(
        r"<svg\b.*?<desc[^>]*>(.*?)</desc>.*?</svg>", r"\1", fragment, flags=re.DOTALL
    )
    spaced = re.sub(r"</(p|li|tr|h\d|figcaption|summary|dt|dd|th|td)>", " \n", described)
    text = html.unescape(re.sub(r"<[^>]+>", "", spaced))
    return re.sub(r"[ \t]*\n\s*", "\n", text).strip()
