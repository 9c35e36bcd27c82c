"""What the value of verdicts is computed from: one row a decided payment, as plain columns.

A row may stand for several payments that are alike, where their value is nothing whatever their amounts:
approved by the policy, without a hit, and where the model alone would approve as well. All others are rows of
their own, since shares of an amount are rounded payment by payment.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from enum import IntEnum
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from models.arrays import Bools, Codes, Int64s
from models.messages import LabelValue

Texts = NDArray[np.object_]
Costs = Mapping[str, Int64s]
"""Columns of `models.policy.ParameterTable.of`: of length 1, or one entry a row."""


class LabelCode(IntEnum):
    """The label that stands for a payment, as a code."""

    NONE = 0
    LEGITIMATE = 1
    FRAUD = 2
    FRIENDLY = 3
    UNKNOWN = 4


LABEL_CODES: Final = {
    LabelValue.LEGITIMATE: LabelCode.LEGITIMATE,
    LabelValue.FRAUD: LabelCode.FRAUD,
    LabelValue.FRIENDLY: LabelCode.FRIENDLY,
    LabelValue.UNKNOWN: LabelCode.UNKNOWN,
}


@dataclass(frozen=True)
class DecidingRules:
    """Which rules a verdict rests on, row by row, as one list: row `i` has `counts[i]` of `rules`."""

    names: tuple[str, ...]
    """Ids of all rules."""
    counts: Int64s
    """Shape (n,): how many rules; 0 where no rule decided, or it is not known which."""
    rules: Int64s
    """Numbers in `names`, those of one row in ascending order of their ids."""

    @classmethod
    def from_rows(cls, rows: Sequence[Sequence[str]]) -> Self:
        """From the ids of each row.

        >>> DecidingRules.from_rows([("b", "a"), (), ("b",)])
        DecidingRules(names=('a', 'b'), counts=array([2, 0, 1]), rules=array([0, 1, 1]))
        """
        names = tuple(sorted({name for row in rows for name in row}))
        number = {name: place for place, name in enumerate(names)}
        numbers = [number[name] for row in rows for name in sorted(set(row))]
        counts = [len(set(row)) for row in rows]
        return cls(names, np.array(counts, np.int64), np.array(numbers, np.int64))

    def taken(self, chosen: Bools) -> Self:
        """Those of the chosen rows."""
        return type(self)(self.names, self.counts[chosen], self.rules[np.repeat(chosen, self.counts)])


@dataclass(frozen=True)
class ValueRows:
    """n rows of decided payments; every array has shape (n,)."""

    payments: Int64s
    """How many payments a row stands for, which are alike; its amounts are their sums."""
    verdicts: Codes
    """Codes of `models.policy.VERDICTS`."""
    decided_by: Codes
    """Codes of `models.policy.DecidedBy`."""
    deciding: DecidingRules
    """The rules that a rule's verdict rests on."""
    probability_micro: Int64s
    """Calibrated probability of fraud, micro-units; -1 where there is none."""
    amounts: Int64s
    """Minor units of `currencies`."""
    currencies: Texts
    """What the amounts are in."""
    reference_amounts: Int64s
    """The amounts in EUR cents by the dated table of exchange rates, as the decisions state them."""
    labels: Codes
    """`LabelCode` of the label that stands."""
    occurred_at: Int64s
    """When the payments were made (ms)."""
    let_through: Bools
    """Went through after the verdict: authorised, and neither voided nor wholly paid back."""
    issuer_declined: Bools
    """The issuer declined it: nothing would have come of it, whatever the verdict."""
    shifted: Bools
    """The issuer bears the loss, as it turned out."""
    shifted_before: Bools
    """The issuer would have borne it without a challenge of ours, too."""
    costs: Costs
    """What margins, losses and means cost; EUR cents and basis points."""

    def __len__(self) -> int:
        return len(self.verdicts)

    def taken(self, chosen: Bools) -> "ValueRows":
        """The chosen rows."""
        columns = {
            each.name: getattr(self, each.name)[chosen]
            for each in fields(self)
            if each.name not in ("deciding", "costs")
        }
        costs = {name: column if len(column) == 1 else column[chosen] for name, column in self.costs.items()}
        return replace(self, **columns, costs=costs, deciding=self.deciding.taken(chosen))

    def in_reference(self) -> "ValueRows":
        """The same payments with their amounts in EUR cents."""
        euro = np.full(len(self), "EUR", object)
        return replace(self, amounts=self.reference_amounts, currencies=euro)
