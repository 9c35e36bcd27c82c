"""One micro-batch: records of several input partitions in the order in which they are applied."""

from dataclasses import dataclass, field

import xxhash

from models.messages import InputRange


@dataclass
class PartitionRun:
    """Records `[first, last)` of the batch, all from one partition and next to each other in it."""

    topic: str
    partition: int
    first: int
    last: int


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
        if last is not None and last.topic == topic and last.partition == partition:
            last.last = len(self.values)
        else:
            self.runs.append(PartitionRun(topic, partition, first, len(self.values)))

    def run_of(self, index: int) -> PartitionRun:
        """The run that covers record `index`."""
        return next(run for run in self.runs if index < run.last)

    def ranges(self) -> tuple[InputRange, ...]:
        """The ranges of this batch for its journal entry."""
        return tuple(
            InputRange(
                run.topic,
                run.partition,
                self.offsets[run.first],
                self.offsets[run.last - 1] + 1,
                run.last - run.first,
                checksum(self.values[run.first : run.last]),
            )
            for run in self.runs
        )


def checksum(values: list[bytes]) -> str:
    """xxh3-64 over the records' bytes and where one ends and the next begins."""
    lengths = ",".join(map(str, map(len, values))).encode()
    return xxhash.xxh3_64_hexdigest(b"".join(values), seed=xxhash.xxh3_64_intdigest(lengths))
