"""A queue that looks like a busy morning, for browser tests and pictures."""

import random
from datetime import datetime, timedelta
from typing import Any, Final

from desk.database import DeskDatabase
from desk.people import Person, Role
from desk.reviews import Conclusion, add_note, escalate, give, open_review
from desk.reviews.upkeep import apply_defaults
from models.messages import DecisionReason
from tests.console.scene import NOW
from tests.desk.review_cases import Queue, person, queue_on

REASONS: Final = (
    ("many_cards_from_device", "eleven cards from this device within an hour"),
    ("amount_far_above_habit", "nine times the amount this customer usually pays"),
    ("model_new_country", "the card was never used in this country before"),
    ("night_and_new_address", "a delivery address first seen tonight"),
)
SHOPS: Final = ("nordic-audio", "tickets-direct", "green-grocer", "fast-travel")
BEN: Final = person(2)


def busy_queue(database: DeskDatabase, me: Person, now: datetime = NOW) -> Queue:
    """Some forty open payments: overdue ones, one in another's hands, large, escalated and lapsed ones."""
    queue, chance = queue_on(database), random.Random(7)
    queue.clock.now = now - timedelta(days=6, hours=1)
    for number in range(2):
        queue.arrives(
            f"pay-lapsed-{number}", merchant_id="green-grocer", amount=4_990, reference_amount=4_990
        )
    queue.clock.now = now
    apply_defaults(queue.desk, now)
    for number in range(40):
        queue.arrives(f"pay-{chance.randrange(16**8):08x}", **_payment(number, chance, now))
    queue.arrives("pay-ring-1", **_ring(0, now))
    for number in range(1, 4):
        queue.arrives(f"pay-ring-{number + 1}", **_ring(number, now))
    _at_work(queue, me, now)
    return queue


def _payment(number: int, chance: random.Random, now: datetime) -> dict[str, Any]:
    amount = chance.randrange(2_000, 90_000) if number % 9 else chance.randrange(110_000, 240_000)
    reasons = tuple(DecisionReason(*each) for each in chance.sample(REASONS, 2))
    return {
        "at": now - timedelta(minutes=chance.randrange(5, 330)),
        "probability": round(chance.uniform(0.05, 0.7), 3),
        "amount": amount, "reference_amount": amount, "merchant_id": chance.choice(SHOPS),
        "reasons": reasons, "device": f"dev-{number}", "score": chance.randrange(20, 90),
    }  # fmt: skip


def _ring(number: int, now: datetime) -> dict[str, Any]:
    return {
        "at": now - timedelta(minutes=30 + number), "probability": 0.93 - number / 10, "card": "card-7f3a9c",
        "amount": 95_000, "reference_amount": 95_000, "merchant_id": "nordic-audio", "device": "dev-9b1e",
        "reasons": tuple(DecisionReason(*each) for each in REASONS[:3]), "score": 72,
    }  # fmt: skip


def _at_work(queue: Queue, me: Person, now: datetime) -> None:
    """What others have done this morning."""
    colleague, ids = (
        person(4, Role.REVIEWER),
        queue.all("SELECT review_id FROM reviews WHERE state = 'waiting' AND eyes = 1 ORDER BY rank LIMIT 3"),
    )
    (large,) = queue.all("SELECT review_id FROM reviews WHERE eyes = 2 ORDER BY rank DESC LIMIT 1")
    open_review(queue.desk, colleague, large, now)
    give(queue.desk, colleague, large, Conclusion.DECLINE, now, reason="the address is a parcel shop")
    open_review(queue.desk, colleague, ids[0], now)
    escalate(queue.desk, colleague, ids[0], "the shop does not answer", now)
    queue.all("UPDATE reviews SET ready_at = arrived_at WHERE closed_at IS NULL RETURNING 1")
    open_review(queue.desk, BEN, ids[1], now)
    add_note(
        queue.desk,
        me,
        queue.id_of("pay-ring-1"),
        "Same device as the run of last week, see the timeline.",
        now,
    )
