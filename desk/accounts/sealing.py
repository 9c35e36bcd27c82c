"""Secrets of authenticator apps lie encrypted in the database, by a key that is not in it (Fernet, of
`cryptography`). A copy of the database alone gives no codes.

The file holds keys, one a line, the newest first: what is stored is written with the first and read with any.
"""

import logging
from pathlib import Path
from typing import Final
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from desk.database import DeskConnection
from storage import StagedFile
from streams.errors import Misconfigured

log = logging.getLogger(__name__)

OTHERS: Final = 0o077
SEALED: Final = "gAAAA"
"""What everything that Fernet encrypts begins with, and no secret of an app: they are in base 32."""


class TotpSealing:
    """Encrypts the secret of one person, so that it is of no use in another person's row."""

    def __init__(self, *keys: bytes) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def sealed(self, user_id: UUID, secret: str) -> str:
        """As it is stored."""
        return self._fernet.encrypt(f"{user_id}:{secret}".encode()).decode()

    def opened(self, user_id: UUID, stored: str) -> str | None:
        """The secret; None where no key of ours opens it, or it is another person's. One from before secrets
        were encrypted is itself."""
        if not stored.startswith(SEALED):
            return stored
        try:
            whose, _, secret = self._fernet.decrypt(stored).decode().partition(":")
        except InvalidToken:
            log.warning("the secret of %s's authenticator app cannot be read: a key is missing", user_id)
            return None
        return secret if whose == str(user_id) else None

    def seal_all(self, connection: DeskConnection) -> int:
        """Encrypts with the newest key what is not encrypted, or with an older one; how many there are. What
        cannot be opened stays as it is."""
        rows = connection.execute(
            "SELECT user_id, totp_secret, totp_pending FROM users "
            "WHERE totp_secret IS NOT NULL OR totp_pending IS NOT NULL FOR UPDATE"
        ).fetchall()
        for row in rows:
            renewed = [self._renewed(row["user_id"], row[name]) for name in ("totp_secret", "totp_pending")]
            connection.execute(
                "UPDATE users SET totp_secret = %s, totp_pending = %s WHERE user_id = %s",
                (*renewed, row["user_id"]),
            )
        return len(rows)

    def _renewed(self, user_id: UUID, stored: str | None) -> str | None:
        opened = None if stored is None else self.opened(user_id, stored)
        return stored if opened is None else self.sealed(user_id, opened)


def sealing_of(path: Path) -> TotpSealing:
    """By the keys in this file, made where there is none. Raises Misconfigured."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with StagedFile(path, durable=True) as file:
            file.discard()
            file.partial.touch(mode=0o600)
            file.partial.write_bytes(Fernet.generate_key() + b"\n")
    if path.stat().st_mode & OTHERS:
        raise Misconfigured(f"others on this machine can read {path}: run `chmod 600 {path}`")
    try:
        return TotpSealing(*path.read_bytes().split())
    except (ValueError, OSError) as failure:
        raise Misconfigured(
            f"{path} does not hold keys, one a line: {failure}. Put back the file that it was; where it is "
            "lost, people need links that take their authenticator apps away (`tollgate users reset --help`)"
        ) from failure
