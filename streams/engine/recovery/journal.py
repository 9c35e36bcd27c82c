"""Writing and following the journal: the source of truth of what has been decided.

Reading yields the entries from a journal offset up to the read_committed end; `RecordedInputs` fetches the
records an entry covers and checks that they are the ones it was written for.
"""

from collections.abc import Iterator

import msgspec
from confluent_kafka import Message

from models.messages import InputRange, JournalEntry
from streams.engine.input import InputBatch, LostRange, checksum
from streams.errors import Damaged, Outage
from streams.kafka import (
    BRIEF_MS,
    WAIT_S,
    ForeignRecords,
    PartitionReader,
    Topics,
    end_offsets,
    readable,
    start_offsets,
)

decode_entry = msgspec.json.Decoder(JournalEntry).decode
LOOKED_BACK = 64
"""A transaction leaves its entry and a marker; aborted ones leave both as well, unseen."""


class JournalReader:
    """The entries of an engine's journal, in order and without gaps, from a journal offset on."""

    def __init__(
        self, bootstrap: str, engine: str, offset: int, number: int, fetch_wait_ms: int = BRIEF_MS
    ) -> None:
        """`offset` of the first entry to read, which must be the one numbered `number` + 1.

        `fetch_wait_ms`: `RESTING_MS` for who follows, and needs not know at once that the end is reached.
        """
        self.engine = engine
        self.offset = offset
        self.number = number
        self._reader = PartitionReader(bootstrap, Topics(engine)["journal"], offset, fetch_wait_ms)
        self.foreign = ForeignRecords(Topics(engine)["journal"])
        """Records that are no entries. Entries are numbered without gaps, so none can hide behind them."""

    def poll(self, wait_s: float) -> tuple[list[tuple[JournalEntry, int]], bool]:
        """What has been committed since, each with the journal offset after it, and whether that is all
        now.
        """
        records, ended = self._reader.read(500, wait_s)
        entries = []
        for record in records:
            entry = self.foreign.read(record, decode_entry)
            if entry is None or self._is_copy(entry, record.offset()):
                continue
            self._check(entry)
            self.number = entry.number
            self.offset = record.offset() + 1
            entries.append((entry, self.offset))
        return entries, ended

    def to_end(self) -> Iterator[tuple[JournalEntry, int]]:
        """All entries up to the end as it is when it is reached, each with the journal offset after it."""
        idle = 0
        while True:
            entries, ended = self.poll(0.2)
            yield from entries
            idle = 0 if entries else idle + 1
            if ended:
                return
            if idle * 0.2 > WAIT_S:
                raise Outage(
                    f"no answer from Kafka for {WAIT_S:.0f} s while reading the journal of {self.engine!r}"
                )

    def _is_copy(self, entry: JournalEntry, offset: int) -> bool:
        """Whether it is of another engine, or of a batch before: no two entries of one have a number."""
        if entry.engine != self.engine:
            self.foreign.note(offset, f"of engine {entry.engine!r}")
        elif entry.number <= self.number:
            self.foreign.note(offset, f"batch {entry.number} again")
        else:
            return False
        return True

    def _check(self, entry: JournalEntry) -> None:
        if entry.number != self.number + 1:
            raise Damaged(
                f"the journal jumps from batch {self.number} to {entry.number}: entries are missing"
            )

    def close(self) -> None:
        self._reader.close()


def last_entry(bootstrap: str, engine: str) -> JournalEntry | None:
    """The newest committed entry; None where none is among the last `LOOKED_BACK` offsets."""
    topic = Topics(engine)["journal"]
    (start,) = start_offsets(bootstrap, [topic]).values()
    (end,) = end_offsets(bootstrap, [topic]).values()
    reader = PartitionReader(bootstrap, topic, max(start, end - LOOKED_BACK))
    newest: JournalEntry | None = None
    waited, ended = 0.0, start == end
    try:
        while not ended:
            records, ended = reader.read(LOOKED_BACK, 0.2)
            for _, entry in readable(records, decode_entry):
                if entry.engine == engine and (newest is None or entry.number > newest.number):
                    newest = entry
            waited = 0.0 if records else waited + 0.2
            if waited > WAIT_S:
                raise Outage(f"no answer from Kafka for {WAIT_S:.0f} s while reading {topic}")
    finally:
        reader.close()
    return newest


