"""What the page shows of a review, in words."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from desk.accounts import Action, Person
from desk.reviews import Conclusion, Review, Undoable
from models.lists import Entity

SOON: Final = timedelta(hours=1)
DONE: Final = {Conclusion.APPROVE: "approved", Conclusion.DECLINE: "declined"}
BLOCKABLE: Final[tuple[tuple[Entity, str, str], ...]] = (
    ("card", "blocked_cards", "the card"),
    ("device", "blocked_devices", "the device"),
    ("customer", "blocked_customers", "the customer"),
    ("email", "blocked_emails", "the e-mail address"),
    ("ip", "blocked_ips", "the IP address"),
)
"""Entity, list, words."""


@dataclass(frozen=True)
class Urgency:
    """How near a time is. tone: of a badge."""

    text: str
    tone: str


def urgency(review: Review, now: datetime) -> Urgency:
    """Whether a verdict is owed."""
    left = review.due_at - now
    if left <= timedelta(0):
        return Urgency(f"{short(-left)} over", "bad")
    return Urgency(f"{short(left)} left", "warning" if left < SOON else "neutral")


def short(length: timedelta) -> str:
    """A length of time in its two largest units.

    >>> short(timedelta(hours=3, minutes=5)), short(timedelta(days=2, hours=1)), short(timedelta(seconds=40))
    ('3 h 5 min', '2 d 1 h', '1 min')
    """
    total = max(1, round(length.total_seconds() / 60))
    parts = [(total // 1_440, "d"), (total // 60 % 24, "h"), (total % 60, "min")]
    first = next((place for place, (count, _) in enumerate(parts) if count), 2)
    return " ".join(f"{count} {unit}" for count, unit in parts[first : first + 2] if count)


def first_reason(review: Review) -> str:
    """The first reason of the decision, in words."""
    reasons = review.decision.get("reasons") or ()
    return str(reasons[0]["text"]) if reasons else "held by the policy"


def told_of(done: Undoable) -> str:
    """What a person did last, in words."""
    payments = done.payment_ids[0] if len(done.payment_ids) == 1 else f"{len(done.payment_ids)} payments"
    return f"You {DONE[done.conclusion]} {payments}" if done.conclusion else f"You escalated {payments}"


def entities(review: Review, person: Person) -> list[tuple[str, str]]:
    """The payment's tokens by what they stand for, for those who may see tokens."""
    if not person.may(Action.SEE_TOKENS):
        return []
    tokens: dict[str, Any] = dict(review.tokens)
    named = {
        "Card": tokens["method"].get("token"),
        "BIN": tokens["method"].get("bin"),
        "Issuer's country": tokens["method"].get("country"),
        "Customer": tokens.get("customer_id"),
        "Device": tokens.get("device_id"),
        "IP address": tokens.get("ip"),
        "E-mail": tokens.get("email_token"),
        "Delivery address": tokens.get("delivery_address_token"),
    }
    return [(name, str(value)) for name, value in named.items() if value]


def blockable(review: Review, person: Person) -> list[tuple[str, str]]:
    """What of the payment can be blocked with a decline: entity, words. Nothing by who sees some merchant
    accounts only: a list judges the payments of all.
    """
    if person.accounts is not None:
        return []
    tokens: dict[str, Any] = dict(review.tokens)
    values = {
        "card": tokens["method"].get("token"),
        "device": tokens.get("device_id"),
        "customer": tokens.get("customer_id"),
        "email": tokens.get("email_token"),
        "ip": tokens.get("ip"),
    }
    return [(entity, words) for entity, _, words in BLOCKABLE if values[entity]]


def payment_query(review: Review) -> str:
    """What the page of the payment is asked by."""
    return urlencode({"id": review.payment_id, "account": review.merchant_account})
