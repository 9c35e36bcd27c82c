"""Named views of the console's lists: one's own, and those that others share.

Invariants
- A person changes their own views only. A shared view is shown to those who see every merchant account it was
  made for: its filters may name what belongs to them.
- A view never widens what its reader sees: `NamedView.accounts_for` is within the reader's own accounts.
- Changes name the version they were made of, so that of two tabs the later one does not overwrite unseen.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, LiteralString
from uuid import UUID, uuid4

import msgspec

from desk.views.keeping import Refusals, changed, deleted, kept, shared_with
from desk.views.refusals import (
    NotYoursError,
    ViewRefusedError,
    clean_name,
)
from desk.views.selection import BadSelectionError, Selection, checked

if TYPE_CHECKING:
    from desk.database import DeskDatabase
    from desk.people import Person

VIEWS_MAX: Final = 100
"""Of one person, on all pages."""
SHOWN_MAX: Final = 500
COLUMNS: Final[LiteralString] = """
    view_id, owner_id, users.name AS owner_name, page, named_views.name, selection, is_shared, needs_accounts,
    version, changed_at, (SELECT true FROM default_views
        WHERE default_views.view_id = named_views.view_id AND user_id = %(user_id)s) AS is_default
    FROM named_views JOIN users ON users.user_id = owner_id
"""
VISIBLE: Final[LiteralString] = """
    (owner_id = %(user_id)s OR (is_shared AND
        (needs_accounts IS NULL OR %(sees_all)s OR needs_accounts <@ %(accounts)s::text[])))
