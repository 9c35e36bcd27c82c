"""confluent-kafka may end `flush` with a SystemError that has lost what happened: callbacks or the next call
know it.
"""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException

from streams.errors import Outage
from streams.kafka import OutgoingMessage, Sender, TransactionalProducer, send_one
from streams.kafka.sender import DeliveryFailed

LOST = SystemError("flush returned NULL without setting an exception")
DROPPED = SimpleNamespace(topic=lambda: "topic")
DENIED = KafkaError(KafkaError.CLUSTER_AUTHORIZATION_FAILED, "Cluster authorization failed", fatal=True)


class LosingProducer:
    """Its first `flush` loses the error, which `on_error` was told where there is one."""

    def __init__(self, on_error: Callable[[KafkaError], None] | None = None, error: Any = None) -> None:
        self.on_error, self.error, self.flushes = on_error, error, 0

    def flush(self, _: float) -> int:
        self.flushes += 1
        if self.flushes > 1:
            raise KafkaException(self.error)
        if self.on_error is not None and self.error is not None:
            self.on_error(self.error)
        raise LOST

    def __getattr__(self, _: str) -> Any:
        return lambda *_, **__: 0


def losing(monkeypatch: pytest.MonkeyPatch, place: str, error: KafkaError | None) -> None:
    def made(_: Any, **callbacks: Any) -> LosingProducer:
        return LosingProducer(callbacks.get("on_error"), error)

    monkeypatch.setattr(f"streams.kafka.{place}.producer", made)


def test_a_sender_says_what_its_callback_was_told(monkeypatch: pytest.MonkeyPatch) -> None:
    losing(monkeypatch, "sender", DENIED)
    with pytest.raises(DeliveryFailed, match="uthorization failed"), Sender("x:1", "live"):
        pass


def test_what_nobody_knows_stays_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    losing(monkeypatch, "sender", None)
    with pytest.raises(SystemError, match="NULL"), Sender("x:1", "live"):
        pass


@pytest.mark.parametrize(("error", "words"), [(DENIED, "uthorization failed"), (None, "no answer")])
def test_one_message_that_was_not_written_says_why(
    monkeypatch: pytest.MonkeyPatch, error: KafkaError | None, words: str
) -> None:
    losing(monkeypatch, "sender", error)
    with pytest.raises(DeliveryFailed, match=words):
        send_one("x:1", "topic", "key", b"value", [])


class LateProducer(LosingProducer):
    """Its reports come one a `poll`: what was dropped, then something else, then why the client ended."""

    def __init__(self, on_error: Callable[[KafkaError], None], on_delivery: Callable[..., None]) -> None:
        super().__init__(on_error)
        self.reports = [lambda: None, lambda: None, lambda: on_error(DENIED)]
        self.dropped = on_delivery

    def produce(self, *_: Any, **callbacks: Any) -> None:
        dropped = callbacks.get("on_delivery") or self.dropped
        self.reports.insert(0, lambda: dropped(KafkaError(KafkaError._PURGE_QUEUE), DROPPED))

    def flush(self, _: float) -> int:
        self.poll()
        return 0

    def poll(self, *_: float) -> int:
        if self.reports:
            self.reports.pop(0)()
        return 1


@pytest.fixture
def late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "streams.kafka.sender.producer",
        lambda _, on_error, on_delivery=lambda *_: None: LateProducer(on_error, on_delivery),
    )


@pytest.mark.usefixtures("late")
def test_a_sender_waits_for_the_cause_behind_other_reports() -> None:
    with pytest.raises(DeliveryFailed, match="uthorization failed"), Sender("x:1", "live") as sender:
        sender.send("topic", "payment", "key", b"value")


@pytest.mark.usefixtures("late")
def test_one_message_waits_for_the_cause_behind_other_reports() -> None:
    with pytest.raises(DeliveryFailed, match="uthorization failed"):
        send_one("x:1", "topic", "key", b"value", [])


def test_a_transaction_asks_again(monkeypatch: pytest.MonkeyPatch) -> None:
    losing(monkeypatch, "transactions", DENIED)
    transactions = TransactionalProducer({}, "sink")
    with pytest.raises(Outage, match="uthorization failed"):
        transactions.commit([OutgoingMessage("topic", b"value", None, [])])
