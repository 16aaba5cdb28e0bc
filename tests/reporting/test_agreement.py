"""Numbers computed twice: what they belong to stands there in words of the reader's language."""

from __future__ import annotations

import pytest

from metaworkbook.reporting.agreement import show_recomputed
from metaworkbook.reporting.display import to_text
from metaworkbook.results.agreement import Recomputed

NAMES = {"en": {"alliance_total": "the alliance"}, "nb": {"alliance_total": "alliansen"}}


@pytest.mark.parametrize(
    ("what", "english", "norwegian"),
    [
        ("signs", "Sign test", "Fortegnstest"),
        ("alliance_total/0.3", "the alliance, 0.3", "alliansen, 0,3"),
        (
            "alliance_total/modality/couple_family/0.9",
            "the alliance, kind of therapy, couples and families, 0.9",
            "alliansen, slags terapi, par og familie, 0,9",
        ),
        (
            "four_way/unresolved/non_clinical",
            "interview, four classes, unresolved, non-clinical",
            "intervju, fire klasser, uløst, ikke-klinisk",
        ),
    ],
)
def test_keys_of_groups_are_read_out(what, english, norwegian):
    shown = show_recomputed((Recomputed(what, "estimate", 0.1, 0.1, 1e-6),), NAMES)
    assert english in to_text(shown.html("en"))
    assert norwegian in to_text(shown.html("nb"))
