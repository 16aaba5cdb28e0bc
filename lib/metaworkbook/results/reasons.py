"""Words that travel with a row: what its tier means, and why it did not enter."""

from __future__ import annotations

TIERS = {
    "A": "a zero-order correlation, or an exact signed p, with n",
    "B": "two groups of one dimension with both sizes",
    "C": "direction or significance of a plain association, with n",
    "D": "the direction of a plain association alone",
    "E": "adjusted for other predictors, or the contrast is unclear",
    "F": "groups without sizes, an interaction, an indirect effect or an omnibus test",
    "P": "a share of a class, or a change within the same people",
}
#: ``{detail}`` is the row's own.
REASONS = {
    "duplicate": "the same result as {detail}",
    "held": "held back: {detail}",
    "dropped": "left out by hand",
    "set_apart": "sample set apart: {detail}",
    "rater": "another rater: {detail}",
    "phase": "another phase: {detail}",
    "measure": "another kind of measure: {detail}",
    "no_n": "no usable n: direction plot only",
    "nothing": "nothing known of its size: {detail}",
}
