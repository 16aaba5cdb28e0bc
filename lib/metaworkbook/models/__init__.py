"""Statistics of meta-analysis: arrays go in, frozen dataclasses come out.

Nothing here is drawn or read from a file.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

# Names a notebook uses, loaded from their modules at first use.
PUBLIC = {
    "examine_moderators": "declared_moderators",
    "regress_together": "declared_moderators",
    "regress_censored": "censored_moderators",
    "examine_small_studies": "asymmetry",
    "examine_censored": "robustness",
    "examine_coefficients": "robustness",
    "run_multiverse": "multiverse",
    "summarise_multiverse": "decomposition",
    "synthesise": "synthesis",
    "synthesise_each": "synthesis",
    "pool": "pooling",
    "pool_censored": "censored",
    "sign_test": "directions",
    "combine_samples": "directions",
    "summarise_changes": "change",
    "pool_each_share": "proportions",
    "sweep_published": "reviews",
    "check_published": "reviews",
    "judge_propositions": "verdicts",
    "simulate_situations": "scenarios",
    "list_gates": "gates",
    "RULE": "verdicts",
    "ANALYSES": "estimands",
    "measure_confirmations": "codings",
    "measure_codings": "codings",
    "judge_each": "verdicts",
    "exact_shares": "proportions",
    "recompute_synthesis": "recomputation",
    "recompute_robustness": "recomputation",
    "recompute_small_studies": "recomputation",
    "recompute_moderators": "recomputation",
    "recompute_signs": "recomputation",
    "recompute_reviews": "recomputation",
    "recompute_shares": "recomputation",
}


def __getattr__(name: str) -> Any:
    """Load a public name from its module."""
    if name in PUBLIC:
        return getattr(import_module(f"{__name__}.{PUBLIC[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
