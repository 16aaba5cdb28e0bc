"""Conversions: by hand, against metafor's escalc, and by what must hold for any input."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import betaln
from scipy.stats import norm, t

from metaworkbook.errors import InputError
from metaworkbook.evidence import conversions as c

REFERENCE = json.loads(
    (Path(__file__).parents[1] / "reference" / "escalc.json").read_text(encoding="utf-8")
)
#: The same closed form in another order, on numbers stored with 15 digits.
TOLERANCE = 1e-12
#: Identities that hold in exact arithmetic.
ROUNDING = 1e-12


def close(found, expected, tolerance=TOLERANCE):
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


def given_inputs(measure, *names):
    return [np.array(REFERENCE[measure][name], dtype=float) for name in names]


GROUPS = ("m1i", "sd1i", "n1i", "m2i", "sd2i", "n2i")
COMPUTED = {
    "ZCOR": lambda: c.fisher_z(*given_inputs("ZCOR", "ri", "ni")),
    "RPB": lambda: c.r_from_means(*given_inputs("RPB", *GROUPS)),
    "RBIS": lambda: c.biserial(
        c.r_from_means(*given_inputs("RBIS", *GROUPS)).yi, *given_inputs("RBIS", "n1i", "n2i")
    ),
    "PHI": lambda: c.r_from_counts(*given_inputs("PHI", "ai", "bi", "ci", "di")),
    "SMCR": lambda: c.d_change(*given_inputs("SMCR", "m1i", "m2i", "sd1i", "ni", "ri")),
}
#: Cases of each measure in the reference; it cannot shrink unnoticed.
CASES = {"ZCOR": 40, "RPB": 36, "RBIS": 36, "PHI": 8, "SMCR": 64}


@pytest.mark.parametrize("measure", CASES)
def test_agrees_with_escalc(measure):
    reference = REFERENCE[measure]
    found = COMPUTED[measure]()
    expected = [np.array(reference[name], dtype=float) for name in ("yi", "vi")]
    assert len(expected[0]) == CASES[measure]
    assert np.isfinite(expected).all()
    close(found.yi, expected[0])
    close(found.vi, expected[1])


def test_reference_holds_every_measure():
    assert set(REFERENCE) == {"made_with", *CASES} == {"made_with", *COMPUTED}


# By hand.


def test_fisher_z_by_hand():
    yi, vi = c.fisher_z(0.5, 28)
    close(yi, 0.5 * np.log(1.5 / 0.5))
    close(vi, 1 / 25)


def test_r_from_t_by_hand():
    close(c.r_from_t([2, -2, 0], 12), [0.5, -0.5, 0])


def test_r_from_f_by_hand():
    close(c.r_from_f(4, 12, [-1, 1]), [-0.5, 0.5])


def test_r_from_p_by_hand():
    close(c.r_from_p(2 * t.sf(2, 12), 14, -1), -0.5)


def test_critical_r_by_hand():
    # t(2) at .975 is sqrt(2) * .95 / sqrt(1 - .95^2) = 4.3027, so r is .95 exactly.
    close(c.critical_r(4), 0.95)
    # t(1) at .995 is 63.6567; t(10) at .975 is 2.2281: r = 2.2281 / sqrt(2.2281^2 + 10).
    assert c.critical_r(12) == pytest.approx(0.5760, abs=5e-5)
    # Fisher's table of the correlation, df = 98, two-sided .01.
    assert c.critical_r(100, 0.01) == pytest.approx(0.2565, abs=5e-5)


def test_groups_by_hand():
    # d = 1, two groups of 10: h = 18/10 + 18/10 = 3.6, r = 1/sqrt(4.6),
    # v = 3.6^2 / 4.6^3 * (1/10 + 1/10 + 1/40).
    yi, vi = c.r_from_d(1, 10, 10)
    close(yi, 1 / np.sqrt(4.6))
    close(vi, 3.6**2 / 4.6**3 * 0.225)
    close(c.r_from_means(5, 2, 10, 3, 2, 10).yi, 1 / np.sqrt(4.6))
    close(c.d_from_means(5, 2, 10, 4, 2, 10), 0.5)


def test_point_biserial_is_the_correlation_with_the_group():
    generator = np.random.default_rng(11)
    group = np.repeat([1.0, 0.0], [7, 16])
    y = generator.normal(size=23) + group
    one, two = y[:7], y[7:]
    yi = c.r_from_means(one.mean(), one.std(ddof=1), 7, two.mean(), two.std(ddof=1), 16).yi
    close(yi, np.corrcoef(group, y)[0, 1])


def test_t_of_two_groups_gives_the_same_r_by_both_ways():
    value = 2.1
    close(c.r_from_d(value * np.sqrt(1 / 25 + 1 / 35), 25, 35).yi, c.r_from_t(value, 58))


def test_phi_by_hand():
    yi, vi = c.r_from_counts(10, 5, 5, 10)
    close(yi, (100 - 25) / 225)
    # Equal margins: q and the spread vanish, v = (1 - phi^2) / n.
    close(vi, (1 - (1 / 3) ** 2) / 30)


def test_phi_is_the_correlation_of_the_two_columns():
    rows = np.repeat([[1, 1], [1, 0], [0, 1], [0, 0]], [5, 10, 8, 4], axis=0)
    close(c.r_from_counts(5, 10, 8, 4).yi, np.corrcoef(rows.T)[0, 1])


def test_biserial_by_hand():
    # Equal groups are cut at z = 0: f = .39894, sqrt(pq)/f = 1.25331; the variance at r_b = rho is
    # (pi/2 - 2.5 rho^2 + rho^4) / (n - 1).
    yi, vi = c.biserial(0.4, 30, 30)
    close(yi, 0.4 * np.sqrt(np.pi / 2))
    close(vi, (np.pi / 2 - 2.5 * yi**2 + yi**4) / 59)


def test_biserial_recovers_the_correlation_of_a_cut_dimension():
    # The population point-biserial of a normal pair cut at z_p is rho f(z_p) / sqrt(p q).
    rho, n1, n2 = 0.35, 300, 700
    ordinate = norm.pdf(norm.isf(0.3))
    close(c.biserial(rho * ordinate / np.sqrt(0.3 * 0.7), n1, n2).yi, rho)


def test_biserial_past_one_keeps_the_variance_at_one():
    yi, vi = c.biserial(0.9, 5, 45)
    assert yi > 1
    p, f = 0.1, norm.pdf(norm.isf(0.1))
    z = norm.isf(p)
    expected = p * 0.9 / f**2 - (1.5 + (1 - p * z / f) * (1 + 0.9 * z / f)) + 1
    close(vi, expected / 49)


def test_change_by_hand():
    # J(19) = .960; d = J (12 - 10)/4 = .48; v = 2(1 - .5)/20 + d^2/40.
    yi, vi = c.d_change(12, 10, 4, 20, 0.5)
    assert yi == pytest.approx(0.5 * 0.9600, abs=5e-5)
    close(vi, 0.05 + yi**2 / 40)


def test_z_from_r_is_fisher_z_for_the_variance_of_r():
    # The large-sample variance of r is (1 - r^2)^2 / n; on the scale of z that is 1/n.
    yi, vi = c.z_from_r(0.6, (1 - 0.36) ** 2 / 50)
    close(yi, np.arctanh(0.6))
    close(vi, 1 / 50)


# What must hold for any input.

correlations = st.floats(-0.9999, 0.9999)
sizes = st.integers(4, 100_000)
counts = st.integers(2, 5_000)
differences = st.floats(-1e5, 1e5)
signs = st.sampled_from([-1.0, 1.0])
common = settings(max_examples=60, deadline=None)


@common
@given(correlations, sizes)
def test_fisher_z_turns_with_r_and_comes_back(r, n):
    yi, vi = c.fisher_z(r, n)
    close(c.fisher_z(-r, n).yi, -yi, ROUNDING)
    close(c.r_from_z(yi), r, ROUNDING)
    assert vi == 1 / (n - 3)


@common
@given(st.floats(-1e300, 1e300), st.integers(1, 10**6), signs)
def test_r_from_t_is_a_correlation_and_f_is_its_square(value, df, sign):
    r = c.r_from_t(value, df)
    assert abs(r) <= 1
    assert np.sign(r) == np.sign(value) or abs(value) < 1e-150
    close(c.r_from_t(-value, df), -r, ROUNDING)
    if abs(value) < 1e150:
        close(c.r_from_f(value**2, df, sign), sign * abs(r), 1e-9)


@common
@given(st.floats(1e-250, 1), sizes, signs)
def test_r_from_p_and_its_p_belong_together(p, n, sign):
    r = c.r_from_p(p, n, sign)
    close(c.r_from_p(p, n, -sign), -r, ROUNDING)
    close(abs(r), c.critical_r(n, p) if p < 1 else 0, 1e-9)


@common
@given(sizes, st.floats(0.0001, 0.5))
def test_critical_r_falls_with_n_and_with_the_level(n, level):
    assert 0 < c.critical_r(n, level) < 1
    assert c.critical_r(n + 1, level) < c.critical_r(n, level)
    assert c.critical_r(n, level / 2) > c.critical_r(n, level)


@common
@given(correlations, sizes)
def test_an_r_is_significant_exactly_beyond_the_critical_one(r, n):
    critical = c.critical_r(n)
    p = 2 * t.sf(abs(r) * np.sqrt((n - 2) / (1 - r**2)), n - 2)
    assert (p < 0.05) == (abs(r) > critical) or abs(abs(r) - critical) < 1e-9


@common
@given(differences, counts, counts)
def test_point_biserial_turns_with_d_and_with_the_groups(d, n1, n2):
    yi, vi = c.r_from_d(d, n1, n2)
    turned = c.r_from_d(-d, n2, n1)
    close(turned.yi, -yi, ROUNDING)
    close(turned.vi, vi, 1e-9)
    assert abs(yi) <= 1
    assert vi > 0


@common
@given(st.floats(-0.99, 0.99), counts, counts)
def test_biserial_is_larger_and_less_sure_than_point_biserial(r, n1, n2):
    yi, vi = c.biserial(r, n1, n2)
    close(c.biserial(-r, n2, n1).yi, -yi, 1e-9)
    close(c.biserial(-r, n2, n1).vi, vi, 1e-9)
    assert abs(yi) >= abs(r)
    assert vi > 0


@common
@given(*[st.integers(1, 500)] * 4)
def test_phi_turns_when_rows_are_swapped(a, b, cc, d):
    yi, vi = c.r_from_counts(a, b, cc, d)
    swapped = c.r_from_counts(cc, d, a, b)
    close(swapped.yi, -yi, ROUNDING)
    close(swapped.vi, vi, ROUNDING)
    assert abs(yi) <= 1
    assert vi >= -ROUNDING


@common
@given(*[st.floats(-100, 100)] * 2, st.floats(0.1, 50), st.integers(3, 500), correlations)
def test_change_turns_with_the_order_of_the_means(m1, m2, sd, n, r):
    yi, vi = c.d_change(m1, m2, sd, n, r)
    close(c.d_change(m2, m1, sd, n, r).yi, -yi, ROUNDING)
    assert vi >= 2 * (1 - r) / n - ROUNDING


def test_limits():
    assert c.r_from_t(1e300, 4) == 1
    assert c.r_from_t(-1e300, 4) == -1
    assert c.r_from_f(1e300, 4, -1) == -1
    assert c.r_from_p(1, 20, 1) == 0
    assert c.r_from_d(0, 5, 50).yi == 0
    assert c.biserial(0, 5, 50).yi == 0
    assert c.d_change(3, 3, 2, 10, 0.5).yi == 0
    assert c.r_from_z([np.float64(20.0), -20.0]).tolist() == pytest.approx([1, -1])
    # Large samples: t goes to the normal, the critical r to 1.96 / sqrt(n).
    assert c.critical_r(10**6) * 1e3 == pytest.approx(norm.isf(0.025), abs=1e-5)
    # Large samples: the correction of a standardised change goes to 1.
    assert c.d_change(2, 1, 1, 10**6, 0).yi == pytest.approx(1, abs=1e-6)


# Refusals.


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: c.fisher_z(1, 20), "ri: found 1; allowed: -1 < r < 1"),
        (lambda: c.fisher_z(-1.2, 20), "ri: found -1.2"),
        (lambda: c.fisher_z(0.2, 3), "ni: found 3; allowed: at least 4"),
        (lambda: c.fisher_z([0.1, np.nan], 9), "ri: found nan; allowed: finite numbers"),
        (lambda: c.fisher_z("a", 9), "ri: found 'a'; allowed: numbers"),
        (lambda: c.fisher_z([0.1, 0.2], [9, 9, 9]), "shapes ri"),
        (lambda: c.r_from_t(2, 0), "dfi: found 0; allowed: above 0"),
        (lambda: c.r_from_f(-1, 9, 1), "fi: found -1; allowed: at least 0"),
        (lambda: c.r_from_f(1, 0, 1), "dfi: found 0"),
        (lambda: c.r_from_f(1, 9, 0), "sign: found 0; allowed: -1 or 1"),
        (lambda: c.r_from_p(0, 9, 1), "pi: found 0; allowed: 0 < p <= 1"),
        (lambda: c.r_from_p(1.1, 9, 1), "pi: found 1.1"),
        (lambda: c.r_from_p(0.5, 3, 1), "ni: found 3"),
        (lambda: c.r_from_p(0.5, 9, np.nan), "sign: found nan"),
        (lambda: c.critical_r(3), "ni: found 3"),
        (lambda: c.critical_r(9, 1), "level: found 1; allowed: 0 < level < 1"),
        (lambda: c.r_from_d(0.1, 1, 9), "n1i: found 1; allowed: at least 2"),
        (lambda: c.r_from_d(1e7, 9, 9), "di: found 1e\\+07"),
        (lambda: c.r_from_means(1, 0, 9, 1, 1, 9), "sd1i: found 0; allowed: above 0"),
        (lambda: c.r_from_means(1, 1, 9, 1, -1, 9), "sd2i: found -1"),
        (lambda: c.d_from_means(1, 1, 9, 1, 1, 1), "n2i: found 1"),
        (lambda: c.r_from_means(1e308, 1, 9, -1e308, 1, 9), "di: found inf"),
        (lambda: c.r_from_counts(-1, 2, 3, 4), "ai: found -1"),
        (lambda: c.r_from_counts(0, 0, 3, 4), "counts: found 0; allowed: no empty row or column"),
        (lambda: c.biserial(1, 9, 9), "ri: found 1"),
        (lambda: c.biserial(0.1, 9, 1), "n2i: found 1"),
        (lambda: c.z_from_r(0.1, 0), "vi: found 0; allowed: above 0"),
        (lambda: c.z_from_r(1, 0.1), "ri: found 1"),
        (lambda: c.d_change(1, 2, 0, 9, 0.1), "sd1i: found 0"),
        (lambda: c.d_change(1, 2, 1, 2, 0.1), "ni: found 2; allowed: at least 3"),
        (lambda: c.d_change(1, 2, 1, 9, 1), "ri: found 1"),
        (lambda: c.r_from_counts(1, 2, 3, 1e200), "di: found 1e\\+200; allowed: at most 1e\\+75"),
        (lambda: c.r_from_d(0.5, 2, 1e200), "n2i: found 1e\\+200"),
        (lambda: c.biserial(0.5, 1e200, 2), "n1i: found 1e\\+200"),
        (lambda: c.d_change(1e200, 0, 1, 9, 0.1), "m1i - m2i over sd1i: found"),
        (lambda: c.d_change(1e308, -1e308, 1, 9, 0.1), "m1i - m2i over sd1i: found inf"),
        (lambda: c.r_from_p(5e-324, 500, 1), "pi: found 4.94066e-324; allowed: at least 1e-307"),
        (lambda: c.critical_r(500, 5e-324), "level: found 4.94066e-324"),
        (lambda: c.z_from_r(1 - 1e-16, 1e308), "vi: found 1e\\+308"),
    ],
)
def test_refuses_by_name(call, words):
    with pytest.raises(InputError, match=words):
        call()


@pytest.mark.parametrize("p", [1e-300, 1e-307])
@pytest.mark.parametrize("n", [5, 10, 500])
def test_a_p_too_small_for_t_still_has_its_r(p, n):
    """The density of r without an association, (1 - r^2)^((n - 4) / 2), summed from r to 1."""
    r = float(c.r_from_p(p, n, -1))
    assert r == -float(c.critical_r(n, p))
    if n < 500:
        assert r == -1.0
        return
    top = (n - 4) / 2 * np.log1p(-(r**2))
    area = quad(lambda x: np.exp((n - 4) / 2 * np.log1p(-(x**2)) - top), -r, 1, epsrel=1e-10)[0]
    assert top + np.log(2 * area) - betaln(0.5, (n - 2) / 2) == pytest.approx(np.log(p), rel=1e-9)


def test_a_cut_that_leaves_nearly_nobody():
    """The variance is the same whichever group is the small one, and the estimate too."""
    one, other = c.biserial(1e-9, 3, 1e20), c.biserial(1e-9, 1e20, 3)
    close(one.yi, other.yi)
    assert float(one.vi) == pytest.approx(float(other.vi), rel=1e-9)


def test_takes_arrays_of_one_shape_and_locks_them():
    ri = np.array([[0.1, 0.2], [0.3, 0.4]])
    yi, vi = c.fisher_z(ri, 20)
    assert yi.shape == vi.shape == (2, 2)
    assert not yi.flags.writeable
    assert c.fisher_z([], []).yi.shape == (0,)
    ri[0, 0] = 0.9
    close(yi[0, 0], np.arctanh(0.1))
