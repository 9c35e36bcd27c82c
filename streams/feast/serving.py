"""Keeps Feast's online store current from what an engine logs: vectors joined with their payments.

Invariants
- Off the decision path: it reads `ENGINE.features` and `ENGINE.payments` (of a historical engine
  `ENGINE.history`) read_committed and writes to the online store only.
- At least once: offsets are committed after the rows up to them are in the store; what is read again changes
  nothing, since the newest wins (`streams.feast.online`).
- Bounded: `MESSAGES_MAX` messages of vectors, and the payments that wait (`streams.feast.matching`).

Limits: a vector whose payment is no longer on `ENGINE.payments`, and one of another catalogue, are left out
and counted. Join keys that come from reference tables (countries) are of the tables given here.
"""

import logging
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
from confluent_kafka import KafkaError, KafkaException, Message, TopicPartition

from features.catalogue import Catalogue
from models.messages import Payment, Vectors, decode_input
from streams.errors import Misconfigured
from streams.feast import keyed
from streams.feast.matching import WAITING_MAX, Key, WaitingPayments
from streams.feast.online import OnlineWriter
from streams.kafka import (
    HISTORY,
    PASSING,
    ForeignRecords,
    PassingReader,
    Topics,
    bulk_consumer_settings,
    consumer,
    patient,
)
from streams.warehouse.parquet import decode_vectors

log = logging.getLogger(__name__)

ROWS_MAX = 2_000
WRITE_S = 1.0
POLL_S = 0.2
POLL_MESSAGES = 500
MESSAGES_MAX = 64
"""At most 900 kB each."""
TIMEOUT_S = 30.0


@dataclass
class ServingCounts:
    """What was done so far."""

    vectors: int = 0
    rows: int = 0
    unmatched: int = 0
    """Vectors without their payment."""
    foreign: int = 0
    """Vectors of another catalogue."""


@dataclass
class _VectorMessage:
    """One message of vectors, and the payments they are of."""

    end: int
    """Offset after the message."""
    payments_end: int
    """Where the payments' topic ended when it was read."""
    keys: list[Key]
    vectors: Vectors
    payments: list[Payment | None] = field(default_factory=list)


@dataclass
class _MatchedBatches:
    """Batches ready to be written, and the offsets up to which they reach."""

    batches: list[pa.RecordBatch] = field(default_factory=list)
    rows: int = 0
    vectors: int | None = None
    payments: int = 0


