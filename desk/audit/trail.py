"""Writes the audit trail, and reads it."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from psycopg.types.json import Jsonb

from desk.audit.entries import ENTRIES_MAX, AuditEntry, AuditFilter
from desk.database import DeskConnection
from desk.people import Person

OPERATOR: Final = "(operator)"
"""Who did what was done at the command line of the host."""
NOBODY: Final = "(nobody)"
"""Who has not signed in."""
UNKNOWN: Final = "\N{REPLACEMENT CHARACTER}"
ENTRIES: Final = (Path(__file__).parent / "queries" / "entries.sql").read_text(encoding="utf-8")


class AuditTrail:
    """The audit trail of one installation. `clock` gives UTC."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock

    def note(
        self,
        connection: DeskConnection,
        person: Person | None,
        action: str,
        subject: str,
        detail: Mapping[str, Any] | None = None,
        *,
        merchant_account: str | None = None,
    ) -> None:
        """Adds an entry, in the caller's transaction. Without a person it is the operator's.

        detail: what JSON can hold, up to 16 kB: what was before, what is now. No password, token or code.
        """
        user_id, name = (person.user_id, person.name) if person else (None, OPERATOR)
        self._add(connection, user_id, name, action, subject, detail, merchant_account)

    def note_nobody(
        self, connection: DeskConnection, action: str, subject: str, detail: Mapping[str, Any] | None = None
    ) -> None:
        """Adds an entry of what somebody tried who has not signed in."""
        self._add(connection, None, NOBODY, action, subject, detail, None)

    def entries(self, connection: DeskConnection, asked: AuditFilter) -> list[AuditEntry]:
        """Those asked for, the newest first; at most `ENTRIES_MAX`."""
        accounts = None if asked.accounts is None else sorted(asked.accounts)
        limit = max(1, min(asked.limit, ENTRIES_MAX))
        rows = connection.execute(ENTRIES, asdict(asked) | {"accounts": accounts, "limit": limit})
        return [AuditEntry(**row) for row in rows]

    def _add(
        self,
        connection: DeskConnection,
        user_id: UUID | None,
        name: str,
        action: str,
        subject: str,
        detail: Mapping[str, Any] | None,
        merchant_account: str | None,
    ) -> None:
        connection.execute(
            "INSERT INTO audit_entries "
            "(noted_at, user_id, name, action, subject, merchant_account, detail) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s)",
            (
                self._clock(),
                user_id,
                name,
                action,
                _storable(subject)[:512],
                merchant_account,
                Jsonb(_storable(dict(detail or {}))),
            ),
        )


def _storable(value: Any) -> Any:
    """Without the characters that PostgreSQL's text cannot hold, at any depth."""
    match value:
        case str():
            return value.replace("\0", UNKNOWN).encode(errors="replace").decode()
        case dict():
            return {_storable(str(name)): _storable(held) for name, held in value.items()}
        case list() | tuple():
            return [_storable(held) for held in value]
        case _:
            return value
