"""How an entry gets onto a list, and off it."""

import time
from dataclasses import dataclass
from typing import Annotated, Any, Protocol
from uuid import UUID, uuid4

from fastapi import Depends

from dashboards.console.parts import Parts
from desk.accounts import Person
from desk.audit import AuditTrail
from desk.changes import (
    AskedChange,
    ProposalRefused,
    SecondPerson,
    noted,
    publish_past_others,
    stated_reason,
)
from models.lists import EntryError, check_entry, purpose_of
from models.messages import Control, ListChange
from streams.control_plane import check
from streams.errors import Misconfigured
from streams.settings import Settings

AUTHOR_CHARACTERS = 128


class ListPublisher(Protocol):
    """Puts a control on the log; its offset. Raises `TollgateError`."""

    def __call__(self, engine: str, control: Control) -> int: ...


class ControlPlaneLists:
    """The real one."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def __call__(self, engine: str, control: Control) -> int:
        """See `ListPublisher`."""
        check(self._settings, control.change)
        return publish_past_others(self._settings, engine, control)


@dataclass(frozen=True)
class ListDesk:
    """Changes of lists of one engine, checked before they go on the log.

    second: where a change waits for another person; None: whoever may change lists changes them at once.
    """

    engine: str
    database: Any
    trail: AuditTrail
    publish: ListPublisher
    second: SecondPerson | None = None

    def add(
        self, person: Person, name: str, value: str, until: int | None, reason: str, now: int
    ) -> int | None:
        """Puts a value on a list until a time (ms); None: for good. Gives None where it waits for a second
        person. Raises `ProposalRefused`."""
        try:
            check_entry(name, value, now, until)
        except EntryError as error:
            raise ProposalRefused(str(error)) from None
        return self._asked(person, name, value, reason, present=True, until=until)

    def remove(self, person: Person, name: str, value: str, reason: str) -> int | None:
        """Takes a value off a list; None where it waits for a second person. Raises `ProposalRefused`."""
        return self._asked(person, name, value, reason, present=False, until=None)

    def confirm(self, person: Person, asked_id: UUID, now: int) -> int:
        """What another person asked for is done. Raises `ProposalRefused`."""
        if self.second is None:
            raise ProposalRefused("lists are changed by one person here: nothing waits")

        def act(asked: AskedChange) -> int:
            name, value, until = (asked.fields[part] for part in ("list", "value", "expires_at"))
            present = asked.fields["present"]
            try:
                if present:
                    check_entry(name, value, now, until)
            except EntryError as error:
                raise ProposalRefused(str(error)) from None
            reason = asked.reason_with(person.name)
            return self._change(person, name, value, reason, present=present, until=until)

        return self.second.confirm(person, asked_id, act)

    def _asked(
        self, person: Person, name: str, value: str, reason: str, *, present: bool, until: int | None
    ) -> int | None:
        if self.second is None:
            return self._change(person, name, value, reason, present=present, until=until)
        fields = {"list": name, "value": value, "present": present, "expires_at": until}
        self.second.ask(person, fields, reason)
        return None

    def _change(
        self,
        person: Person,
        name: str,
        value: str,
        reason: str,
        *,
        present: bool,
        until: int | None,
    ) -> int:
        reason, author = stated_reason(reason), person.name[:AUTHOR_CHARACTERS]
        action = "list_entry_added" if present else "list_entry_removed"
        change = ListChange(name, value, present, until, purpose_of(name), author, reason)
        control = Control(f"console-{uuid4()}", int(time.time() * 1000), author, change, reason)
        detail = {
            "engine": self.engine, "value": value, "expires_at": until, "reason": reason,
            "control": control.id,
        }  # fmt: skip
        return noted(
            self.database, self.trail, person, action, f"list:{name}", detail,
            lambda: self.publish(self.engine, control),
        )  # fmt: skip


def list_desk(parts: Parts) -> ListDesk:
    """The real one; tests put another in its place."""
    if parts.settings is None:
        raise Misconfigured("this console was started without settings: lists can be read, not changed")
    publisher = ControlPlaneLists(parts.settings)
    trail, second = AuditTrail(parts.now), None
    if "lists" in parts.settings.two_people:
        second = SecondPerson(parts.database, trail, parts.now, parts.engine, "list")
    return ListDesk(parts.engine, parts.database, trail, publisher, second)


Desk = Annotated[ListDesk, Depends(list_desk)]
