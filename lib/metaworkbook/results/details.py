"""What a page saves beside its results: the parts that the site reads, and their shapes."""

from __future__ import annotations

from typing import Any

from metaworkbook.errors import Problem, WorkbookError

LANGUAGES = ("en", "nb")
SHAPES = {
    "parameters": "a dictionary of values by name",
    "selected": 'a dictionary of "entered", a list of texts, and "left_out", a list of '
    'dictionaries with the texts "effect_id" and "reason"',
    "headline": 'a dictionary of texts, "en" and "nb"',
    "card": "a dictionary of values by name",
}
SHOWN = 60


def check_details(content: Any, place: str = "results.save") -> None:
    """Raise WorkbookError with every part of a page's results that has another shape.

    Parameters
    ----------
    content : dict
        JSON values by name; parts that are not there are well.
    place : str
        How the message names where they are.
    """
    if not isinstance(content, dict):
        raise WorkbookError(str(_refuse(place, "", content, "a dictionary of values by name")))
    problems = [
        _refuse(place, name, content[name], allowed)
        for name, allowed in SHAPES.items()
        if name in content and not _is_sound(name, content[name])
    ]
    if problems:
        raise WorkbookError("\n".join(map(str, problems)))


def _refuse(place: str, name: str, value: Any, allowed: str) -> Problem:
    text = repr(value)
    found = f"{text if len(text) <= SHOWN else text[: SHOWN - 1] + '…'} ({type(value).__name__})"
    remedy = "Correct what the notebook saves."
    return Problem(place, column=name, found=found, allowed=allowed, remedy=remedy)


def _is_sound(name: str, value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    if name == "headline":
        return all(isinstance(value.get(language), str) for language in LANGUAGES)
    if name == "selected":
        entered, left_out = value.get("entered", []), value.get("left_out", [])
        return _is_list(entered, str) and _is_list(left_out, dict) and all(
            isinstance(row.get(part), str) for row in left_out for part in ("effect_id", "reason")
        )  # fmt: skip
    return True


def _is_list(value: Any, kind: type) -> bool:
    return isinstance(value, list) and all(isinstance(item, kind) for item in value)
