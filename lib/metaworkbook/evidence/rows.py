"""The rows of one part of a proposition: those its analysis takes, and all that tell a sign."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from metaworkbook.evidence.conversions import critical_r
from metaworkbook.evidence.ledger import Ledger
from metaworkbook.evidence.propositions import Ask
from metaworkbook.evidence.selection import REASONS_TO_VOTE, Selection, select, sort_rows

OTHER = "asked for another: {detail}"


def select_part(ledger: Ledger, described: pd.DataFrame, ask: Ask) -> Selection:
    """Return the rows of a part: `selection.select`, then the further columns of ``where``."""
    found = select(ledger, ask.x, ask.y, described=described, **ask.filters)
    return _keep_where(found, ask)


def bound_one_sided(found: Selection) -> dict[str, Any] | None:
    """Return the bounds of a selection if "significant" meant one-sided .05 where no level is told.

    The critical correlation is then that of two-sided .10. None where no row rests on the
    assumption.
    """
    told = {name: found.rows[name].to_numpy(object) for name in ("known", "p_relation")}
    mask = (told["known"] == "interval") & np.isnan(found.rows["level"].to_numpy(float))
    mask &= told["p_relation"] != ">"
    if not mask.any():
        return None
    bounds = found.bounds()
    n = bounds["ni"][mask]
    two_sided, one_sided = critical_r(n, 0.05), critical_r(n, 0.10)
    for end in ("lower", "upper"):
        values = bounds[end].copy()
        told = values[mask]
        moved = np.isclose(np.abs(told), two_sided)
        values[mask] = np.where(moved, np.sign(told) * one_sided, told)
        bounds[end] = values
    return bounds


def _keep_where(found: Selection, ask: Ask) -> Selection:
    for column, allowed in ask.where.items():
        keep = found.rows[column].isin(allowed)
        if keep.all():
            continue
        words = (
            column.replace("_", " ")
            + " "
            + found.rows[column].where(found.rows[column] != "", "not told")
        )
        found = Selection(
            found.rows[keep],
            pd.concat([found.left_out, leave_out(found.rows[~keep], OTHER, words)]),
        )
    return found


def leave_out(rows: pd.DataFrame, text: str, detail: pd.Series | str = "") -> pd.DataFrame:
    """Return rows with a reason in the columns of `Selection.left_out`."""
    words = pd.Series(detail, index=rows.index, dtype=object).reindex(rows.index)
    reason = [text.format(detail=word) for word in words]
    return rows.assign(reason_text=text, reason_detail=words, reason=reason)


def widen(found: Selection, ask: Ask) -> Selection:
    """Return a selection with every row that passes the filters, whatever it is worth.

    A vote on direction needs neither a tier nor a size. Rows without a sign come along: the sign
    test counts their samples as untold.
    """
    reasons = found.left_out["reason_text"].to_numpy(object)
    back = np.array([word in REASONS_TO_VOTE or word.startswith("tier ") for word in reasons], bool)
    if not back.any():
        return found
    rows = pd.concat([found.rows, found.left_out.loc[back, found.rows.columns]])
    return _keep_where(Selection(sort_rows(rows), found.left_out[~back]), ask)


def list_signed_p(found: Selection) -> dict[str, np.ndarray]:
    """Return an exact two-sided p, sign and the root of n of each sample that prints them.

    One p a sample, the largest: the rows of a sample are not independent, and the weakest of them
    promises least. As `models.combine_samples` takes them.
    """
    rows = found.rows
    sign = rows["direction_analysed"].map({"negative": -1.0, "positive": 1.0})
    exact = (rows["p_relation"] == "=") & (rows["p_value"] > 0) & sign.notna() & rows["n"].ge(4)
    told = rows.assign(sign=sign)[exact].sort_values("p_value", ascending=False, kind="stable")
    told = told.drop_duplicates("sample_id")
    return {
        "p": told["p_value"].to_numpy(float),
        "sign": told["sign"].to_numpy(float),
        "weights": np.sqrt(told["n"].to_numpy(float)),
    }
