"""What a verdict says on the bus, built from the stored row."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec

from desk.bus import OutboxMessage
from desk.people import Person
from desk.reviews.actions import ReviewAction
from desk.reviews.errors import NotAllowed
from desk.reviews.review import Conclusion, Review, ms_of
from models.card_numbers import detection as card_numbers
from models.lists import Entity, EntryError, ListRequest, check_entry, purpose_of
from models.messages import (
    AnalystVerdict,
    LabelValue,
    ReviewConclusion,
    ReviewEnd,
    ReviewOutcome,
    Tokens,
    encode,
)

LABELS: Final = {Conclusion.APPROVE: LabelValue.LEGITIMATE, Conclusion.DECLINE: LabelValue.FRAUD}
AUTHOR_CHARACTERS_MAX: Final = 128
ENTRY_LASTS_MAX: Final = timedelta(days=30)
"""What a review may block: for good is for those who keep the lists."""


@dataclass(frozen=True)
class ListEntry:
    """What a reviewer asks to be blocked or watched.

    list    its name, e.g. `blocked_cards`
    entity  which of the payment's own values: card, device, customer, email, ip
    lasts   for how long
    """

    list: str
    entity: Entity
    lasts: timedelta


def verdict_message(
    review: Review, conclusion: Conclusion, person: Person, reason: str, action: ReviewAction
) -> OutboxMessage:
    """The analyst's verdict on a payment that is judged, sent once it can no longer be taken back."""
    verdict = AnalystVerdict(
        review.merchant_account,
        review.payment_id,
        LABELS[conclusion],
        ms_of(action.done_at),
        ms_of(review.occurred_at),
        review.amount,
        review.currency,
        tokens(review),
        person.name[:AUTHOR_CHARACTERS_MAX],
        review.attempt,
        reason or None,
    )
    value = _without_card_numbers(encode(verdict))
    return OutboxMessage(
        review.engine, "disputes", "analyst_verdict", review.payment_id, value,
        f"review/{review.review_id}", action.undo_until, action.action_id,
    )  # fmt: skip


def outcome_message(
    engine: str,
    row: Mapping[str, Any],
    conclusion: str,
    by: ReviewEnd,
    ended_at: datetime,
    not_before: datetime,
    action_id: UUID | None = None,
) -> OutboxMessage:
    """How a review ended, for whoever holds the payment. `row`: columns of the table `reviews`."""
    outcome = ReviewOutcome(
        row["merchant_account"],
        row["payment_id"],
        ReviewConclusion(conclusion),
        by,
        ms_of(ended_at),
        row["decision"]["sequence"],
        row["amount"],
        row["currency"],
        row["attempt"],
    )
    return OutboxMessage(
        engine, "reviews", "review_outcome", row["payment_id"], encode(outcome),
        f"review/{row['review_id']}/outcome", not_before, action_id,
    )  # fmt: skip


def list_message(
    review: Review, entry: ListEntry, person: Person, reason: str, action: ReviewAction
) -> OutboxMessage:
    """The request that a value of the payment is put on a list. Raises `NotAllowed`."""
    value = value_of(review, entry.entity)
    now, id = ms_of(action.done_at), uuid4()
    expires_at = now + ms_of_delta(entry.lasts)
    if person.accounts is not None:
        raise NotAllowed(
            "a list is one for all merchant accounts, and you see some: ask somebody who sees all to block; "
            "nothing was changed"
        )
    if value is None:
        raise NotAllowed(f"this payment names no {entry.entity}; nothing was changed")
    if purpose_of(entry.list) not in ("block", "watch"):
        raise NotAllowed(f"a review may block or watch, not use the list {entry.list!r}; nothing was changed")
    if not timedelta(0) < entry.lasts <= ENTRY_LASTS_MAX:
        raise NotAllowed(f"a review may block for {ENTRY_LASTS_MAX.days} days at most")
    try:
        check_entry(entry.list, value, now, expires_at, entry.entity)
    except EntryError as error:
        raise NotAllowed(f"{error}; nothing was changed") from error
    request = ListRequest(
        str(id), now, person.name[:AUTHOR_CHARACTERS_MAX],
        (reason or f"review of payment {review.payment_id}")[:500], entry.list, value, "add", expires_at,
    )  # fmt: skip
    return OutboxMessage(
        review.engine, "list-requests", "list_request", str(id), _without_card_numbers(encode(request)),
        f"review/{review.review_id}/{entry.list}", action.undo_until, action.action_id, id,
    )  # fmt: skip


def tokens(review: Review) -> Tokens:
    """The payment's entities, as every message about it carries them."""
    return msgspec.convert(review.tokens, Tokens)


def value_of(review: Review, entity: Entity) -> str | None:
    """The payment's value of an entity, as lists name it; None where it has none."""
    held = tokens(review)
    values = {
        "card": held.method.token,
        "device": held.device_id,
        "customer": held.customer_id,
        "email": held.email_token,
        "ip": held.ip,
    }
    return values.get(entity)


def ms_of_delta(length: timedelta) -> int:
    return length // timedelta(milliseconds=1)


def _without_card_numbers(value: bytes) -> bytes:
    if card_numbers.find(value):
        raise NotAllowed("a field of this payment holds a card number, which may not be sent on: escalate it")
    return value
