"""What an engine remembers of payments and outcomes beside the features: Article 16's counters, soft
declines, the holdout's budget, and two meters that nothing is judged by: of the fraud rate (Article 19), and
of a challenger's trial.

Invariant: all five change with new payments and outcomes in order of the log and with nothing else; each
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

from models.messages import Channel, MethodKind, Outcome, OutcomeKind, Payment
from models.policy import HoldoutBudget
from models.rollout import TrialMonitor
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

_OUTCOMES = {OutcomeKind.DECLINED: CardEvent.DECLINED, OutcomeKind.AUTHENTICATED: CardEvent.AUTHENTICATED}


@dataclass(frozen=True)
class Heard:
    """New payments, outcomes and labels in order of the log, shape (n,): which are payments, and of those
    which are their attempt's `first`; engine times (ms), EUR cents, hashes of the cards.
    `unrated`: no rate was known, the amount is a stand-in.
    """

    messages: Sequence[Any]
    is_payment: NDArray[np.bool_]
    first: NDArray[np.bool_]
    times: NDArray[np.int64]
    amounts: NDArray[np.int64]
    cards: NDArray[np.uint64]
    unrated: NDArray[np.bool_]


@dataclass
class Remembered:
    """The state; see the module's invariant."""

    low_value: LowValueCounters = field(default_factory=LowValueCounters)
    soft_declines: SoftDeclines = field(default_factory=SoftDeclines)
    budget: HoldoutBudget = field(default_factory=HoldoutBudget)
    tra_meter: TraMeter = field(default_factory=TraMeter)
    trial_watch: TrialMonitor = field(default_factory=TrialMonitor)

    def hear(
        self, heard: Heard, column: Callable[[str], NDArray[np.float64]]
    ) -> tuple[CardCounters, NDArray[np.bool_]]:
        """Article 16's counters before each payment, and whether a soft decline forces its challenge.

        `column`: the catalogue's attributes of the payments among `heard`.
        """
        events = np.full(len(heard.messages), CardEvent.READ, np.int64)
        events[heard.is_payment] = _payment_events(heard.first[heard.is_payment], column)
        others = np.flatnonzero(~heard.is_payment).tolist()
        for row in others:
            events[row] = _outcome_event(heard.messages[row])
        counters = self.low_value.run(heard.cards, heard.times, heard.amounts, events)
        forced = self._forced(heard, others, column("attempt_number"))
        if others:
            self._meter(heard, others)
            counters = CardCounters(counters.spent[heard.is_payment], counters.payments[heard.is_payment])
        return counters, forced[heard.is_payment]

    def _meter(self, heard: Heard, others: list[int]) -> None:
        """What has no value in EUR is left out: a meter shows what is known."""
        rated = [row for row in others if not heard.unrated[row]]
        self.tra_meter.hear([heard.messages[row] for row in rated], heard.amounts[rated])

    def _forced(self, heard: Heard, others: list[int], attempts: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Only soft declines and further attempts have to do with it."""
        again = np.flatnonzero(heard.is_payment)[attempts > 1].tolist()
        soft = [row for row in others if _is_soft_decline(heard.messages[row])]
        forced = np.zeros(len(heard.messages), np.bool_)
        rows = sorted(again + soft)
        if rows:
            told = [heard.messages[row] for row in rows]
            forced[rows] = self.soft_declines.run(
                np.array([key_of(m.merchant_account, m.payment_id) for m in told], np.uint64),
                heard.times[rows],
                np.array([m.attempt for m in told], np.int64),
                np.array([ASKED if type(m) is Payment else SOFT_DECLINED for m in told], np.int64),
            )
        return forced

    def logical_hash(self) -> str:
        """64 bits over each part; over the trial's only where there has been one, as snapshots from before
        say it.
        """
        parts = (self.low_value, self.soft_declines, self.budget, self.tra_meter)
        hashes = [part.logical_hash() for part in parts] + [self.trial_watch.logical_hash() or None]
        return "".join(f"{each:016x}" for each in hashes if each is not None)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What a snapshot keeps."""
        parts = {
            "low_value": self.low_value,
            "soft_declines": self.soft_declines,
            "holdout": self.budget,
            "tra_meter": self.tra_meter,
            "trial_watch": self.trial_watch,
        }
        return {
            f"{name}_{key}": array
            for name, part in parts.items()
            for key, array in part.arrays().items()  # type: ignore[attr-defined]
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """The inverse of `arrays`."""

        def of(part: str) -> dict[str, NDArray[Any]]:
            return {key.removeprefix(part): a for key, a in arrays.items() if key.startswith(part)}

        return cls(
            LowValueCounters.from_arrays(of("low_value_")),
            SoftDeclines.from_arrays(of("soft_declines_")),
            HoldoutBudget.from_arrays(of("holdout_")),
            TraMeter.from_arrays(of("tra_meter_")),
            TrialMonitor.from_arrays(of("trial_watch_")),
        )


def _payment_events(
    first: NDArray[np.bool_], column: Callable[[str], NDArray[np.float64]]
) -> NDArray[np.int64]:
    counts = first & (column("method_code") <= BY_CARD_MAX) & (column("channel_code") <= ONLINE_MAX)
    events = np.where(counts & ~merchant_initiated(column), CardEvent.PAID, CardEvent.READ)
    events[column("three_ds_code") == PROVEN] = CardEvent.AUTHENTICATED
    return events


def _outcome_event(message: Any) -> CardEvent:
    if type(message) is not Outcome or message.tokens.method.kind not in BY_CARD:
        return CardEvent.READ
    return _OUTCOMES.get(message.kind, CardEvent.READ)


def _is_soft_decline(message: Any) -> bool:
    return type(message) is Outcome and is_soft_decline(message)
