"""A review and what belongs to it, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)


def at_ms(milliseconds: int) -> datetime:
    """The time of the messages, exactly.

    >>> at_ms(1_767_225_600_001).isoformat()
    '2026-01-01T00:00:00.001000+00:00'
    """
    return EPOCH + milliseconds * _MS


def ms_of(time: datetime) -> int:
    """The same backwards; what is below a millisecond is cut off.

    >>> ms_of(at_ms(253_402_300_799_999))
    253402300799999
    """
    return (time - EPOCH) // _MS


class Conclusion(StrEnum):
    """What a person, or the default, says of a payment: capture it, or let it go."""

    APPROVE = "approve"
    DECLINE = "decline"


class ReviewState(StrEnum):
    """Where a review stands.

    `second`: somebody has concluded, and another person must. `lapsed`: the default was applied. `withdrawn`:
    a later decision of the attempt left nothing to review.
    """

    WAITING = "waiting"
    SECOND = "second"
    JUDGED = "judged"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"


class QueueName(StrEnum):
    """Which people take it from where."""

    MAIN = "main"
    ESCALATION = "escalation"


@dataclass(frozen=True)
class Review:
    """One payment attempt that waits, or waited, for a person. Columns of the table `reviews`."""

    review_id: int
    engine: str
    merchant_account: str
    payment_id: str
    attempt: int
    phase: str
    merchant_id: str
    card: str
    device: str | None
    tokens: Mapping[str, Any]
    decision: Mapping[str, Any]
    amount: int
    currency: str
    reference_amount: int
    probability: float | None
    expected_loss: int
    eyes: int
    occurred_at: datetime
    arrived_at: datetime
    due_at: datetime
    deadline_at: datetime
    state: ReviewState
    queue: QueueName
    ready_at: datetime
    claimed_by: UUID | None
    claimed_name: str | None
    claim_until: datetime | None
    conclusion: Conclusion | None
    closed_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether a person can still conclude."""
        return self.state in (ReviewState.WAITING, ReviewState.SECOND)

    def holder(self, now: datetime) -> str | None:
        """Name of the person who has it now; None where it is free."""
        has_it = self.claim_until is not None and self.claim_until > now
        return self.claimed_name if has_it else None


REVIEW_COLUMNS: Final = tuple(field.name for field in fields(Review))


def review_of(row: Mapping[str, Any]) -> Review:
    """A row of the table as a value."""
    own = {name: row[name] for name in REVIEW_COLUMNS}
    own["state"], own["queue"] = ReviewState(own["state"]), QueueName(own["queue"])
    own["conclusion"] = None if own["conclusion"] is None else Conclusion(own["conclusion"])
    return Review(**own)


@dataclass(frozen=True)
class Viewer:
    """Somebody who has a review on the screen."""

    person_id: UUID
    person_name: str
    seen_at: datetime


@dataclass(frozen=True)
class Note:
    """What a person wrote about a payment under review."""

    person_name: str
    note: str
    written_at: datetime


@dataclass(frozen=True)
class FirstVerdict:
    """What somebody concluded already on a payment that takes two."""

    person_id: UUID
    person_name: str
    conclusion: Conclusion
    reason: str
    given_at: datetime


@dataclass(frozen=True)
class OpenedReview:
    """A review on somebody's screen.

    is_mine   the person holds its claim
    verdicts  of others before, which stand
    viewers   others who look at it
    """

    review: Review
    is_mine: bool
    verdicts: tuple[FirstVerdict, ...] = ()
    notes: tuple[Note, ...] = ()
    viewers: tuple[Viewer, ...] = ()


@dataclass(frozen=True)
class Run:
    """One person's way through the queue, in an order that stays as it was.

    place      of the payment on the screen in it, from 1; None where that is not of it
    left       payments of it that the person can still take
    since      payments that arrived in the queue after it began
    queued     all that are open in the queue
    approved, declined, escalated, undone
               what the person did since it began, by payment; what was taken back is in the last alone
    """

    run_id: UUID
    queue: QueueName
    began_at: datetime
    length: int
    left: int
    since: int
    queued: int = 0
    place: int | None = None
    approved: int = 0
    declined: int = 0
    escalated: int = 0
    undone: int = 0


@dataclass(frozen=True)
class Counts:
    """The queue in figures.

    waiting        open, nobody has concluded
    second         open, and another person must agree
    escalated      of both, in the escalation queue
    claimed        in somebody's hands
    overdue        open, and a verdict was owed by now
    expected_loss  of all open ones together, EUR cents
    lapsed_today   closed by the default in the last 24 hours
    judged_today   judged by people in the last 24 hours
    """

    waiting: int
    second: int
    escalated: int
    claimed: int
    overdue: int
    expected_loss: int
    lapsed_today: int
    judged_today: int
