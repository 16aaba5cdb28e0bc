"""Results that pass between the wings: frozen dataclasses of floats and read-only arrays.

Estimates, intervals and variances are on the analysis scale of the data given (Fisher z for
correlations); proportions (i2, r2, weights) lie between 0 and 1. A number that does not exist is
NaN; an unbounded end is infinite. `to_dict` gives JSON values, `save` writes a page's results.
"""

from __future__ import annotations

import json
import os
from typing import Any

from metaworkbook import paths
from metaworkbook.errors import WorkbookError
from metaworkbook.results.base import Result, to_json
from metaworkbook.results.conversions import EffectSize
from metaworkbook.results.details import check_details
from metaworkbook.results.directions import (
    Censored,
    CombinedP,
    Coverage,
    InformationShare,
    SignTest,
)
from metaworkbook.results.moderators import MetaRegression, PermutationTest, Predictions, Subgroups
from metaworkbook.results.multiverse import Choices, Multiverse, MultiverseSummary
from metaworkbook.results.pooling import Aggregated, Pooled, ThreeLevel
from metaworkbook.results.sensitivity import (
    Baujat,
    Cumulative,
    Gosh,
    Influence,
    LeaveOneOut,
    Shrunken,
)
from metaworkbook.results.small_studies import Begg, Egger, HenmiCopas, SelectionModel, TrimAndFill

__all__ = [
    "Aggregated",
    "Baujat",
    "Begg",
    "Censored",
    "Choices",
    "CombinedP",
    "Coverage",
    "Cumulative",
    "EffectSize",
    "Egger",
    "Gosh",
    "HenmiCopas",
    "Influence",
    "InformationShare",
    "LeaveOneOut",
    "MetaRegression",
    "Multiverse",
    "MultiverseSummary",
    "PermutationTest",
    "Pooled",
    "Predictions",
    "Result",
    "SelectionModel",
    "Shrunken",
    "SignTest",
    "Subgroups",
    "ThreeLevel",
    "TrimAndFill",
    "save",
    "to_json",
]


def save(page: str, results: Any, **details: Any) -> None:
    """Write a page's results to ``build/results/<page>.json``, whole or not at all.

    Parameters
    ----------
    page : str
        The page's name in ``pages.toml``: lower-case letters, digits and hyphens.
    results : dict or list
        Results by name; dataclasses, arrays and tables become JSON values.
    **details
        Further top-level entries, such as ``parameters`` or ``selected``.

    Raises
    ------
    WorkbookError
        If the site could not show the page by that name, or with such details.
    """
    if not page or not all(
        letter.isdigit() or letter == "-" or "a" <= letter <= "z" for letter in page
    ):
        raise WorkbookError(
            f'page: found "{page}"; allowed: lower-case letters, digits and hyphens. '
            "Rename the page in notebooks/pages.toml."
        )
    content = {"page": page, **to_json(details), "results": to_json(results)}
    check_details(content)
    folder = paths.results()
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False, sort_keys=True)
    unfinished = folder / f".{page}.json.{os.getpid()}"
    unfinished.write_text(text + "\n", encoding="utf-8")
    unfinished.replace(folder / f"{page}.json")
