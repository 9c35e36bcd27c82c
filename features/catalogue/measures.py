"""What can be measured over an entity's earlier payments, outcomes and labels; shared by kernel and docs.

A window `w` of a payment at engine time `t` holds the entity's earlier events with `t - w < time <= t`: the
payment itself is not among them, those before it at the same millisecond are. Limits belong to the meaning:

* windows up to 30 days are exact to the millisecond while at most `EVENTS_MAX` events are in them. A fuller
  one is counted in buckets of a 60th of its length that begin within the window: it leaves out its oldest,
  partial bucket;
* longer windows, up to 365 days, are counted in UTC days that begin within the window; `lifetime` counts
  everything since the log began. A log without a new event for its retention (its longest window, at least 30
  days) is forgotten, unless a fraud is known in it;
* distinct others, maximum and same amount look at the last `RECENT_EVENTS_MAX` events of the window.

A *tally* is a whole number that each event adds; a log keeps running totals of its tallies, so that a
window's sum is one subtraction. Amounts are EUR cents, clamped to `0..AMOUNT_MAX`: sums are exact in int64
and float64.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np

from features.columns import LABEL_CODES, OUTCOME_CODES, Events, Stream, log_steps
from models.arrays import Int64s
from models.kernels import kernel
from models.messages import DeclineGroup, LabelValue, OutcomeKind
from models.units import DAY_MS, HOUR_MS

EVENTS_MAX = 1024
RECENT_EVENTS_MAX = 32
AMOUNT_MAX = 2**40
BUCKETS = 60
EXACT_MS_MAX = 30 * DAY_MS
WINDOW_MS_MAX = 365 * DAY_MS
COHORT_DAYS_MAX = 180
SMALL_CENTS = 200
"""An amount under 2 EUR: the size of a card tester's payments."""
NIGHT_HOURS = 6
"""Night is 00:00 to 05:59 UTC."""
SPREAD_MIN = 32.0
"""Least standard deviation taken of log amounts: an eighth of a doubling, in steps of a 256th."""


def declared_at() -> str:
    """File and line outside this package's declarations that is making an object: for error messages."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename in {__file__, "<string>"}:
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


class Op(IntEnum):
    """How the kernel computes a feature; the number is the kernel's code for it."""

    COUNT = 0
    SUM = 1
    SHARE = 2
    RATIO_TO_MEAN = 3
    DEVIATION = 4
    MAXIMUM = 5
    SAME_AMOUNT = 6
    DISTINCT = 7
    SINCE_FIRST = 8
    SINCE_LAST = 9
    SINCE_LAST_OF = 10
    IS_NEW = 11
    SPEED = 12
    HABIT_SHARE = 13
    COHORT_RATE = 14
    RUN = 15
    SINCE_RUN = 16


@dataclass(frozen=True)
class Tally:
    """A whole number from 0 to `maximum` that each event of a stream adds to its entities' totals.

    `of` takes all rows and returns int64[n]; rows of other streams are ignored. It must depend on the rows
    alone. An outcome or label enters a log only where it adds to one of the log's tallies.
    """

    name: str
    stream: Stream
    maximum: int
    of: Callable[[Events], Int64s]
    where: str = field(default_factory=declared_at, compare=False, repr=False)


@dataclass(frozen=True)
class Measure:
    """How a feature is computed, named and explained. `{entity}`, `{window}`, `{others}` are filled in.

    `tally` is what is summed (None: events are counted), `over` what a share is taken of (None: the events of
    `tally`'s stream) or what ends a run of `tally`'s events. `windowed` tells whether the window is part of
    the name. `maturity_days`: youngest cohort that a cohort rate counts.
    """

    name: str
    unit: str
    meaning: str
    op: Op
    stream: Stream = Stream.ATTEMPT
    tally: Tally | None = None
    over: Tally | None = None
    windowed: bool = True
    needs_other: bool = False
    maturity_days: int = 0
    where: str = field(default_factory=declared_at, compare=False, repr=False)


@kernel
def _log_steps(amounts: Int64s, squared: bool) -> Int64s:
    steps = np.empty(amounts.shape[0], np.int64)
    for index in range(amounts.shape[0]):
        value = log_steps(min(max(amounts[index], 0), AMOUNT_MAX))
        steps[index] = value * value if squared else value
    return steps


def _is_outcome(*kinds: OutcomeKind) -> Callable[[Events], Int64s]:
    codes = [code for (kind, _), code in OUTCOME_CODES.items() if kind in kinds]
    return _one_of(codes)


