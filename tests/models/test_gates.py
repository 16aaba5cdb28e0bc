"""The gates by k, and the wider interval of the headline."""

from __future__ import annotations

import numpy as np
import pytest

from metaworkbook.errors import InputError
from metaworkbook.models import gates
from metaworkbook.models.pooling import pool

#: k against pooling, side by side, verdict, prediction, prediction warning, tests of small studies.
TABLE = {
    0: (False, False, False, False, False, False, "no-pooling"),
    1: (False, False, False, False, False, False, "no-pooling"),
    2: (True, True, False, False, False, False, "side-by-side"),
    3: (True, False, True, False, True, False, "prediction-greyed"),
    4: (True, False, True, False, True, False, "prediction-greyed"),
    5: (True, False, True, True, False, False, "no-small-study-tests"),
    9: (True, False, True, True, False, False, "no-small-study-tests"),
    10: (True, False, True, True, False, True, "all-allowed"),
    300: (True, False, True, True, False, True, "all-allowed"),
}


@pytest.mark.parametrize("k", TABLE)
def test_table(k):
    gate = gates.gate(k)
    pooling, side_by_side, verdict, prediction, warning, small, sentence = TABLE[k]
    assert gate == gates.Gate(
        k=k,
        pooling=pooling,
        side_by_side=side_by_side,
        verdict=verdict,
        prediction=prediction,
        prediction_warning=warning,
        funnel_tests=small,
        selection_models=small,
        several_moderators=small,
        sentence=sentence,
    )


@pytest.mark.parametrize("k", [-1, 2.5, "3", None, True])
def test_k_is_a_whole_number(k):
    with pytest.raises(InputError, match="k: found"):
        gates.gate(k)


def test_cr2_gate():
    assert gates.cr2_p_value_allowed(4.0)
    assert not gates.cr2_p_value_allowed(3.999)
    assert not gates.cr2_p_value_allowed(float("nan"))


class TestHeadline:
    @pytest.mark.parametrize(
        ("yi", "wider"),
        [
            # Effects closer together than their variances allow: Knapp-Hartung shrinks.
            ([0.30, 0.31, 0.30, 0.31, 0.30, 0.31, 0.30, 0.31], "wald"),
            ([-0.9, 1.2, 0.1, -0.4, 0.9, 0.3, -1.0, 1.1], "knapp-hartung"),
        ],
    )
    def test_takes_the_wider(self, yi, wider):
        vi = np.full(8, 0.04)
        result = gates.headline(yi, vi)
        assert result.ci == wider
        widths = {
            ci: pool(yi, vi, ci=ci).ci_high - pool(yi, vi, ci=ci).ci_low
            for ci in ("wald", "knapp-hartung")
        }
        assert result.ci_high - result.ci_low == max(widths.values())

    def test_single_study_is_its_own_wald_interval(self):
        assert gates.headline([0.3], [0.04]).ci == "wald"

    def test_refuses_the_common_effect_model(self):
        with pytest.raises(InputError, match="method"):
            gates.headline([0.1, 0.2], [0.1, 0.1], method="FE")
