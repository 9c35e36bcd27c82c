"""What the page shows of a review, in words."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from dashboards.console.pages.payment import source_words
from desk.accounts import Action, Person
from desk.reviews import Conclusion, KnownFraud, Review, Run, Undoable, Undone
from models.lists import Entity

SOON: Final = timedelta(hours=1)
NAMED_MAX: Final = 5
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
    payments = done.payment_ids[0] if len(done.payment_ids) == 1 else counted_payments(len(done.payment_ids))
    return f"You {DONE[done.conclusion]} {payments}" if done.conclusion else f"You escalated {payments}"


def counted_payments(number: int, kind: str = "") -> str:
    """So many payments.

    >>> counted_payments(1), counted_payments(3, "linked")
    ('1 payment', '3 linked payments')
    """
    return f"{number:,} {kind} payment{'' if number == 1 else 's'}".replace("  ", " ")


def told_back(done: Undone) -> str:
    """What a person took back, in words.

    >>> moment = datetime(2026, 6, 1)
    >>> told_back(Undone("verdict", moment, ("a",), ("a",), Conclusion.DECLINE))
    'Taken back: you had declined payment a. It is open again'
    >>> told_back(Undone("linked", moment, ("a", "b"), ("b",), Conclusion.APPROVE))
    'Taken back: you had approved payments a, b. Open again: b; the others have gone on meanwhile'
    """
    several = len(done.payment_ids) > 1
    named = ", ".join(done.payment_ids[:NAMED_MAX]) + (" ..." if len(done.payment_ids) > NAMED_MAX else "")
    said = DONE[done.conclusion] if done.conclusion else "escalated"
    text = f"Taken back: you had {said} {'payments' if several else 'payment'} {named}"
    if done.open_again == done.payment_ids:
        return f"{text}. {'They are' if several else 'It is'} open again"
    if not done.open_again:
        return f"{text}. {'None is' if several else 'It is not'} open again: something else ended it"
    return f"{text}. Open again: {', '.join(done.open_again[:NAMED_MAX])}; the others have gone on meanwhile"


def progress(run: Run) -> str:
    """What a person did in a run, in words.

    >>> from types import SimpleNamespace
    >>> progress(SimpleNamespace(approved=4, declined=0, escalated=0, undone=1))
    '4 approved, 1 taken back'
    """
    did = {
        "approved": run.approved,
        "declined": run.declined,
        "escalated": run.escalated,
        "taken back": run.undone,
    }
    return ", ".join(f"{number:,} {name}" for name, number in did.items() if number) or "nothing done yet"


def known_as_fraud(fraud: KnownFraud, review: Review) -> str:
    """What is known of a payment before anybody has looked, in words."""
    attempt = f" of attempt {fraud.attempt}" if fraud.attempt != review.attempt else ""
    return f"This payment is known as fraud already: {source_words(fraud.source)}{attempt}"


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
