"""A cut: the part of one partition that is inserted as one block under one token."""

from dataclasses import dataclass

import msgspec


@dataclass(frozen=True, order=True)
class Partition:
    """One partition of one topic."""

    topic: str
    number: int


@dataclass(frozen=True)
class Cut:
    """The committed messages of `partition` with offsets in `[start, end)`.

    `end` is the offset of the cut's last message plus one: whoever reads on from `start` until that message
    has the same rows in the same order, whatever gaps (transaction markers, aborted batches) the offsets
    have. `rows` is what was counted when the cut was made, and only checks the reading.
    """

    partition: Partition
    start: int
    end: int
    rows: int

    @property
    def token(self) -> str:
        """ClickHouse's name for the block: the second insert under it is dropped."""
        return f"{self.partition.topic}/{self.partition.number}/{self.start}-{self.end}"


class _Metadata(msgspec.Struct, omit_defaults=True):
    warehouse: str
    end: int = 0
    rows: int = 0


def metadata(warehouse: str, cut: Cut | None = None) -> str:
    """What is recorded with an offset: whose progress it is, and the cut that is inserted from there next."""
    known = _Metadata(warehouse, cut.end, cut.rows) if cut else _Metadata(warehouse)
    return msgspec.json.encode(known).decode()


@dataclass(frozen=True)
class Progress:
    """All before `position` is inserted; `cut`, if any, starts there and may be inserted or not."""

    position: int
    cut: Cut | None = None


def progress(warehouse: str, partition: Partition, offset: int, text: str | None) -> Progress | None:
    """The progress recorded at `offset`; None where that was for another warehouse, or by something else.

    >>> made = Cut(Partition("live.decisions", 0), 7, 12, 3)
    >>> progress("here", made.partition, 7, metadata("here", made)) == Progress(7, made)
    True
    >>> progress("here", made.partition, 12, metadata("here"))
    Progress(position=12, cut=None)
    >>> progress("here", made.partition, 12, metadata("elsewhere")) is None
    True
    """
    try:
        known = msgspec.json.decode(text or "", type=_Metadata)
    except msgspec.MsgspecError:
        return None
    if known.warehouse != warehouse:
        return None
    return Progress(offset, Cut(partition, offset, known.end, known.rows) if known.rows else None)
