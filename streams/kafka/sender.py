"""How sources write to Kafka: idempotent, in order, in bounded memory, and every failed delivery is fatal."""

import time
from collections.abc import Callable
from typing import Final, TypeVar

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from streams.errors import Outage
from streams.kafka import cloudevents
from streams.kafka.client import DELIVERY_TIMEOUT_MS, producer, sender_settings
from streams.kafka.reach import denial

T = TypeVar("T")

ONE_TIMEOUT_S: Final = 30.0
POLL_S: Final = 0.1
CAUSE_S: Final = 0.2
"""For the error that ended a client: it may come after the reports of what was dropped for it."""


class DeliveryFailed(Outage):
    """Kafka did not take a message in time; what was sent before it is on the log."""


class Sender:
    """Sends messages of one engine's topics. Use as a context manager: leaving it waits until all is
    delivered.
    """

    def __init__(self, bootstrap: str, engine: str) -> None:
        self._engine = engine
        self._failure: str | None = None
        self._cause: str | None = None
        """What ended the client; the messages it drops then say only that they were dropped."""
        self._producer = producer(sender_settings(bootstrap), on_delivery=self._failed)

    def __enter__(self) -> "Sender":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.finish()
        else:
            self._producer.purge()
            self._producer.close()  # or its client looks for a Kafka that may be stopped next

    def send(self, topic: str, kind: str, key: str, value: bytes) -> None:
        """Queue one message; waits while the queue is full. Raises `DeliveryFailed` once anything was
        refused.
        """
        headers = cloudevents.headers(self._engine, kind, key)
        while not self._queued(topic, key, value, headers):
            self.wait(0.05)

    def _queued(self, topic: str, key: str, value: bytes, headers: list[cloudevents.Header]) -> bool:
        try:
            self._served(lambda: self._producer.produce(topic, value, key, headers=headers))
        except BufferError:
            return False
        return True

    def wait(self, seconds: float = 0.0) -> None:
        """Serve delivery reports for up to this long. Raises `DeliveryFailed` once anything was refused."""
        self._served(lambda: self._producer.poll(seconds))

    def finish(self) -> None:
        """Wait until everything queued is on the log. Raises `DeliveryFailed` when it is not."""
        left = self._served(lambda: _undelivered(self._producer, DELIVERY_TIMEOUT_MS / 1000 + 5))
        if left:
            raise DeliveryFailed(f"{left} messages were not delivered in time; is Kafka up?")

    def _served(self, call: Callable[[], T]) -> T:
        """What `call` returns. Raises `DeliveryFailed` once anything was refused."""
        try:
            answer = call()
        except (KafkaException, SystemError) as failure:
            self._cause = self._cause or _why_ended(failure) or _told(self._producer)
            if self._cause is None and self._failure is None:
                raise
            raise DeliveryFailed(self._cause or self._failure) from failure
        if self._failure is not None and self._cause is None:
            self._cause = _told(self._producer)
        if told := self._cause or self._failure:
            raise DeliveryFailed(told)
        return answer

    def _failed(self, error: KafkaError | None, message: Message) -> None:
        if error is not None and self._failure is None:
            self._failure = f"Kafka did not take a message for {message.topic()}: {error.str()}"


def _undelivered(client: Producer, limit_s: float) -> int:
    """Waits until all is delivered; how many messages are not after `limit_s`. Raises what ended the client.

    Not by `flush`, which goes on to call back after what ended the client was raised: that is lost then.
    """
    ends = time.monotonic() + limit_s
    while len(client) and (left := ends - time.monotonic()) > 0:
        client.poll(min(left, POLL_S))
    return len(client)


def _told(client: Producer) -> str | None:
    """What ended the client, if it says so within `CAUSE_S`: one `poll` may end with another report."""
    ends = time.monotonic() + CAUSE_S
    while (left := ends - time.monotonic()) > 0:
        try:
            client.poll(left)
        except (KafkaException, SystemError) as failure:
            if why := _why_ended(failure):
                return why
    return None


def _why_ended(failure: KafkaException | SystemError) -> str | None:
    """Python makes a SystemError of a fatal error before a delivery report; its cause is the error. None
    where the failure only says that the client has ended before.
    """
    cause = failure.__cause__ if isinstance(failure, SystemError) else failure
    if not isinstance(cause, KafkaException) or cause.args[0].code() == KafkaError._FATAL:
        return None
    return denial(cause) or f"Kafka's client has given up: {cause.args[0].str()}"


def send_one(bootstrap: str, topic: str, key: str, value: bytes, headers: list[cloudevents.Header]) -> int:
    """Writes one message; its offset. Raises `DeliveryFailed`."""
    offsets: list[int] = []
    failures: list[str] = []
    why: str | None = None

    def delivered(error: KafkaError | None, message: Message) -> None:
        if error is None:
            offsets.append(message.offset())
        else:
            failures.append(error.str())

    sending = producer(sender_settings(bootstrap) | {"delivery.report.only.error": False})
    sending.produce(topic, value, key, headers=headers, on_delivery=delivered)
    try:
        _undelivered(sending, ONE_TIMEOUT_S)
    except (KafkaException, SystemError) as failure:
        why = _why_ended(failure)
    if not offsets:
        why = why or _told(sending)
        reasons = filter(None, (why, *failures, f"no answer from Kafka within {ONE_TIMEOUT_S:.0f} s"))
        raise DeliveryFailed(f"{topic}: the message was not written ({next(reasons)}); try again")
    return offsets[0]
