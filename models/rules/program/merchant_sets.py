"""Which sets of merchants a payment's merchant is in: what rules of groups and of merchants ask.

A cache only: asked once a merchant, at most `MERCHANTS_MAX` are remembered (or those of one batch, where it
has more), then all are asked again. What is remembered is put in place of what was, never changed: pages of
the console run one ruleset in several threads.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.arrays import Bools, Int64s

MERCHANTS_MAX: Final = 4_096

Merchants = frozenset[str]


class _Remembered(NamedTuple):
    """Each merchant's row in the table."""

    rows: dict[Any, int]
    table: Bools


class MerchantSets:
    """The sets that the rules of one ruleset name, by number.

    >>> sets = MerchantSets((frozenset({"m_1", "m_2"}), frozenset({"m_2"})))
    >>> rows, table = sets.rows(["m_2", "m_9", "m_1"])
    >>> table[rows].tolist()
    [[True, True], [False, False], [True, False]]
    """

    def __init__(self, sets: Sequence[Merchants]) -> None:
        self.sets = tuple(sets)
        self._nothing = np.zeros((1, len(self.sets)), np.bool_)
        self._remembered = _Remembered({}, self._nothing[:0])

    def rows(self, merchants: NDArray[Any] | list[str]) -> tuple[Int64s, Bools]:
        """Each merchant's row in a table, and that table: whether the merchant of each row is in each set."""
        if not self.sets:
            return np.zeros(len(merchants), np.int64), self._nothing
        asked = merchants if isinstance(merchants, list) else merchants.tolist()
        remembered = self._remembered
        rows = list(map(remembered.rows.get, asked))
        if None in rows:
            remembered = self._remembered = self._with(remembered, set(asked))
            rows = list(map(remembered.rows.get, asked))
        return np.array(rows, np.int64), remembered.table

    def _with(self, known: _Remembered, merchants: set[Any]) -> _Remembered:
        new = merchants - known.rows.keys()
        if len(known.rows) + len(new) > MERCHANTS_MAX:
            known, new = _Remembered({}, self._nothing[:0]), merchants
        asked = np.array([[merchant in each for each in self.sets] for merchant in new], np.bool_)
        rows = known.rows | {merchant: len(known.rows) + at for at, merchant in enumerate(new)}
        return _Remembered(rows, np.concatenate([known.table, asked]))
