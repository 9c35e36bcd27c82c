"""A clock that is moved by hand, and people for tests."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from desk.people import Person, Role


class HandClock:
    """Gives the time it was set to."""

    def __init__(self, now: datetime = datetime(2026, 3, 2, 9, tzinfo=UTC)) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


def person(*roles: Role, accounts: frozenset[str] | None = None, name: str = "reviewer-1") -> Person:
    return Person(uuid4(), name, frozenset(roles), accounts)
