"""Why a proposition has its verdict, in words: estimates on readable scales, and what lacks."""

from __future__ import annotations

import math
from typing import Any

from metaworkbook.reporting.language import format_number, translate
from metaworkbook.reporting.tables import format_interval, format_r
from metaworkbook.reporting.variants import VARIANTS
from metaworkbook.results.verdicts import PartVerdict, Reading, Verdict

# Each scale: how an estimate reads, and how a number is written on it.
SCALES = {
    "z": "r = {estimate} ({interval})",
    "difference": "difference in Fisher z = {estimate} ({interval})",
    "closeness": "margin less difference = {estimate} ({interval})",
    "log_odds": "odds ratio = {estimate} ({interval})",
    "d": "d = {estimate} ({interval})",
    "share": "{estimate} % of the samples that tell a direction are positive ({interval})",
}
# What two correlations side by side show, by the side of the margin on which they lie.
BESIDE = {
    1: "{first} beside {second}: within {margin} of each other",
    0: "{first} beside {second}: perhaps within {margin} of each other, perhaps not",
    -1: "{first} beside {second}: further apart than {margin}",
}
NOTHING = {
    "proportions": "no sample prints a count of the class",
    "change": "no sample prints the size of a change",
    "directions": "no sample tells a direction",
}
LACKING = {
    "nothing": "no sample with a plain association, unadjusted and with n, can be used",
    "samples": "a verdict needs three samples, and {k} can be used",
    "signs": "fewer than three samples tell a direction",
    "reviews": "published syntheses of two kinds of therapy give no verdict",
    "no_review": "no published synthesis prints it with an interval or a number of persons",
    "sides": "each side of the comparison needs three samples; {first} and {second} can be used",
    "groups": "each group needs three samples with counts; {first} clinical and {second} "
    "non-clinical can be used",
    "unbounded": "all or none of a group have the class",
    "one_side": "the rows bound it on one side only ({interval})",
    "main": "the interval includes zero ({interval})",
    "variant": "the interval does not keep to one side of zero {variant}",
}

# Two correlations, where the interval of the margin less their difference includes zero.
CLOSE = "they may be closer to each other than {margin} or further apart"


def find_scale(part: PartVerdict) -> str:
    """Return the key of `SCALES` that a part's estimate is told on."""
    return {"contrast": "difference", "equivalence": "closeness"}.get(part.kind, part.scale)


def to_readable(value: float, scale: str) -> float:
    """Return a number as readers know it: r, odds ratio, percent of samples, else as it is."""
    if scale == "z":
        return math.tanh(value)
    if scale == "log_odds":
        return math.exp(value) if value < 700 else math.inf
    return 100 * (value + 0.5) if scale == "share" else value


def format_reading(reading: Reading, scale: str, language: str) -> str:
    """Return an estimate with its interval in words of its scale."""
    if scale == "z":
        estimate = format_r(reading.estimate, language)
    else:
        digits = 0 if scale == "share" else 2
        estimate = format_number(to_readable(reading.estimate, scale), digits, language)
    return translate(
        SCALES[scale], language, estimate=estimate, interval=format_ends(reading, scale, language)
    )


def format_part(part: PartVerdict, language: str) -> str:
    """Return a part's estimate in words; a comparison of correlations tells both of them."""
    if part.reading is None:
        return "–"
    told = format_reading(part.reading, find_scale(part), language)
    if not part.sides:
        return told
    first, second = (format_reading(side, "z", language) for side in part.sides)
    if part.kind != "equivalence":
        text = "{first} against {second}; {told}"
        return translate(text, language, first=first, second=second, told=told)
    text = BESIDE[(part.reading.ci_low > 0) - (part.reading.ci_high < 0)]
    margin = format_number(part.margin, 2, language)
    return translate(text, language, first=first, second=second, margin=margin)


def format_ends(reading: Reading, scale: str, language: str) -> str:
    """Return the interval of a reading on its scale."""
    if scale in ("z", "difference") and not (
        math.isfinite(reading.ci_low) and math.isfinite(reading.ci_high)
    ):
        return format_interval(reading.ci_low, reading.ci_high, language)
    digits = 0 if scale == "share" else 2
    low, high = (
        format_number(to_readable(end, scale), digits, language)
        for end in (reading.ci_low, reading.ci_high)
    )
    return translate("{low} to {high}", language, low=low, high=high)


def describe_lacking(part: PartVerdict, language: str) -> str:
    """Return what leaves a part undecided."""
    values: dict[str, Any] = {"k": part.k}
    if part.counts:
        values["first"], values["second"] = part.counts
    if part.lacking in ("main", "one_side") and part.reading is not None:
        values["interval"] = format_ends(part.reading, find_scale(part), language)
    if part.lacking == "variant" and part.crossing is not None:
        name, detail = part.crossing.name, part.crossing.detail
        values["variant"] = translate(
            VARIANTS.get(name, name), language, detail=translate(detail.replace("_", " "), language)
        )
    text = NOTHING.get(part.kind) if part.lacking == "nothing" else None
    if part.lacking == "main" and part.kind == "equivalence":
        text, values["margin"] = CLOSE, format_number(part.margin, 2, language)
    return translate(text or LACKING[part.lacking], language, **values)


def describe_reason(verdict: Verdict, language: str) -> str:
    """Return why the verdict is what it is, naming the parts that decide or what they lack."""
    if verdict.fixed:
        return translate("Not judged: {reason}.", language,
                         reason=translate(verdict.fixed, language))  # fmt: skip
    sentences = []
    for points, text in (
        ("for", "For it: {parts}."),
        ("against", "Against it: {parts}."),
    ):
        told = [_tell(part, language) for part in verdict.parts if part.points == points]
        if told:
            sentences.append(translate(text, language, parts="; ".join(told)))
    if verdict.verdict == "undecided":
        missing = [
            f"{translate(part.name, language)} – {describe_lacking(part, language)}"
            for part in verdict.parts
            if part.main and part.points == "undecided"
        ]
        sentences.append(translate("Missing: {parts}.", language, parts="; ".join(missing)))
        sentences += _count_signs(verdict, language)
    return " ".join(sentences)


def _count_signs(verdict: Verdict, language: str) -> list[str]:
    """Return what all rows of the deciding parts point to, adjusted ones and all, if any do."""
    told = []
    for part in verdict.parts:
        signs = part.signs
        if part.main and signs is not None and signs.k_negative + signs.k_positive:
            text = (
                "{part}, by sample: {negative} negative, {positive} positive, "
                "{unsigned} without a direction"
            )
            told.append(
                translate(
                    text,
                    language,
                    part=translate(part.name, language),
                    negative=signs.k_negative,
                    positive=signs.k_positive,
                    unsigned=signs.k_unsigned,
                )  # fmt: skip
            )
    if not told:
        return []
    text = "A count of directions, adjusted rows included, decides nothing by itself: {parts}."
    return [translate(text, language, parts="; ".join(told))]


def _tell(part: PartVerdict, language: str) -> str:
    return f"{translate(part.name, language)}, {format_part(part, language)}"
