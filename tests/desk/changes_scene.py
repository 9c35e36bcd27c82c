"""Two people, a log that remembers what was published, and a trail that is a list."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from desk.changes import Proposal
from streams.errors import Outage

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
TEXT = "name: shop\nversion: 2\nrules: []  # none yet\n"
DOCUMENT: dict[str, Any] = {"name": "shop", "version": 2, "rules": []}


@dataclass(frozen=True)
class Somebody:
    """A person as far as changes know one."""

    user_id: UUID
    name: str


AUTHOR = Somebody(UUID(int=1), "author")
APPROVER = Somebody(UUID(int=2), "approver")
THIRD = Somebody(UUID(int=3), "third")


@dataclass
class Trail:
    """What was noted."""

    notes: list[tuple[str | None, str, dict[str, Any]]] = field(default_factory=list)

    def note(self, _: Any, person: Any, action: str, _subject: str, detail: Mapping[str, Any]) -> None:
        self.notes.append((None if person is None else person.name, action, dict(detail)))


@dataclass
class Log:
    """Publishes once by the control's id, as `publish_once` does; may fail before or die after."""

    documents: dict[str, bytes] = field(default_factory=dict)
    is_down: bool = False
    dies: bool = False

    def __call__(self, proposal: Proposal) -> int:
        if self.is_down:
            raise Outage("Kafka does not answer")
        self.documents.setdefault(proposal.control_id, proposal.document)
        if self.dies:
            raise KeyboardInterrupt
        return list(self.documents).index(proposal.control_id)
