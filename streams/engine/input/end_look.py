"""Whether an input holds anything behind a place, asked where payments wait for the answer.

Kafka's client knows where an input ends, as of its last fetch. Between the last record that it gave and that
end there may be markers of transactions, which take offsets and are given to no reader: only a fetch from
there tells them from a record. The engine's own fetches wait half a second where nothing comes, so that a
broker without payments rests; this client's do not, and it fetches only while it is asked.

Invariants
- The answer is Kafka's: a record is there, or the end was reached. Without an answer the input is waited for.
- It only looks: nothing that it reads is applied.
- One look at a time, each for at most `LOOK_S`; between looks nothing is fetched.
"""

import time
from collections.abc import Mapping

from confluent_kafka import KafkaError, TopicPartition

from streams.kafka import consumer, consumer_settings

LOOK_S = 0.05
FIND_S = 1.5
FETCH_WAIT_MS = 1
HELD_KIB = 64
"""A look needs one record."""


class EndLook:
    """Looks for the owner of the consumer group `group`, at topics of `places` (topic, offset)."""

    def __init__(self, bootstrap: str, group: str, places: Mapping[str, int]) -> None:
        settings = consumer_settings(bootstrap, group, fetch_wait_ms=FETCH_WAIT_MS)
        self._consumer = consumer(settings | {"queued.max.messages.kbytes": HELD_KIB})
        self._find_leaders(places)

    def is_at_end(self, topic: str, offset: int) -> bool | None:
        """Whether no record is at `offset` or behind it; None where Kafka did not answer in time."""
        self._consumer.assign([TopicPartition(topic, 0, offset)])
        try:
            return self._answer(topic, offset)
        finally:
            self._consumer.unassign()

    def _find_leaders(self, places: Mapping[str, int]) -> None:
        """Where each topic is led is asked now: librdkafka takes a second for it, and no payment is to wait
        for that. Without an answer the first look takes longer.
        """
        waited_for, until = set(places), time.monotonic() + FIND_S
        self._consumer.assign([TopicPartition(topic, 0, offset) for topic, offset in places.items()])
        while waited_for and (left_s := until - time.monotonic()) > 0:
            message = self._consumer.poll(left_s)
            if message is not None:
                waited_for.discard(message.topic())
        self._consumer.unassign()

    def _answer(self, topic: str, offset: int) -> bool | None:
        until = time.monotonic() + LOOK_S
        while (left_s := until - time.monotonic()) > 0:
            message = self._consumer.poll(left_s)
            if message is None or message.topic() != topic or (message.offset() or 0) < offset:
                continue
            error = message.error()
            if error is None:
                return False
            if error.code() == KafkaError._PARTITION_EOF:
                return True
        return None

    def close(self) -> None:
        self._consumer.close()
