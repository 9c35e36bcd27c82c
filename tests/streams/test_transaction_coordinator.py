"""A group of which nobody has heard: its coordinator is waited for before offsets are sent."""

from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException, TopicPartition

from streams.errors import Outage
from streams.kafka import ConsumedOffsets, TransactionalProducer, transaction_settings

PLACES = [TopicPartition("payments", 0, 7)]


class FakeGroup:
    """A consumer whose group has no coordinator the first `late` times."""

    def __init__(self, calls: list[str], late: int = 0, error: int = KafkaError._TIMED_OUT) -> None:
        self.calls, self.late, self.error = calls, late, error

    def committed(self, places: list[TopicPartition], _: float) -> list[TopicPartition]:
        self.calls.append("committed")
        if self.late:
            self.late -= 1
            raise KafkaException(KafkaError(self.error, retriable=self.error == KafkaError._TIMED_OUT))
        return places

    def consumer_group_metadata(self) -> str:
        return "group"


class FakeProducer:
    """Notes which transactional calls are made."""

    def __init__(self, calls: list[str]) -> None:
        self.calls = calls

    def __getattr__(self, name: str) -> Any:
        def call(*_: Any) -> int:
            self.calls.append(name)
            return 0

        return call


@pytest.fixture
def calls() -> list[str]:
    return []


@pytest.fixture
def transactions(calls: list[str], monkeypatch: pytest.MonkeyPatch) -> TransactionalProducer:
    monkeypatch.setattr("streams.kafka.transactions.producer", lambda _: FakeProducer(calls))
    return TransactionalProducer({}, "sink")


def test_the_coordinator_is_asked_for_once_and_before_offsets_are_sent(
    transactions: TransactionalProducer, calls: list[str]
) -> None:
    group: Any = FakeGroup(calls, late=2)
    for _ in range(2):
        transactions.commit([], ConsumedOffsets(group, PLACES))
    asked = ["committed"] * 3
    commit = ["begin_transaction", "flush", "send_offsets_to_transaction", "commit_transaction"]
    assert calls == ["init_transactions", *asked, *commit, *commit]


def test_a_group_that_may_not_be_read_is_an_outage_and_nothing_is_begun(
    transactions: TransactionalProducer, calls: list[str]
) -> None:
    group: Any = FakeGroup(calls, late=1, error=KafkaError.GROUP_AUTHORIZATION_FAILED)
    with pytest.raises(Outage, match="sink"):
        transactions.commit([], ConsumedOffsets(group, PLACES))
    assert calls == ["init_transactions", "committed"]


def test_an_abort_that_gets_no_answer_is_an_outage(
    transactions: TransactionalProducer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broker that hangs: what ends the engine says so, and not by a traceback."""

    def refused(*_: Any) -> None:
        raise KafkaException(KafkaError(KafkaError._TIMED_OUT, "no answer", txn_requires_abort=True))

    def silent(*_: Any) -> None:
        raise KafkaException(KafkaError(KafkaError._TIMED_OUT, "no answer", retriable=True))

    monkeypatch.setattr(transactions._producer, "commit_transaction", refused, raising=False)
    monkeypatch.setattr(transactions._producer, "abort_transaction", silent, raising=False)
    monkeypatch.setattr(transactions, "_patience_s", 0.0)
    with pytest.raises(Outage, match=r"sink: Kafka gave no answer in time .*no answer"):
        transactions.commit([])


def test_what_the_log_says_counts_where_an_abort_gets_no_answer(
    transactions: TransactionalProducer, calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A commit that seemed refused, and is on the log when the producer was made anew: not written again."""

    def refused(*_: Any) -> None:
        raise KafkaException(KafkaError(KafkaError.INVALID_TXN_STATE, "refused", txn_requires_abort=True))

    def silent(*_: Any) -> None:
        raise KafkaException(KafkaError(KafkaError._TIMED_OUT, "no answer", retriable=True))

    monkeypatch.setattr(transactions._producer, "commit_transaction", refused, raising=False)
    monkeypatch.setattr(transactions._producer, "abort_transaction", silent, raising=False)
    assert transactions.commit([], settled=lambda: [7]) == [7]
    assert calls.count("begin_transaction") == 1


@pytest.mark.parametrize("transaction_timeout_ms", [10_000, 30_000, 60_000])
def test_an_answer_is_given_up_before_the_client_sends_the_request_again(
    monkeypatch: pytest.MonkeyPatch, transaction_timeout_ms: int
) -> None:
    """librdkafka waits a minute, or a tenth of a second less than a transaction may take; what it then sends
    twice may arrive late once.
    """
    monkeypatch.setattr("streams.kafka.transactions.producer", lambda _: FakeProducer([]))
    settings = transaction_settings("localhost:9092", "t", transaction_timeout_ms)
    assert "socket.timeout.ms" not in settings
    limit_ms = 1_000 * TransactionalProducer(settings, "sink")._timeout_s
    assert limit_ms < min(60_000, transaction_timeout_ms - 100)
