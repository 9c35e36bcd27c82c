"""What all rules of a ruleset compute, each thing once: a list of steps, in an order in which they can run.

A step is known by a key that describes all it does (`("Gt", 3, "5.0")`: step 3 is above 5). Another request
for the same key gets the same step, so that rules share columns, missing masks, comparisons and whole
conditions. A step is a pure function of its row and of earlier steps; what runs them is
`models.rules.program`.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Final

STEPS_MAX: Final = 20_000
"""Each is done for every payment."""


class TooManySteps(ValueError):  # noqa: N818 - what it is, in plain words
    """The rules together compute more than a batch should wait for."""


@dataclass
class Graph:
    """Steps by number. `leaves[i]` has bit k set where step i reads leaf k (a column or a list)."""

    leaves: list[int] = field(default_factory=list)
    leaf_steps: list[int] = field(default_factory=list)
    inputs: list[tuple[int, ...]] = field(default_factory=list)
    """The steps that each one reads."""
    _known: dict[Hashable, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.leaves)

    def add(self, key: Hashable, inputs: Sequence[int]) -> int:
        """The number of the step known by `key`, which reads `inputs`."""
        known = self._known.get(key)
        if known is not None:
            return known
        bits = 0
        for number in inputs:
            bits |= self.leaves[number]
        return self._append(key, tuple(inputs), bits)

    def add_leaf(self, key: Hashable) -> int:
        """The number of a step that reads rows."""
        known = self._known.get(key)
        if known is not None:
            return known
        self.leaf_steps.append(len(self))
        return self._append(key, (), 1 << (len(self.leaf_steps) - 1))

    def _append(self, key: Hashable, inputs: tuple[int, ...], bits: int) -> int:
        if len(self) >= STEPS_MAX:
            raise TooManySteps(f"the rules together need more than {STEPS_MAX:,} steps: have fewer of them")
        self._known[key] = len(self)
        self.leaves.append(bits)
        self.inputs.append(inputs)
        return len(self) - 1

    def keys(self) -> list[Hashable]:
        """What each step does, by its number."""
        return list(self._known)
