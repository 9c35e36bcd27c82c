"""What all rules of a ruleset compute, each thing once: a list of steps, in an order in which they can run.

A step is known by a key that describes all it does (`("less", left, right)`). Another request for the same
key gets the same step, so that rules share columns, missing masks, comparisons and whole conditions. Steps
are pure functions of the batch and of earlier steps' values.

A step that raises (a fault of ours: steps are total over what columns may hold) yields `BROKEN`, and so does
all that is computed from it.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from models.rules.language.columns import RuleBatch

STEPS_MAX: Final = 20_000
"""Each is a call of numpy for every batch, however small: about half a microsecond."""
Value = Any
Step = Callable[[RuleBatch, list[Value]], Value]


class _Broken:
    """No value: whatever numpy would compute from it raises."""

    __array_ufunc__ = None


BROKEN: Final = _Broken()


class TooManySteps(ValueError):  # noqa: N818 - what it is, in plain words
    """The rules together compute more than a batch should wait for."""


@dataclass
class Graph:
    """Steps by number. `leaves[i]` has bit k set where step i reads leaf k (a column or a list)."""

    steps: list[Step] = field(default_factory=list)
    leaves: list[int] = field(default_factory=list)
    leaf_steps: list[int] = field(default_factory=list)
    _known: dict[Hashable, int] = field(default_factory=dict)

    def add(self, key: Hashable, inputs: Sequence[int], step: Step) -> int:
        """The number of the step known by `key`, which reads `inputs`; `step` is taken where it is new."""
        known = self._known.get(key)
        if known is not None:
            return known
        bits = 0
        for number in inputs:
            bits |= self.leaves[number]
        return self._append(key, step, bits)

    def add_leaf(self, key: Hashable, step: Callable[[int], Step]) -> int:
        """The number of a step that reads rows; `step` makes it, given that number."""
        known = self._known.get(key)
        if known is not None:
            return known
        self.leaf_steps.append(len(self.steps))
        return self._append(key, step(len(self.steps)), 1 << (len(self.leaf_steps) - 1))

    def _append(self, key: Hashable, step: Step, bits: int) -> int:
        if len(self.steps) >= STEPS_MAX:
            raise TooManySteps(f"the rules together need more than {STEPS_MAX:,} steps: have fewer of them")
        self.steps.append(step)
        self.leaves.append(bits)
        self._known[key] = len(self.steps) - 1
        return len(self.steps) - 1

    def run(self, batch: RuleBatch) -> list[Value]:
        """The values of all steps over the batch."""
        values: list[Value] = []
        add = values.append
        for step in self.steps:
            try:
                add(step(batch, values))
            except Exception:  # a rule's fault is its error, never the decision's
                add(BROKEN)
        return values

    def erring(self, batch: RuleBatch) -> int:
        """The leaves that could not read some row, as bits."""
        return sum(1 << bit for bit, step in enumerate(self.leaf_steps) if step in batch.errors)

    def keys(self) -> list[Hashable]:
        """What each step does, by its number."""
        return list(self._known)
