"""The difference of two estimates from their own intervals, symmetric or not.

The method of variance estimates recovery (Zou and Donner 2008, Statistics in Medicine 27,
1693-1702; Newcombe 1998): with estimates a, b and intervals (a_l, a_u), (b_l, b_u), the difference
has the interval a - b - sqrt((a - a_l)^2 + (b_u - b)^2), a - b + sqrt((a_u - a)^2 + (b - b_l)^2),
if the estimates are independent. Where they share samples, (a_l - b_u, a_u - b_l) is given instead,
which holds whatever the dependence, and is wider.
"""

from __future__ import annotations

import math

from metaworkbook.results.verdicts import Reading


def subtract(first: Reading, second: Reading, shared: bool) -> Reading:
    """Return ``first`` less ``second`` with its interval; ``shared`` tells of common samples.

    Limiting cases: a second estimate known exactly leaves the first interval, shifted; an end that
    is infinite stays so. By hand: 0.4 (0.1 to 0.7) less 0.1 (-0.3 to 0.5), independent: 0.3
    (-0.2 to 0.8).
    """
    estimate = first.estimate - second.estimate
    low, high = first.ci_low - second.ci_high, first.ci_high - second.ci_low
    finite = math.isfinite(estimate)
    if not shared and finite and math.isfinite(low):
        low = estimate - math.hypot(first.estimate - first.ci_low, second.ci_high - second.estimate)
    if not shared and finite and math.isfinite(high):
        high = estimate + math.hypot(
            first.ci_high - first.estimate, second.estimate - second.ci_low
        )
    return Reading(first.name, first.detail, estimate, low, high)


def absolute(reading: Reading) -> Reading:
    """Return the size of an estimate, whatever its sign: the interval folded at zero."""
    low, high = reading.ci_low, reading.ci_high
    ends = sorted((abs(low), abs(high)))
    if low <= 0 <= high:
        ends[0] = 0.0
    return Reading(reading.name, reading.detail, abs(reading.estimate), ends[0], ends[1])


def closeness(difference: Reading, margin: float) -> Reading:
    """Return how far within ``margin`` a difference lies: margin less its absolute value.

    Above zero throughout: about the same; below zero throughout: not. By hand: a difference of
    0.02 (-0.04 to 0.08) and a margin of 0.1 give 0.08 (0.02 to 0.1).
    """
    size = absolute(difference)
    return Reading(
        size.name, size.detail, margin - size.estimate, margin - size.ci_high, margin - size.ci_low
    )
