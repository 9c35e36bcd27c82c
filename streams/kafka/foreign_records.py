"""Records on a topic of ours that are none of ours: skipped, counted, and said in the log.

Only our own processes write to `journal`, `label-ledger`, `list-audit` and the engine's outputs, and with the
grants of `tollgate acls` nobody else can. Where somebody could, one line of theirs must not keep an engine, a
sink or an agent from starting.

Invariant: a record is skipped only where it cannot be read as what its topic carries. Whether something that
can be read is right is for its reader to judge.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeVar

import msgspec
from confluent_kafka import Message

log = logging.getLogger(__name__)

T = TypeVar("T")
UNREAD: Final = (msgspec.MsgspecError, UnicodeDecodeError, TypeError, RecursionError)
"""What decoding raises for bytes that are something else; TypeError: there are none."""


class ThinnedLog:
    """Which of many alike events are logged: the 1st, 10th, 100th ..., so that a flood fills no disk."""

    def __init__(self) -> None:
        self._next = 1

    def is_due(self, count: int) -> bool:
        """Whether the event that made the count this high is logged; the next is at ten times as many.

        >>> thinned = ThinnedLog()
        >>> [count for count in range(1, 200) if thinned.is_due(count)]
        [1, 10, 100]
        """
        if count < self._next:
            return False
        self._next = 10 * count
        return True


class ForeignRecords:
    """Counts the foreign records of one topic, and logs some of them (`ThinnedLog`)."""

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self.count = 0
        self.first: int | None = None
        """Offset of the first one."""
        self._thinned = ThinnedLog()

    def read(self, message: Message, decode: Callable[[bytes], T]) -> T | None:
        """The record as what its topic carries; None where it is foreign."""
        try:
            return decode(message.value())
        except UNREAD as error:
            self.note(int(message.offset()), str(error))
            return None

    def note(self, offset: int, detail: str) -> None:
        """Counts the record at `offset`."""
        self.count += 1
        self.first = offset if self.first is None else min(self.first, offset)
        if self._thinned.is_due(self.count):
            log.error("%s: %s; the newest is at offset %d (%s)", self.topic, self, offset, detail[:200])

    def __str__(self) -> str:
        return (
            f"{self.count} foreign records skipped, the first at offset {self.first}; somebody else may "
            "write to this topic: take that right away (docs/runbooks/foreign-records.md)"
        )


def readable(messages: Iterable[Message], decode: Callable[[bytes], T]) -> Iterator[tuple[Message, T]]:
    """The records that are what their topic carries, each with what it says."""
    foreign: ForeignRecords | None = None
    for message in messages:
        foreign = foreign or ForeignRecords(message.topic())
        content = foreign.read(message, decode)
        if content is not None:
            yield message, content
