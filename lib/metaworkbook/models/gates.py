"""What is allowed at which number of studies: the one table that every page obeys.

| k | allowed |
|---|---|
| below 2 | no pooling |
| 2 | both studies and intervals side by side, no verdict, no sentence on the index |
| 3, 4 | pooling; the prediction interval greyed, with a warning |
| 5 to 9 | pooling with the prediction interval |
| 10 and more | also funnel tests, selection models, regressions with several moderators |

Headlines use the wider of the Knapp-Hartung and Wald intervals. A CR2 test with fewer than four
Satterthwaite degrees of freedom has no p-value.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from metaworkbook.models import arrays
from metaworkbook.models.heterogeneity import METHODS
from metaworkbook.models.pooling import pool
from metaworkbook.results.pooling import Pooled

#: Fewest studies that are pooled at all, even side by side.
POOLING = 2
#: Fewest studies whose pooled estimate is a verdict and enters the index.
VERDICT = 3
#: Fewest studies whose prediction interval is shown without a warning.
PREDICTION = 5
#: Fewest studies for funnel tests, selection models and regressions with several moderators.
SMALL_STUDIES = 10
#: Fewest Satterthwaite degrees of freedom of a CR2 test with a p-value (Tipton 2015,
#: Psychological Methods 20, 375-393).
CR2_DF = 4.0


@dataclass(frozen=True)
class Gate:
    """What k studies allow; ``sentence`` is the key of the sentence that says so."""

    k: int
    pooling: bool
    side_by_side: bool
    verdict: bool
    prediction: bool
    prediction_warning: bool
    funnel_tests: bool
    selection_models: bool
    several_moderators: bool
    sentence: str


def gate(k: int) -> Gate:
    """Return what is allowed with k studies (independent samples).

    Parameters
    ----------
    k : int
        Number of studies, 0 or more.

    Returns
    -------
    Gate
        ``sentence`` is one of "no-pooling", "side-by-side", "prediction-greyed",
        "no-small-study-tests", "all-allowed".

    Raises
    ------
    InputError
        If k is not a whole number of at least 0.
    """
    k = arrays.check_whole("k", k, minimum=0)
    return Gate(
        k=k,
        pooling=k >= POOLING,
        side_by_side=k == POOLING,
        verdict=k >= VERDICT,
        prediction=k >= PREDICTION,
        prediction_warning=VERDICT <= k < PREDICTION,
        funnel_tests=k >= SMALL_STUDIES,
        selection_models=k >= SMALL_STUDIES,
        several_moderators=k >= SMALL_STUDIES,
        sentence=_sentence(k),
    )


def list_gates() -> tuple[Gate, ...]:
    """Return the gate at the smallest k of each step, for the methods page."""
    return tuple(gate(k) for k in (1, POOLING, VERDICT, PREDICTION, SMALL_STUDIES))


def cr2_p_value_allowed(df: float) -> bool:
    """Tell whether a CR2 test with ``df`` Satterthwaite degrees of freedom may show its p-value."""
    return not math.isnan(df) and df >= CR2_DF


def headline(yi: Any, vi: Any, method: str = "REML", level: float = 0.95) -> Pooled:
    """Pool with the wider of the Knapp-Hartung and Wald intervals, the one a headline uses.

    Parameters
    ----------
    yi, vi : array_like, shape (k,)
        Effects and sampling variances.
    method : str
        Any estimator of `models.pooling.pool` but FE.
    level : float
        Confidence level.

    Returns
    -------
    Pooled
        The whole result of the wider interval; its ``ci`` tells which one it is. With k = 1 the
        Wald result, as the other has no interval.

    Raises
    ------
    InputError
        As `pool`, and for method FE.
    """
    arrays.check_choice("method", method, [name for name in METHODS if name != "FE"])
    adjusted = pool(yi, vi, method, ci="knapp-hartung", level=level)
    wald = pool(yi, vi, method, ci="wald", level=level)
    wider = adjusted.ci_high - adjusted.ci_low >= wald.ci_high - wald.ci_low
    return adjusted if wider else wald


def _sentence(k: int) -> str:
    if k < POOLING:
        return "no-pooling"
    if k < VERDICT:
        return "side-by-side"
    if k < PREDICTION:
        return "prediction-greyed"
    return "no-small-study-tests" if k < SMALL_STUDIES else "all-allowed"
