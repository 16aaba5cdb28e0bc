"""Reporting: results become figures, tables and sentences in both languages; nothing is fitted."""

from __future__ import annotations

from importlib import import_module
from typing import Any

# Names a notebook uses, loaded from their modules at first use.
PUBLIC = {
    "show_declared": "moderators",
    "draw_levels": "moderators",
    "show_moderator_tests": "moderators",
    "show_together": "moderators",
    "describe_moderators": "moderators",
    "draw_bubbles": "figures.bubble",
    "draw_funnel": "figures.funnel",
    "draw_reported": "figures.reported",
    "show_reported": "small_studies",
    "show_small_studies": "small_studies",
    "describe_small_studies": "small_studies",
    "show_source": "sources",
    "show_allowed": "sources",
    "draw_without": "sensitivity",
    "draw_cumulative": "sensitivity",
    "draw_coefficients_without": "sensitivity",
    "draw_coefficients_cumulative": "sensitivity",
    "show_assumptions": "sensitivity",
    "show_estimators": "sensitivity",
    "describe_robustness": "sensitivity",
    "draw_influence": "figures.influence",
    "draw_baujat": "figures.baujat",
    "draw_gosh": "figures.gosh",
    "show_choices": "multiverse",
    "show_exclusions": "multiverse",
    "show_multiverse": "multiverse",
    "show_importance": "multiverse",
    "draw_specifications": "figures.specification",
    "draw_forest": "figures.forest",
    "draw_reviews": "figures.reviews",
    "draw_directions": "figures.directions",
    "show_methods": "tables",
    "show_left_out": "tables",
    "show_evidence": "tables",
    "show_totals": "inventory",
    "show_review_count": "pages",
    "describe_signs": "pages",
    "show_counts": "inventory",
    "show_ladder": "inventory",
    "show_codings": "inventory",
    "show_leftovers": "inventory",
    "show_published": "inventory",
    "show_moderators": "inventory",
    "show_question": "pages",
    "show_answer": "pages",
    "show_directions": "pages",
    "show_limits": "pages",
    "describe_page": "pages",
    "describe_inventory": "pages",
    "describe_reviews": "pages",
    "show_verdicts": "verdicts",
    "show_verdict_count": "verdicts",
    "show_share_answer": "proportions",
    "show_propositions": "verdicts",
    "show_pooled_shares": "proportions",
    "show_claims": "claims",
    "show_recoding": "codings",
    "show_confirmations": "codings",
    "show_agreement": "codings",
    "describe_recoding": "codings",
    "show_claim_count": "claims",
    "show_changes": "proportions",
    "show_second_order": "published",
    "show_ours_beside": "published",
    "show_interval_checks": "published",
    "show_beside": "proportions",
    "list_verdicts": "verdicts",
    "draw_shares": "figures.shares",
    "describe_verdicts": "verdicts",
    "describe_prevalence": "proportions",
}


def __getattr__(name: str) -> Any:
    """Load a public name from its module."""
    if name in PUBLIC:
        return getattr(import_module(f"{__name__}.{PUBLIC[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