class OnlineStream:
    """Serves one engine's features; offsets are committed for the group `ENGINE-feast`."""

    def __init__(
        self, bootstrap: str, engine: str, catalogue: Catalogue, tables: Mapping[str, Any],
        writer: OnlineWriter, waiting_max: int = WAITING_MAX,
    ) -> None:  # fmt: skip
        self.served = ServingCounts()
        self._catalogue, self._tables, self._writer = catalogue, tables, writer
        topics = Topics(engine)
        self._features, self._inputs = topics["features"], topics["payments"]
        self._history = topics[HISTORY]
        self._consumer = consumer(
            bulk_consumer_settings(
                bootstrap, f"{engine}-feast", fetch_wait_ms=100, queue_kib=16_384, reset="earliest"
            )
        )
        self._others = ForeignRecords(self._features)
        self._passing = PassingReader(self._consumer, bootstrap)
        self._waiting = WaitingPayments(limit=waiting_max)
        self._logged: deque[_VectorMessage] = deque()
        self._matched = _MatchedBatches()
        self._payments_end = 0
        self._paused: set[str] = set()
        self._written = time.monotonic()
        self._begin()

    def run(self, is_stopping: Callable[[], bool]) -> None:
        """Serves until `is_stopping`; what was matched by then is written."""
        try:
            while not is_stopping():
                self.step()
            self.write()
        finally:
            self._passing.close()
            self._consumer.close()

    def step(self) -> None:
        """Reads what is there, matches it, and writes when it is time."""
        self._read()
        self._match()
        self._throttle()
        if self._matched.rows >= ROWS_MAX or time.monotonic() - self._written >= WRITE_S:
            self.write()

    def write(self) -> None:
        """Puts what is matched into the store, then commits the offsets it reaches."""
        self._written = time.monotonic()
        matched, self._matched = self._matched, _MatchedBatches()
        if matched.batches:
            self.served.rows += self._writer.write(matched.batches)
            self.served.vectors += matched.rows
        if matched.vectors is not None:
            ends = {self._features: matched.vectors, self._inputs: matched.payments}
            self._commit([TopicPartition(topic, 0, end) for topic, end in ends.items()])

    def _begin(self) -> None:
        present = self._consumer.list_topics(timeout=TIMEOUT_S).topics
        if self._history in present:
            self._inputs = self._history
        for topic in (self._features, self._inputs):
            if topic not in present:
                self._consumer.close()
                raise Misconfigured(f"there is no topic {topic}: is the engine's name right?")
        places = [TopicPartition(topic, 0) for topic in (self._features, self._inputs)]
        held = {place.topic: place.offset for place in self._committed(places)}
        for place in places:
            low, high = self._consumer.get_watermark_offsets(place, timeout=TIMEOUT_S)
            place.offset = held[place.topic] if low <= held[place.topic] <= high else low
        self._waiting.position = places[1].offset
        self._consumer.assign(places)

    @patient
    def _committed(self, places: list[TopicPartition]) -> list[TopicPartition]:
        """A broker that has just started may still be looking for the group's coordinator."""
        found: list[TopicPartition] = self._consumer.committed(places, timeout=TIMEOUT_S)
        return found

    @patient
    def _commit(self, places: list[TopicPartition]) -> None:
        self._consumer.commit(offsets=places, asynchronous=False)

    def _read(self) -> None:
        for message in self._passing.consume(POLL_MESSAGES, POLL_S):
            error = message.error()
            if error is None:
                self._take(message)
            elif error.code() == KafkaError._PARTITION_EOF:
                if message.topic() == self._inputs:
                    self._payments_end = max(self._payments_end, message.offset())
            elif error.code() not in PASSING:
                raise KafkaException(error)

    def _take(self, message: Message) -> None:
        if message.topic() == self._features:
            self._log(message)
            return
        self._payments_end = message.offset() + 1
        try:
            payment = decode_input(message.value())
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return
        if isinstance(payment, Payment):
            self._waiting.add(message.offset(), payment)

    def _log(self, message: Message) -> None:
        vectors = self._others.read(message, decode_vectors)
        if vectors is not None:
            self._logged.append(self._of_message(message, vectors))

    def _of_message(self, message: Message, vectors: Vectors) -> _VectorMessage:
        attempts = np.frombuffer(vectors.attempt, np.uint8).tolist()
        keys = list(zip(vectors.merchant_account, vectors.payment_id, attempts, vectors.phase, strict=True))
        if vectors.schema_hash != self._catalogue.schema_hash:
            if not self.served.foreign:
                log.warning(
                    "vectors of catalogue %s are left out, this process has %s: compare TOLLGATE_FEATURES",
                    vectors.schema_hash,
                    self._catalogue.schema_hash,
                )
            self.served.foreign += vectors.rows
            keys = []
        _, high = self._consumer.get_watermark_offsets(TopicPartition(self._inputs, 0), timeout=TIMEOUT_S)
        return _VectorMessage(message.offset() + 1, high, keys, vectors)

    def _match(self) -> None:
        while self._logged and self._is_matched(self._logged[0]):
            done = self._logged.popleft()
            if any(payment is not None for payment in done.payments):
                self._matched.batches.append(self._table(done))
                self._matched.rows += self._matched.batches[-1].num_rows
            self._matched.vectors, self._matched.payments = done.end, self._waiting.position

    def _is_matched(self, logged: _VectorMessage) -> bool:
        """Whether all payments of a message are found, or known not to come."""
        while len(logged.payments) < len(logged.keys):
            payment = self._waiting.take(logged.keys[len(logged.payments)])
            if payment is None and self._payments_end < logged.payments_end:
                return False
            self.served.unmatched += payment is None
            logged.payments.append(payment)
        return True

    def _table(self, logged: _VectorMessage) -> pa.RecordBatch:
        found = [row for row, payment in enumerate(logged.payments) if payment is not None]
        vectors = logged.vectors
        matrix = np.frombuffer(vectors.matrix, "<f8").reshape(vectors.rows, vectors.columns)
        rows = keyed.KeyedVectors(
            [payment for payment in logged.payments if payment is not None],
            np.frombuffer(vectors.engine_time, "<i8")[found],
            np.frombuffer(vectors.sequence, "<i8")[found],
            matrix[found],
        )
        return keyed.table(rows, self._catalogue, self._tables)

    def _throttle(self) -> None:
        """Reads on only where there is room; payments that nothing waits for give way to later ones."""
        if self._waiting.is_full and self._logged:
            self._waiting.give_way()
        self._pause(self._inputs, self._waiting.is_full)
        self._pause(self._features, len(self._logged) >= MESSAGES_MAX)

    def _pause(self, topic: str, full: bool) -> None:
        place = [TopicPartition(topic, 0)]
        if full and topic not in self._paused:
            self._consumer.pause(place)
            self._paused.add(topic)
        elif not full and topic in self._paused:
            self._consumer.resume(place)
            self._paused.discard(topic)
