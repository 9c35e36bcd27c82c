"""Reading the engine's input partitions, and handing out batches in merged order
(`streams.engine.input.merge`).

Invariant: buffers are bounded. A partition with many waiting records is paused until it is drained.
"""

from confluent_kafka import KafkaError, KafkaException, Message, TopicPartition

from streams.engine.input.batch import InputBatch
from streams.engine.input.merge import InputHead, merged
from streams.errors import Misconfigured
from streams.kafka import PASSING, Topics, consumer, consumer_settings

BATCH_MAX = 2_000
BUFFERED_MAX = 20_000


class InputReader:
    """Reads the input partitions of one engine from given positions and hands out batches in merged order."""

    def __init__(
        self, bootstrap: str, engine: str, positions: dict[str, int], historical: bool = False
    ) -> None:
        """`historical`: ENGINE.history is read as well; a live engine never reads it."""
        self.consumer = consumer(consumer_settings(bootstrap, f"{engine}-engine"))
        names = Topics(engine).read_by(historical)
        self.heads = {name: InputHead(name, 0, rank) for rank, name in enumerate(names)}
        self._paused: set[str] = set()
        self.consumer.assign(
            [TopicPartition(head.topic, 0, positions.get(head.topic, 0)) for head in self.heads.values()]
        )

    def take(self, limit: int = BATCH_MAX, wait_s: float = 0.05) -> InputBatch:
        """The next records in order, at most `limit`; empty when nothing could be ordered within `wait_s`."""
        self._poll(0.0)
        batch = merged(list(self.heads.values()), limit)
        if not batch.values:
            self._poll(wait_s)
            batch = merged(list(self.heads.values()), limit)
        self._throttle()
        return batch

    def positions(self, batch: InputBatch) -> list[TopicPartition]:
        """Where reading continues in each partition of `batch` once it is applied."""
        ends = {run.topic: batch.offsets[run.last - 1] + 1 for run in batch.runs}
        return [TopicPartition(topic, 0, end) for topic, end in ends.items()]

    def close(self) -> None:
        self.consumer.close()

    def _poll(self, wait_s: float) -> None:
        """Moves what librdkafka holds into the heads; waits for a first record at most `wait_s`."""
        room = BUFFERED_MAX - max(len(head.records) for head in self.heads.values())
        if wait_s > 0:
            first = self.consumer.poll(wait_s)
            if first is None:
                return
            self._receive(first)
        for message in self.consumer.consume(max(1, min(BATCH_MAX, room)), 0.0):
            self._receive(message)

    def _receive(self, message: Message) -> None:
        error = message.error()
        if error is None:
            self.heads[message.topic()].receive(message)
        elif error.code() == KafkaError._PARTITION_EOF:
            self.heads[message.topic()].at_end = True
        elif error.code() == KafkaError._AUTO_OFFSET_RESET:
            raise Misconfigured(
                f"the records after the journal's end are no longer on {message.topic()} ({error.str()}): "
                "its retention is too short. Restore the topic, or start over under another engine name."
            )
        elif error.fatal() or error.code() not in PASSING:
            raise KafkaException(error)

    def _throttle(self) -> None:
        for head in self.heads.values():
            full = len(head.records) >= BUFFERED_MAX // 2
            if full != (head.topic in self._paused):
                partition = [TopicPartition(head.topic, head.partition)]
                (self.consumer.pause if full else self.consumer.resume)(partition)
                self._paused ^= {head.topic}
