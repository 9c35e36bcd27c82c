"""Several input partitions, merged into one order.

Invariants
- The next record is the one with the smallest append timestamp at the heads; ties go by the order of the
  inputs (controls, labels, outcomes, payments). Within a partition the order is Kafka's.
- An empty head is waited for only while its partition has more to give: from a record until the broker says
  that the end was reached. So labels do not overtake hours of payments while catching up, and a silent topic
  stops no other.
- A range that cannot be read has its place as a record has: behind the record before it.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Protocol

from streams.engine.input.batch import InputBatch, LostRange

BATCH_BYTES_MAX = 8_000_000


class InputRecord(Protocol):
    """What is used of a Kafka message."""

    def value(self) -> bytes | None: ...
    def offset(self) -> int: ...
    def timestamp(self) -> tuple[int, int]: ...
    def __len__(self) -> int: ...


@dataclass
class InputHead:
    """One input partition: its waiting records, and whether the broker has no more."""

    topic: str
    partition: int
    rank: int
    records: deque[InputRecord] = field(default_factory=deque)
    at_end: bool = False
    next_offset: int = 0
    """Where reading goes on behind the waiting records."""
    appended: int = 0
    """Append time of the last one received, 0 before the first."""
    size: int = 0
    """Bytes of the waiting records."""
    looked_at: int = -1
    """The place behind which a look has found more records, which are on their way."""

    def receive(self, record: InputRecord) -> None:
        self.records.append(record)
        self.size += len(record)
        self.at_end = False

    @property
    def holds_up(self) -> bool:
        """Whether others wait for it, and it is not known whether it has more to give."""
        return not self.records and not self.at_end and self.looked_at != self.next_offset

    def place(self) -> tuple[int, int]:
        """The offset behind what was received, and the append time of the last of it (0 if none was)."""
        if not self.records:
            return self.next_offset, self.appended
        last = self.records[-1]
        return last.end if isinstance(last, LostRange) else last.offset() + 1, last.timestamp()[1]


def cut_short_by(heads: list[InputHead], limit: int) -> list[InputHead]:
    """Heads that end a batch of `limit` before records that others hold, as it is not known whether they have
    more to give. None where no batch can begin.
    """
    if any(not head.records and not head.at_end for head in heads):
        return []
    waiting = [head for head in heads if head.records]
    last = max((_order(head, head.records[-1]) for head in waiting), default=(0, 0))
    return [
        head
        for head in waiting
        if not head.at_end
        and head.looked_at != head.place()[0]
        and len(head.records) < limit
        and _order(head, head.records[-1]) < last
    ]


def merged(heads: list[InputHead], limit: int) -> InputBatch:
    """Takes from the heads, in order, what can be ordered now: at most `limit` records or 8 MB."""
    batch = InputBatch()
    room = BATCH_BYTES_MAX
    while len(batch) < limit and room > 0:
        if any(not head.records and not head.at_end for head in heads):
            break
        waiting = sorted((head for head in heads if head.records), key=_key)
        if not waiting:
            break
        bound = _key(waiting[1]) if len(waiting) > 1 else None
        room -= _drain(waiting[0], bound, limit, room, batch)
    return batch


def _key(head: InputHead) -> tuple[int, int]:
    return _order(head, head.records[0])


def _order(head: InputHead, record: InputRecord) -> tuple[int, int]:
    return record.timestamp()[1], head.rank


def _drain(head: InputHead, bound: tuple[int, int] | None, limit: int, room: int, batch: InputBatch) -> int:
    """Moves records of `head` that come before `bound` into `batch`; returns their bytes."""
    latest = 2**63 if bound is None else bound[0] if head.rank < bound[1] else bound[0] - 1
    size = 0
    records = head.records
    taken: list[tuple[bytes, int, int]] = []
    most = limit - len(batch)
    while records and len(taken) < most and size < room:
        record = records[0]
        appended = record.timestamp()[1]
        if appended > latest:
            break
        value = record.value()
        if value is None:
            if isinstance(record, LostRange):
                return size if _ran(head, taken, size, batch) else _lose(head, record, batch)
            value = b""
        records.popleft()
        size += len(value) + 1
        taken.append((value, record.offset(), appended))
    _ran(head, taken, size, batch)
    return size


def _ran(head: InputHead, taken: list[tuple[bytes, int, int]], size: int, batch: InputBatch) -> bool:
    """Moves a run on into `batch`, if there is one."""
    if not taken:
        return False
    _, offset, head.appended = taken[-1]
    head.next_offset = offset + 1
    head.size -= size - len(taken)
    batch.extend(head.topic, head.partition, taken)
    return True


def _lose(head: InputHead, lost: LostRange, batch: InputBatch) -> int:
    """Moves a range that is not applied into `batch`; counts as one byte."""
    head.records.popleft()
    head.next_offset = lost.end
    batch.lose(head.topic, head.partition, lost)
    return 1
