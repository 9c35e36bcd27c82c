"""To what each payment's value is put down: lines, and a part of the value for each.

    approve  ->  what the model alone would say (approve or decline)  ->  the verdict that was given
             model                                                   rules, policy, law, draw (`causes`)

The model's part is the difference of the first step, the rest that of the second: they add up to the value of
the verdict less that of approving. Several rules of one verdict share their part equally, to the last minor
unit; the first ones by id get what is left over.

Invariant: parts of a payment add up to its value, in each of the two parts of money (`Worth`).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

import numpy as np

from models.arrays import Bools, Int64s
from models.policy import APPROVE, DECLINE, DecidedBy
from models.verdict_value.causes import ACTIONS, RULE_NOT_KNOWN
from models.verdict_value.exact_sums import shared
from models.verdict_value.rows import ValueRows
from models.verdict_value.worth import Worth, declined_by_model


class CauseKind(StrEnum):
    """What a value is put down to."""

    MODEL = "model"
    POLICY = "policy"
    RULE = "rule"
    FALLBACK = "fallback"
    SOFT_DECLINE = "soft_decline"
    HOLDOUT = "holdout"
    SCA = "sca"


class CauseName(NamedTuple):
    """One line: the rule's id as its name, otherwise the kind once more."""

    kind: CauseKind
    name: str


@dataclass(frozen=True)
class Attribution:
    """Parts of the values of some payments; arrays of shape (parts,)."""

    names: tuple[CauseName, ...]
    """The lines that there can be."""
    lines: Int64s
    """The line of each part."""
    rows: Int64s
    """The payment of each part."""
    value: Worth
    """The part."""
    changed: Bools
    """Whether the verdict is another one because of it."""


_SINGLE: Final = (
    CauseName(CauseKind.MODEL, "model"),
    CauseName(CauseKind.POLICY, "policy"),
    CauseName(CauseKind.FALLBACK, "fallback"),
    CauseName(CauseKind.SOFT_DECLINE, "soft_decline"),
    CauseName(CauseKind.HOLDOUT, "holdout"),
    CauseName(CauseKind.SCA, "sca"),
)
_LINES: Final = {
    DecidedBy.POLICY: 1,
    DecidedBy.FALLBACK: 2,
    DecidedBy.SOFT_DECLINE: 3,
    DecidedBy.HOLDOUT: 4,
    DecidedBy.SCA: 5,
}
"""Places in `_SINGLE`."""


def attribution(rows: ValueRows, approved: Worth, alone: Worth, given: Worth) -> Attribution:
    """Parts of what `given` is worth more than `approved`, by way of `alone`: what the model alone is."""
    declined = declined_by_model(rows)
    changed = rows.verdicts != np.where(declined, DECLINE, APPROVE)
    by_rules = np.isin(rows.decided_by, list(ACTIONS)) & (rows.deciding.counts > 0)
    rules = tuple(CauseName(CauseKind.RULE, name) for name in (*rows.deciding.names, RULE_NOT_KNOWN))
    last = len(_SINGLE) + len(rules) - 1
    line_of = np.array([_LINES.get(by, last) for by in DecidedBy], np.int64)
    models, others = np.flatnonzero(declined), np.flatnonzero(~by_rules)
    rest = given - alone
    parts, rule_lines, part_values = _by_rules(rows, rest, by_rules)
    row = np.concatenate([models, others, parts])
    line = np.concatenate([0 * models, line_of[rows.decided_by[others]], len(_SINGLE) + rule_lines])
    step = alone - approved
    value = Worth(
        np.concatenate([step.share[models], rest.share[others], part_values.share]),
        np.concatenate([step.fixed[models], rest.fixed[others], part_values.fixed]),
    )
    is_changed = np.concatenate([np.ones(len(models), np.bool_), changed[others], changed[parts]])
    return Attribution((*_SINGLE, *rules), line, row, value, is_changed)


def _by_rules(rows: ValueRows, value: Worth, chosen: Bools) -> tuple[Int64s, Int64s, Worth]:
    """Row, rule and part of each share of the chosen rows."""
    counts = np.where(chosen, rows.deciding.counts, 0)
    row, share = shared(value.share, counts)
    _, fixed = shared(value.fixed, counts)
    return row, rows.deciding.rules[np.repeat(chosen, rows.deciding.counts)], Worth(share, fixed)
