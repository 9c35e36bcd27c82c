"""confluent-kafka may end a call with a SystemError that has lost what happened: a later call knows it.
`flush` may lose it for good: it calls back after it was raised.
"""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException

from streams.errors import Outage
from streams.kafka import OutgoingMessage, Sender, TransactionalProducer, send_one
from streams.kafka.sender import DeliveryFailed

LOST = SystemError("poll returned NULL without setting an exception")
DROPPED = SimpleNamespace(topic=lambda: "topic")
DENIED = KafkaError(KafkaError.CLUSTER_AUTHORIZATION_FAILED, "Cluster authorization failed", fatal=True)
ENDED = KafkaError(KafkaError._FATAL)


class DenyingProducer:
    """One message is queued and dropped; `polls` is what each `poll` raises, or the word "dropped"."""

    def __init__(self, polls: list[Any], on_delivery: Callable[..., None] | None = None) -> None:
        self.polls, self.dropped, self.queued = polls, on_delivery, 0

    def __len__(self) -> int:
        return self.queued

    def produce(self, *_: Any, **callbacks: Any) -> None:
        self.dropped = callbacks.get("on_delivery") or self.dropped
        self.queued = 1

    def poll(self, *_: float) -> int:
        what = self.polls.pop(0) if self.polls else None
        if isinstance(what, Exception):
            raise what
        if what == "dropped" and self.dropped is not None:
            self.queued = 0
            self.dropped(KafkaError(KafkaError._PURGE_QUEUE), DROPPED)
        return 1

    def __getattr__(self, _: str) -> Any:
        return lambda *_, **__: 0


LOST_THEN_TOLD = [LOST, KafkaException(ENDED), "dropped", KafkaException(DENIED)]
DROPPED_THEN_TOLD = ["dropped", None, KafkaException(DENIED)]


def denying(monkeypatch: pytest.MonkeyPatch, polls: list[Any]) -> None:
    def made(_: Any, on_delivery: Callable[..., None] | None = None) -> DenyingProducer:
        return DenyingProducer(list(polls), on_delivery)

    monkeypatch.setattr("streams.kafka.sender.producer", made)


@pytest.mark.parametrize("polls", [[KafkaException(DENIED)], LOST_THEN_TOLD, DROPPED_THEN_TOLD])
def test_a_sender_says_why_its_client_ended(monkeypatch: pytest.MonkeyPatch, polls: list[Any]) -> None:
    denying(monkeypatch, polls)
    with pytest.raises(DeliveryFailed, match="uthorization failed"), Sender("x:1", "live") as sender:
        sender.send("topic", "payment", "key", b"value")
    with pytest.raises(DeliveryFailed, match="uthorization failed"):
        sender.wait()


def test_what_nobody_knows_stays_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    denying(monkeypatch, [LOST])
    with pytest.raises(SystemError, match="NULL"), Sender("x:1", "live") as sender:
        sender.send("topic", "payment", "key", b"value")


@pytest.mark.parametrize(
    ("polls", "words"),
    [
        ([KafkaException(DENIED)], "uthorization failed"),
        (LOST_THEN_TOLD, "uthorization failed"),
        (DROPPED_THEN_TOLD, "uthorization failed"),
        ([LOST], "no answer"),
    ],
)
def test_one_message_that_was_not_written_says_why(
    monkeypatch: pytest.MonkeyPatch, polls: list[Any], words: str
) -> None:
    denying(monkeypatch, polls)
    with pytest.raises(DeliveryFailed, match=words):
        send_one("x:1", "topic", "key", b"value", [])


class LosingProducer:
    """Its first `flush` loses the error."""

    def __init__(self) -> None:
        self.flushes = 0

    def flush(self, _: float) -> int:
        self.flushes += 1
        if self.flushes > 1:
            raise KafkaException(DENIED)
        raise LOST

    def __getattr__(self, _: str) -> Any:
        return lambda *_, **__: 0


def test_a_transaction_asks_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.kafka.transactions.producer", lambda _: LosingProducer())
    transactions = TransactionalProducer({}, "sink")
    with pytest.raises(Outage, match="uthorization failed"):
        transactions.commit([OutgoingMessage("topic", b"value", None, [])])
