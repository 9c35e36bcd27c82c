"""Changes that one person asks for and a second one confirms: of models, and of lists.

Invariants
- Who confirms is not who asked: the statement that takes a change says so.
- What is confirmed is what was asked for: it is kept, and nothing of it comes from who confirms.
- Confirmed once; where it cannot be published it waits on.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar
from uuid import UUID, uuid4

from desk.changes.changes import Noting, Somebody
from desk.changes.proposals import REASON_CHARACTERS, ProposalRefused, stated_reason
from desk.changes.statements import statement
from desk.changes.turns import TURN

if TYPE_CHECKING:
    from desk.database import DeskDatabase

T = TypeVar("T")
Kind = Literal["list", "model"]
WAITS: Final = timedelta(days=1)
WAITING_MAX: Final = 100


@dataclass(frozen=True)
class AskedChange:
    """A change that waits. fields: what it is, as who asked gave it."""

    asked_id: UUID
    fields: Mapping[str, Any]
    reason: str
    asked_by_id: UUID
    asked_by_name: str
    asked_at: datetime
    ends_at: datetime

    def reason_with(self, confirmed_by: str) -> str:
        """Both names and the reason, as it goes on the log."""
        who = f" (asked for by {self.asked_by_name}, confirmed by {confirmed_by})"
        return self.reason[: REASON_CHARACTERS - len(who)] + who


class SecondPerson:
    """What waits for a second person, of one engine and kind."""

    def __init__(
        self,
        database: "DeskDatabase",
        trail: Noting,
        clock: Callable[[], datetime],
        engine: str,
        kind: Kind,
    ) -> None:
        self._database, self._trail, self._clock = database, trail, clock
        self._known: dict[str, Any] = {"engine": engine, "kind": kind}

    def ask(self, person: Somebody, fields: Mapping[str, Any], reason: str) -> None:
        """Keeps a change until somebody else confirms it. Raises `ProposalRefused`."""
        from psycopg.types.json import Jsonb

        now, reason = self._clock(), stated_reason(reason)
        values = {
            **self._known, "asked_id": uuid4(), "fields": Jsonb(dict(fields)), "reason": reason,
            "asked_by_id": person.user_id, "asked_by_name": person.name, "now": now, "ends_at": now + WAITS,
            "most": WAITING_MAX,
        }  # fmt: skip
        with self._database.transaction() as connection:
            connection.execute(statement("forget_asked_changes"), {"now": now})
            if not connection.execute(statement("ask_change"), values).rowcount:
                raise ProposalRefused(f"{WAITING_MAX} changes wait for a second person already: confirm some")
            detail = {**fields, "engine": self._known["engine"], "reason": reason}
            self._trail.note(
                connection, person, f"{self._known['kind']}_change_asked", str(values["asked_id"]), detail
            )

    def waiting(self) -> list[AskedChange]:
        """The oldest first."""
        asked = {**self._known, "now": self._clock(), "most": WAITING_MAX}
        with self._database.transaction() as connection:
            rows = connection.execute(statement("asked_changes"), asked).fetchall()
        return [AskedChange(**row) for row in rows]

    def confirm(self, person: Somebody, asked_id: UUID, act: Callable[[AskedChange], T]) -> T:
        """What `act` gives, which publishes the change. Where it raises, the change waits on.

        Raises `ProposalRefused` for who asked, and where nothing waits (any more).
        """
        values = {**self._known, "asked_id": asked_id, "person_id": person.user_id, "now": self._clock()}
        with TURN.taken(), self._database.transaction() as connection:
            row = connection.execute(statement("confirm_change"), values).fetchone()
            if row is None:
                raise ProposalRefused(
                    "this waits no more, or you asked for it yourself: another person has to confirm it"
                )
            asked = AskedChange(**row)
            detail = {"asked_by": asked.asked_by_name, **asked.fields}
            self._trail.note(
                connection, person, f"{self._known['kind']}_change_confirmed", str(asked_id), detail
            )
            return act(asked)
