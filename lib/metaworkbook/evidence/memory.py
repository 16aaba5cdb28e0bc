"""Tables that many questions of one page ask for, kept while what they are made from is the same.

A page may compare several ledgers, which share most of their tables.
"""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from metaworkbook.evidence.ledger import Ledger

KEPT = 3


class Memory:
    """The last answers of one function of some tables of a ledger.

    Parameters
    ----------
    make : callable
        Given the tables, in the order of ``names``, it returns a DataFrame.
    names : str
        Tables of the ledger.
    """

    def __init__(self, make: Callable[..., pd.DataFrame], *names: str):
        self.make, self.names = make, names
        self._kept: list[tuple[tuple[pd.DataFrame, ...], pd.DataFrame]] = []

    def recall(self, ledger: Ledger) -> pd.DataFrame:
        """Return what is made of the ledger's tables; what is done to it is not remembered."""
        used = tuple(ledger.tables[name] for name in self.names)
        for tables, made in self._kept:
            if all(a is b for a, b in zip(tables, used, strict=True)):
                return made.copy(deep=False)
        made = self.make(*used)
        self._kept[:] = [(used, made), *self._kept][:KEPT]
        return made.copy(deep=False)
