"""One Kafka transaction per batch: decisions, vectors, journal entry, dead letters, effects and consumed
offsets.

Invariants
- Either everything of a batch is visible to read_committed readers, or nothing of it.
- What was computed once is what is sent: an aborted transaction is begun anew with the same bytes.
- A fenced producer means that another engine of this name has taken over: this process ends at once.
"""

import logging
import time
from collections.abc import Callable
from typing import NamedTuple

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

from streams.errors import Fenced, Outage
from streams.kafka import Watchdog

log = logging.getLogger(__name__)

Headers = list[tuple[str, bytes]]
TIMEOUT_S = 30.0
ATTEMPTS_MAX = 20


class Outgoing(NamedTuple):
    """One message to be produced."""

    topic: str
    value: bytes
    key: bytes | str | None
    headers: Headers


def producer_settings(bootstrap: str, engine: str) -> dict[str, object]:
    """`retry.backoff` is what keeps a transaction at 3 ms instead of 88: the coordinator is asked again
    quickly.
    """
    return {
        "bootstrap.servers": bootstrap,
        "transactional.id": f"{engine}-engine",
        "transaction.timeout.ms": 60_000,
        "linger.ms": 5,
        "retry.backoff.ms": 1,
        "retry.backoff.max.ms": 5,
        "reconnect.backoff.max.ms": 500,
        # With `rebootstrap`, the default, send_offsets_to_transaction never returns once all brokers were
        # away for a moment (librdkafka issues 5456 and 5511, seen with 2.16). Drop when those are closed.
        "metadata.recovery.strategy": "none",
        "queue.buffering.max.messages": 200_000,
        "batch.size": 900_000,
        # Measured on vectors of 340 columns: 2.7 kB a payment become 0.4, for half a microsecond of CPU.
        "compression.type": "lz4",
        "message.max.bytes": 1_000_000,
        "topic.metadata.refresh.interval.ms": 60_000,
    }


class Output:
    """The transactional producer of one engine. Making one fences every older engine of that name."""

    def __init__(self, bootstrap: str, engine: str) -> None:
        self.producer = Producer(producer_settings(bootstrap, engine))
        self._watchdog = Watchdog(TIMEOUT_S + 10)
        self._call(self.producer.init_transactions)

    def commit(self, messages: list[Outgoing], consumer: Consumer, positions: list[TopicPartition]) -> int:
        """Sends one batch; returns, when it is committed, the offset of its last message (the journal entry).

        Raises `Fenced` or `Outage`: the process then ends.
        """
        for attempt in range(ATTEMPTS_MAX):
            try:
                return self._transaction(messages, consumer, positions)
            except KafkaException as failure:
                error = failure.args[0]
                if error.fatal() or error.code() == KafkaError._FATAL or not error.txn_requires_abort():
                    raise _final(self._cause(error)) from failure
                log.warning("transaction aborted (%s), sending it again", error.str())
                self._call(self.producer.abort_transaction)
                time.sleep(min(1.0, 0.05 * 2**attempt))
        raise Outage(f"the batch could not be committed in {ATTEMPTS_MAX} transactions; see the broker's log")

    def _transaction(
        self, messages: list[Outgoing], consumer: Consumer, positions: list[TopicPartition]
    ) -> int:
        self.producer.begin_transaction()
        for message in messages[:-1]:
            self._produce(message)
        delivered: list[int] = []

        def note(error: KafkaError | None, sent: Message) -> None:
            if error is None:  # a message that was not taken has no offset; what follows says why
                delivered.append(sent.offset())

        self._produce(messages[-1], on_delivery=note)
        # Measured: sending the offsets before everything is flushed makes the commit wait 30 times longer.
        self.producer.flush(TIMEOUT_S)
        group = consumer.consumer_group_metadata()
        self._call(lambda limit: self.producer.send_offsets_to_transaction(positions, group, limit))
        self._call(self.producer.commit_transaction)
        return delivered[0]

    def _cause(self, error: KafkaError) -> KafkaError:
        """What made the producer unusable: `produce` itself only says that it is."""
        if error.code() != KafkaError._FATAL:
            return error
        try:
            self.producer.commit_transaction(1.0)
        except KafkaException as failure:
            return failure.args[0]
        return error

    def _produce(self, message: Outgoing, **more: object) -> None:
        try:
            self.producer.produce(message.topic, message.value, message.key, headers=message.headers, **more)
        except BufferError:
            self.producer.flush(TIMEOUT_S)
            self.producer.produce(message.topic, message.value, message.key, headers=message.headers, **more)

    def _call(self, call: Callable[[float], object]) -> None:
        """A transactional call, again while the broker says it may be repeated, at most two minutes."""
        until = time.monotonic() + 120
        while True:
            try:
                with self._watchdog.guard("a transactional call of the engine"):
                    call(TIMEOUT_S)
            except KafkaException as failure:
                error = failure.args[0]
                if error.fatal():
                    raise _final(error) from failure
                if not error.retriable() or time.monotonic() > until:
                    raise
                log.warning("%s, trying again", error.str())
                time.sleep(0.05)
            else:
                return


FENCED = frozenset({KafkaError._FENCED, KafkaError.INVALID_PRODUCER_EPOCH, KafkaError.PRODUCER_FENCED})


def _final(error: KafkaError) -> Exception:
    if error.code() in FENCED:
        return Fenced(
            "another engine of this name has taken over; this one ends, nothing it had open is visible"
        )
    return Outage(f"Kafka refuses to go on: {error.str()}")
