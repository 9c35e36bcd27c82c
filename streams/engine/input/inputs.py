"""Reading the engine's input partitions, and handing out batches in merged order
(`streams.engine.input.merge`).

Invariants
- Buffers are bounded, by records and by bytes. A partition with many waiting records is paused until it is
  drained.
- The end of an input is known from where it ended at the fetch that brought its last record, or from a look
  (`streams.engine.input.end_look`): no fetch is made for it, so fetches may wait long where nothing comes.
- What Kafka's client cannot read becomes a `LostRange`, once a second look failed as well, and reading goes
  on behind it: no record stops the engine.
"""

import logging
import time
from collections.abc import Callable, Mapping

from confluent_kafka import KafkaError, KafkaException, Message, TopicPartition

from models.messages import LostRecords
from streams.engine.input.batch import InputBatch, LostRange
from streams.engine.input.contact import BrokerContact
from streams.engine.input.end_look import EndLook
from streams.engine.input.merge import InputHead, cut_short_by, merged
from streams.engine.input.reported_offsets import ReportedOffsets
from streams.kafka import (
    PASSING,
    RESTING_MS,
    UNREADABLE,
    RecordsGone,
    Topics,
    UnreadableRanges,
    consumer,
    consumer_settings,
)

log = logging.getLogger(__name__)

BATCH_MAX = 2_000
BUFFERED_MAX = 20_000
MARKERS_MAX = 100
"""Where more is left of an input there are records among it."""
REPORT_LIMIT_S = 2.0
"""An engine that stops waits no longer for its group to take the last report."""
BUFFERED_BYTES_MAX = 64_000_000
"""Of one partition; what the client holds beside them is bounded by its own settings."""