def _is_declined(*groups: DeclineGroup) -> Callable[[Events], Int64s]:
    return _one_of([OUTCOME_CODES[OutcomeKind.DECLINED, group] for group in groups])


def _is_label(*values: LabelValue) -> Callable[[Events], Int64s]:
    return _one_of([LABEL_CODES[value] for value in values])


def _one_of(codes: list[int]) -> Callable[[Events], Int64s]:
    """1 for rows of these codes, else 0."""
    table = np.zeros(64, np.int64)
    table[codes] = 1
    return lambda events: table[events.code]


def _amount(events: Events) -> Int64s:
    return np.minimum(np.maximum(events.amount, 0), AMOUNT_MAX)


def _is_small(events: Events) -> Int64s:
    return ((events.amount > 0) & (events.amount < SMALL_CENTS)).astype(np.int64)


def _is_night(events: Events) -> Int64s:
    return (events.at % DAY_MS < NIGHT_HOURS * HOUR_MS).astype(np.int64)


LOG_MAX = 40 * 256 + 1
AMOUNT = Tally("amount", Stream.ATTEMPT, AMOUNT_MAX, _amount)
LOG_AMOUNT = Tally("log_amount", Stream.ATTEMPT, LOG_MAX, lambda events: _log_steps(events.amount, False))
LOG_AMOUNT_SQUARED = Tally(
    "log_amount_squared", Stream.ATTEMPT, LOG_MAX**2, lambda events: _log_steps(events.amount, True)
)
SMALL = Tally("small", Stream.ATTEMPT, 1, _is_small)
NIGHT = Tally("night", Stream.ATTEMPT, 1, _is_night)

AUTHORISED = Tally("authorised", Stream.OUTCOME, 1, _is_outcome(OutcomeKind.AUTHORISED))
DECLINED = Tally("declined", Stream.OUTCOME, 1, _is_outcome(OutcomeKind.DECLINED))
ANSWERED = Tally("answered", Stream.OUTCOME, 1, _is_outcome(OutcomeKind.AUTHORISED, OutcomeKind.DECLINED))
INSUFFICIENT_FUNDS = Tally(
    "insufficient_funds",
    Stream.OUTCOME,
    1,
    _is_declined(DeclineGroup.INSUFFICIENT_FUNDS, DeclineGroup.LIMIT_EXCEEDED),
)
DO_NOT_HONOUR = Tally(
    "do_not_honour",
    Stream.OUTCOME,
    1,
    _is_declined(DeclineGroup.DO_NOT_HONOUR, DeclineGroup.SUSPECTED_FRAUD),
)
LOST_OR_STOLEN = Tally("lost_or_stolen", Stream.OUTCOME, 1, _is_declined(DeclineGroup.LOST_OR_STOLEN))
WRONG_CVV = Tally("wrong_cvv", Stream.OUTCOME, 1, _is_declined(DeclineGroup.WRONG_CVV))
INVALID_CARD = Tally(
    "invalid_card", Stream.OUTCOME, 1, _is_declined(DeclineGroup.INVALID_CARD, DeclineGroup.EXPIRED_CARD)
)
AUTHENTICATED = Tally("authenticated", Stream.OUTCOME, 1, _is_outcome(OutcomeKind.AUTHENTICATED))
AUTHENTICATION_FAILED = Tally(
    "authentication_failed", Stream.OUTCOME, 1, _is_outcome(OutcomeKind.AUTHENTICATION_FAILED)
)
CAPTURED = Tally("captured", Stream.OUTCOME, 1, _is_outcome(OutcomeKind.CAPTURED))
REFUNDED = Tally("refunded", Stream.OUTCOME, 1, _is_outcome(OutcomeKind.REFUNDED))

FRAUD = Tally("fraud", Stream.LABEL, 1, _is_label(LabelValue.FRAUD))
CLEARED = Tally("cleared", Stream.LABEL, 1, _is_label(LabelValue.LEGITIMATE))
LABELLED = Tally("labelled", Stream.LABEL, 1, _is_label(LabelValue.FRAUD, LabelValue.LEGITIMATE))

