"""Small-study checks of one question, all at once and no further than the gates allow.

On the scale of Fisher z the sampling variance 1/(n - 3) does not depend on the correlation, so a
slope on the standard error is no artefact of the scale, as it would be for r itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from metaworkbook.errors import ConvergenceError, InputError
from metaworkbook.models import arrays
from metaworkbook.models.gates import gate, headline
from metaworkbook.models.multilevel import aggregate
from metaworkbook.models.small_studies import (
    begg,
    egger,
    henmi_copas,
    peese,
    pet,
    selection_model,
    trim_and_fill,
)
from metaworkbook.results.asymmetry import SmallStudies

ALTERNATIVES = {"negative": "less", "positive": "greater"}
#: One-sided p-values at which selection may change: significance, and the side of zero.
ONE_STEP, TWO_STEPS = (0.025,), (0.025, 0.5)


def examine_small_studies(
    yi: Any, vi: Any, cluster: Any, expected: str, rho: float = 0.6
) -> SmallStudies:
    """Test the funnel and fit the models of selection.

    Parameters
    ----------
    yi, vi, cluster
        Fisher z, variances and samples.
    expected : {"negative", "positive"}
        The sign expected before the data were seen: selection is assumed to favour it.
    rho : float
        Assumed correlation of sampling errors within a sample.

    Returns
    -------
    SmallStudies
        Below three samples only their names, below ten their composites and pool too.

    Raises
    ------
    InputError
        For another word than the two, or unusable arrays.
    """
    arrays.check_choice("expected", expected, ALTERNATIVES)
    alternative = ALTERNATIVES[expected]
    labels = [str(label) for label in np.asarray(cluster, dtype=object)]
    samples = tuple(dict.fromkeys(labels))
    allowed = gate(len(samples))
    if not allowed.verdict:
        return SmallStudies(samples, alternative)
    one = aggregate(yi, vi, labels, rho)
    pooled = headline(one.yi, one.vi)
    if not allowed.funnel_tests:
        return SmallStudies(samples, alternative, one, pooled)
    y, v = one.yi, one.vi
    wanted: dict[str, Callable[[], Any]] = {
        "egger": lambda: egger(y, v, "mixed"),
        "egger_lm": lambda: egger(y, v, "lm"),
        "begg": lambda: begg(y, v),
        "trim_l0": lambda: trim_and_fill(y, v, "L0"),
        "trim_r0": lambda: trim_and_fill(y, v, "R0"),
        "pet": lambda: pet(y, v),
        "peese": lambda: peese(y, v),
        "one_step": lambda: selection_model(y, v, ONE_STEP, alternative),
        "two_steps": lambda: selection_model(y, v, TWO_STEPS, alternative),
        "henmi_copas": lambda: henmi_copas(y, v),
    }
    found, failed = {}, []
    for name, fit in wanted.items():
        try:
            found[name] = fit()
        except (ConvergenceError, InputError):
            # Samples of one size have no slope on it; a flat likelihood has no maximum.
            failed.append(name)
    return SmallStudies(samples, alternative, one, pooled, **found, failed=tuple(failed))
