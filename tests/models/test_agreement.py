"""Two engines for one pooled number agree on every public data set, and a difference is seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from metaworkbook.errors import InputError
from metaworkbook.models.agreement import compare_engines, crosscheck
from metaworkbook.models.heterogeneity import CLOSED, METHODS
from metaworkbook.models.pooling import INTERVALS, pool

from . import references
from .tolerances import CLOSED_FORM, ITERATIVE

NAMES = references.having("yi")
EXPECTED_SETS = 28
FITS = [(method, ci) for method in METHODS for ci in INTERVALS if method != "FE" or ci == "wald"]


def test_grid_is_complete():
    assert len(NAMES) == EXPECTED_SETS
    assert len(FITS) == 25


@pytest.mark.parametrize("name", NAMES)
def test_every_data_set(name):
    data = references.load(name)
    for method, ci in FITS:
        pooled = pool(data["yi"], data["vi"], method, ci)
        agreement = compare_engines(pooled, data["yi"], data["vi"])
        assert agreement.agrees, (method, ci, agreement)
        estimate, se, tau2 = crosscheck(data["yi"], data["vi"], method, ci)
        tolerance = CLOSED_FORM if method in CLOSED else ITERATIVE
        found = [pooled.estimate, pooled.se, pooled.tau2]
        assert found == pytest.approx([estimate, se, tau2], abs=tolerance, rel=0), (method, ci)


@pytest.mark.parametrize(("method", "ci"), FITS)
def test_a_difference_is_seen(method, ci):
    yi, vi = [0.1, 0.5, 0.3, 0.9], [0.02, 0.03, 0.05, 0.04]
    pooled = pool(yi, vi, method, ci)
    for wrong in (
        replace(pooled, estimate=pooled.estimate + 1e-5),
        replace(pooled, tau2=pooled.tau2 + 1e-5),
    ):
        assert not compare_engines(wrong, yi, vi).agrees


def test_identical_effects_and_one_study():
    for yi in ([0.1, 0.1, 0.1], [0.1]):
        vi = np.linspace(0.01, 0.02, len(yi))
        assert compare_engines(pool(yi, vi), yi, vi).agrees


def test_input():
    with pytest.raises(InputError, match="found 1 effect; allowed: at least 2"):
        crosscheck([0.1], [0.1])
    with pytest.raises(InputError, match='pass ci="wald"'):
        crosscheck([0.1, 0.2], [0.1, 0.1], "FE")
