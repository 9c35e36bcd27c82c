"""One micro-batch: records of several input partitions in the order in which they are applied."""

from dataclasses import dataclass, field

import xxhash
from msgspec import UNSET

from models.messages import InputRange, LostRecords


@dataclass(frozen=True)
class LostRange:
    """Offsets `[start, end)` of a partition whose records are not applied; in a batch it is one record
    without bytes. Waits among Kafka's messages for its turn (`streams.engine.input.merge.InputRecord`).
    """

    start: int
    end: int
    why: LostRecords

    def value(self) -> None:
        """It has none."""

    def offset(self) -> int:
        return self.start

    def timestamp(self) -> tuple[int, int]:
        return 2, self.why.received_at

    def __len__(self) -> int:
        return 0


@dataclass
class PartitionRun:
    """Records `[first, last)` of the batch, all from one partition and next to each other in it."""

    topic: str
    partition: int
    first: int
    last: int
    lost: LostRange | None = None
    """The run's one record stands for a range that is not applied."""


@dataclass
class InputBatch:
    """n records as columns."""

    values: list[bytes] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)
    appended: list[int] = field(default_factory=list)
    """Append timestamps, ms."""
    runs: list[PartitionRun] = field(default_factory=list)
    """The runs that cover the records in order."""

    def __len__(self) -> int:
        return len(self.values)

    def extend(self, topic: str, partition: int, records: list[tuple[bytes, int, int]]) -> None:
        """Appends records (value, offset, append timestamp) of one partition, lengthening its run where it is
        last.
        """
        if not records:
            return
        first = len(self.values)
        values, offsets, appended = zip(*records, strict=True)
        self.values.extend(values)
        self.offsets.extend(offsets)
        self.appended.extend(appended)
        last = self.runs[-1] if self.runs else None
        alike = last is not None and (last.topic, last.partition, last.lost) == (topic, partition, None)
        if last is not None and alike:
            last.last = len(self.values)
        else:
            self.runs.append(PartitionRun(topic, partition, first, len(self.values)))

    def lose(self, topic: str, partition: int, lost: LostRange) -> None:
        """Appends a range that is not applied, in a run of its own."""
        first = len(self.values)
        self.values.append(b"")
        self.offsets.append(lost.start)
        self.appended.append(lost.why.received_at)
        self.runs.append(PartitionRun(topic, partition, first, first + 1, lost))

    @property
    def lost(self) -> dict[int, LostRange]:
        """The ranges that are not applied, by the index of the record that stands for each."""
        return {run.first: run.lost for run in self.runs if run.lost is not None}

    def end(self, run: PartitionRun) -> int:
        """The offset behind a run."""
        return run.lost.end if run.lost is not None else self.offsets[run.last - 1] + 1

    def run_of(self, index: int) -> PartitionRun:
        """The run that covers record `index`."""
        return next(run for run in self.runs if index < run.last)

    def ranges(self) -> tuple[InputRange, ...]:
        """The ranges of this batch for its journal entry."""
        return tuple(self._range(run) for run in self.runs)

    def _range(self, run: PartitionRun) -> InputRange:
        values = self.values[run.first : run.last] if run.lost is None else []
        return InputRange(
            run.topic,
            run.partition,
            self.offsets[run.first],
            self.end(run),
            len(values),
            checksum(values),
            UNSET if run.lost is None else run.lost.why,
        )


def checksum(values: list[bytes]) -> str:
    """xxh3-64 over the records' bytes and where one ends and the next begins."""
    lengths = ",".join(map(str, map(len, values))).encode()
    return xxhash.xxh3_64_hexdigest(b"".join(values), seed=xxhash.xxh3_64_intdigest(lengths))
