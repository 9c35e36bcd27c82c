"""Which parameters hold for which merchant: the policy's own, or those that the ruleset's segments replace.

Caches only: what a payment's parameters are depends on policy and ruleset alone. At most `MERCHANTS_MAX`
merchants are remembered, then all are looked up again.
"""

from typing import Final

import msgspec
import numpy as np

from models.arrays import Int64s
from models.policy.parameters import CostParameters, ParameterTable, overridden
from models.policy.rows import ParametersFor, PolicyRows

MERCHANTS_MAX: Final = 65_536
NO_NUMBERS: Final = np.zeros(0, np.int64)


class Segments:
    """The segments of one policy's party."""

    def __init__(self, own: CostParameters) -> None:
        """`own`: where no segment replaces them."""
        self._own = own
        self._of_all = dict(ParameterTable((own,)).of(None))
        self._forget(None)

    def columns(self, rows: PolicyRows) -> dict[str, Int64s]:
        """Parameters by name, of shape (n,), or (1,) where all payments have the same."""
        numbers = self._numbers(rows)
        return self._of_all if numbers is None else dict(self._table.of(numbers))

    def matrix(self, rows: PolicyRows) -> tuple[Int64s, Int64s]:
        """Parameters as rows of a matrix, and each payment's row; none where all have the first."""
        numbers = self._numbers(rows)
        return self._table.matrix, NO_NUMBERS if numbers is None else numbers

    def parameters(self, rows: PolicyRows, row: int) -> CostParameters:
        """Those of one payment."""
        numbers = self._numbers(rows)
        return self._own if numbers is None else self._parameters[int(numbers[row])]

    def _numbers(self, rows: PolicyRows) -> Int64s | None:
        if rows.parameters_for is None:
            return None
        if rows.parameters_for != self._source or len(self._merchants) > MERCHANTS_MAX:
            self._forget(rows.parameters_for)
        merchants = rows.merchants if isinstance(rows.merchants, list) else rows.merchants.tolist()
        known = self._merchants
        for merchant in set(merchants) - known.keys():
            known[merchant] = self._number(merchant, rows.parameters_for)
        if len(self._parameters) != self._tabled:
            self._tabulate()
        return np.fromiter(map(known.__getitem__, merchants), np.int64, rows.n)

    def _number(self, merchant: str, source: ParametersFor) -> int:
        overrides = source(merchant)
        if not overrides:
            return 0
        content = msgspec.json.encode(overrides, order="deterministic")
        if content not in self._segments:
            self._segments[content] = len(self._parameters)
            self._parameters.append(overridden(self._own, overrides))
        return self._segments[content]

    def _forget(self, source: ParametersFor | None) -> None:
        self._source = source
        self._merchants: dict[str, int] = {}
        self._segments: dict[bytes, int] = {}
        self._parameters = [self._own]
        self._tabulate()

    def _tabulate(self) -> None:
        self._tabled = len(self._parameters)
        self._table = ParameterTable(tuple(self._parameters))
