"""What our own readers take from the inputs is what the engine takes: by topic, journal and dead letters."""

import uuid
from typing import Any

import msgspec
import pytest
from confluent_kafka import Producer

from models.messages.codec import encode
from models.messages.control import Control, ListChange
from models.messages.dead_letter import DeadLetter, DeadLetterReason
from streams.control_plane.controls import logged
from streams.control_plane.list_log import entries
from streams.kafka.admin import ensure_topics
from streams.kafka.input_log import input_log
from streams.kafka.topics import HISTORY, Topics

pytestmark = pytest.mark.kafka


class Log:
    """An engine's topics, written by hand."""

    def __init__(self, bootstrap: str, historical: bool = False) -> None:
        self.bootstrap, self.engine = bootstrap, f"inputs-{uuid.uuid4().hex[:8]}"
        self.topics = Topics(self.engine)
        ensure_topics(bootstrap, self.engine, historical)
        self._producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 0})

    def send(self, role: str, value: object) -> None:
        self._producer.produce(self.topics[role], value if isinstance(value, bytes) else encode(value))
        assert self._producer.flush(30) == 0

    def control(self, role: str, value: str) -> None:
        self.send(role, Control(value, 0, "ana", ListChange("watched_bins", value)))

    def entry(self, positions: dict[str, int], ranges: list[tuple[str, int]], protocol: int = 1) -> None:
        """What is read of a journal entry; the first protocol is left out, as it was."""
        document: dict[str, Any] = {
            "positions": {self.topics[role]: place for role, place in positions.items()},
            "ranges": [{"topic": self.topics[role], "start": start} for role, start in ranges],
        }
        self.send(
            "journal", msgspec.json.encode(document | ({} if protocol == 1 else {"protocol": protocol}))
        )

    def refuse(self, role: str, offset: int, reason: DeadLetterReason) -> None:
        letter = DeadLetter(self.engine, self.topics[role], 0, offset, 0, reason, "why", 0, "")
        self.send("dead-letters", letter)

    def applied(self) -> list[tuple[str, bool]]:
        """Names of the controls that count, and whether the engine has yet to come to them."""
        return [(one.control.id, one.waiting) for one in logged(self.bootstrap, self.engine)]


def test_a_control_counts_where_the_engine_takes_it(kafka: str) -> None:
    log = Log(kafka)
    log.control("controls", "111111")
    log.control("payments", "222222")
    log.control("controls", "333333")
    log.refuse("payments", 0, DeadLetterReason.WRONG_TOPIC)
    log.refuse("controls", 1, DeadLetterReason.INVALID_CONTROL)
    log.entry({"controls": 2, "payments": 1}, [("controls", 0), ("payments", 0)], protocol=2)
    log.control("controls", "444444")
    assert log.applied() == [("111111", False), ("444444", True)]
    everything = list(logged(kafka, log.engine, with_refused=True))
    assert [one.refused for one in everything] == [None, "invalid_control: why", None]
    assert [entry.value for entry in entries(kafka, log.engine, 0)] == ["111111", "444444"]


def test_a_history_is_read_where_there_is_one(kafka: str) -> None:
    log = Log(kafka, historical=True)
    log.control(HISTORY, "111111")
    log.send(HISTORY, b"not a control")
    log.control("controls", "222222")
    assert [name for name, _ in log.applied()] == ["111111", "222222"]


@pytest.mark.parametrize("batches", [1, 2, 7, 40])
def test_the_journal_says_up_to_where_topics_were_mixed(kafka: str, batches: int) -> None:
    log = Log(kafka)
    log.control("payments", "111111")
    for number in range(batches):
        log.entry({"payments": number + 1, "labels": 5}, [("payments", number)])
    found = input_log(kafka, log.engine)
    assert found.mixed_until[log.topics["payments"]] > 0
    assert log.applied() == [("111111", False)]
    for number in range(batches, batches + 9):
        log.entry({"payments": number + 1, "labels": 6}, [("payments", number), ("labels", 5)], protocol=2)
    found = input_log(kafka, log.engine)
    assert (found.mixed_until[log.topics["payments"]], found.mixed_until[log.topics["labels"]]) == (
        batches,
        5,
    )
    assert found.acts(log.topics["payments"], batches - 1, "control")
    assert not found.acts(log.topics["payments"], batches, "control")
    assert found.acts(log.topics["payments"], batches, "payment")