class InputReader:
    """Reads the input partitions of one engine from given positions and hands out batches in merged order."""

    def __init__(
        self,
        bootstrap: str,
        engine: str,
        positions: dict[str, int],
        historical: bool = False,
        note: Callable[[Message], None] | None = None,
    ) -> None:
        """`historical`: ENGINE.history is read as well; a live engine never reads it. `note`: is given each
        record that is read.
        """
        self.contact = BrokerContact()
        self.reported = ReportedOffsets(lambda places: self.consumer.commit(offsets=places))
        group = f"{engine}-engine"
        settings = consumer_settings(bootstrap, group, fetch_wait_ms=RESTING_MS)
        self.consumer = consumer(settings, self.contact.note, self.reported.sent)
        names = Topics(engine).read_by(historical)
        self.heads = {name: InputHead(name, 0, rank) for rank, name in enumerate(names)}
        self._note = note
        self._paused: set[str] = set()
        self._unreadable = UnreadableRanges(bootstrap)
        for head in self.heads.values():
            head.next_offset = positions.get(head.topic, 0)
        places = {head.topic: head.next_offset for head in self.heads.values()}
        self._look = EndLook(bootstrap, group, places)
        self.consumer.assign(
            [TopicPartition(head.topic, 0, head.next_offset) for head in self.heads.values()]
        )

    def take(self, limit: int = BATCH_MAX, wait_s: float = 0.05) -> InputBatch:
        """The next records in order, at most `limit`; empty when nothing could be ordered within `wait_s`."""
        self._poll(0.0)
        batch = self._merged(limit)
        if not batch.values:
            self._poll(0.0 if self._settles_held_up() else wait_s)
            batch = self._merged(limit)
        self._throttle()
        return batch

    def positions(self, batch: InputBatch) -> list[TopicPartition]:
        """Where reading continues in each partition of `batch` once it is applied."""
        ends = {run.topic: batch.end(run) for run in batch.runs if run.topic in self.heads}
        return [TopicPartition(topic, 0, end) for topic, end in ends.items()]

    def close(self, positions: Mapping[str, int]) -> None:
        """Reports a last time how far the engine is, and lets Kafka's clients go."""
        until = time.monotonic() + REPORT_LIMIT_S
        self.reported.see(positions, time.monotonic(), last=True)
        while not self.reported.is_settled and time.monotonic() < until:
            self.consumer.poll(REPORT_LIMIT_S / 100)
        self.consumer.close()
        self._look.close()
        self._unreadable.close()

    def _poll(self, wait_s: float) -> None:
        """Moves what librdkafka holds into the heads; waits for a first record at most `wait_s`."""
        room = BUFFERED_MAX - max(len(head.records) for head in self.heads.values())
        if wait_s > 0:
            first = self.consumer.poll(wait_s)
            if first is None:
                return
            self._receive([first])
        self._receive(self.consumer.consume(max(1, min(BATCH_MAX, room)), 0.0))

    def _merged(self, limit: int) -> InputBatch:
        """What can be ordered now. An input whose last record ends a transaction is looked behind before it
        would cut a batch in two: the second one would wait for that look anyway.
        """
        heads = list(self.heads.values())
        for head in cut_short_by(heads, limit):
            self._looks_at_end(head)
        return merged(heads, limit)

    def _settles_held_up(self) -> bool:
        """Where records wait for an input that gives none: whether it is known now of one at least that it
        has ended.
        """
        if not any(head.records for head in self.heads.values()):
            return False
        held_up = [head for head in self.heads.values() if head.holds_up]
        ended = [self._looks_at_end(head) for head in held_up]
        return any(ended)

    def _looks_at_end(self, head: InputHead) -> bool:
        """Looks whether nothing lies behind what was received. Where much does, there are records among it,
        and they come.
        """
        place = head.place()[0]
        if self._end(head) - place > MARKERS_MAX:
            return False
        ends = self._look.is_at_end(head.topic, place)
        head.looked_at = -1 if ends is None else place
        head.at_end = bool(ends)
        return head.at_end

    def _end(self, head: InputHead) -> int:
        """Where an input ended at the client's last fetch; below zero before the first."""
        _, end = self.consumer.get_watermark_offsets(TopicPartition(head.topic, head.partition), cached=True)
        return int(end)

    def _receive(self, messages: list[Message]) -> None:
        """Into the heads; those whose end is reached by it know so, without another fetch that finds
        nothing. Where the client said it behind the last record, that counts: it says so once.
        """
        self._sort(messages)
        for topic in {message.topic() for message in messages if message.error() is None}:
            head = self.heads[topic]
            head.at_end = head.at_end or head.place()[0] >= self._end(head) >= 0

    def _sort(self, messages: list[Message]) -> None:
        """What came of a partition behind something unreadable is read once more."""
        passed: set[str] = set()
        for message in messages:
            error = message.error()
            if error is None:
                if not passed or message.topic() not in passed:
                    self.heads[message.topic()].receive(message)
                    if self._note is not None:
                        self._note(message)
            elif error.code() == KafkaError._PARTITION_EOF:
                if message.topic() not in passed:
                    self.heads[message.topic()].at_end = True
            elif error.code() in UNREADABLE:
                if message.topic() not in passed:
                    passed.add(message.topic())
                    self._pass(self.heads[message.topic()], message)
            else:
                _check(message.topic(), error)

    def _pass(self, head: InputHead, message: Message) -> None:
        """Gives up the batch that cannot be read, and goes on behind it."""
        expected, appended = head.place()
        start = max(expected, message.offset() or 0)
        end = self._unreadable.end(head.topic, start)
        if end is not None:
            detail = f"offsets {start} to {end - 1} cannot be read: {message.error().str()}"
            log.warning("%s: %s; a dead letter says so", head.topic, detail)
            head.receive(LostRange(start, end, LostRecords(appended, "unreadable", detail)))
        head.at_end = False
        self.consumer.seek(TopicPartition(head.topic, head.partition, start if end is None else end))

    def _throttle(self) -> None:
        for head in self.heads.values():
            full = len(head.records) >= BUFFERED_MAX // 2 or head.size >= BUFFERED_BYTES_MAX
            if full != (head.topic in self._paused):
                partition = [TopicPartition(head.topic, head.partition)]
                (self.consumer.pause if full else self.consumer.resume)(partition)
                self._paused ^= {head.topic}


def _check(topic: str, error: KafkaError) -> None:
    """Raises for an error that does not pass by itself."""
    if error.code() == KafkaError._AUTO_OFFSET_RESET:
        raise RecordsGone(topic, error.str())
    if error.fatal() or error.code() not in PASSING:
        raise KafkaException(error)