PAYMENT_COUNT = Measure(
    "{entity}_payment_count_{window}",
    "payments",
    "earlier payments of the {entity} in the last {window}",
    Op.COUNT,
)
AMOUNT_SUM = Measure(
    "{entity}_amount_sum_{window}",
    "EUR cents",
    "sum of the amounts of the {entity}'s earlier payments in the last {window}",
    Op.SUM,
    tally=AMOUNT,
)
AMOUNT_MEAN = Measure(
    "{entity}_amount_mean_{window}",
    "EUR cents",
    "mean amount of the {entity}'s earlier payments in the last {window}; unknown when there are none",
    Op.SHARE,
    tally=AMOUNT,
)
AMOUNT_MAX_OF = Measure(
    "{entity}_amount_max_{window}",
    "EUR cents",
    f"largest amount among the {{entity}}'s earlier payments in the last {{window}} (of at most the last "
    f"{RECENT_EVENTS_MAX}); unknown when there are none",
    Op.MAXIMUM,
    tally=AMOUNT,
)
AMOUNT_RATIO_TO_MEAN = Measure(
    "{entity}_amount_ratio_to_mean_{window}",
    "ratio",
    "this payment's amount over the mean amount of the {entity}'s earlier payments in the last {window}; "
    "unknown when there are none or their sum is 0",
    Op.RATIO_TO_MEAN,
    tally=AMOUNT,
)
AMOUNT_DEVIATION = Measure(
    "{entity}_amount_deviation_{window}",
    "standard deviations",
    "how far this payment's log amount is from the mean of the {entity}'s earlier payments in the last "
    "{window}, in their standard deviations (at least an eighth of a doubling); unknown when there are none",
    Op.DEVIATION,
)
SMALL_COUNT = Measure(
    "{entity}_small_amount_count_{window}",
    "payments",
    "earlier payments of the {entity} under 2 EUR in the last {window}: a sign of card testing",
    Op.SUM,
    tally=SMALL,
)
SMALL_SHARE = Measure(
    "{entity}_small_amount_share_{window}",
    "share",
    "share of payments under 2 EUR among the {entity}'s earlier payments in the last {window}",
    Op.SHARE,
    tally=SMALL,
)
NIGHT_SHARE = Measure(
    "{entity}_night_share_{window}",
    "share",
    "share of payments made from 00:00 to 05:59 UTC among the {entity}'s earlier payments in the last "
    "{window}",
    Op.SHARE,
    tally=NIGHT,
)
SAME_AMOUNT_COUNT = Measure(
    "{entity}_same_amount_count_{window}",
    "payments",
    "earlier payments of the {entity} of exactly this payment's EUR cents in the last {window} (of at "
    f"most the last {RECENT_EVENTS_MAX})",
    Op.SAME_AMOUNT,
    tally=AMOUNT,
)
DISTINCT = Measure(
    "{entity}_distinct_{others}_{window}",
    "{others}",
    "different {others} among the {entity}'s earlier payments in the last {window} (of at most the last "
    f"{RECENT_EVENTS_MAX}); absent ones do not count",
    Op.DISTINCT,
    needs_other=True,
)
HOURS_SINCE_FIRST = Measure(
    "{entity}_hours_since_first_payment",
    "hours",
    "time since the {entity}'s first payment; unknown when this is the first",
    Op.SINCE_FIRST,
    windowed=False,
)
HOURS_SINCE_LAST = Measure(
    "{entity}_hours_since_last_payment",
    "hours",
    "time since the {entity}'s last payment before this one; unknown when this is the first",
    Op.SINCE_LAST,
    windowed=False,
)
IS_NEW = Measure(
    "{entity}_is_new",
    "0 or 1",
    "1 when this is the first payment of the {entity}, else 0",
    Op.IS_NEW,
    windowed=False,
)
SPEED = Measure(
    "{entity}_speed_kmh",
    "km/h",
    "distance from the place of the {entity}'s last payment whose place is known, over the time since (at "
    "least a second); a straight line; unknown without two places",
    Op.SPEED,
    windowed=False,
)
HABIT_SHARE = Measure(
    "{entity}_hour_of_week_share",
    "share",
    "share of the {entity}'s earlier payments made in the same quarter of the same weekday (UTC); recent "
    "weeks weigh more; unknown when there are none",
    Op.HABIT_SHARE,
    windowed=False,
)


def outcome_count(name: str, tally: Tally, meaning: str) -> Measure:
    """Outcomes that add to `tally`, counted in windows of when they became known."""
    return Measure(
        f"{{entity}}_{name}_count_{{window}}",
        "outcomes",
        f"{meaning} of the {{entity}} in the last {{window}}",
        Op.SUM,
        Stream.OUTCOME,
        tally,
    )


