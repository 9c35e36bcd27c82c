"""What decisions change for later payments, as controls: written with the decision, effective when read back.

So there is no hidden feedback: a replay that follows the journal meets the same controls in the same order.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from models.lists import PutCounter, PutLimits, PutRefusal
from models.messages import ChallengerHalt, Control, ListChange, Payment
from models.rollout import BoundBreach, Trial
from models.rules import CompiledRuleset, ListPut, Rule
from models.units import HOUR_MS


@dataclass
class PutGate:
    """What the policy lets rules put on lists (`models.lists.put_limits`); `refused` counts the rest."""

    limits: PutLimits | None
    counter: PutCounter
    holds: Callable[[str, str, int, int], bool]
    """Whether a list holds a value for the payment of this row, at its engine time."""
    refused: Counter[tuple[str, str]]

    def lets(self, row: int, time: int, put: ListPut, value: str) -> bool:
        """Whether this entry is made."""
        if self.limits is None:
            return True
        refusal = None
        if self.limits.protects(put.of, value):
            refusal = PutRefusal.PROTECTED
        elif not self.holds(put.list, value, row, time):
            taken = self.counter.takes(put.list, time, self.limits.per_hour)
            refusal = None if taken else PutRefusal.CAP
        if refusal is not None:
            self.refused[put.list, refusal.value] += 1
        return refusal is None


def list_entries(
    engine: str,
    ruleset: CompiledRuleset,
    payments: Sequence[Payment],
    sequences: np.ndarray,
    times: np.ndarray,
    hits: np.ndarray,
    gate: PutGate,
) -> list[Control]:
    """The list entries that rule hits (bool, of shape (rules, n)) ask for and `gate` lets through, in order
    of payment and rule.
    """
    asking = [(index, rule) for index, rule in enumerate(ruleset.rules) if rule.put_on_list is not None]
    if not asking:
        return []
    rows = np.flatnonzero(hits[[index for index, _ in asking]].any(axis=0)).tolist()
    return [
        control
        for row in rows
        for control in _entries(
            engine,
            [rule for index, rule in asking if hits[index, row]],
            payments[row],
            int(sequences[row]),
            int(times[row]),
            partial(gate.lets, row, int(times[row])),
        )
    ]


def halted(engine: str, trial: Trial, halt: BoundBreach) -> Control:
    """A challenger that left its bounds is withdrawn."""
    return Control(
        id=f"{engine}-halt-{trial.number}"[:128],
        issued_at=halt.time,
        author=f"engine {engine}"[:128],
        change=ChallengerHalt(trial.number, trial.sha256, halt.cause, halt.measured, halt.bound),
        reason=f"challenger {trial.sha256[:16]} halted: {halt.description}",
    )


def _entries(
    engine: str,
    asking: list[Rule],
    payment: Payment,
    sequence: int,
    time: int,
    lets: Callable[[ListPut, str], bool],
) -> Iterator[Control]:
    for rule in asking:
        put = rule.put_on_list
        value = _value(payment, put) if put is not None else None
        if put is None or value is None or not lets(put, value):
            continue
        expires_at = None if put.hours is None else time + put.hours * HOUR_MS
        yield Control(
            id=f"{engine}-{sequence}-{rule.id}"[:128],
            issued_at=time,
            author=f"rule {rule.id}",
            change=ListChange(put.list, value, True, expires_at),
            reason=f"hit by decision {sequence}",
        )


def _value(payment: Payment, put: ListPut) -> str | None:
    match put.of:
        case "card":
            return payment.method.token
        case "bin":
            return payment.method.bin
        case "customer":
            return payment.customer.id if payment.customer else None
        case "device":
            return payment.device_id
        case "ip":
            return payment.ip
        case "email":
            return payment.email_token
        case "merchant":
            return payment.merchant.id
