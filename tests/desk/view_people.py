"""People who keep views: rows of users, and the persons of them."""

from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import uuid4

from desk.database import DeskDatabase
from desk.people import Person, Role


def some_person(database: DeskDatabase, name: str, accounts: Iterable[str] | None = None) -> Person:
    """Somebody who sees those merchant accounts; None: all."""
    person = Person(
        uuid4(), name, frozenset({Role.ANALYST}), None if accounts is None else frozenset(accounts)
    )
    known_as(database, person)
    return person


def known_as(database: DeskDatabase, person: Person) -> None:
    """Makes a person one of the users."""
    with database.transaction() as connection:
        connection.execute(
            "INSERT INTO users (user_id, name, roles, created_at) VALUES (%s, %s, %s, %s)",
            (
                person.user_id,
                person.name,
                [str(role) for role in person.roles],
                datetime(2026, 1, 1, tzinfo=UTC),
            ),
        )
