"""Which sets of merchants a payment's merchant is in: what rules of groups and of merchants ask.

A cache only: asked once a merchant, at most `MERCHANTS_MAX` are remembered (or those of one batch, where it
has more), then all are asked again.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.arrays import Bools, Int64s

MERCHANTS_MAX: Final = 4_096

Merchants = frozenset[str]


class MerchantSets:
    """The sets that the rules of one ruleset name, by number.

    >>> sets = MerchantSets((frozenset({"m_1", "m_2"}), frozenset({"m_2"})))
    >>> rows = sets.rows(["m_2", "m_9", "m_1"])
    >>> sets.table[rows].tolist()
    [[True, True], [False, False], [True, False]]
    """

    def __init__(self, sets: Sequence[Merchants]) -> None:
        self.sets = tuple(sets)
        self.table: Bools = np.zeros((1, len(self.sets)), np.bool_)
        """Whether the merchant of each row is in each set."""
        self._rows: dict[Any, int] = {}

    def rows(self, merchants: NDArray[Any] | list[str]) -> Int64s:
        """Each merchant's row in `table`, which may be another one from now on."""
        if not self.sets:
            return np.zeros(len(merchants), np.int64)
        asked = merchants if isinstance(merchants, list) else merchants.tolist()
        rows = list(map(self._rows.get, asked))
        if None in rows:
            self._enter(set(asked))
            rows = list(map(self._rows.get, asked))
        return np.array(rows, np.int64)

    def _enter(self, merchants: set[Any]) -> None:
        new = merchants - self._rows.keys()
        if len(self._rows) + len(new) > MERCHANTS_MAX:
            self._rows, self.table, new = {}, self.table[:0], merchants
        elif not self._rows:
            self.table = self.table[:0]
        for merchant in new:
            self._rows[merchant] = len(self._rows)
        asked = np.array([[merchant in each for each in self.sets] for merchant in new], np.bool_)
        self.table = np.concatenate([self.table, asked])
