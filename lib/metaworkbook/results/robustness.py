"""How a result hangs on single samples, on their order, and on how it was computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from metaworkbook.results.base import Result, to_json
from metaworkbook.results.directions import Censored
from metaworkbook.results.pooling import Aggregated, Pooled
from metaworkbook.results.sensitivity import Baujat, Cumulative, Gosh, Influence, LeaveOneOut


@dataclass(frozen=True)
class CensoredRobustness(Result):
    """The censored model without each sample, as samples came in, and at other assumptions.

    ``samples`` are in order of publication; ``without`` and ``cumulative`` have one element a
    sample, None where it was not fitted (``cumulative`` below three; of more than a hundred samples
    all but some); all are empty and ``main`` is None below the gate.
    """

    samples: tuple[str, ...]
    main: Censored | None
    without: tuple[Censored | None, ...] = ()
    cumulative: tuple[Censored | None, ...] = ()
    rhos: tuple[Censored, ...] = ()
    reporting: tuple[Censored, ...] = ()


@dataclass(frozen=True)
class Robustness(Result):
    """The pool of coefficients, one composite a sample, and everything it hangs on.

    ``samples`` are in order of publication. What the number of samples does not allow is None or
    empty. ``rhos`` holds the pool at each correlation in ``at_rho``. ``farthest`` and ``followed``
    are the places of the samples to show where they are left out and as they come in: all of them,
    of more than a hundred some.
    """

    samples: tuple[str, ...]
    composites: Aggregated | None = None
    pooled: Pooled | None = None
    leave_one_out: LeaveOneOut | None = None
    influence: Influence | None = None
    baujat: Baujat | None = None
    cumulative: Cumulative | None = None
    gosh: Gosh | None = None
    estimators: tuple[Pooled, ...] = ()
    farthest: tuple[int, ...] = ()
    followed: tuple[int, ...] = ()
    at_rho: tuple[float, ...] = ()
    rhos: tuple[Pooled, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON values, of the subsets only how many there were."""
        values = {
            name: to_json(getattr(self, name))
            for name in ("samples", "pooled", "leave_one_out", "influence", "baujat", "cumulative",
                         "estimators", "at_rho", "rhos")
        }  # fmt: skip
        values["subsets"] = 0 if self.gosh is None else int(self.gosh.estimate.size)
        return values