class RecordedInputs:
    """The input records that journal entries cover, in journalled order."""

    def __init__(self, bootstrap: str, positions: dict[str, int], fetch_wait_ms: int = BRIEF_MS) -> None:
        """`fetch_wait_ms` as `JournalReader`."""
        self._bootstrap = bootstrap
        self._fetch_wait_ms = fetch_wait_ms
        self._positions = positions
        self._readers: dict[str, PartitionReader] = {}
        self._held: dict[str, list[Message]] = {}

    def batch(self, *entries: JournalEntry) -> InputBatch:
        """The records of neighbouring entries again. Raises `Damaged` where the log no longer holds what was
        decided.
        """
        batch = InputBatch()
        for entry in entries:
            if entry.begun_again:
                self._begin_again(entry.positions)
            for part in entry.ranges:
                if part.lost:
                    self._lose(part, LostRange(part.start, part.end, part.lost), batch)
                    continue
                values = self._append(part, batch)
                if checksum(values) != part.checksum:
                    raise Damaged(
                        f"journal entry {entry.number}: {part.topic} offsets {part.start} to {part.end} hold "
                        "other bytes than those that were decided"
                    )
        return batch

    def _begin_again(self, positions: dict[str, int]) -> None:
        self.close()
        self._readers, self._held, self._positions = {}, {}, positions

    def _lose(self, part: InputRange, lost: LostRange, batch: InputBatch) -> None:
        """Leaves out what the journal says was given up, also where it can be read by now."""
        held = [record for record in self._held.get(part.topic, []) if record.offset() >= part.end]
        self._held[part.topic] = held
        if part.topic not in self._readers:
            self._positions = {**self._positions, part.topic: part.end}
        elif not held:
            self._readers[part.topic].seek(part.end)
        batch.lose(part.topic, part.partition, lost)

    def _append(self, part: InputRange, batch: InputBatch) -> list[bytes]:
        records = self._take(part)
        batch.extend(
            part.topic, part.partition, [(r.value() or b"", r.offset(), r.timestamp()[1]) for r in records]
        )
        return batch.values[len(batch) - len(records) :]

    def _take(self, part: InputRange) -> list[Message]:
        held = self._held.setdefault(part.topic, [])
        reader = self._reader(part.topic)
        idle = 0.0
        while len(held) < part.records:
            records, _ = reader.read(max(2_000, part.records - len(held)), 0.05)
            held.extend(records)
            idle = 0.0 if records else idle + 0.05
            if idle > WAIT_S:
                raise _short(part, len(held), reader)
        records, self._held[part.topic] = held[: part.records], held[part.records :]
        if records[0].offset() != part.start or records[-1].offset() + 1 != part.end:
            raise Damaged(
                f"{part.topic}: the journal names offsets {part.start} to {part.end}, the log holds "
                f"{records[0].offset()} to {records[-1].offset() + 1} in their place"
            )
        return records

    def _reader(self, topic: str) -> PartitionReader:
        if topic not in self._readers:
            start = self._positions.get(topic, 0)
            self._readers[topic] = PartitionReader(self._bootstrap, topic, start, self._fetch_wait_ms)
        return self._readers[topic]

    def close(self) -> None:
        for reader in self._readers.values():
            reader.close()


def _short(part: InputRange, held: int, reader: PartitionReader) -> Damaged | Outage:
    """Records are lost only if Kafka has shown the partition's end after those it gave."""
    if reader.at_end:
        return Damaged(
            f"{part.topic} holds {held} of the {part.records} records from offset {part.start}, and ends at "
            f"{reader.end}"
        )
    return Outage(
        f"no answer from Kafka for {WAIT_S:.0f} s while reading {part.topic} from offset {part.start}: "
        f"{held} of {part.records} records came"
    )
