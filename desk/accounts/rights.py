"""Who there is and what they may do: made, changed, disabled, within the rights of whoever does it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from desk.accounts.refusals import AccountRefused
from desk.accounts.sessions import person_in
from desk.database import DeskConnection
from desk.people import Action, Person, Role

USERS_MAX: Final = 10_000
LOCK: Final = 0x7011_9E09
"""Of PostgreSQL's advisory locks: any number that nobody else takes."""


@dataclass(frozen=True)
class Account:
    """A person as who manages people sees them.

    has_signed_up: whether they ever set a password or came by an identity provider.
    """

    person: Person
    has_signed_up: bool
    has_totp: bool
    created_at: datetime
    disabled_at: datetime | None


def accounts(connection: DeskConnection) -> list[Account]:
    """All of them, by name."""
    rows = connection.execute("SELECT * FROM users ORDER BY name").fetchall()
    return [_account(row) for row in rows]


def locked(connection: DeskConnection, user_id: UUID) -> dict[str, Any]:
    """The row of a user, which nobody else changes until the transaction ends. Raises AccountRefused."""
    row = connection.execute("SELECT * FROM users WHERE user_id = %s FOR UPDATE", (user_id,)).fetchone()
    if row is None:
        raise AccountRefused("there is no such person (any more)")
    return row


def lock_people(connection: DeskConnection) -> None:
    """One change of who there is at a time: two admins must not take each other's rights at once."""
    connection.execute(f"SELECT pg_advisory_xact_lock({LOCK})")


def add(
    connection: DeskConnection,
    name: str,
    roles: Collection[Role],
    scope: frozenset[str] | None,
    now: datetime,
) -> UUID:
    """A new user without a password. Raises AccountRefused where the name is taken or is none."""
    from psycopg.errors import CheckViolation, UniqueViolation

    counted = connection.execute("SELECT count(*) AS n FROM users").fetchone()
    if counted is not None and counted["n"] >= USERS_MAX:
        raise AccountRefused(f"there are {USERS_MAX} people: no more are taken")
    user_id = uuid4()
    try:
        with connection.transaction():
            connection.execute(
                "INSERT INTO users (user_id, name, roles, merchant_accounts, created_at) "
                "VALUES (%s, %s, %s, %s, %s)",
                (user_id, name, sorted(roles), None if scope is None else sorted(scope), now),
            )
    except UniqueViolation:
        raise AccountRefused(f"there is a person named {name} already") from None
    except CheckViolation:
        raise AccountRefused(
            "a name has up to 64 small letters, digits and . _ @ + -, and begins with a letter or digit"
        ) from None
    return user_id


def change(
    connection: DeskConnection, user_id: UUID, roles: Collection[Role], scope: frozenset[str] | None
) -> None:
    """Sets roles and merchant accounts; sessions get new tokens."""
    connection.execute(
        "UPDATE users SET roles = %s, merchant_accounts = %s, rights_version = rights_version + 1 "
        "WHERE user_id = %s",
        (sorted(roles), None if scope is None else sorted(scope), user_id),
    )


def check_may_manage(by: Person | None, *scopes: frozenset[str] | None) -> None:
    """Raises AccountRefused unless `by` manages people of these merchant accounts. None: the operator."""
    if by is None:
        return
    if not by.may(Action.MANAGE_USERS):
        raise AccountRefused("only an admin changes people")
    if not all(by.covers(scope) for scope in scopes):
        raise AccountRefused("an admin changes only people whose merchant accounts are among the admin's own")


def check_an_admin_is_left(connection: DeskConnection) -> None:
    """Raises AccountRefused, so that the transaction does not hold, where nobody could manage people."""
    row = connection.execute(
        "SELECT 1 AS found FROM users WHERE 'admin' = ANY(roles) AND merchant_accounts IS NULL "
        "AND disabled_at IS NULL AND (password_hash IS NOT NULL OR subject IS NOT NULL) LIMIT 1"
    ).fetchone()
    if row is None:
        raise AccountRefused(
            "this is the last admin of all merchant accounts who can sign in: make another one first"
        )


def _account(row: dict[str, Any]) -> Account:
    signed_up = row["password_hash"] is not None or row["subject"] is not None
    return Account(
        person_in(row), signed_up, row["totp_secret"] is not None, row["created_at"], row["disabled_at"]
    )
