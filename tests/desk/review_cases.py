"""Payments under review and people, for tests of the queue."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from desk.audit import AuditTrail
from desk.database import DeskDatabase
from desk.people import Person, Role
from desk.reviews import ReviewDesk, ReviewRules, ms_of
from desk.reviews.upkeep import Arrival, admit
from models.messages import Decision, DecisionReason, Phase, Tokens, Verdict, Versions
from models.messages.payment import Method, MethodKind

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def person(number: int, *roles: Role, accounts: frozenset[str] | None = None) -> Person:
    return Person(UUID(int=number), f"reviewer-{number}", frozenset(roles or (Role.REVIEWER,)), accounts)


ANA, BEN = person(1), person(2)
CHIEF, OTHER_CHIEF = person(8, Role.REVIEWER, Role.APPROVER), person(9, Role.APPROVER)


def decision(payment_id: str, **changes: Any) -> Decision:
    known: dict[str, Any] = {
        "engine": "live", "sequence": 1, "merchant_account": "acme", "payment_id": payment_id, "attempt": 1,
        "phase": Phase.PRE_AUTH, "verdict": Verdict.REVIEW, "probability": 0.5, "score": 40,
        "hits": ("many_cards",), "amount": 10_000, "currency": "EUR", "reference_amount": 10_000,
        "method": MethodKind.CARD, "merchant_id": "shop-1", "merchant_country": "NL",
        "occurred_at": ms_of(NOW) - 2_000, "received_at": ms_of(NOW) - 1_000, "engine_time": ms_of(NOW),
        "versions": Versions("c0ffee"),
        "reasons": (DecisionReason("many_cards", "many cards from one device"),),
    }  # fmt: skip
    return Decision(**known | changes)


def arrival(
    payment_id: str, at: datetime = NOW, card: str = "", device: str | None = None, **changes: Any
) -> Arrival:
    tokens = Tokens(Method(MethodKind.CARD, card or f"card-of-{payment_id}"), "shop-1", "cus-1", device)
    return Arrival(decision(payment_id, **changes), tokens, ms_of(at))


@dataclass
class Clock:
    """A clock that is set by hand."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def after(self, length: timedelta) -> datetime:
        self.now += length
        return self.now


@dataclass
class Queue:
    """A queue with a clock."""

    desk: ReviewDesk
    clock: Clock = field(default_factory=Clock)

    def arrives(self, payment_id: str, **changes: Any) -> int:
        """Puts a payment in; its id in the queue."""
        with self.desk.database.transaction() as connection:
            admit(self.desk, connection, arrival(payment_id, **{"at": self.clock.now, **changes}))
        return self.id_of(payment_id)

    def id_of(self, payment_id: str) -> int:
        return self.one("SELECT review_id FROM reviews WHERE payment_id = %s", payment_id)

    def one(self, query: str, *arguments: object) -> Any:
        rows = self.all(query, *arguments)
        assert len(rows) == 1, rows
        return rows[0]

    def all(self, query: str, *arguments: object) -> list[Any]:
        with self.desk.database.transaction() as connection:
            rows = connection.execute(query, arguments).fetchall()
        return [next(iter(row.values())) if len(row) == 1 else tuple(row.values()) for row in rows]

    def state(self, review_id: int) -> tuple[str, str]:
        return self.one("SELECT state, queue FROM reviews WHERE review_id = %s", review_id)


def queue_on(database: DeskDatabase, engine: str = "live", **rules: Any) -> Queue:
    clock = Clock()
    desk = ReviewDesk(database, engine, AuditTrail(clock), replace(ReviewRules(), **rules))
    return Queue(desk, clock)
