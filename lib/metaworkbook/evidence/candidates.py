"""Rows that a reader of a page may take in or leave out: those whose size is known."""

from __future__ import annotations

import pandas as pd

from metaworkbook.evidence.selection import REASONS, Selection

KNOWN = ("exact", "interval", "direction")
#: Left out for what they are, not for a choice that another reader could make.
CLOSED = (REASONS["duplicate"], REASONS["held"], REASONS["nothing"], REASONS["no_n"])


def list_candidates(selection: Selection) -> pd.DataFrame:
    """Return the rows of a question that could enter, with bounds as `Selection.bounds` gives them.

    ``ticked`` tells whether a row enters once its tier may: it is false for samples set apart and
    for what the page's other parameters exclude. Duplicates and rows held back are not among them.
    """
    out = selection.left_out
    open_rows = out[out["known"].isin(KNOWN) & ~out["reason_text"].isin(CLOSED)]
    by_tier = open_rows["reason_text"].str.startswith("tier ")
    rows = pd.concat(
        [selection.rows.assign(ticked=True), open_rows.assign(ticked=by_tier.astype(bool))]
    )
    bounds = Selection(rows, out).bounds()
    return rows.assign(ni=bounds["ni"]).sort_values(["year", "effect_id"], kind="stable")
