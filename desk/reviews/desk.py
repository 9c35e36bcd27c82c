"""What every act on the queue needs: the database, whose payments, by which rules, and the audit trail."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from desk.audit import AuditTrail
from desk.database import DeskConnection, DeskDatabase
from desk.people import Person
from desk.reviews.errors import NotFound
from desk.reviews.review import Review, review_of
from desk.reviews.rules import ReviewRules
from desk.reviews.scope import scope_of, sql

DEADLINE: Final = Person(UUID(int=0), "(deadline)", frozenset(), None)
"""Who did what nobody did: the default was applied."""
NOBODY: Final = -1
"""The id of no review."""


@dataclass(frozen=True)
class ReviewDesk:
    """The queue of one engine."""

    database: DeskDatabase
    engine: str
    audit: AuditTrail
    rules: ReviewRules = field(default_factory=ReviewRules)

    def bounds(self, person: Person, now: datetime) -> dict[str, Any]:
        """Parameters of every query of a person."""
        return {**scope_of(person, now), "engine": self.engine}

    def note(
        self,
        connection: DeskConnection,
        person: Person,
        action: str,
        review: Review | Mapping[str, Any],
        **detail: Any,
    ) -> None:
        """An entry of the audit trail about one payment, in this transaction."""
        row = vars(review) if isinstance(review, Review) else review
        account, payment = row["merchant_account"], row["payment_id"]
        self.audit.note(
            connection, person, action, f"payment:{account}/{payment}",
            {"review": row["review_id"], **detail}, merchant_account=account,
        )  # fmt: skip

    def locked(self, connection: DeskConnection, person: Person, review_id: int, now: datetime) -> Review:
        """A payment, locked until the transaction ends. Raises `NotFound`."""
        asked = self.bounds(person, now) | {"review": review_id}
        row = connection.execute(sql("one_locked"), asked).fetchone()
        if row is None:
            raise NotFound("there is no such payment in the queue of your merchant accounts")
        return review_of(row)
