"""What a ruleset costs, and how much it may cost: computed from what it says, never measured.

Every payment waits for all rules, and every engine compiles a ruleset between two payments. So a ruleset has
a budget, and one above it is refused, by `tollgate rules check` and by the engine alike: the cost is a
function of the document and the columns there are, the same on every machine.

- **Characters** of all conditions: compiling is linear in them.
- **Steps**: distinct operations of all rules together (`models.rules.language.graph`).
- **Work** for one payment that is judged alone: less than a microsecond a unit on a laptop. A step is one
  unit; one that reads a column, looks at constants or at parts of texts is more (`_step_work`), and so is a
  rule's level (`_scope_work`). Payments of a batch share most of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from models.rules.document import RulesetDocument, RulesetError
from models.rules.language import AFFIXES, STEPS_MAX, Graph
from models.rules.levels import RuleScope

CHARACTERS_MAX: Final = 250_000
WORK_MAX: Final = 20_000
SHOWN: Final = 3

_RULE: Final = 3
_SCOPE: Final = 4
_COLUMN: Final = 5
_METADATA: Final = 8
_MEMBERS_A_UNIT: Final = 16
_READS: Final = {"number": _COLUMN, "text": _COLUMN, "truth": _COLUMN, "list": _METADATA}


@dataclass(frozen=True)
class RulesetCost:
    """What a ruleset costs."""

    characters: int
    """Of all conditions."""
    steps: int
    """Distinct operations."""
    work: int
    """For one payment, less than a microsecond a unit."""
    dearest: tuple[tuple[str, int], ...] = ()
    """The rules that add most work, and how much."""

    def check(self) -> None:
        """Raises `RulesetError` above the budget, naming what costs most."""
        if self.work > WORK_MAX:
            dearest = ", ".join(f"{id} {work:,}" for id, work in self.dearest)
            raise RulesetError(
                f"the rules take {self.work:,} units of work a payment, at most {WORK_MAX:,} are allowed; "
                f"most of it: {dearest}. Put long lists of values on a list, and have fewer rules",
                ("rules",),
            )

    def __str__(self) -> str:
        return (
            f"{self.steps:,} of {STEPS_MAX:,} steps, {self.work:,} of {WORK_MAX:,} units of work a payment, "
            f"{self.characters:,} of {CHARACTERS_MAX:,} characters"
        )


def check_characters(document: RulesetDocument) -> int:
    """The characters of all conditions. Raises `RulesetError` for more than compiling may take."""
    characters = sum(len(rule.when) for rule in document.rules)
    if characters > CHARACTERS_MAX:
        raise RulesetError(
            f"the conditions have {characters:,} characters together, at most {CHARACTERS_MAX:,} are "
            "allowed: put long lists of values on a list",
            ("rules",),
        )
    return characters


def cost_of(
    document: RulesetDocument, graph: Graph, ends: Sequence[int], reaches: Sequence[RuleScope]
) -> RulesetCost:
    """The cost of compiled rules. `ends[i]`: how many steps the graph had after rule i; a step counts for the
    rule that asked for it first."""
    steps = list(map(_step_work, graph.keys()))
    starts = [0, *ends][: len(ends)]
    works = [
        sum(steps[start:end]) + _scope_work(scope)
        for start, end, scope in zip(starts, ends, reaches, strict=True)
    ]
    ordered = sorted(range(len(works)), key=lambda index: (-works[index], index))[:SHOWN]
    dearest = tuple((document.rules[index].id, works[index]) for index in ordered)
    return RulesetCost(sum(len(rule.when) for rule in document.rules), len(steps), sum(works), dearest)


def _step_work(key: Any) -> int:
    kind = key[0]
    if kind in _READS:
        return _READS[kind]
    if kind.startswith("metadata"):
        return _METADATA
    if kind in AFFIXES:
        return _COLUMN + len(key[2])
    if kind in ("text in", "number in"):
        return _COLUMN + len(key[2]) // _MEMBERS_A_UNIT
    return 1


def _scope_work(scope: RuleScope) -> int:
    limits = (scope.within is not None, scope.starts is not None, scope.until is not None, scope.share < 1.0)
    return _RULE + _SCOPE * (len(scope.besides) + sum(limits))
