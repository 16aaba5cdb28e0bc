"""Agreement of two readers against published worked examples, and in its limits."""

from __future__ import annotations

import math

import numpy as np
import pytest

from metaworkbook.errors import InputError
from metaworkbook.models.codings import measure_agreement, measure_codings, measure_confirmations

#: Printed digits of the worked examples.
PRINTED = 5e-7
PRINTED_PAPER = 5e-4


def read(table):
    """Return both readings of a square table of counts, rows the first reader."""
    first, second = [], []
    for i, row in enumerate(table):
        for j, count in enumerate(row):
            first += [str(i)] * count
            second += [str(j)] * count
    return first, second


def test_the_worked_example_of_irrcac():
    """cont3x3abstractors: kappa .7964094 (se .05891072), AC1 .8493305 (se .04321747).

    Its two-reader form divides by n squared, ours by n (n - 1) as Gwet (2008) has it.
    """
    found = measure_agreement(*read([[13, 0, 0], [0, 20, 7], [0, 4, 56]]))
    shrink = math.sqrt(99 / 100)
    assert found.raw == pytest.approx(0.89)
    assert found.kappa == pytest.approx(0.7964094, abs=PRINTED)
    assert found.kappa_se * shrink == pytest.approx(0.05891072, abs=PRINTED)
    assert found.ac1 == pytest.approx(0.8493305, abs=PRINTED)
    assert found.ac1_se * shrink == pytest.approx(0.04321747, abs=PRINTED)


def test_the_paradox_of_kappa():
    """118, 5, 2, 0 (see the module): kappa below zero although .944 agree; AC1 .9408."""
    found = measure_agreement(*read([[118, 5], [2, 0]]))
    assert found.raw == pytest.approx(0.944)
    assert found.kappa == pytest.approx(-0.0234, abs=PRINTED_PAPER)
    assert found.ac1 == pytest.approx(0.9408, abs=PRINTED_PAPER)


def test_the_example_of_fleiss():
    """Fleiss, Levin and Paik (2003), table 18.1: kappa .68 with standard error .09."""
    found = measure_agreement(*read([[75, 1, 4], [5, 4, 1], [0, 0, 10]]))
    assert found.kappa == pytest.approx(0.676, abs=PRINTED_PAPER)
    assert found.kappa_se == pytest.approx(0.09, abs=0.005)


def test_full_agreement_is_one():
    found = measure_agreement(*read([[10, 0], [0, 5]]))
    assert (found.raw, found.kappa, found.ac1) == (1.0, 1.0, 1.0)
    assert found.kappa_high == 1.0


def test_one_category_throughout_leaves_kappa_untold():
    found = measure_agreement(["yes"] * 6, ["yes"] * 6)
    kappa = (found.kappa, found.kappa_se, found.kappa_low, found.kappa_high)
    assert all(map(math.isnan, kappa))
    assert found.ac1 == 1.0


def test_agreement_no_better_than_chance_has_kappa_zero():
    assert measure_agreement(*read([[25, 25], [25, 25]])).kappa == pytest.approx(0)


def test_readers_may_be_swapped_and_rows_reordered():
    first, second = read([[9, 2, 1], [0, 8, 3], [2, 0, 7]])
    order = np.random.default_rng(1).permutation(len(first))
    one = measure_agreement(first, second)
    other = measure_agreement(np.array(second)[order], np.array(first)[order])
    for field in ("raw", "kappa", "kappa_se", "ac1", "ac1_se"):
        assert getattr(one, field) == pytest.approx(getattr(other, field))


def test_more_possible_categories_lower_the_chance_that_ac1_expects():
    first, second = read([[9, 2], [3, 8]])
    narrow = measure_agreement(first, second)
    wide = measure_agreement(first, second, categories=["0", "1", "2", "3"])
    assert wide.ac1 > narrow.ac1
    assert wide.kappa == pytest.approx(narrow.kappa)


def test_the_interval_of_kappa_covers_about_as_often_as_it_says():
    """300 tables of 60 rows: the Monte-Carlo error of .95 is .013."""
    generator = np.random.default_rng(3)
    share = np.array([[0.5, 0.1], [0.1, 0.3]])
    truth = (0.8 - (0.36 + 0.16)) / (1 - 0.52)
    hits = 0
    for _ in range(300):
        table = generator.multinomial(60, share.ravel()).reshape(2, 2)
        found = measure_agreement(*read(table))
        hits += found.kappa_low <= truth <= found.kappa_high
    assert abs(hits / 300 - 0.95) < 3 * 0.013


@pytest.mark.parametrize(("first", "second"), [([], []), (["a"], ["a", "b"])])
def test_readings_that_do_not_pair_are_refused(first, second):
    with pytest.raises(InputError):
        measure_agreement(first, second)


def test_a_reading_outside_the_categories_is_refused():
    with pytest.raises(InputError, match="categories"):
        measure_agreement(["a"], ["b"], categories=["a"])


def test_fields_without_pairs_are_left_out():
    pairs = {"n": {"first": [], "second": []}, "value": {"first": ["1"], "second": ["1"]}}
    assert set(measure_codings(pairs)) == {"value"}


def test_confirmations_have_exact_intervals():
    found = measure_confirmations({"found": {"events": 10, "totals": 10},
                                   "x_ok": {"events": 0, "totals": 0}})  # fmt: skip
    assert set(found) == {"found"}
    assert found["found"].ci_low[0] == pytest.approx(0.025**0.1)
