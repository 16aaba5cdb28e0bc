"""The base of all results, and their JSON form."""

from __future__ import annotations

import math
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np


class Result:
    """Base of all results: makes arrays read-only and knows its JSON form."""

    def __post_init__(self) -> None:
        """Copy every array field and lock it; scalars of NumPy become plain Python ones."""
        for field in fields(self):  # type: ignore[arg-type]
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                value = value.copy()
                value.flags.writeable = False
            elif isinstance(value, np.generic):
                value = value.item()
            object.__setattr__(self, field.name, value)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON values; NaN becomes None, infinite ends "inf" and "-inf"."""
        return {field.name: to_json(getattr(self, field.name)) for field in fields(self)}  # type: ignore[arg-type]


def to_json(value: Any) -> Any:
    """Return ``value`` as JSON knows it; NaN becomes None, infinities "inf" and "-inf".

    Raises
    ------
    TypeError
        For a value without a JSON form, so that no object's address reaches a result file.
    """
    if isinstance(value, Result):
        return value.to_dict()
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in value]
    if isinstance(value, np.ndarray):
        return [to_json(item) for item in value.tolist()]
    if isinstance(value, np.generic):
        return to_json(value.item())
    if hasattr(value, "to_dict") and hasattr(value, "columns"):
        return [to_json(row) for row in value.to_dict("records")]
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else ("inf" if value > 0 else "-inf")
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(f"a result cannot hold a {type(value).__name__}")
