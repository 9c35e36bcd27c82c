"""Reviews come from the log into the queue once, and none is lost. A log in memory stands for Kafka."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from desk.database import DeskDatabase
from desk.reviews import at_ms, ms_of
from desk.reviews.upkeep.consumer import DecidedRecord, Key, ReviewConsumer, key_of
from models.messages import Decision, Phase, Tokens, Verdict, encode
from streams.errors import Outage
from tests.desk.review_cases import NOW, Queue, arrival, decision, queue_on


@dataclass
class DecisionsInMemory:
    """Decisions in the order in which Kafka took them, a second each; payments by key."""

    values: list[bytes] = field(default_factory=list)
    known: dict[Key, Tokens] = field(default_factory=dict)
    unreadable: str = ""
    asked: list[int] = field(default_factory=list)

    def add(self, *decided: Decision) -> None:
        for each in decided:
            self.values.append(encode(each))
            self.known[key_of(each)] = arrival(each.payment_id).tokens

    def first(self, since_ms: int) -> int:
        return next((i for i in range(len(self.values)) if self._time(i) >= since_ms), len(self.values))

    def read(self, offset: int, most: int, wait_s: float) -> tuple[list[DecidedRecord], int, str]:  # noqa: ARG002
        self.asked.append(offset)
        if self.unreadable:
            why, self.unreadable = self.unreadable, ""
            return [], offset + 2, why
        found = self.values[offset : offset + most]
        records = [DecidedRecord(offset + i, self._time(offset + i), value) for i, value in enumerate(found)]
        return records, offset + len(found), ""

    def payments(self, decisions: Sequence[Decision]) -> Mapping[Key, Tokens]:
        wanted = {key_of(each) for each in decisions}
        return {key: held for key, held in self.known.items() if key in wanted}

    def _time(self, offset: int) -> int:
        return ms_of(NOW) + 1_000 * offset


@pytest.fixture
def queue(desk_database: DeskDatabase) -> Queue:
    return queue_on(desk_database)


def payments(queue: Queue) -> list[str]:
    return queue.all("SELECT payment_id FROM reviews ORDER BY review_id")


def test_reviews_become_rows_and_others_do_not(queue: Queue) -> None:
    log = DecisionsInMemory()
    log.add(
        decision("a"), decision("b", verdict=Verdict.APPROVE), decision("c"),
        decision("d", duplicate=True),
    )  # fmt: skip
    consumer = ReviewConsumer(queue.desk, log)
    assert consumer.turn(NOW) == 4
    assert payments(queue) == ["a", "c"]
    assert queue.one("SELECT arrived_at FROM reviews WHERE payment_id = 'c'") == at_ms(ms_of(NOW) + 2_000)
    assert consumer.turn(NOW) == 0


def test_a_consumer_goes_on_where_its_rows_end(queue: Queue) -> None:
    log = DecisionsInMemory()
    log.add(decision("a"))
    ReviewConsumer(queue.desk, log).turn(NOW)
    log.add(decision("b"))
    ReviewConsumer(queue.desk, log).turn(NOW)
    assert payments(queue) == ["a", "b"]
    assert log.asked == [0, 1]


def test_a_turn_that_ended_halfway_is_read_again_as_a_whole(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = DecisionsInMemory()
    log.add(decision("a"), decision("b"))
    consumer = ReviewConsumer(queue.desk, log)

    def away(*_: object) -> None:
        raise Outage("the database is away")

    with monkeypatch.context() as patch:
        patch.setattr("desk.reviews.upkeep.consumer.note_offset", away)
        with pytest.raises(Outage):
            consumer.turn(NOW)
    assert payments(queue) == []
    consumer.turn(NOW)
    assert payments(queue) == ["a", "b"]


def test_a_first_start_leaves_out_what_nobody_could_judge_in_time(queue: Queue) -> None:
    log = DecisionsInMemory()
    log.add(decision("old"), decision("new"))
    ReviewConsumer(queue.desk, log).turn(NOW + timedelta(days=6, seconds=1))
    assert payments(queue) == ["new"]


def test_a_later_phase_settles_what_was_open(queue: Queue) -> None:
    log = DecisionsInMemory()
    log.add(decision("a"), decision("a", phase=Phase.POST_3DS, verdict=Verdict.APPROVE))
    ReviewConsumer(queue.desk, log).turn(NOW)
    assert queue.one("SELECT state FROM reviews") == "withdrawn"


def test_a_review_that_cannot_be_kept_is_parked(queue: Queue) -> None:
    log = DecisionsInMemory()
    log.add(decision("a"), decision("zero\0"), decision("b"))
    del log.known[key_of(decision("a"))]
    ReviewConsumer(queue.desk, log).turn(NOW)
    assert payments(queue) == ["b"]
    assert queue.all("SELECT log_offset, reason FROM inbox_parked ORDER BY log_offset") == [
        (0, "its payment is not on the log"),
        (1, "it holds what cannot be stored"),
    ]


def test_records_that_cannot_be_read_are_parked_and_passed(queue: Queue) -> None:
    log = DecisionsInMemory(unreadable="they cannot be read")
    log.add(decision("a"), decision("b"), decision("c"))
    consumer = ReviewConsumer(queue.desk, log)
    consumer.turn(NOW)
    consumer.turn(NOW)
    assert payments(queue) == ["c"]
    assert queue.one("SELECT log_offset, until FROM inbox_parked") == (0, 2)


def test_a_refusal_and_a_foreign_record_are_no_review(queue: Queue) -> None:
    log = DecisionsInMemory([b"foreign", b'{"type":"refusal","reason":"review"}'])
    ReviewConsumer(queue.desk, log).turn(NOW)
    assert payments(queue) == []
