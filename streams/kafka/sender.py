"""The one way sources write to Kafka: idempotent, in order, bounded memory, and every failed delivery is
fatal.
"""

from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from streams.errors import Outage
from streams.kafka import cloudevents

QUEUE_MESSAGES: Final = 100_000
QUEUE_KIBIBYTES: Final = 131_072
DELIVERY_TIMEOUT_MS: Final = 120_000
"""How long a message may wait for the broker (a restart takes seconds) before sending fails."""


class DeliveryFailed(Outage):
    """Kafka did not take a message in time; what was sent before it lies on the log."""


def producer_settings(bootstrap: str) -> dict[str, Any]:
    """librdkafka settings of sources. The queue's bounds are ours: `Sender.send` waits when it is full."""
    return {
        "bootstrap.servers": bootstrap,
        "enable.idempotence": True,
        "linger.ms": 2,
        "compression.type": "lz4",
        "queue.buffering.max.messages": QUEUE_MESSAGES,
        "queue.buffering.max.kbytes": QUEUE_KIBIBYTES,
        "message.timeout.ms": DELIVERY_TIMEOUT_MS,
        "delivery.report.only.error": True,
        "log_level": 3,  # errors only: a coordinator still loading is tried again by itself
    }


class Sender:
    """Sends messages of one engine's topics. Use as a context manager: leaving it waits until all is
    delivered.
    """

    def __init__(self, bootstrap: str, engine: str) -> None:
        self._engine = engine
        self._failure: str | None = None
        self._producer = Producer(
            producer_settings(bootstrap), on_delivery=self._failed, error_cb=self._fatal
        )

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
        return True

    def wait(self, seconds: float = 0.0) -> None:
        """Serve delivery reports for up to this long. Raises `DeliveryFailed` once anything was refused."""
        self._producer.poll(seconds)
        if self._failure is not None:
            raise DeliveryFailed(self._failure)

    def finish(self) -> None:
        """Wait until everything queued is on the log. Raises `DeliveryFailed` when it is not."""
        left = self._producer.flush(DELIVERY_TIMEOUT_MS / 1000 + 5)
        self.wait()
        if left:
            raise DeliveryFailed(f"{left} messages were not delivered in time; is Kafka up?")

    def _failed(self, error: KafkaError | None, message: Message) -> None:
        if error is not None and self._failure is None:
            self._failure = f"Kafka did not take a message for {message.topic()}: {error.str()}"

    def _fatal(self, error: KafkaError) -> None:
        if error.fatal():
            raise KafkaException(error)
