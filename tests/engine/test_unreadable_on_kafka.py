"""Records that Kafka's client cannot read stop nothing: neither the engine nor what repeats its journal."""

import time

import pytest
from confluent_kafka import Producer

from models.messages import JournalEntry
from streams.control_plane import logged
from streams.engine import EngineOptions
from streams.engine.follower import Follower
from streams.inspect.verify import Verifier, values
from streams.kafka import Topics, UnreadableRanges
from streams.kafka.client import UNPACKED_BYTES_MAX
from tests.engine.engine_log import record
from tests.engine.engine_on_kafka import (
    decided,
    follow,
    letters,
    read,
    run,
    seeds,
    send,
    started,
)

pytestmark = pytest.mark.kafka


def bomb(options: EngineOptions, role: str = "payments", records: int = 1) -> None:
    """One batch of a few kilobytes that unpacks to more than a client takes.

    Only the number of records may complete the batch: a flush sends what is queued by then, and the client
    queues records one by one when it learns the topic's partitions.
    """
    settings = {"compression.type": "zstd", "message.max.bytes": 200_000_000, "batch.size": 100_000_000}
    settings |= {"batch.num.messages": records, "linger.ms": 60_000}
    producer = Producer({"bootstrap.servers": options.bootstrap, **settings})
    for _ in range(records):
        producer.produce(Topics(options.engine)[role], bytes(UNPACKED_BYTES_MAX // records + 1_000_000))
    end = time.monotonic() + 30
    while len(producer) and time.monotonic() < end:
        producer.poll(0.1)
    assert len(producer) == 0


def lost(options: EngineOptions) -> list[tuple[str, int, int]]:
    """What the journal says was given up."""
    entries = read(options, "journal", JournalEntry)
    return [(part.topic, part.start, part.end) for entry in entries for part in entry.ranges if part.lost]


def test_batches_that_cannot_be_unpacked_are_dead_letters_and_all_else_is_decided(
    options: EngineOptions,
) -> None:
    send(options, [record("a"), record("b")])
    bomb(options)
    bomb(options, records=3)
    send(options, [record("c")])
    seeded = seeds(options)
    engine = started(options)
    run(engine, 5 + seeded)
    topic = Topics(options.engine)["payments"]
    assert [decision.payment_id for decision in decided(options)] == ["a", "b", "c"]
    found = [(letter.topic, letter.offset, str(letter.reason)) for letter in letters(options)]
    assert found == [(topic, 2, "unreadable"), (topic, 3, "unreadable")]
    assert "offsets 3 to 5 cannot be read" in letters(options)[1].detail
    assert lost(options) == [(topic, 2, 3), (topic, 3, 6)]
    assert engine.state.position.inputs[topic] == 7
    assert started(options).state.core.logical_hash() == engine.state.core.logical_hash()
    report = Verifier(options).run()
    assert (report.difference, report.decisions, report.dead_letters) == ("", 3, 2)


@pytest.mark.parametrize("role", ["controls", "labels", "outcomes"])
def test_no_input_topic_can_stop_the_engine(options: EngineOptions, role: str) -> None:
    seeded = seeds(options)
    engine = started(options)
    run(engine, seeded)
    bomb(options, role)
    send(options, [record("a")])
    run(engine, 2)
    send(options, [record("b")])
    run(engine, 1)
    assert [decision.payment_id for decision in decided(options)] == ["a", "b"]
    assert [str(letter.reason) for letter in letters(options)] == ["unreadable"]
    artefacts = sum(1 for _ in values(options.bootstrap, Topics(options.engine)["artefacts"]))
    assert len(list(logged(options.bootstrap, options.engine))) == seeded - artefacts


def test_what_the_journal_gave_up_stays_given_up_where_it_can_be_read_by_now(
    options: EngineOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(options, [record("a")])
    bomb(options)
    send(options, [record("b")])
    engine = started(options)
    run(engine, 3 + seeds(options))
    monkeypatch.setattr("streams.kafka.client.UNPACKED_BYTES_MAX", 100_000_000)
    follower = Follower(options)
    follow(follower, engine.state.position.number)
    assert follower.state.core.logical_hash() == engine.state.core.logical_hash()
    assert started(options).state.core.logical_hash() == engine.state.core.logical_hash()
    assert Verifier(options).run().difference == ""


def test_the_end_of_an_unreadable_batch_is_found(options: EngineOptions) -> None:
    topic = Topics(options.engine)["payments"]
    send(options, [record("a")])
    bomb(options, records=5)
    bomb(options)
    send(options, [record("b")])
    ranges = UnreadableRanges(options.bootstrap)
    assert [ranges.end(topic, offset) for offset in (0, 1, 3, 6, 7)] == [None, 6, 6, 7, None]
    ranges.close()
