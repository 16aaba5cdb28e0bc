"""Languages: a gettext catalogue each, and numbers in each language's form.

Messages are written in English, so ``en.po`` holds only the codes of the evidence, such as "self
dimension", that are no English for a reader.
"""

from __future__ import annotations

import math
from functools import lru_cache
from pathlib import Path
from typing import Any

LANGUAGES = ("en", "nb")
LOCALE = Path(__file__).parent / "locale"
CATALOGUE = LOCALE / "nb.po"
MINUS, DASH = "\u2212", "–"


def translate(text: str, language: str, **values: Any) -> str:
    """Return ``text`` in ``language`` with ``values`` put into its braces.

    A message without translation stays as it is; `missing_messages` finds those.
    """
    text = _messages(language).get(text, text)
    return text.format(**values) if values else text


def format_number(value: float, digits: int, language: str) -> str:
    """Return ``value`` rounded to ``digits`` decimals in the language's form.

    Norwegian has a decimal comma; the sign is a true minus; NaN becomes a dash, an infinite value
    the sign for infinity. A value that rounds to zero carries no sign.
    """
    from babel.numbers import format_decimal

    value = float(value)
    if math.isnan(value):
        return DASH
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    value = round(value, digits) + 0.0
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    locale = "nb_NO" if language == "nb" else "en"
    return format_decimal(value, pattern, locale=locale).replace("-", MINUS)


def missing_messages(messages: set[str]) -> set[str]:
    """Return those of ``messages`` that have no Norwegian translation."""
    return {message for message in messages if message and not _messages("nb").get(message)}


@lru_cache(maxsize=len(LANGUAGES))
def _messages(language: str) -> dict[str, str]:
    from babel.messages.pofile import read_po

    path = LOCALE / f"{language}.po"
    if not path.exists():
        return {}
    with path.open("rb") as file:
        catalogue = read_po(file, locale=language)
    return {message.id: message.string for message in catalogue if message.id and message.string}
