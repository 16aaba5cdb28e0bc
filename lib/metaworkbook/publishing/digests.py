"""Values as bytes: what a notebook got from the evidence, the same in every process."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

# Values whose type shows in how they are written.
PLAIN = {str, int, float, bool, type(None)}


class UnclearError(Exception):
    """What a page sees cannot be told."""


def write_pieces(value: Any) -> Iterator[bytes]:
    """Return a value as bytes that are the same for the same value, in any process.

    Raises
    ------
    UnclearError
        For a value of a kind not known here.
    """
    import numpy as np
    import pandas as pd

    if isinstance(value, np.generic):
        yield from write_pieces(value.item())
    elif value is None or isinstance(value, (bool, int, float, str)):
        yield f"{type(value).__name__} {value!r};".encode()
    elif isinstance(value, np.ndarray):
        yield f"array {value.dtype} {value.shape} {value.tolist()!r};".encode()
    elif isinstance(value, pd.DataFrame):
        yield b"table "
        yield from write_pieces([list(value.columns), list(value.index)])
        yield from write_pieces(value.to_numpy(object).ravel().tolist())
    elif isinstance(value, pd.Series):
        yield b"column "
        yield from write_pieces([value.name, list(value.index), value.tolist()])
    elif isinstance(value, dict):
        yield b"dict "
        for key, item in value.items():
            yield from write_pieces(key)
            yield from write_pieces(item)
    elif isinstance(value, (list, tuple)):
        yield f"{type(value).__name__} {len(value)} ".encode()
        if PLAIN.issuperset(map(type, value)):
            yield f"{value!r};".encode()
            return
        for item in value:
            yield from write_pieces(item)
    elif isinstance(value, (set, frozenset)):
        yield b"set "
        yield from write_pieces(sorted(value, key=repr))
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        yield f"{type(value).__name__} ".encode()
        for field in dataclasses.fields(value):
            yield from write_pieces(getattr(value, field.name))
    else:
        raise UnclearError(type(value).__name__)
