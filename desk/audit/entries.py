"""An entry of the audit trail, and which ones somebody asks for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

ENTRIES_MAX: Final = 500
"""Most entries of one page."""


@dataclass(frozen=True)
class AuditEntry:
    """Who did what, when, to what.

    user_id           None: nobody was signed in; `name` says what it was then
    action            a verb of the house, e.g. `review_decided`
    subject           what it was done to, e.g. `payment:acme/p-1`, `user:reviewer-1`, `ruleset:12`
    merchant_account  whose payments it was about, where it was about some
    """

    entry_id: int
    noted_at: datetime
    user_id: UUID | None
    name: str
    action: str
    subject: str
    merchant_account: str | None
    detail: Mapping[str, Any]


@dataclass(frozen=True)
class AuditFilter:
    """Which entries; a field that is None asks for nothing.

    before    entries older than this one: the next page
    accounts  of these merchant accounts; None for all
    reader    with `accounts`: whose own entries are among them also where they are about no payments. Those
              of others tell of the whole engine: lists, people, what was asked over all merchant accounts
    """

    user_id: UUID | None = None
    action: str | None = None
    subject: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None
    accounts: frozenset[str] | None = None
    reader: UUID | None = None
    limit: int = 100
