"""What one row of the evidence tells, in words."""

from __future__ import annotations

from typing import Any

from metaworkbook.reporting.language import translate
from metaworkbook.reporting.tables import WORDS, format_r


def tell_row(row: dict[str, Any], language: str) -> str:
    """Return a row's coefficient, or the direction and significance that it states instead."""
    if row["known"] == "exact":
        return f"r = {format_r(row['zi'], language)}"
    told = translate(WORDS[row["significance"]], language)
    if row["direction_analysed"] in ("negative", "positive"):
        return f"{translate(WORDS[row['direction_analysed']], language)}, {told}"
    return told
