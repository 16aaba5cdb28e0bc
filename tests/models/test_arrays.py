"""Every unusable argument gives one clear message that names it."""

from __future__ import annotations

import numpy as np
import pytest

from metaworkbook.errors import InputError
from metaworkbook.models import arrays

GOOD = [0.1, 0.2, 0.3]
VARIANCES = [0.01, 0.02, 0.03]


class TestCheckEffects:
    def test_returns_fresh_float_arrays(self):
        given = np.array([1, 2, 3])
        yi, vi = arrays.check_effects(given, VARIANCES)
        assert yi.dtype == vi.dtype == np.float64
        assert yi.tolist() == [1.0, 2.0, 3.0]
        yi[0] = 9.0
        assert given[0] == 1

    @pytest.mark.parametrize(
        ("yi", "vi", "words"),
        [
            ([], [], ("yi and vi", "0 effects", "at least 1")),
            (GOOD, VARIANCES[:2], ("yi and vi", "3 effects", "2 variances")),
            ([0.1, np.nan, 0.3], VARIANCES, ("yi", "nan at position 1", "finite")),
            ([0.1, 0.2, np.inf], VARIANCES, ("yi", "inf at position 2")),
            (GOOD, [0.01, np.nan, 0.03], ("vi", "nan at position 1")),
            (GOOD, [0.01, 0.0, -0.03], ("vi", "0 at position 1", "-0.03 at position 2")),
            (GOOD, [0.01, 1e-60, 0.03], ("vi", "1e-60 at position 1", "units")),
            ([1e80, 0.1, 0.2], VARIANCES, ("yi", "1e+80 at position 0", "units")),
            (["a", "b", "c"], VARIANCES, ("yi", "real numbers")),
            (["0.1", "0.2", "0.3"], VARIANCES, ("yi", "real numbers")),
            ([0.1, None, 0.3], VARIANCES, ("yi", "real numbers")),
            ([True, False, True], VARIANCES, ("yi", "real numbers")),
            ([0.1 + 1j, 0.2, 0.3], VARIANCES, ("yi", "real numbers")),
            ([[0.1, 0.2, 0.3]], VARIANCES, ("yi", "(1, 3)", "one dimension")),
            (0.1, 0.01, ("yi", "()", "one dimension")),
            ([[0.1], [0.2, 0.3]], VARIANCES, ("yi", "real numbers")),
            (np.ma.masked_array(GOOD, [0, 1, 0]), VARIANCES, ("yi", "masked")),
        ],
    )
    def test_names_argument_and_position(self, yi, vi, words):
        with pytest.raises(InputError) as caught:
            arrays.check_effects(yi, vi)
        for word in words:
            assert word in str(caught.value)

    def test_lists_the_first_five_bad_positions(self):
        with pytest.raises(InputError, match="at position 4 and 3 more"):
            arrays.check_effects(np.zeros(8), np.zeros(8))

    def test_minimum(self):
        with pytest.raises(InputError, match="found 3 effects; allowed: at least 5"):
            arrays.check_effects(GOOD, VARIANCES, minimum=5)

    def test_numbers_in_an_object_array_are_numbers(self):
        yi, _ = arrays.check_effects(np.array([1, 0.5, 2], dtype=object), VARIANCES)
        assert yi.tolist() == [1.0, 0.5, 2.0]


class TestOptions:
    @pytest.mark.parametrize("level", [0, 1, 95, -0.5, np.nan, "0.95", None, True])
    def test_level(self, level):
        with pytest.raises(InputError, match=r"level: found .*0\.95 for 95 percent"):
            arrays.check_level(level)

    def test_level_of_numpy(self):
        assert arrays.check_level(np.float64(0.9)) == 0.9

    @pytest.mark.parametrize("value", ["reml", "", None, 3, ["REML"]])
    def test_choice(self, value):
        with pytest.raises(InputError, match=r"method: found .*; allowed: DL, REML"):
            arrays.check_choice("method", value, ("DL", "REML"))

    @pytest.mark.parametrize("value", [1, 2.0, "3", None, True])
    def test_whole(self, value):
        with pytest.raises(InputError, match=r"seed: found .* at least 2"):
            arrays.check_whole("seed", value, minimum=2)

    def test_whole_of_numpy(self):
        assert arrays.check_whole("k", np.int64(7), minimum=0) == 7
