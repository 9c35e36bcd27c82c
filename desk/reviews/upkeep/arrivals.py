"""Payments that come into the queue: a decision and its payment as one row."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from psycopg.types.json import Jsonb

from desk.database import DeskConnection
from desk.reviews.desk import DEADLINE, ReviewDesk
from desk.reviews.review import at_ms
from desk.reviews.rules import ReviewRules
from desk.reviews.upkeep.sql_text import sql
from models.messages import Decision, Tokens

HOUR: Final = timedelta(hours=1)
AMOUNT_MAX: Final = 2**62


@dataclass(frozen=True)
class Arrival:
    """A payment decided as review: its decision, its entities, and when Kafka took the decision (ms)."""

    decision: Decision
    tokens: Tokens
    decided_at: int

    def row(self, rules: ReviewRules) -> dict[str, Any]:
        """As the table has it."""
        decision, arrived_at = self.decision, at_ms(self.decided_at)
        loss = expected_loss(decision)
        is_large = abs(decision.reference_amount) >= rules.large_amount
        return {
            **{name: getattr(decision, name) for name in _SAME},
            "phase": decision.phase.value,
            "card": self.tokens.method.token,
            "device": self.tokens.device_id,
            "tokens": Jsonb(msgspec.to_builtins(self.tokens)),
            "decision": Jsonb(msgspec.to_builtins(decision)),
            "expected_loss": loss,
            "rank": rank(loss, arrived_at, rules),
            "eyes": 2 if is_large else 1,
            "occurred_at": at_ms(decision.occurred_at),
            "arrived_at": arrived_at,
            "due_at": arrived_at + rules.sla,
            "deadline_at": arrived_at + rules.authorisation - rules.margin,
        }


_SAME: Final = (
    "engine", "merchant_account", "payment_id", "attempt", "merchant_id", "amount", "currency",
    "reference_amount", "probability",
)  # fmt: skip


def expected_loss(decision: Decision) -> int:
    """EUR cents lost on average if the payment is captured; without a probability all of it counts."""
    certain = 1.0 if decision.probability is None else decision.probability
    return min(AMOUNT_MAX, max(0, round(certain * decision.reference_amount)))


def rank(loss: int, arrived_at: datetime, rules: ReviewRules) -> int:
    """The place in the queue, the highest first: expected loss, and what the hours of waiting count for.

    All grow older alike, so the order of two payments never changes and the rank can be kept.

    >>> early, rules = at_ms(0), ReviewRules(age_cents_per_hour=500)
    >>> rank(1_000, early, rules) > rank(1_400, early + HOUR, rules), rank(1_600, early + HOUR, rules)
    (True, 1100)
    """
    return loss - (arrived_at - at_ms(0)) * rules.age_cents_per_hour // HOUR


def arrival_of(decision: Decision, tokens: Tokens, decided_at: int) -> Arrival | None:
    """The arrival that a decision makes, or None where PostgreSQL could not keep it: a text with a zero
    character.
    """
    found = Arrival(decision, tokens, decided_at)
    is_storable = b"\\u0000" not in msgspec.json.encode((decision, tokens))
    return found if is_storable else None


def admit(desk: ReviewDesk, connection: DeskConnection, arrival: Arrival) -> bool:
    """Puts a payment into the queue; False where it is there already."""
    return connection.execute(sql("admit"), arrival.row(desk.rules)).fetchone() is not None


def withdraw(desk: ReviewDesk, connection: DeskConnection, decision: Decision, now: datetime) -> bool:
    """Takes a payment out of the queue that a later decision settled; False where none is open."""
    asked = {
        "engine": decision.engine,
        "merchant_account": decision.merchant_account,
        "payment_id": decision.payment_id,
        "attempt": decision.attempt,
        "now": now,
    }
    row = connection.execute(sql("withdraw"), asked).fetchone()
    if row is not None:
        desk.note(connection, DEADLINE, "review_withdrawn", {**asked, **row}, verdict=decision.verdict)
    return row is not None
