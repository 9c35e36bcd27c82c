"""How far an engine is, told to its group in the background: never ahead, one report at a time."""

import logging

import pytest
from confluent_kafka import KafkaError, KafkaException, TopicPartition

from streams.engine.input.reported_offsets import AGAIN_S, ANSWER_S, ReportedOffsets


class Group:
    """Takes reports; an answer is given by the test."""

    def __init__(self) -> None:
        self.reports: list[dict[str, int]] = []
        self.refuses = False
        self.offsets = ReportedOffsets(self.take)

    def take(self, places: list[TopicPartition]) -> None:
        if self.refuses:
            raise KafkaException(KafkaError(KafkaError._STATE, "closed"))
        self.reports.append({place.topic: place.offset for place in places})

    def answer(self, error: KafkaError | None = None) -> None:
        self.offsets.sent(error, [])


@pytest.fixture
def group() -> Group:
    return Group()


def test_at_most_one_report_a_second_and_it_holds_the_newest_place(group: Group) -> None:
    for tick in range(30):
        group.offsets.see({"payments": tick}, tick / 10)
        group.answer()
    assert group.reports == [{"payments": 0}, {"payments": 10}, {"payments": 20}]


def test_nothing_is_reported_before_there_is_a_place(group: Group) -> None:
    group.offsets.see({}, 5.0)
    assert group.reports == []


def test_a_report_without_an_answer_is_not_followed_by_a_second_one(group: Group) -> None:
    group.offsets.see({"payments": 1}, 0.0)
    group.offsets.see({"payments": 2}, ANSWER_S - 1)
    assert group.reports == [{"payments": 1}]
    group.offsets.see({"payments": 3}, ANSWER_S)
    assert group.reports == [{"payments": 1}, {"payments": 3}]


def test_a_report_that_failed_is_made_again_and_said(group: Group, caplog: pytest.LogCaptureFixture) -> None:
    group.offsets.see({"payments": 1}, 0.0)
    with caplog.at_level(logging.WARNING):
        group.answer(KafkaError(KafkaError.GROUP_AUTHORIZATION_FAILED, "not allowed"))
        group.refuses = True
        group.offsets.see({"payments": 1}, 1.0)
    group.refuses = False
    group.offsets.see({"payments": 1}, 2.0)
    assert group.reports == [{"payments": 1}, {"payments": 1}]
    assert "not allowed" in caplog.text
    assert "decisions go on" in caplog.text


def test_what_has_not_changed_is_reported_again_after_a_minute(group: Group) -> None:
    for now_s in range(int(AGAIN_S) + 1):
        group.offsets.see({"payments": 1}, float(now_s))
        group.answer()
    assert group.reports == [{"payments": 1}] * 2


def test_the_last_report_does_not_wait_for_its_second(group: Group) -> None:
    group.offsets.see({"payments": 1}, 0.0)
    group.answer()
    group.offsets.see({"payments": 2}, 0.1, last=True)
    assert group.reports[-1] == {"payments": 2}
    assert not group.offsets.is_settled
    group.answer()
    assert group.offsets.is_settled
