"""The explorer: the rows of a question with what the page needs to pool them anew by itself.

Everything stands in the markup; ``templates/explorer.js`` reads it back and draws. Without
JavaScript the form stays hidden and nothing else is missing.
"""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from metaworkbook.reporting.display import Shown, escape
from metaworkbook.reporting.language import format_number, translate
from metaworkbook.reporting.rows import tell_row
from metaworkbook.reporting.wordings import word

TIER_WORDS = {
    "A": "a plain correlation",
    "B": "two groups of known size",
    "C": "significance with n",
    "D": "a direction alone",
    "E": "adjusted or unclear",
}
#: Filters that take one value or any: form name, column, label.
CHOICES = (
    ("rater", "y_rater", "Rated by"),
    ("phase", "phase", "Phase"),
    ("confidence", "confidence", "Confidence of the reading"),
    ("cited", "cited_in_thesis", "Cited in the thesis"),
)
#: What the script says, by the name under which it finds the words.
SAYINGS = {
    "censored": "All rows together",
    "reml": "Coefficients alone",
    "few": "fewer than three samples: not pooled",
    "interval": "{low} to {high}",
    "low": "no lower bound",
    "high": "no upper bound",
    "counts": "{k} samples, {rows} rows, {n} persons",
    "range": "what the row leaves open: {low} to {high}",
}
#: Rows that a page holds and a browser pools without delay.
MOST_CANDIDATES = 1000
MANY = (
    "The {count} rows are too many to be pooled anew in the page. Download them, or narrow the "
    "question by the page's parameters."
)
NEEDS = "This part works on the finished page, with JavaScript."


def show_explorer(candidates: pd.DataFrame, tiers: str, rho: float = 0.6) -> Shown:
    """Show the form with which a reader filters rows, unticks studies and pools again.

    Parameters
    ----------
    candidates : DataFrame
        `evidence.list_candidates` of the page's selection.
    tiers : str
        Tiers that enter at first, separated by spaces.
    rho : float
        Correlation of sampling errors within a sample.
    """

    def render(language: str) -> str:
        if candidates.empty:
            return f"<p>{escape(translate('There is no row to pool.', language))}</p>"
        if len(candidates) > MOST_CANDIDATES:
            count = format_number(len(candidates), 0, language)
            return f"<p>{escape(translate(MANY, language, count=count))}</p>"
        rows = candidates.to_dict("records")
        says = " ".join(
            f'data-say-{name}="{escape(translate(text, language))}"'
            for name, text in SAYINGS.items()
        )
        title = escape(translate("Explorer", language))
        return (
            f'<form class="explorer" id="explorer" hidden aria-label="{title}" autocomplete="off" '
            f'data-rho="{rho:g}" {says}>'
            f'<div class="filters">{_tier_boxes(candidates["tier"], tiers, language)}'
            f"{''.join(_choice(candidates, *choice, language) for choice in CHOICES)}</div>"
            f'<div class="pooled" role="status"></div>'
            f'<ol class="rows">{"".join(_row(row, language) for row in rows)}</ol>'
            f'<p class="axis" aria-hidden="true"><span>{format_number(-1, 0, language)}</span>'
            f"<span>0</span><span>1</span></p>"
            f'<p class="tools"><button type="reset">'
            f"{escape(translate('Back to the selection of the page', language))}</button>"
            f'<a class="button" href="#explorer">'
            f"{escape(translate('Link to this selection', language))}</a></p></form>"
            f'<p class="note unscripted">{escape(translate(NEEDS, language))}</p>'
        )

    return Shown(render)


def _tier_boxes(found: Iterable[str], tiers: str, language: str) -> str:
    asked, boxes = tiers.split(), []
    for tier in sorted(set(found)):
        words = escape(translate(TIER_WORDS.get(tier, ""), language)) if tier in TIER_WORDS else ""
        checked = " checked" if tier in asked else ""
        boxes.append(
            f'<label><input type="checkbox" name="tier" value="{escape(tier)}"{checked}> '
            f'{escape(tier)} <span class="muted">{words}</span></label>'
        )
    legend = escape(translate("Tiers", language))
    return f"<fieldset><legend>{legend}</legend>{''.join(boxes)}</fieldset>"


def _choice(candidates: pd.DataFrame, name: str, column: str, label: str, language: str) -> str:
    options = "".join(
        f'<option value="{escape(value)}">{escape(_say(value, language))}</option>'
        for value in sorted(set(candidates[column].astype(str)) - {""})
    )
    return (
        f'<label>{escape(translate(label, language))} <select name="{name}">'
        f'<option value="">{escape(translate("any", language))}</option>{options}</select></label>'
    )


def _row(row: dict, language: str) -> str:
    n = f"n = {row['n']:.0f}" if row["n"] == row["n"] else ""
    rater = "" if row["y_rater"] in ("", "unclear") else _say(row["y_rater"], language)
    told = [rater, tell_row(row, language), n, row["tier"]]
    if not row["ticked"]:
        detail, text = (
            word(translate(row[name], language), language)
            for name in ("reason_detail", "reason_text")
        )
        told.append(text.format(detail=detail))
    identity = escape(row["effect_id"])
    data = {
        "lower": repr(float(row["lower"])), "upper": repr(float(row["upper"])),
        "n": repr(float(row["ni"])), "sample": row["sample_id"], "tier": row["tier"],
        "rater": row["y_rater"], "phase": row["phase"], "confidence": row["confidence"],
        "cited": row["cited_in_thesis"],
    } | ({"outside": "yes"} if row["outside"] else {})  # fmt: skip
    written = " ".join(f'data-{name}="{escape(value)}"' for name, value in data.items())
    checked = " checked" if row["ticked"] else ""
    words = escape(", ".join(word for word in told if word))
    return (
        f"<li {written}><label>"
        f'<input type="checkbox" name="row" value="{identity}"{checked}> '
        f"{escape(row['citation'])}</label>"
        f'<a class="quiet" href="#row-{identity}">{words}</a></li>'
    )


def _say(value: str, language: str) -> str:
    return translate(value.replace("_", " "), language)
