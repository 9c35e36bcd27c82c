"""A topic just made, or a broker just started, answers late: offsets and ids are asked for again."""

from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import OffsetSpec

from streams.cli import group, main
from streams.kafka import listed_offsets
from streams.kafka.reach import RETRIABLE

PLACE = TopicPartition("live.payments", 0)


class LateAdmin:
    """Its first answers are errors of these codes."""

    def __init__(self, *codes: int) -> None:
        self.codes = list(codes)

    def list_offsets(self, wanted: dict[TopicPartition, OffsetSpec], **_: Any) -> dict[TopicPartition, Any]:
        answer: Future[Any] = Future()
        if self.codes:
            answer.set_exception(KafkaException(KafkaError(self.codes.pop(0))))
        else:
            answer.set_result(SimpleNamespace(offset=7))
        return dict.fromkeys(wanted, answer)


@pytest.mark.parametrize("code", sorted(RETRIABLE))
def test_what_passes_is_asked_again(code: int) -> None:
    client: Any = LateAdmin(code, code)
    assert listed_offsets(client, {PLACE: OffsetSpec.latest()}) == {("live.payments", 0): 7}


def test_what_does_not_pass_is_raised_at_once() -> None:
    client: Any = LateAdmin(KafkaError.TOPIC_AUTHORIZATION_FAILED)
    with pytest.raises(KafkaException):
        listed_offsets(client, {PLACE: OffsetSpec.latest()})
    assert not client.codes


def test_no_place_needs_no_answer() -> None:
    client: Any = None
    assert listed_offsets(client, {}) == {}


@pytest.mark.parametrize("code", [KafkaError.UNKNOWN_LEADER_EPOCH, KafkaError._TIMED_OUT])
def test_a_command_says_that_kafka_is_not_ready(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], code: int
) -> None:
    def failing(**_: Any) -> None:
        raise KafkaException(KafkaError(code))

    monkeypatch.setattr(group, "main", failing)
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == 1
    assert "Kafka does not answer as it should" in capsys.readouterr().err


def test_a_bug_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(**_: Any) -> None:
        raise KafkaException(KafkaError(KafkaError._INVALID_ARG))

    monkeypatch.setattr(group, "main", failing)
    with pytest.raises(KafkaException):
        main([])
