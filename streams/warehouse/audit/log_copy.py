"""A copy of what lies on an engine's topics, as plain JSON: what a recount starts from.

Nothing of the sink is used here, and none of its message types. Whether an input has rows is what the engine
said of it: what it could not read has a dead letter.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

UNREAD: Final = frozenset((
    "empty", "invalid_json", "invalid_utf8", "too_deep", "unknown_type", "invalid_field", "card_number",
    "duplicate_key", "wrong_topic",
))  # fmt: skip
"""Reasons of dead letters on messages that could not be read."""
OUTPUTS: Final = frozenset(("decisions", "dead-letters", "journal"))
UNCERTAIN: Final = frozenset(("engine_error", "unreadable", "given_up"))
"""Messages that the engine gave up: they may have rows or not, and are left out of the comparison."""


@dataclass(frozen=True)
class LogRecord:
    """One record of a topic."""

    role: str
    partition: int
    offset: int
    appended_at: int
    value: bytes
    content: dict[str, Any] = field(default_factory=dict)
    """Its JSON; empty where it is none."""

    @property
    def place(self) -> tuple[str, int, int]:
        return self.role, self.partition, self.offset


def read_record(role: str, partition: int, offset: int, appended_at: int, value: bytes) -> LogRecord:
    """A record with its JSON."""
    try:
        content = json.loads(value)
    except (ValueError, RecursionError):
        content = {}
    known = content if isinstance(content, dict) else {}
    return LogRecord(role, partition, offset, appended_at, value, known)


class LogCopy:
    """The records of one engine, in the order of each topic."""

    def __init__(self, engine: str, records: Iterable[LogRecord]) -> None:
        self.engine = engine
        self._records = list(records)
        self._refused = dict(self._refusals())

    def of_type(self, kind: str, *roles: str) -> Iterator[LogRecord]:
        """The records of a type on these topics, in the order of their append times, without those that the
        engine could not read, and without outputs of another writer.
        """
        chosen = [
            record
            for record in self._records
            if record.role in roles
            and record.content.get("type") == kind
            and self._refused.get(record.place) is None
            and (record.role not in OUTPUTS or record.content.get("engine") == self.engine)
        ]
        return iter(sorted(chosen, key=lambda record: (record.appended_at, *record.place)))

    @property
    def uncertain(self) -> frozenset[tuple[str, int, int]]:
        """Places of which nothing is expected."""
        return frozenset(place for place, reason in self._refused.items() if reason in UNCERTAIN)

    def _refusals(self) -> Iterator[tuple[tuple[str, int, int], str]]:
        for record in self._records:
            letter = record.content
            if record.role == "dead-letters" and letter.get("reason") in UNREAD | UNCERTAIN:
                role = str(letter["topic"]).rpartition(".")[2]
                yield (role, letter["partition"], letter["offset"]), letter["reason"]
