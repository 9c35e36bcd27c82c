"""What an engine counts along its log apart from features: Article 16's counters, soft declines, the
holdout's budget, list entries that rules made, and two meters that no decision depends on: the fraud rate
(Article 19) and a challenger's trial.

Invariant: all six change with new payments and outcomes in order of the log and with nothing else; each
payment reads the first three as of its own place. So neither cuts nor snapshots show.

A payment counts for Article 16 at its first phase, if it is a remote card payment that the payer started;
one that we decline counts as well, until an outcome says that it was declined: the counter errs towards
authentication.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from models.lists import PutCounter
from models.messages import Channel, MethodKind, Outcome, OutcomeKind, Payment
from models.policy import HoldoutBudget
from models.rollout import TrialMonitor
from models.sca import AMOUNT_MAX as LOW_VALUE_MAX
from models.sca import (
    ASKED,
    PROVEN,
    SOFT_DECLINED,
    CardCounters,
    CardEvent,
    LowValueCounters,
    SoftDeclines,
    TraMeter,
    is_soft_decline,
    key_of,
    merchant_initiated,
)

BY_CARD = (MethodKind.CARD, MethodKind.WALLET)
BY_CARD_MAX = float(list(MethodKind).index(MethodKind.WALLET))
ONLINE_MAX = float(list(Channel).index(Channel.APP))
"""Codes of the catalogue's `method_code` and `channel_code` up to which a payment is by card, and online."""

_READ, _PAID, _AUTHENTICATED = int(CardEvent.READ), int(CardEvent.PAID), int(CardEvent.AUTHENTICATED)

UNRATED_AMOUNT = LOW_VALUE_MAX
"""An amount without a rate counts for Article 16 as the largest that is of low value."""

_OUTCOMES = {OutcomeKind.DECLINED: CardEvent.DECLINED, OutcomeKind.AUTHENTICATED: CardEvent.AUTHENTICATED}


@dataclass(frozen=True)
class LogSlice:
    """n new payments, outcomes and labels in order of the log."""

    messages: Sequence[Any]
    is_payment: NDArray[np.bool_]
    first: NDArray[np.bool_]
    """Payments that are the first phase of their attempt."""
    times: NDArray[np.int64]
    """Engine times, ms."""
    amounts: NDArray[np.int64]
    """EUR cents, 0 where there is no rate."""
    unrated: NDArray[np.bool_]
    """Where there is no exchange rate."""
    cards: NDArray[np.uint64]
    """Hashes of the cards."""


@dataclass
class LogCounters:
    """The state; see the module's invariant."""

    low_value: LowValueCounters = field(default_factory=LowValueCounters)
    soft_declines: SoftDeclines = field(default_factory=SoftDeclines)
    budget: HoldoutBudget = field(default_factory=HoldoutBudget)
    tra_meter: TraMeter = field(default_factory=TraMeter)
    trial_watch: TrialMonitor = field(default_factory=TrialMonitor)
    list_puts: PutCounter = field(default_factory=PutCounter)

    def observe(
        self, part: LogSlice, column: Callable[[str], NDArray[np.float64]]
    ) -> tuple[CardCounters, NDArray[np.bool_]]:
        """Article 16's counters before each payment, and whether a soft decline forces its challenge.

        `column`: the catalogue's attributes of the payments among `part`.
        """
        reports = [] if part.is_payment.all() else np.flatnonzero(~part.is_payment).tolist()
        if reports:
            events = np.full(len(part.messages), CardEvent.READ, np.int64)
            events[part.is_payment] = _payment_events(part.first[part.is_payment], column)
            for row in reports:
                events[row] = _outcome_event(part.messages[row])
        else:
            events = _payment_events(part.first, column)
        amounts = np.where(part.unrated, UNRATED_AMOUNT, part.amounts)
        counters = self.low_value.run(part.cards, part.times, amounts, events)
        forced = self._forced(part, reports, column("attempt_number"))
        if reports:
            self._meter(part, reports)
            counters = CardCounters(counters.spent[part.is_payment], counters.payments[part.is_payment])
            forced = forced[part.is_payment]
        return counters, forced

    def _meter(self, part: LogSlice, reports: list[int]) -> None:
        """Amounts without a value in EUR are left out."""
        rated = [row for row in reports if not part.unrated[row]]
        self.tra_meter.observe([part.messages[row] for row in rated], part.amounts[rated])

    def _forced(self, part: LogSlice, reports: list[int], attempts: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Only soft declines and further attempts matter here."""
        again = attempts > 1
        retries = np.flatnonzero(part.is_payment)[again].tolist() if np.count_nonzero(again) else []
        declines = [row for row in reports if _is_soft_decline(part.messages[row])]
        forced = np.zeros(len(part.messages), np.bool_)
        rows = sorted(retries + declines)
        if rows:
            messages = [part.messages[row] for row in rows]
            forced[rows] = self.soft_declines.run(
                np.array([key_of(m.merchant_account, m.payment_id) for m in messages], np.uint64),
                part.times[rows],
                np.array([m.attempt for m in messages], np.int64),
                np.array([ASKED if type(m) is Payment else SOFT_DECLINED for m in messages], np.int64),
            )
        return forced

    def logical_hash(self) -> str:
        """64 bits over each part; over the last two only where there is something to count, so that snapshots
        from before them keep their hash.
        """
        parts = (self.low_value, self.soft_declines, self.budget, self.tra_meter)
        later = (self.trial_watch, self.list_puts)
        hashes = [part.logical_hash() for part in parts] + [part.logical_hash() or None for part in later]
        return "".join(f"{each:016x}" for each in hashes if each is not None)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What a snapshot keeps."""
        parts = {
            "low_value": self.low_value,
            "soft_declines": self.soft_declines,
            "holdout": self.budget,
            "tra_meter": self.tra_meter,
            "trial_watch": self.trial_watch,
            "list_puts": self.list_puts,
        }
        return {
            f"{name}_{key}": array
            for name, part in parts.items()
            for key, array in part.arrays().items()  # type: ignore[attr-defined]
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """The inverse of `arrays`."""

        def arrays_of(prefix: str) -> dict[str, NDArray[Any]]:
            return {key.removeprefix(prefix): a for key, a in arrays.items() if key.startswith(prefix)}

        return cls(
            LowValueCounters.from_arrays(arrays_of("low_value_")),
            SoftDeclines.from_arrays(arrays_of("soft_declines_")),
            HoldoutBudget.from_arrays(arrays_of("holdout_")),
            TraMeter.from_arrays(arrays_of("tra_meter_")),
            TrialMonitor.from_arrays(arrays_of("trial_watch_")),
            PutCounter.from_arrays(arrays_of("list_puts_")),
        )


def _payment_events(
    first: NDArray[np.bool_], column: Callable[[str], NDArray[np.float64]]
) -> NDArray[np.int64]:
    counts = first & (column("method_code") <= BY_CARD_MAX) & (column("channel_code") <= ONLINE_MAX)
    events = np.where(counts & ~merchant_initiated(column), _PAID, _READ)
    events[column("three_ds_code") == PROVEN] = _AUTHENTICATED
    return events


def _outcome_event(message: Any) -> CardEvent:
    if type(message) is not Outcome or message.tokens.method.kind not in BY_CARD:
        return CardEvent.READ
    return _OUTCOMES.get(message.kind, CardEvent.READ)


def _is_soft_decline(message: Any) -> bool:
    return type(message) is Outcome and is_soft_decline(message)
