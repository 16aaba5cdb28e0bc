"""The evidence: the ledger in ``effects/``, how its rows convert, and which rows a question takes.

`dictionary` reads the data dictionary as the tables and `columns` it describes; `ledger` reads the
files as `records` of `cells` and puts the `rules` to them, those within a row (`row_rules`,
`significance_rules`, `printed_rules`), those between rows and tables (`table_rules`,
`repeat_rules`) and those of `review_rules` and `share_rules`; each breach becomes a problem
(`breaches`).
`conversions` brings reported statistics to correlations, `tiers` says what each row is worth, with
`coefficients` where it carries one and `bounds` where it does not, `descriptions` lay all of it out
in one table, and `selection` takes the rows of one question, whose words `parameters` checks.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

# Names a notebook uses, loaded from their modules at first use.
PUBLIC = {
    "list_moderators": "moderators",
    "read_values": "moderators",
    "open_source": "demonstration",
    "open_choices": "demonstration",
    "describe_demonstration": "demonstration",
    "cite_source": "demonstration",
    "label_samples": "labels",
    "list_undated": "labels",
    "check_ledger": "ledger",
    "read_ledger": "ledger",
    "convert": "tiers",
    "check_parameters": "parameters",
    "describe_effects": "descriptions",
    "TIERS": "tiers",
    "describe_all": "selection",
    "list_selected": "selection",
    "select_moderators": "selection",
    "resolve_constructs": "parameters",
    "list_candidates": "candidates",
    "select": "selection",
    "select_reviews": "selection",
    "select_signs": "selection",
    "vary_selection": "selection",
    "count_ledger": "coverage",
    "count_rows": "coverage",
    "climb_ladder": "coverage",
    "compare_codings": "coverage",
    "name_constructs": "coverage",
    "select_class": "shares",
    "select_changes": "changes",
    "list_shares": "shares",
    "keep_pooled": "shares",
    "climb_shares": "shares",
    "bound_one_sided": "rows",
    "list_signed_p": "rows",
    "list_parts": "checklist",
    "check_reporting": "checklist",
    "select_published": "published",
    "review_arrays": "published",
    "name_families": "coverage",
    "name_predictors": "coverage",
    "bound_matched": "published",
    "list_matched": "published",
    "match_published": "published",
    "group_published": "published",
    "list_claims": "coverage",
    "list_beside": "shares",
    "group_shares": "shares",
    "count_class": "shares",
    "cite_rows": "coverage",
    "ask_propositions": "questions",
    "pair_codings": "codings",
    "confirm_codings": "codings",
    "ask_recoded": "questions",
    "list_entered": "questions",
}


def __getattr__(name: str) -> Any:
    """Load a public name from its module."""
    if name in PUBLIC:
        return getattr(import_module(f"{__name__}.{PUBLIC[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
