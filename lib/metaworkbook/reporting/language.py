"""Languages: one gettext catalogue, and numbers in each language's form."""

from __future__ import annotations

import math
from functools import lru_cache
from pathlib import Path
from typing import Any

LANGUAGES = ("en", "nb")
CATALOGUE = Path(__file__).parent / "locale" / "nb.po"
MINUS, DASH = "\u2212", "–"


def translate(text: str, language: str, **values: Any) -> str:
    """Return ``text`` in ``language`` with ``values`` put into its braces.

    A message without translation stays English; `missing_messages` finds those.
    """
    if language != "en":
        text = _messages().get(text, text)
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
    return {message for message in messages if message and not _messages().get(message)}


@lru_cache(maxsize=1)
def _messages() -> dict[str, str]:
    from babel.messages.pofile import read_po

    if not CATALOGUE.exists():
        return {}
    with CATALOGUE.open("rb") as file:
        catalogue = read_po(file, locale="nb")
    return {message.id: message.string for message in catalogue if message.id and message.string}
