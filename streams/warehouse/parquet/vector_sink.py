"""Archives the feature vectors of one engine as Parquet, every vector in exactly one file.

Invariants
- Files of a partition hold disjoint ranges of offsets that follow each other; the name of a file is its
  range.
- A file is renamed into place before its end is committed to Kafka. After a crash between the two, the sink
  reads the file's name and resumes after it: what the files hold counts, whatever offset is committed.
- Records another writer put there are skipped, counted and logged (`streams.kafka.foreign_records`), and so
  are those that cannot be read (`streams.kafka.PassingReader`).
- One process at a time writes to an engine's folder: it holds a lock there.
"""

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from confluent_kafka import OFFSET_BEGINNING, KafkaError, KafkaException, Message, TopicPartition
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_fixed

from models.messages import Vectors
from storage import LockHeld, ProcessLock, remove_partials
from streams.errors import Damaged, Misconfigured
from streams.kafka import RESTING_MS, ForeignRecords, PassingReader, Topics, bulk_consumer_settings, consumer
from streams.warehouse.parquet.vector_files import (
    FileRange,
    decode_vectors,
    fault,
    file_ranges,
    to_table,
    write,
)
from streams.warehouse.sink import Partition, SinkStatus, raise_for

log = logging.getLogger(__name__)

ROWS_MAX: Final = 65_536
BYTES_MAX: Final = 128 << 20
ROLL_S: Final = 60.0
POLL_S: Final = 0.2
POLL_MESSAGES: Final = 500
TIMEOUT_S: Final = 30.0
NO_COORDINATOR: Final = (
    KafkaError.NOT_COORDINATOR,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
)


class VectorSink:
    """The Parquet archive of one engine under `folder` (`.../engine=NAME`)."""

    def __init__(
        self,
        engine: str,
        bootstrap: str,
        folder: Path,
        names: Mapping[str, Sequence[str]],
        stop: threading.Event,
        roll_s: float = ROLL_S,
    ) -> None:
        self.status = SinkStatus()
        self._engine = engine
        self._folder = folder
        self._names = names
        self._stop = stop
        self._roll_s = roll_s
        self._partition = Partition(Topics(engine)["features"], 0)
        self._lock = _lock(folder)
        self._consumer = consumer(
            bulk_consumer_settings(bootstrap, f"{engine}-parquet", fetch_wait_ms=RESTING_MS, queue_kib=65_536)
        )
        self._passing = PassingReader(self._consumer, bootstrap)
        self._pending = _Pending()
        self._foreign = ForeignRecords(self._partition.topic)

    def run(self) -> None:
        """Archives until `stop` is set; what was read by then is written. Raises Damaged."""
        try:
            self._begin()
            self.status.state = "running"
            while not self._stop.is_set():
                self._read()
                if self._pending.is_due(self._roll_s):
                    self._roll()
            self._roll()
            self.status.state = "stopped"
        except Exception as error:
            self.status.state, self.status.detail = "failed", str(error)
            raise
        finally:
            self.close()

    def close(self) -> None:
        """Closes its consumer and releases the folder."""
        self._passing.close()
        self._consumer.close()
        self._lock.release()

    def _begin(self) -> None:
        for folder in (self._folder, *self._folder.glob("schema=*")):
            remove_partials(folder)
        place = self._committed()
        archived = [held.end for held in file_ranges(self._folder)]
        start = max([place.offset, *archived])
        _, end = self._consumer.get_watermark_offsets(self._place(0), timeout=TIMEOUT_S)
        if start > end:
            raise Damaged(
                f"{self._folder} holds vectors up to {start}, but {self._partition.topic} ends at {end}:"
                " it was created again. Move the folder away or give the engine another name"
            )
        self._consumer.assign([self._place(start if start >= 0 else OFFSET_BEGINNING)])

    def _committed(self) -> TopicPartition:
        """The group's offset; a broker that has just started may not have its coordinator yet."""
        retrying = Retrying(
            retry=retry_if_exception(_has_no_coordinator),
            stop=stop_after_delay(TIMEOUT_S),
            wait=wait_fixed(0.2),
            reraise=True,
        )
        return retrying(self._consumer.committed, [self._place(0)], timeout=TIMEOUT_S)[0]

    def _read(self) -> None:
        messages = self._passing.consume(POLL_MESSAGES, POLL_S)
        self.status.unreadable = self._passing.left_out.count
        for message in messages:
            error = message.error()
            if error is not None:
                if error.code() != KafkaError._PARTITION_EOF:
                    raise_for(error, self._partition)
                continue
            vectors = self._own(message)
            if vectors is None:
                continue
            if self._pending.is_full or self._pending.has_other_schema(vectors):
                self._roll()
            self._pending.add(message, vectors)

    def _own(self, message: Message) -> Vectors | None:
        """The vectors in a message; None where it is none of this engine's."""
        vectors = self._foreign.read(message, decode_vectors)
        if vectors is not None:
            other = "" if vectors.engine == self._engine else f"of engine {vectors.engine!r}"
            problem = other or fault(vectors, self._names)
            if problem:
                self._foreign.note(message.offset(), problem)
                vectors = None
        self.status.foreign = self._foreign.count
        return vectors

    def _roll(self) -> None:
        """Writes what is pending as one file and commits its end."""
        if not self._pending.batches:
            return
        held = FileRange(self._partition.number, self._pending.start, self._pending.end)
        schema_hash = self._pending.batches[0].schema_hash
        table = to_table(self._pending.batches, self._names)
        write(self._folder / f"schema={schema_hash}", held, table, schema_hash)
        self._commit(held.end)
        self.status.stored(self._pending.appended_ms, table.num_rows)
        self._pending = _Pending()

    def _commit(self, offset: int) -> None:
        self._consumer.commit(offsets=[self._place(offset)], asynchronous=False)

    def _place(self, offset: int) -> TopicPartition:
        return TopicPartition(self._partition.topic, self._partition.number, offset)


class _Pending:
    """Messages read and not yet written: one schema, bounded."""

    def __init__(self) -> None:
        self.batches: list[Vectors] = []
        self.appended_ms: list[int] = []
        self.start = 0
        self.end = 0
        self._rows = 0
        self._bytes = 0
        self._since = 0.0

    def add(self, message: Message, vectors: Vectors) -> None:
        if not self.batches:
            self.start = message.offset()
            self._since = time.monotonic()
        self.batches.append(vectors)
        self.appended_ms.append(message.timestamp()[1])
        self.end = message.offset() + 1
        self._rows += vectors.rows
        self._bytes += len(vectors.matrix)

    @property
    def is_full(self) -> bool:
        return self._rows >= ROWS_MAX or self._bytes >= BYTES_MAX

    def is_due(self, roll_s: float) -> bool:
        return bool(self.batches) and (self.is_full or time.monotonic() - self._since >= roll_s)

    def has_other_schema(self, vectors: Vectors) -> bool:
        return bool(self.batches) and self.batches[0].schema_hash != vectors.schema_hash


def _has_no_coordinator(failure: BaseException) -> bool:
    return isinstance(failure, KafkaException) and failure.args[0].code() in NO_COORDINATOR


def _lock(folder: Path) -> ProcessLock:
    try:
        return ProcessLock(folder / ".lock")
    except LockHeld as held:
        raise Misconfigured(
            f"process {held.owner} already archives into {folder}: one is enough, stop the other"
        ) from None
