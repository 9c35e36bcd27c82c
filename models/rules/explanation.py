"""Why a payment got what the rules gave it: every rule, its level, what it read and what it did.

For people who look at one payment, and for `tollgate rules` and the console; never on the path of a decision.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from models.rules.compiled_ruleset import CompiledRuleset
from models.rules.document import ACTIONS
from models.rules.language import RuleRows
from models.rules.levels import RuleScope, looks
from models.rules.program import BY_CARD, BY_PAYMENT, share_keys

HIT, NO_HIT, ERROR, SHADOW_HIT, OFF = "hit", "no hit", "error", "shadow hit", "off"
NOT_LOOKED: Final = (
    "other level decides",
    "other merchant",
    "before `from`",
    "after `until`",
    "not in the sample",
)


@dataclass(frozen=True)
class RuleExplanation:
    """What one rule did about one payment."""

    id: str
    """The rule's id."""
    level: str
    """`global`, `group NAME` or `merchant ID`."""
    description: str
    """The rule's description."""
    does: str
    """Its action in words."""
    outcome: str
    """Hit, no hit, error, shadow hit, off, or why the rule did not look at the payment."""
    when: str
    """Its condition."""
    values: dict[str, Any]
    """The columns it reads; None where missing."""


@dataclass(frozen=True)
class RulesetExplanation:
    """What all rules did about one payment."""

    score: int
    """The rules' score."""
    action: str | None
    """The action that wins; None without one."""
    deciding: RuleExplanation | None
    """The first rule that asked for it; None without one."""
    rules: tuple[RuleExplanation, ...]
    """Every rule, in order."""

    @property
    def level(self) -> str | None:
        """The level that decided: `global`, `group NAME` or `merchant ID`."""
        return None if self.deciding is None else self.deciding.level


def explain(ruleset: CompiledRuleset, rows: RuleRows, row: int) -> RulesetExplanation:
    """What the rules do about one payment of a batch."""
    result = ruleset.run(rows)
    drawn = any(reach.draws_cards for reach in ruleset.reaches)
    keys = share_keys(rows, by_card=drawn)[:, row].tolist()
    explained = []
    for index, rule in enumerate(ruleset.rules):
        outcome = _outcome(result.hits[index, row], result.shadow[index, row], result.errors[index, row])
        if rule.runs == "off":
            outcome = OFF
        elif outcome == NO_HIT:
            outcome = _not_looked(ruleset.reaches[index], rows, row, keys) or NO_HIT
        values = {name: _value(rows, name, row) for name in sorted(ruleset.expressions[index].columns)}
        explained.append(
            RuleExplanation(rule.id, rule.level, rule.description, rule.does, outcome, rule.when, values)
        )
    deciding = int(result.deciding[row])
    action = next((name for name in ACTIONS if getattr(result, name)[row]), None)
    return RulesetExplanation(
        int(result.score[row]), action, explained[deciding] if deciding >= 0 else None, tuple(explained)
    )


def _outcome(hit: Any, shadow: Any, error: Any) -> str:
    return ERROR if error else HIT if hit else SHADOW_HIT if shadow else NO_HIT


def _not_looked(reach: RuleScope, rows: RuleRows, row: int, keys: list[int]) -> str | None:
    merchant, time = rows.merchants[row], int(rows.times[row])
    if looks(reach, merchant, time, keys[BY_CARD if reach.draws_cards else BY_PAYMENT]):
        return None
    if reach.yields(merchant):
        return NOT_LOOKED[0]
    if reach.within is not None and merchant not in reach.within:
        return NOT_LOOKED[1]
    if reach.starts is not None and time < reach.starts:
        return NOT_LOOKED[2]
    return NOT_LOOKED[3] if reach.until is not None and time >= reach.until else NOT_LOOKED[4]


def _value(rows: RuleRows, name: str, row: int) -> Any:
    try:
        value = rows.column(name)[row]
    except Exception:  # what cannot be read is the rule's error, which is shown next to it
        return None
    value = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(value, float) and value != value else value  # noqa: PLR0124 - NaN is missing
