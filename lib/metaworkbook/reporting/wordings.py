"""What the workbook itself says of a row (conversion, tier, reason), in the reader's language.

`evidence` writes these in English, numbers and words put into a sentence. Here the sentence is
found again by its pattern, translated, and its words and numbers with it. What the evidence quotes
has no pattern and stays as it is.
"""

from __future__ import annotations

import re
from functools import lru_cache

from metaworkbook.reporting.language import LANGUAGES, MINUS, translate
from metaworkbook.results.reasons import REASONS, TIERS

AT = "{level} two-sided, n = {n}, critical r = {critical} from t(n - 2)"
#: Every sentence of `bounds`, `coefficients`, `tiers` and `selection`; the first that fits counts.
PATTERNS = (
    *REASONS.values(),
    "tier {tier}: {detail}",
    "contrast {contrast}: {why}",
    *TIERS.values(),
    "another estimand than a correlation",
    "not a zero-order association for sure",
    "groups compared, and sizes or statistic do not allow a correlation",
    "{direction} as stated, no usable n",
    "{direction} as stated",
    f"significantly {{direction}} at {AT}",
    f"significant at {AT}, sign untold",
    f"not significant at {AT}, {{direction}}",
    f"not significant at {AT}",
    "significant with mixed signs: no range for one correlation",
    "{direction}, significance not stated, n = {n}",
    "{direction}, significance not stated: nothing is known of the size",
    "r = {r} as printed, turned by polarity",
    "r = {r} as printed",
    "t({df}) = {t}, sign from the text: r = t / sqrt(t^2 + df) (Cohen 1965)",
    "F(1, {df}) = {f}, sign from the text: r = sqrt(F / (F + df))",
    "p = {p} two-sided, n = {n}, sign from the text: r from t(n - 2)",
    "z = artanh(r), v = 1/(n - 3) (Fisher 1921)",
    "means and SDs of two groups",
    "{statistic} = {value} of two groups, sign from the text",
    "point-biserial r (Tate 1954)",
    "groups cut from a dimension: biserial r with its own variance (Jacobs and Viechtbauer 2017)",
    "z by the delta method",
    "|r| >= 1, so it has no z",
    "its z varies more than that of 4 persons, so it says next to nothing",
)
NUMBER = r"[-+]?[\d.]+(?:e[-+]?\d+)?"
FIELDS = {"detail": ".+", "why": ".+", "tier": "[A-FP]", "contrast": r"\w+", "statistic": r"\w+",
          "direction": "positive|negative|none|mixed|unstated"}  # fmt: skip


def word(text: str, language: str) -> str:
    """Return what `evidence` says of a row in ``language``; text of another kind as it is."""
    if language == LANGUAGES[0] or not text:
        return text
    for pattern, form in _forms():
        if found := form.fullmatch(text):
            values = {name: _word_field(name, value, language)
                      for name, value in found.groupdict().items()}  # fmt: skip
            return translate(pattern, language, **values)
    steps = text.split("; ")
    return "; ".join(word(step, language) for step in steps) if len(steps) > 1 else text


def name_choice(name: str, language: str) -> str:
    """Return the name of a choice of the multiverse, or of an option, as a reader reads it."""
    if re.fullmatch(NUMBER, name):
        return name if language == LANGUAGES[0] else name.replace(".", ",")
    return translate(name.replace("_", " "), language)


def is_worded(text: str) -> bool:
    """Return whether nothing of a text would stay in English."""
    steps = [text] if any(form.fullmatch(text) for _, form in _forms()) else text.split("; ")
    return all(any(form.fullmatch(step) for _, form in _forms()) for step in steps)


def _word_field(name: str, value: str, language: str) -> str:
    if name not in FIELDS:
        return value.replace(".", ",").replace("-", MINUS)
    told = word(value, language)
    return translate(value, language) if told == value else told


@lru_cache(maxsize=1)
def _forms() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((pattern, re.compile(_to_form(pattern))) for pattern in PATTERNS)


def _to_form(pattern: str) -> str:
    parts = re.split(r"\{(\w+)\}", pattern)
    return "".join(
        f"(?P<{part}>{FIELDS.get(part, NUMBER)})" if place % 2 else re.escape(part)
        for place, part in enumerate(parts)
    )
