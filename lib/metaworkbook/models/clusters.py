"""Which effects belong together: labels of samples, numbered by first appearance."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from metaworkbook.errors import InputError


@dataclass(frozen=True)
class Clusters:
    """Which effect belongs to which cluster; clusters are numbered by first appearance.

    ``code`` is the cluster number of each effect (k,), ``first`` the position of each cluster's
    first effect (m,), ``size`` its number of effects (m,), ``order`` the positions sorted by
    cluster, in the given order within one (k,), and ``start`` where each begins in it (m,).
    """

    code: np.ndarray
    first: np.ndarray
    size: np.ndarray
    order: np.ndarray
    start: np.ndarray

    @property
    def count(self) -> int:
        """Number of clusters."""
        return self.size.size


def number_clusters(cluster: Any, k: int) -> tuple[np.ndarray, Clusters]:
    """Return the labels as an array and the numbering of the clusters.

    Raises
    ------
    InputError
        If ``cluster`` is not a flat sequence of k labels, or a label is missing (None, NaN or an
        empty text).
    """
    labels = _labels(cluster)
    if labels.size != k:
        raise InputError(
            f"cluster: found {labels.size} labels for {k} effects; allowed: one label an effect. "
            "Take cluster from the same selection as yi."
        )
    numbers: dict[Any, int] = {}
    first = []
    code = np.empty(k, dtype=np.intp)
    missing = []
    for position, label in enumerate(labels.tolist()):
        if _is_missing(label):
            missing.append(position)
            continue
        number = numbers.setdefault(label, len(numbers))
        if number == len(first):
            first.append(position)
        code[position] = number
    if missing:
        listed = ", ".join(str(position) for position in missing[:5])
        more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
        raise InputError(
            f"cluster: found no label at position {listed}{more}; allowed: a label for every "
            "effect. Give an effect of its own sample a label of its own."
        )
    size = np.bincount(code, minlength=len(first))
    start = np.concatenate(([0], np.cumsum(size)[:-1]))
    order = np.argsort(code, kind="stable")
    return labels, Clusters(code, np.array(first, dtype=np.intp), size, order, start)


def _labels(cluster: Any) -> np.ndarray:
    """Return the labels as a one-dimensional array that keeps mixed types apart."""
    problem = "allowed: a flat sequence of numbers or texts. Pass one label an effect."
    if isinstance(cluster, (str, bytes)) or not isinstance(cluster, Iterable):
        raise InputError(f"cluster: found {cluster!r}; {problem}")
    if isinstance(cluster, np.ndarray):
        labels = cluster
    else:
        given = list(cluster)
        labels = np.empty(len(given), dtype=object)
        labels[:] = given
        kinds = {type(label) for label in given}
        if kinds and (kinds <= {int, float, np.int64, np.float64} or kinds <= {str, np.str_}):
            labels = np.asarray(given)
    if labels.ndim != 1:
        raise InputError(f"cluster: found an array of shape {labels.shape}; {problem}")
    for label in labels.tolist() if labels.dtype == object else []:
        if isinstance(label, (list, dict, set, np.ndarray)):
            raise InputError(f"cluster: found a label of type {type(label).__name__}; {problem}")
    return labels


def _is_missing(label: Any) -> bool:
    """Tell whether a label stands for nothing known; missing values differ from themselves."""
    try:
        return label is None or bool(label == "") or bool(label != label)
    except TypeError:
        return True
