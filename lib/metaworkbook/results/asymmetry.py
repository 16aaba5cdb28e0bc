"""All small-study checks of one question together."""

from __future__ import annotations

from dataclasses import dataclass

from metaworkbook.results.base import Result
from metaworkbook.results.moderators import MetaRegression
from metaworkbook.results.pooling import Aggregated, Pooled
from metaworkbook.results.small_studies import Begg, Egger, HenmiCopas, SelectionModel, TrimAndFill


@dataclass(frozen=True)
class SmallStudies(Result):
    """Tests of funnel asymmetry and models of what was not published, one composite a sample.

    ``alternative`` is the direction favoured by selection, fixed before the data were seen. What
    the gates do not allow is None: everything but ``composites`` below ten samples. A model whose
    search finds no maximum is None too, and its name stands in ``failed``.
    """

    samples: tuple[str, ...]
    alternative: str
    composites: Aggregated | None = None
    pooled: Pooled | None = None
    egger: Egger | None = None
    egger_lm: Egger | None = None
    begg: Begg | None = None
    trim_l0: TrimAndFill | None = None
    trim_r0: TrimAndFill | None = None
    pet: MetaRegression | None = None
    peese: MetaRegression | None = None
    one_step: SelectionModel | None = None
    two_steps: SelectionModel | None = None
    henmi_copas: HenmiCopas | None = None
    failed: tuple[str, ...] = ()
