"""Where each row of the evidence was used: the pages that weighed it, and why one left it out."""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from typing import Any, NamedTuple

from metaworkbook.publishing.archive import Same


class Use(NamedTuple):
    """One page's use of a row: whether it entered, and the reason in English if not."""

    page: str
    entered: bool
    reason: str


def find_uses(results: dict[str, dict[str, Any]]) -> dict[str, list[Use]]:
    """Return the uses of every row by its id, in the order of the results; the last are kept.

    Parameters
    ----------
    results : dict
        Content of ``build/results/<page>.json`` by page; not changed by anyone afterwards.
    """
    return _find(Same(results))


@lru_cache(maxsize=1)
def _find(key: Same) -> dict[str, list[Use]]:
    uses: dict[str, list[Use]] = defaultdict(list)
    for page, result in key.kept.items():
        selected = result.get("selected") or {}
        for effect_id in dict.fromkeys(selected.get("entered", [])):
            uses[effect_id].append(Use(page, True, ""))
        for left in selected.get("left_out", []):
            uses[left["effect_id"]].append(Use(page, False, left["reason"]))
    return dict(uses)
