"""Some payments to look at: those with the most money of what a change decides otherwise.

Invariant: of the same payments the same examples, in whatever blocks they are read.
"""

from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import numpy as np

from models.arrays import Bools, Int64s
from models.policy import VERDICTS
from streams.backtest.cases import CaseBlock
from streams.backtest.figures.known_cases import KnownCases, KnownLabel, PaymentStatus
from streams.backtest.strategy import StrategyResult

EXAMPLES_MAX: Final = 20


class Example(NamedTuple):
    """One payment; examples are compared by money, then the older one first."""

    reference_amount: int
    """EUR cents."""
    order: int
    """The sequence, negative."""
    engine_time: int
    then: int | None
    """Code of the verdict it is compared with."""
    now: int
    status: int
    label: int
    rules: tuple[int, ...]
    """Numbers of the rules that hit under the new ruleset."""


@dataclass
class ExamplePayments:
    """Examples of payments whose verdict changes; where none does, of those a rule hits."""

    changed: list[Example] = field(default_factory=list)
    hit: list[Example] = field(default_factory=list)

    def add(
        self,
        block: CaseBlock,
        known: KnownCases,
        new: StrategyResult,
        base: StrategyResult | None,
        amounts: Int64s,
    ) -> None:
        """Adds a block."""
        hits = None if new.rules is None else new.rules.hits | new.rules.shadow
        if base is not None:
            changed = np.asarray(base.verdict != new.verdict, np.bool_)
            self.changed = _most(self.changed, _examples(block, known, new, base, amounts, changed))
        if hits is not None and not self.changed:
            any_hit = np.asarray(hits.any(axis=0), np.bool_)
            self.hit = _most(self.hit, _examples(block, known, new, base, amounts, any_hit))

    def document(self, rules: list[str]) -> list[dict[str, Any]]:
        """As plain data; `rules`: the ids in the ruleset's order. Amounts in EUR cents."""
        return [
            {
                "sequence": -example.order, "engine_time": example.engine_time,
                "from": None if example.then is None else VERDICTS[example.then].value,
                "to": VERDICTS[example.now].value,
                "status": PaymentStatus(example.status).name.lower(),
                "label": KnownLabel(example.label).name.lower(),
                "reference_amount": example.reference_amount,
                "rules": [rules[index] for index in example.rules],
            }
            for example in self.changed or self.hit
        ]  # fmt: skip


def _most(held: list[Example], more: list[Example]) -> list[Example]:
    return sorted([*held, *more], reverse=True)[:EXAMPLES_MAX]


def _examples(
    block: CaseBlock,
    known: KnownCases,
    new: StrategyResult,
    base: StrategyResult | None,
    amounts: Int64s,
    chosen: Bools,
) -> list[Example]:
    rows = np.flatnonzero(chosen)
    rows = rows[np.argsort(-amounts[rows], kind="stable")][:EXAMPLES_MAX]
    sequences = block.integers("sequence")
    return [
        Example(
            int(amounts[row]), -int(sequences[row]), int(block.times[row]),
            None if base is None else int(base.verdict[row]), int(new.verdict[row]),
            int(known.status[row]), int(known.label[row]), _rules_of(new, int(row)),
        )
        for row in rows.tolist()
    ]  # fmt: skip


def _rules_of(result: StrategyResult, row: int) -> tuple[int, ...]:
    if result.rules is None:
        return ()
    hits: Bools = result.rules.hits[:, row] | result.rules.shadow[:, row]
    return tuple(np.flatnonzero(hits).tolist())
