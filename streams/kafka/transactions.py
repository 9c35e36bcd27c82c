"""What belongs together is written in one Kafka transaction, or not at all.

Invariants
- Making a producer fences every older one of its transactional id and settles what that had open.
- Either everything of a transaction is visible to read_committed readers, or nothing of it.
- What is sent again after an abort has the same bytes.
- Everything is flushed before the consumed offsets are sent: otherwise the commit waits 30 times longer.
- The group's coordinator has answered before offsets are sent for the first time: librdkafka 2.16 asks for it
  three times within milliseconds, and never returns where it does not exist yet (the first group of a new
  cluster).
- A fenced producer means that another process has taken over: this one ends at once.
"""

import logging
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from streams.errors import Fenced, Outage
from streams.kafka.client import Config, producer
from streams.kafka.cloudevents import Header
from streams.kafka.watchdog import Watchdog

log = logging.getLogger(__name__)

TIMEOUT_S = 30.0
PATIENCE_S = 120.0
ATTEMPTS_MAX = 20
FENCED = frozenset({KafkaError._FENCED, KafkaError.INVALID_PRODUCER_EPOCH, KafkaError.PRODUCER_FENCED})


class OutgoingMessage(NamedTuple):
    """One message to be produced; without a value it is a tombstone."""

    topic: str
    value: bytes | None
    key: bytes | str | None
    headers: list[Header]


class ConsumedOffsets(NamedTuple):
    """The offsets from which `consumer`'s group resumes once the transaction is committed."""

    consumer: Consumer
    positions: list[TopicPartition]


class TransactionalProducer:
    """Writes transactions one after another. `role` names its owner in errors: "engine", "list agent"."""

    def __init__(
        self, settings: Config, role: str, *, attempts: int = ATTEMPTS_MAX, patience_s: float = PATIENCE_S
    ) -> None:
        """`attempts`: transactions begun for one commit; `patience_s`: for one call that may be repeated.
        Raises `Fenced` or `Outage`.
        """
        self._role, self._attempts, self._patience_s = role, attempts, patience_s
        self._producer = producer(settings)
        self._watchdog = Watchdog(TIMEOUT_S + 10)
        self._has_coordinator = False
        self._last_call("taking over the transactions", self._producer.init_transactions)

    def commit(
        self,
        messages: Sequence[OutgoingMessage],
        consumed: ConsumedOffsets | None = None,
        reported: int = 1,
    ) -> list[int]:
        """Writes one transaction; returns the offsets of its last `reported` messages.

        Raises `Fenced` or `Outage`: nothing of it is visible, and the owner has to end.
        """
        if consumed is not None and not self._has_coordinator:
            self._find_coordinator(consumed)
        for attempt in range(self._attempts):
            try:
                return self._transaction(messages, consumed, min(reported, len(messages)))
            except KafkaException as failure:
                error = failure.args[0]
                if error.fatal() or error.code() == KafkaError._FATAL or not error.txn_requires_abort():
                    raise self._final(self._cause(error)) from failure
                log.warning("transaction aborted (%s), sending it again", error.str())
                self._last_call("aborting a transaction", self._producer.abort_transaction)
                time.sleep(min(1.0, 0.05 * 2**attempt))
        raise Outage(
            f"{self._role}: nothing could be committed in {self._attempts} transactions; see the broker's log"
        )

    def _find_coordinator(self, consumed: ConsumedOffsets) -> None:
        places = [TopicPartition(place.topic, place.partition) for place in consumed.positions[:1]]
        self._last_call(
            "finding the group's coordinator", lambda limit: consumed.consumer.committed(places, limit)
        )
        self._has_coordinator = True

    def _transaction(
        self, messages: Sequence[OutgoingMessage], consumed: ConsumedOffsets | None, reported: int
    ) -> list[int]:
        self._producer.begin_transaction()
        silent = len(messages) - reported
        for message in messages[:silent]:
            self._produce(message)
        offsets = [-1] * reported
        for place, message in enumerate(messages[silent:]):
            self._produce(message, on_delivery=partial(_note, offsets, place))
        self._flush()
        if consumed is not None:
            group = consumed.consumer.consumer_group_metadata()
            self._call(
                "sending the consumed offsets",
                lambda limit: self._producer.send_offsets_to_transaction(consumed.positions, group, limit),
            )
        self._call("committing a transaction", self._producer.commit_transaction)
        return offsets

    def _cause(self, error: KafkaError) -> KafkaError:
        """What made the producer unusable: `produce` itself only reports that it is."""
        if error.code() != KafkaError._FATAL:
            return error
        try:
            self._producer.commit_transaction(1.0)
        except KafkaException as failure:
            return failure.args[0]
        return error

    def _produce(self, message: OutgoingMessage, **more: object) -> None:
        topic, value, key, headers = message
        try:
            self._producer.produce(topic, value, key, headers=headers, **more)
        except BufferError:
            self._flush()
            self._producer.produce(topic, value, key, headers=headers, **more)

    def _flush(self) -> None:
        """confluent-kafka raises a fatal error out of `flush`; where a delivery report is served after it,
        Python makes a SystemError of it, whose cause is the error. Where the binding lost the error, the next
        call raises it.
        """
        try:
            self._producer.flush(TIMEOUT_S)
        except SystemError as failure:
            if isinstance(failure.__cause__, KafkaException):
                raise failure.__cause__ from None
            log.warning("%s: %s; asking again", self._role, failure)
            self._producer.flush(TIMEOUT_S)

    def _call(self, what: str, call: Callable[[float], object]) -> None:
        """A transactional call, repeated while the error is retriable, at most `patience_s`."""
        until = time.monotonic() + self._patience_s
        while True:
            try:
                with self._watchdog.guard(f"{self._role}: {what}"):
                    call(TIMEOUT_S)
            except KafkaException as failure:
                error = failure.args[0]
                if error.fatal():
                    raise self._final(error) from failure
                if not error.retriable() or time.monotonic() > until:
                    raise
                log.warning("%s: %s: %s, trying again", self._role, what, error.str())
                time.sleep(0.05)
            else:
                return

    def _last_call(self, what: str, call: Callable[[float], object]) -> None:
        """As `_call`; any failure ends the owner. Raises `Fenced` or `Outage`."""
        try:
            self._call(what, call)
        except KafkaException as failure:
            raise self._final(failure.args[0]) from failure

    def _final(self, error: KafkaError) -> Exception:
        if error.code() in FENCED:
            return Fenced(
                f"another {self._role} of this name has taken over; this one ends, nothing it had open is "
                "visible"
            )
        return Outage(f"{self._role}: Kafka does not take the transaction: {error.str()}")


def _note(offsets: list[int], place: int, error: KafkaError | None, message: Message) -> None:
    """A message that could not be delivered fails the commit; nothing is to be done here."""
    if error is None:
        offsets[place] = message.offset()
