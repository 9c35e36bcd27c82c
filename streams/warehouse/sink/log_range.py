"""A range of the log: the part of one partition that is inserted as one block under one token."""

from dataclasses import dataclass

import msgspec


@dataclass(frozen=True, order=True)
class Partition:
    """One partition of one topic."""

    topic: str
    number: int

    @property
    def role(self) -> str:
        """What the topic is for, such as `decisions`."""
        return self.topic.rpartition(".")[2]


@dataclass(frozen=True)
class LogRange:
    """The committed messages of a partition with offsets in `[start, end)`.

    Reading from `start` until the message before `end` gives the same rows in the same order, whatever gaps
    (transaction markers, aborted batches) the offsets have.
    """

    partition: Partition
    start: int
    end: int
    """Offset of the last message plus one."""
    rows: int
    """Counted when the range was made; checks the reading."""

    @property
    def token(self) -> str:
        """ClickHouse's name for the block: the second insert under it is dropped."""
        return f"{self.partition.topic}/{self.partition.number}/{self.start}-{self.end}"


class _Metadata(msgspec.Struct, omit_defaults=True):
    warehouse: str
    end: int = 0
    rows: int = 0
    total: int | None = None
    fill_end: int = 0


def metadata(
    warehouse: str, log_range: LogRange | None = None, total: int | None = None, fill_end: int = 0
) -> str:
    """The text recorded with an offset: the warehouse, the range that is inserted from there next, how many
    rows of the partition the table holds before it, and where its fill ends.
    """
    known = _Metadata(warehouse, total=total, fill_end=fill_end)
    if log_range is not None:
        known.end, known.rows = log_range.end, log_range.rows
    return msgspec.json.encode(known).decode()


@dataclass(frozen=True)
class SinkProgress:
    """How far a sink has come in one partition."""

    position: int
    """All before this offset is inserted."""
    pending: LogRange | None = None
    """Starts there; inserted or not."""
    total: int | None = None
    """Rows that the table holds of all before; None where an earlier version recorded it."""
    fill_end: int = 0
    """What is before this offset fills a table anew: it waited for the table, not for the sink."""


def progress(warehouse: str, partition: Partition, offset: int, text: str | None) -> SinkProgress | None:
    """The progress recorded at `offset`; None where it is of another warehouse, or of something else.

    >>> made = LogRange(Partition("live.decisions", 0), 7, 12, 3)
    >>> progress("here", made.partition, 7, metadata("here", made)) == SinkProgress(7, made)
    True
    >>> progress("here", made.partition, 12, metadata("here"))
    SinkProgress(position=12, pending=None, total=None, fill_end=0)
    >>> progress("here", made.partition, 12, metadata("elsewhere")) is None
    True
    """
    try:
        known = msgspec.json.decode(text or "", type=_Metadata)
    except msgspec.MsgspecError:
        return None
    if known.warehouse != warehouse:
        return None
    pending = LogRange(partition, offset, known.end, known.rows) if known.rows else None
    return SinkProgress(offset, pending, known.total, known.fill_end)
