"""Synthetic results and rows for the reporting tests; no number here comes from the evidence."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from metaworkbook.results import Censored, SignTest
from metaworkbook.results.synthesis import Synthesis, Variant


def make_censored(estimate=-0.2, low=-0.35, high=-0.05, bounded=True, **changes) -> Censored:
    values = {
        "estimate": estimate, "ci_low": low, "ci_high": high, "tau2": 0.01,
        "log_likelihood": -3.0, "k_exact": 1, "k_interval": 2, "k_direction": 1,
        "bounded": bounded, "posterior_mean": -0.18, "posterior_low": -0.33,
        "posterior_high": -0.02, "p_negative": 0.98, "k": 4, "clusters": 4,
        "reporting": 1.0, "rho": 0.6, "level": 0.95,
    }  # fmt: skip
    return Censored(**(values | changes))


def make_synthesis(main=None, decision="negative", **changes) -> Synthesis:
    values = {
        "samples": 4, "rows": 4, "persons": 300.0, "main": main,
        "variants": () if main is None else (Variant("reporting-0.7", "", main),),
        "classical": None, "signs": SignTest(0.25, 3, 0, 1, 0.125, 0.625),
        "decision": decision, "gate": "prediction-greyed",
    }  # fmt: skip
    return Synthesis(**(values | changes))


def make_row(effect_id: str, known: str, lower: float, upper: float, **changes) -> dict:
    exact = known == "exact"
    z = math.atanh(lower) if exact else math.nan
    row = {
        "effect_id": effect_id, "study_id": effect_id.split("-")[0], "sample_id": effect_id,
        "citation": f"Author of {effect_id}", "y_rater": "client", "known": known, "ni": 50.0,
        "n": 50.0, "lower": lower, "upper": upper, "outside": False,
        "ri": lower if exact else math.nan, "zi": z, "vi": 1 / 47 if exact else math.nan,
        "direction_analysed": "negative", "significance": "significant", "statistic": "r",
        "value": lower if exact else math.nan, "detail": "", "p_reported": "", "x_measure": "",
        "y_measure": "", "phase": "early", "contrast": "bivariate", "tier": "C", "path": "a path",
        "confidence": "high", "second_reading": "", "oddity": "", "coder_note": "",
        "source_kind": "abstract", "locator": "",
        "full_reference": "", "doi": "", "summary": "A summary.",
        "reason_text": "held back: {detail}",
        "reason_detail": "",
    }  # fmt: skip
    return row | changes


@pytest.fixture
def rows() -> pd.DataFrame:
    return pd.DataFrame(
        [
            make_row("a-01", "exact", -0.3, -0.3),
            make_row("b-01", "interval", -1.0, -0.28),
            make_row("c-01", "interval", -0.28, 0.28, significance="not_significant",
                     direction_analysed="none"),
            make_row("d-01", "direction", -1.0, 0.0, significance="not_stated"),
            make_row("e-01", "interval", -0.28, 0.28, outside=True, direction_analysed="unstated"),
        ]
    )  # fmt: skip


@pytest.fixture
def reviews() -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"review_id": "rev-01", "citation": "Review (2024)", "doi": "",
             "x": "avoidance", "subgroup": "",
             "statistic": "r",
             "estimate": -0.13, "ci_low": math.nan, "ci_high": math.nan, "k": 33.0,
             "r": -0.13, "r_low": math.nan, "r_high": math.nan,
             "n_total": math.nan, "direction": "negative", "direction_analysed": "negative",
             "interval_note": "", "oddity": ""},
        ]
    )  # fmt: skip


@pytest.fixture
def censored():
    return make_censored


@pytest.fixture
def synthesis():
    return make_synthesis