DECLINED_COUNT = outcome_count("declined", DECLINED, "payments declined by the issuer")
INSUFFICIENT_FUNDS_COUNT = outcome_count(
    "insufficient_funds", INSUFFICIENT_FUNDS, "declines for insufficient funds or an exceeded limit"
)
DO_NOT_HONOUR_COUNT = outcome_count(
    "do_not_honour", DO_NOT_HONOUR, "declines as do not honour or suspected fraud"
)
LOST_OR_STOLEN_COUNT = outcome_count(
    "lost_or_stolen", LOST_OR_STOLEN, "declines as a lost, stolen or picked-up card"
)
WRONG_CVV_COUNT = outcome_count("wrong_cvv", WRONG_CVV, "declines for a wrong security code")
INVALID_CARD_COUNT = outcome_count(
    "invalid_card", INVALID_CARD, "declines for an invalid or expired card: numbers being guessed"
)
AUTHENTICATED_COUNT = outcome_count("authenticated", AUTHENTICATED, "successful 3-D Secure authentications")
AUTHENTICATION_FAILED_COUNT = outcome_count(
    "authentication_failed", AUTHENTICATION_FAILED, "failed 3-D Secure authentications"
)
CAPTURED_COUNT = outcome_count("captured", CAPTURED, "captured payments")
REFUNDED_COUNT = outcome_count("refunded", REFUNDED, "refunds")
DECLINED_SHARE = Measure(
    "{entity}_declined_share_{window}",
    "share",
    "share of declines among the issuers' answers to payments of the {entity} in the last {window}; unknown "
    "when there are none",
    Op.SHARE,
    Stream.OUTCOME,
    DECLINED,
    ANSWERED,
)
REFUNDED_SHARE = Measure(
    "{entity}_refunds_over_captures_{window}",
    "ratio",
    "refunds over captures of the {entity} in the last {window}; unknown without captures",
    Op.SHARE,
    Stream.OUTCOME,
    REFUNDED,
    CAPTURED,
)
HOURS_SINCE_DECLINED = Measure(
    "{entity}_hours_since_last_declined",
    "hours",
    "time since a payment of the {entity} was last declined by the issuer; unknown when none was",
    Op.SINCE_LAST_OF,
    Stream.OUTCOME,
    DECLINED,
    windowed=False,
)

FRAUD_COUNT = Measure(
    "{entity}_frauds_learned_{window}",
    "frauds",
    "frauds of the {entity} that became known in the last {window}; a known fraud is never forgotten",
    Op.SUM,
    Stream.LABEL,
    FRAUD,
)
FRAUD_SHARE_OF_LABELS = Measure(
    "{entity}_frauds_over_labels_{window}",
    "share",
    "frauds over labels (fraud or legitimate) of the {entity} that became known in the last {window}; "
    "unknown without labels",
    Op.SHARE,
    Stream.LABEL,
    FRAUD,
    LABELLED,
)
FRAUD_SHARE_OF_APPROVED = Measure(
    "{entity}_frauds_over_approved_{window}",
    "ratio",
    "frauds of the {entity} that became known in the last {window} over its payments authorised in the last "
    "{window}: different payments, so it may exceed 1; unknown without authorised payments",
    Op.SHARE,
    Stream.LABEL,
    FRAUD,
    AUTHORISED,
)
HOURS_SINCE_FRAUD = Measure(
    "{entity}_hours_since_fraud_learned",
    "hours",
    "time since a fraud of the {entity} last became known; unknown when none is",
    Op.SINCE_LAST_OF,
    Stream.LABEL,
    FRAUD,
    windowed=False,
)
HOURS_SINCE_CLEARED = Measure(
    "{entity}_hours_since_cleared",
    "hours",
    "time since a payment of the {entity} last became known as legitimate; unknown when none is",
    Op.SINCE_LAST_OF,
    Stream.LABEL,
    CLEARED,
    windowed=False,
)
FRAUDS_SINCE_CLEARED = Measure(
    "{entity}_frauds_since_cleared",
    "frauds",
    "frauds of the {entity} that became known after a payment of it last became known as legitimate; all "
    "known ones where none did: a merchant or card under attack has nothing but frauds",
    Op.RUN,
    Stream.LABEL,
    FRAUD,
    CLEARED,
    windowed=False,
)
HOURS_SINCE_FRAUDS_BEGAN = Measure(
    "{entity}_hours_since_frauds_began",
    "hours",
    "time since the first of the frauds of the {entity} that became known after a payment of it last became "
    "known as legitimate; unknown when there are none",
    Op.SINCE_RUN,
    Stream.LABEL,
    FRAUD,
    CLEARED,
    windowed=False,
)
COHORT_FRAUD_RATE = Measure(
    "{entity}_cohort_fraud_rate_{window}",
    "share",
    "frauds known by now over payments authorised, among the {entity}'s payments made in the last {window} "
    "but at least 60 days ago, by UTC day: old enough for most frauds to be known; unknown without "
    "authorised payments",
    Op.COHORT_RATE,
    Stream.LABEL,
    maturity_days=60,
)
