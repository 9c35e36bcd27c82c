"""Sessions: begun, known by their token, ended. A token stands in a cookie; here lies its hash alone.

A session ends after `IDLE` without a request, after `WHOLE` in any case, with a change of its person's
password, and when the person is disabled. When rights change, the token does too, and the old one is worth
nothing.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from desk.accounts.tokens import new_token, sha256_of
from desk.database import DeskConnection
from desk.people import Person, Role

IDLE: Final = timedelta(minutes=30)
WHOLE: Final = timedelta(hours=12)
SEEN_EVERY: Final = timedelta(minutes=1)
"""How exactly the last request is known: writing at each one would cost a commit."""
SESSIONS_MAX: Final = 10
"""Of one person; one more ends the oldest."""


@dataclass(frozen=True)
class NewSession:
    """Somebody has signed in; `token` is for their cookie alone."""

    token: str = field(repr=False)
    person: Person
    ends_at: datetime


@dataclass(frozen=True)
class SessionPerson:
    """Whose request it is.

    new_token: takes the place of the token in the cookie, which is worth nothing from now on; else None.
    """

    person: Person
    session_id: UUID
    ends_at: datetime
    has_totp: bool
    new_token: str | None = field(default=None, repr=False)


def person_in(row: dict[str, Any]) -> Person:
    """Of a row of `users`."""
    accounts = row["merchant_accounts"]
    return Person(
        row["user_id"],
        row["name"],
        frozenset(Role(role) for role in row["roles"]),
        None if accounts is None else frozenset(accounts),
    )


def begin(connection: DeskConnection, user: dict[str, Any], now: datetime) -> NewSession:
    """A session for a row of `users` that the transaction holds a lock on."""
    connection.execute(END_OLDEST, {"user": user["user_id"], "kept": SESSIONS_MAX - 1})
    token, ends_at = new_token(), now + WHOLE
    connection.execute(
        "INSERT INTO sessions "
        "(session_id, token_sha256, user_id, rights_version, started_at, seen_at, ends_at) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s)",
        (uuid4(), sha256_of(token), user["user_id"], user["rights_version"], now, now, ends_at),
    )
    return NewSession(token, person_in(user), ends_at)


def find(connection: DeskConnection, token: str, now: datetime) -> SessionPerson | None:
    """Whose session it is, with the rights of this moment; None for one that is not or has ended."""
    row = connection.execute(
        FIND, {"token": sha256_of(token), "now": now, "seen_since": now - IDLE}
    ).fetchone()
    if row is None:
        return None
    renewed = None
    if row["session_rights"] != row["rights_version"]:
        renewed = _renew(connection, row, token, now)
        if renewed is None:
            return None
    elif now - row["seen_at"] >= SEEN_EVERY:
        connection.execute(
            "UPDATE sessions SET seen_at = greatest(seen_at, %s) WHERE session_id = %s",
            (now, row["session_id"]),
        )
    has_totp = row["totp_secret"] is not None
    return SessionPerson(person_in(row), row["session_id"], row["ends_at"], has_totp, renewed)


def person_now(connection: DeskConnection, session_id: UUID, now: datetime) -> Person | None:
    """Whose session it is, with the rights of this moment; None where it has ended. It is no request: neither
    does the session go on by it, nor is its token renewed."""
    row = connection.execute(
        FIND_BY_ID, {"session": session_id, "now": now, "seen_since": now - IDLE}
    ).fetchone()
    return None if row is None else person_in(row)


def end(connection: DeskConnection, token: str) -> UUID | None:
    """Ends one session; whose it was."""
    row = connection.execute(
        "DELETE FROM sessions WHERE token_sha256 = %s RETURNING user_id", (sha256_of(token),)
    ).fetchone()
    return row["user_id"] if row else None


def end_all(connection: DeskConnection, user_id: UUID) -> None:
    connection.execute("DELETE FROM sessions WHERE user_id = %s", (user_id,))


def forget_ended(connection: DeskConnection, now: datetime) -> None:
    """Deletes sessions that no token opens any more."""
    connection.execute("DELETE FROM sessions WHERE ends_at <= %s OR seen_at <= %s", (now, now - IDLE))


def _renew(connection: DeskConnection, row: dict[str, Any], token: str, now: datetime) -> str | None:
    """A new token for a session whose person has other rights now; of two requests one gets it."""
    renewed = new_token()
    changed = connection.execute(
        "UPDATE sessions SET token_sha256 = %s, rights_version = %s, seen_at = %s "
        "WHERE session_id = %s AND token_sha256 = %s RETURNING session_id",
        (sha256_of(renewed), row["rights_version"], now, row["session_id"], sha256_of(token)),
    ).fetchone()
    return renewed if changed else None


FIND: Final = """
SELECT s.session_id, s.seen_at, s.ends_at, s.rights_version AS session_rights,
       u.user_id, u.name, u.roles, u.merchant_accounts, u.rights_version, u.totp_secret
FROM sessions AS s JOIN users AS u USING (user_id)
WHERE s.token_sha256 = %(token)s AND s.ends_at > %(now)s AND s.seen_at > %(seen_since)s
  AND u.disabled_at IS NULL
"""
FIND_BY_ID: Final = """
SELECT u.user_id, u.name, u.roles, u.merchant_accounts
FROM sessions AS s JOIN users AS u USING (user_id)
WHERE s.session_id = %(session)s AND s.ends_at > %(now)s AND s.seen_at > %(seen_since)s
  AND u.disabled_at IS NULL
"""
END_OLDEST: Final = """
DELETE FROM sessions WHERE session_id IN (
    SELECT session_id FROM sessions WHERE user_id = %(user)s ORDER BY started_at DESC OFFSET %(kept)s
)
"""
