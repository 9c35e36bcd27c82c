"""How sources write to Kafka: idempotent, in order, in bounded memory, and every failed delivery is fatal."""

import time
from collections.abc import Callable
from typing import Final, NoReturn

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from streams.errors import Outage
from streams.kafka import cloudevents
from streams.kafka.client import DELIVERY_TIMEOUT_MS, producer, sender_settings
from streams.kafka.reach import denial

ONE_TIMEOUT_S: Final = 30.0
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
        self._producer = producer(sender_settings(bootstrap), on_delivery=self._failed, on_error=self._fatal)

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
            self._producer.produce(topic, value, key, headers=headers)
        except BufferError:
            return False
        except KafkaException as failure:
            self._raise_cause(failure)
        return True

    def wait(self, seconds: float = 0.0) -> None:
        """Serve delivery reports for up to this long. Raises `DeliveryFailed` once anything was refused."""
        self._producer.poll(seconds)
        if self._failure is not None and self._cause is None:
            _serve_until(lambda: self._cause is not None, self._producer)
        failure = self._cause or self._failure
        if failure is not None:
            raise DeliveryFailed(failure)

    def finish(self) -> None:
        """Wait until everything queued is on the log. Raises `DeliveryFailed` when it is not."""
        left = 0
        try:
            left = self._producer.flush(DELIVERY_TIMEOUT_MS / 1000 + 5)
        except (KafkaException, SystemError) as failure:
            self._raise_cause(failure)
        self.wait()
        if left:
            raise DeliveryFailed(f"{left} messages were not delivered in time; is Kafka up?")

    def _raise_cause(self, failure: KafkaException | SystemError) -> NoReturn:
        """What made the client unusable."""
        why = _why_ended(failure)
        if isinstance(failure, SystemError):  # out of `flush`: the error itself, not only that there was one
            self._cause = self._cause or why
        self._failure = self._failure or why
        self.wait()
        if why is None:
            raise failure
        raise DeliveryFailed(why) from failure

    def _failed(self, error: KafkaError | None, message: Message) -> None:
        if error is not None and self._failure is None:
            self._failure = f"Kafka did not take a message for {message.topic()}: {error.str()}"

    def _fatal(self, error: KafkaError) -> None:
        """Noted, and raised by `wait`: what a callback raises comes out as a SystemError."""
        if error.fatal() and self._cause is None:
            self._cause = _why_ended(KafkaException(error))


def _serve_until(known: Callable[[], bool], client: Producer) -> None:
    """Serve what the client reports until `known`, for at most `CAUSE_S`: one `poll` may end with a report
    of another kind.
    """
    ends = time.monotonic() + CAUSE_S
    while not known() and (left := ends - time.monotonic()) > 0:
        client.poll(left)


def _why_ended(failure: KafkaException | SystemError) -> str | None:
    """Python makes a SystemError of a fatal error out of a delivery report; its cause is the error. None
    where the binding lost it between two callbacks, which know it.
    """
    cause = failure.__cause__ if isinstance(failure, SystemError) else failure
    if not isinstance(cause, KafkaException):
        return None
    return denial(cause) or f"Kafka's client has given up: {cause.args[0].str()}"


def send_one(bootstrap: str, topic: str, key: str, value: bytes, headers: list[cloudevents.Header]) -> int:
    """Writes one message; its offset. Raises `DeliveryFailed`."""
    offsets: list[int] = []
    failures: list[str] = []
    causes: list[str | None] = []

    def ended(error: KafkaError) -> None:
        if error.fatal():
            causes.append(_why_ended(KafkaException(error)))

    def delivered(error: KafkaError | None, message: Message) -> None:
        if error is None:
            offsets.append(message.offset())
        else:
            failures.append(error.str())

    settings = sender_settings(bootstrap) | {"delivery.report.only.error": False}
    sending = producer(settings, on_error=ended)
    sending.produce(topic, value, key, headers=headers, on_delivery=delivered)
    try:
        sending.flush(ONE_TIMEOUT_S)
    except (KafkaException, SystemError) as failure:
        causes.append(_why_ended(failure))
    if not offsets:
        _serve_until(lambda: any(causes), sending)
        reasons = filter(None, (*causes, *failures, f"no answer from Kafka within {ONE_TIMEOUT_S:.0f} s"))
        raise DeliveryFailed(f"{topic}: the message was not written ({next(reasons)}); try again")
    return offsets[0]
