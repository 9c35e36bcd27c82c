"""One-time links, by which a person sets a password: the first one, or a new one after it was forgotten."""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from desk.accounts.tokens import new_token, sha256_of
from desk.database import DeskConnection

VALID: Final = timedelta(hours=24)


def make(connection: DeskConnection, user_id: UUID, now: datetime, *, forget_totp: bool = False) -> str:
    """The token of a new link; the user's link before it works no longer.

    forget_totp: with the new password goes the authenticator app: the phone is lost.
    """
    token = new_token()
    connection.execute(
        "INSERT INTO one_time_links (user_id, token_sha256, forget_totp, ends_at) VALUES (%s, %s, %s, %s) "
        "ON CONFLICT (user_id) DO UPDATE SET token_sha256 = excluded.token_sha256, "
        "forget_totp = excluded.forget_totp, ends_at = excluded.ends_at",
        (user_id, sha256_of(token), forget_totp, now + VALID),
    )
    return token


def holder(connection: DeskConnection, token: str, now: datetime) -> dict[str, Any] | None:
    """Whose link it is, while it works."""
    return connection.execute(
        "SELECT u.user_id, u.name FROM one_time_links AS l JOIN users AS u USING (user_id) "
        "WHERE l.token_sha256 = %s AND l.ends_at > %s AND u.disabled_at IS NULL",
        (sha256_of(token), now),
    ).fetchone()


def use_up(connection: DeskConnection, token: str, now: datetime) -> dict[str, Any] | None:
    """Takes the link away and says whose it was; of two who use it at the same moment one gets None."""
    return connection.execute(
        "DELETE FROM one_time_links AS l USING users AS u WHERE u.user_id = l.user_id "
        "AND l.token_sha256 = %s AND l.ends_at > %s AND u.disabled_at IS NULL "
        "RETURNING u.user_id, u.name, l.forget_totp",
        (sha256_of(token), now),
    ).fetchone()


def take_back(connection: DeskConnection, user_id: UUID) -> None:
    connection.execute("DELETE FROM one_time_links WHERE user_id = %s", (user_id,))


def forget_ended(connection: DeskConnection, now: datetime) -> None:
    connection.execute("DELETE FROM one_time_links WHERE ends_at <= %s", (now,))