"""


@dataclass(frozen=True)
class NamedView:
    """One view, as a person sees it."""

    view_id: UUID
    page: str
    name: str
    selection: Selection
    owner_name: str
    is_own: bool
    is_shared: bool
    is_default: bool
    """Of this person, on its page."""
    version: int
    changed_at: datetime

    def accounts_for(self, accounts: frozenset[str] | None) -> frozenset[str] | None:
        """The merchant accounts that it shows to somebody who sees `accounts` (None: all)."""
        return self.selection.accounts_for(accounts)


class NamedViews:
    """The views of everybody."""

    def __init__(self, database: "DeskDatabase", now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    def of(self, person: "Person", page: str) -> list[NamedView]:
        """What a person can choose from on a page: their own first, then shared ones, each by name."""
        with self._database.transaction() as connection:
            rows = connection.execute(
                "SELECT" + COLUMNS + "WHERE page = %(page)s AND" + VISIBLE +
                "ORDER BY owner_id <> %(user_id)s, lower(named_views.name), view_id LIMIT %(most)s",
                {**_reader(person), "page": page, "most": SHOWN_MAX},
            ).fetchall()  # fmt: skip
        return [view for row in rows if (view := _view(row, person))]

    def find(self, person: "Person", view_id: UUID) -> NamedView:
        """One that the person may see. Raises NotYoursError."""
        with self._database.transaction() as connection:
            row = connection.execute(
                "SELECT" + COLUMNS + "WHERE view_id = %(view_id)s AND" + VISIBLE,
                {**_reader(person), "view_id": view_id},
            ).fetchone()
        view = _view(row, person) if row else None
        if view is None:
            raise NotYoursError("this view is gone, or not shared with you")
        return view

    def default(self, person: "Person", page: str) -> NamedView | None:
        """With which a page opens for this person."""
        return next((view for view in self.of(person, page) if view.is_default), None)

    def save(
        self, person: "Person", page: str, name: str, selection: Selection, *, is_shared: bool = False
    ) -> UUID:
        """Keeps a new view. Raises ViewRefusedError; NameTakenError where the person has one of that name."""
        view_id = uuid4()
        row = {
            **_kept_form(person, selection),
            "view_id": view_id, "page": page, "name": clean_name(name), "is_shared": is_shared,
            "owner_id": person.user_id, "most": VIEWS_MAX, "now": self._now(),
        }  # fmt: skip
        kept(self._database, INSERT, row, "named_views", VIEWS_MAX)
        return view_id

    def overwrite(self, person: "Person", view_id: UUID, version: int, selection: Selection) -> None:
        """Another selection under the same name. Raises KeptElsewhereError, NotYoursError."""
        self._change(person, view_id, version, OVERWRITE, _kept_form(person, selection))

    def rename(self, person: "Person", view_id: UUID, version: int, name: str) -> None:
        """Raises NameTakenError, KeptElsewhereError, NotYoursError."""
        self._change(person, view_id, version, RENAME, {"name": clean_name(name)})

    def share(self, person: "Person", view_id: UUID, version: int, *, is_shared: bool) -> None:
        """Shows it to others or no more. Whether the person may share at all is asked before."""
        self._change(person, view_id, version, SHARE, {"is_shared": is_shared, **shared_with(person)})

    def delete(self, person: "Person", view_id: UUID) -> None:
        """Forgets it, also as the default of others. Raises NotYoursError."""
        values = {"view_id": view_id, "owner_id": person.user_id}
        deleted(self._database, "DELETE FROM named_views" + OWN, values, REFUSALS.gone)

    def make_default(self, person: "Person", page: str, view_id: UUID | None) -> None:
        """With which the page opens for this person; None: with none. Raises NotYoursError."""
        if view_id is not None and self.find(person, view_id).page != page:
            raise NotYoursError("this view is of another page")
        with self._database.transaction() as connection:
            if view_id is None:
                connection.execute(FORGET_DEFAULT, {"user_id": person.user_id, "page": page})
            else:
                values = {"user_id": person.user_id, "page": page, "view_id": view_id}
                connection.execute(MAKE_DEFAULT, values)

    def _change(
        self, person: "Person", view_id: UUID, version: int, statement: LiteralString, values: dict[str, Any]
    ) -> None:
        values = {
            **values, "view_id": view_id, "owner_id": person.user_id, "version": version, "now": self._now()
        }  # fmt: skip
        changed(self._database, statement + CHANGED, "SELECT 1 FROM named_views" + OWN, values, REFUSALS)


def _view(row: dict[str, Any], person: "Person") -> NamedView | None:
    """None for one that this version cannot read: the page opens without it."""
    try:
        selection = checked(row["selection"])
    except BadSelectionError:
        return None
    return NamedView(
        row["view_id"], row["page"], row["name"], selection, row["owner_name"],
        row["owner_id"] == person.user_id, row["is_shared"], bool(row["is_default"]), row["version"],
        row["changed_at"],
    )  # fmt: skip


def _reader(person: "Person") -> dict[str, object]:
    return {
        "user_id": person.user_id,
        "sees_all": person.accounts is None,
        "accounts": sorted(person.accounts or ()),
    }


def _kept_form(person: "Person", selection: Selection) -> dict[str, Any]:
    document = msgspec.json.encode(selection).decode()
    checked(msgspec.json.decode(document))
    if person.accounts is not None and not frozenset(selection.accounts) <= person.accounts:
        raise ViewRefusedError("this selection names a merchant account that you do not see: take it out")
    return {"selection": document, **shared_with(person)}


REFUSALS: Final = Refusals(
    "you have a view of this name on this page: take another name",
    "this view was changed meanwhile, perhaps in another tab: load the page",
    "this view is gone, or another person's",
)
OWN: Final[LiteralString] = " WHERE view_id = %(view_id)s AND owner_id = %(owner_id)s"
INSERT: Final[LiteralString] = """
    INSERT INTO named_views
        (view_id, owner_id, slot, page, name, selection, is_shared, needs_accounts, changed_at)
    SELECT %(view_id)s, %(owner_id)s, slot, %(page)s, %(name)s, %(selection)s::jsonb, %(is_shared)s,
        %(needs_accounts)s::text[], %(now)s
    FROM generate_series(1, %(most)s) AS slot
    WHERE slot NOT IN (SELECT slot FROM named_views WHERE owner_id = %(owner_id)s)
    ORDER BY slot LIMIT 1
"""
OVERWRITE: Final[LiteralString] = (
    "UPDATE named_views SET selection = %(selection)s::jsonb, needs_accounts = %(needs_accounts)s::text[]"
)
RENAME: Final[LiteralString] = "UPDATE named_views SET name = %(name)s"
SHARE: Final[LiteralString] = (
    "UPDATE named_views SET is_shared = %(is_shared)s, needs_accounts = %(needs_accounts)s::text[]"
)
CHANGED: Final[LiteralString] = (
    ", version = version + 1, changed_at = %(now)s" + OWN + " AND version = %(version)s"
)
FORGET_DEFAULT: Final[LiteralString] = (
    "DELETE FROM default_views WHERE user_id = %(user_id)s AND page = %(page)s"
)
MAKE_DEFAULT: Final[LiteralString] = """
    INSERT INTO default_views (user_id, page, view_id) VALUES (%(user_id)s, %(page)s, %(view_id)s)
    ON CONFLICT (user_id, page) DO UPDATE SET view_id = excluded.view_id
"""
