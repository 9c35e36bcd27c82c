"""Records that Kafka's client cannot read stop nothing: neither the engine nor what repeats its journal."""

import pytest

from models.messages import JournalEntry
from streams.control_plane import logged
from streams.engine import EngineOptions
from streams.engine.follower import Follower
from streams.inspect.verify import Verifier, values
from streams.kafka import Topics, UnreadableRanges
from streams.sources.traffic import OutputReader
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
from tests.support.unreadable_records import send_unreadable

pytestmark = pytest.mark.kafka


def bomb(options: EngineOptions, role: str = "payments", records: int = 1) -> None:
    send_unreadable(options.bootstrap, Topics(options.engine)[role], records)


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


def test_readers_of_the_engines_outputs_pass_it_over_too(options: EngineOptions) -> None:
    send(options, [record("a")])
    engine = started(options)
    run(engine, 1 + seeds(options))
    bomb(options, "decisions", records=2)
    bomb(options, "journal")
    send(options, [record("b")])
    run(engine, 1)
    reader = OutputReader(options.bootstrap, options.engine)
    ends = {Topics(options.engine)["payments"]: 2}
    answers = reader.wait_until_decided(ends, lambda: None, lambda _: None)
    reader.close()
    assert (answers.decisions, reader.left_out) == (2, 3)
