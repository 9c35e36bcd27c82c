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
- A request of a transaction that got no answer in time may still reach the broker, and would then hit the
  producer's next transaction: librdkafka 2.16 uses one epoch for all of them (its issue 5423). So the
  producer is thrown away before anything else; what it had sent bounces off the epoch of the one made in its
  place.
- Nothing is sent again before the log has said that it is not there; where the log cannot tell, or another
  process has written since, the owner ends.
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
from streams.kafka.reach import asked_again
from streams.kafka.watchdog import Watchdog

log = logging.getLogger(__name__)

TIMEOUT_S = 30.0
"""For one call. Shorter than librdkafka waits for one answer before it sends a request a second time."""
PATIENCE_S = 120.0
ATTEMPTS_MAX = 20
UNANSWERED = frozenset(
    {
        KafkaError._TIMED_OUT,
        KafkaError._TIMED_OUT_QUEUE,
        KafkaError._MSG_TIMED_OUT,
        KafkaError.REQUEST_TIMED_OUT,
    }
)
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


class _Unanswered(Exception):  # noqa: N818 - reads as what happened
    """A request of the open transaction got no answer in time."""


class TransactionalProducer:
    """Writes transactions one after another. `role` names its owner in errors: "engine", "list agent"."""

    def __init__(
        self,
        settings: Config,
        role: str,
        *,
        attempts: int = ATTEMPTS_MAX,
        patience_s: float = PATIENCE_S,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        """`attempts`: transactions begun for one commit; `patience_s`: for one call that may be repeated;
        `timeout_s`: for an answer within a transaction. Raises `Fenced` or `Outage`.
        """
        self._role, self._attempts, self._patience_s = role, attempts, patience_s
        self._settings = settings
        self._timeout_s = min(timeout_s, 0.9e-3 * settings.get("transaction.timeout.ms", 60_000))
        self.renewals = 0
        """How often the producer was thrown away and made anew."""
        self._producer = producer(settings)
        self._watchdog = Watchdog(TIMEOUT_S + 10)
        self._has_coordinator = False
        self._last_call("taking over the transactions", self._producer.init_transactions)

    def commit(
        self,
        messages: Sequence[OutgoingMessage],
        consumed: ConsumedOffsets | None = None,
        reported: int = 1,
        settled: Callable[[], list[int] | None] | None = None,
    ) -> list[int]:
        """Writes one transaction; returns the offsets of its last `reported` messages.

        settled  looks on the log what became of it: those offsets, or None where it is not there; raises
                 `Fenced` where another process has written since. Without it the owner has to end when an
                 answer stays out, and to look itself once it is started again

        Raises `Fenced`, where another process goes on instead, or `Outage`: whether it is visible is then
        said by the log. The owner has to end.
        """
        if consumed is not None and not self._has_coordinator:
            self._find_coordinator(consumed)
        for attempt in range(self._attempts):
            try:
                return self._transaction(messages, consumed, min(reported, len(messages)))
            except _Unanswered as silence:
                written = self._renewed(str(silence), settled)
                if written is not None:
                    return written
            except KafkaException as failure:
                error = failure.args[0]
                if error.fatal() or error.code() == KafkaError._FATAL or not error.txn_requires_abort():
                    raise self._final(self._cause(error)) from failure
                log.warning("transaction aborted (%s), sending it again", error.str())
                written = self._abort(settled)
                if written is not None:
                    return written
                time.sleep(min(1.0, 0.05 * 2**attempt))
        raise Outage(
            f"{self._role}: nothing could be committed in {self._attempts} transactions; see the broker's log"
        )

    def _abort(self, settled: Callable[[], list[int] | None] | None) -> list[int] | None:
        """Nothing of the transaction is visible afterwards: its commit was never asked for, or refused. Where
        the answer stays out the log is asked all the same, and what it says counts.
        """
        try:
            self._call("aborting a transaction", self._producer.abort_transaction, is_repeated=False)
        except _Unanswered as silence:
            return self._renewed(str(silence), settled)
        except KafkaException as failure:
            raise self._final(failure.args[0]) from failure
        return None

    def _renewed(self, silence: str, settled: Callable[[], list[int] | None] | None) -> list[int] | None:
        """Throws the producer away and makes one anew; returns what `settled` says then. It is asked before
        as well, so that a process that has taken over is not fenced by this one.
        """
        if settled is None:
            raise Outage(
                f"{self._role}: Kafka gave no answer in time ({silence}): is it up? Whether the transaction "
                "counts is looked up at the next start"
            )
        log.warning("%s: no answer in time (%s): the producer is made anew", self._role, silence)
        self.renewals += 1
        with self._watchdog.guard(f"{self._role}: closing the producer"):
            self._throw_away()
        asked_again(settled, self._patience_s, _passes)
        self._last_call("taking over the transactions again", self._producer.init_transactions)
        return asked_again(settled, self._patience_s, _passes)

    def _throw_away(self) -> None:
        """The client goes when nothing refers to it any more. `close` is not for this: it would first abort
        the transaction, and wait for that.
        """
        self._producer.purge()
        self._producer = producer(self._settings)

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
                is_repeated=False,
            )
        self._call("committing a transaction", self._producer.commit_transaction, is_repeated=False)
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
            left = self._producer.flush(self._timeout_s)
        except SystemError as failure:
            if isinstance(failure.__cause__, KafkaException):
                raise failure.__cause__ from None
            log.warning("%s: %s; asking again", self._role, failure)
            left = self._producer.flush(self._timeout_s)
        if left:
            raise _Unanswered(f"sending its messages: {left} were not taken within {self._timeout_s:.0f} s")

    def _call(self, what: str, call: Callable[[float], object], *, is_repeated: bool = True) -> None:
        """A transactional call, repeated while the error is retriable, at most `patience_s`.

        Without `is_repeated` an answer that stays out is `_Unanswered`, and not asked for again.
        """
        until = time.monotonic() + self._patience_s
        while True:
            try:
                with self._watchdog.guard(f"{self._role}: {what}"):
                    call(TIMEOUT_S if is_repeated else self._timeout_s)
            except KafkaException as failure:
                error = failure.args[0]
                if error.fatal():
                    raise self._final(error) from failure
                if not is_repeated and error.code() in UNANSWERED:
                    raise _Unanswered(f"{what}: {error.str()}") from failure
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


def _passes(failure: BaseException) -> bool:
    """While Kafka is away the log cannot be looked at."""
    return isinstance(failure, Outage | KafkaException)


def _note(offsets: list[int], place: int, error: KafkaError | None, message: Message) -> None:
    """A message that could not be delivered fails the commit; nothing is to be done here."""
    if error is None:
        offsets[place] = message.offset()
