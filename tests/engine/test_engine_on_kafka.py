"""The engine, its follower and verification on a real broker."""

import uuid
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from confluent_kafka import Producer
from engine_log import DAY, NOW, record

from features.catalogue import CATALOGUE
from models.decision import Decision
from models.journal import JournalEntry
from models.label import Label, LabelValue
from models.messages import encode
from models.outcome import Tokens
from models.payment import Method, MethodKind
from streams.artefacts import ArtefactStore
from streams.engine.engine import Engine, EngineOptions
from streams.engine.follower import Follower
from streams.errors import Damaged, Misconfigured
from streams.seed import publish_seed
from streams.topics import Topics
from streams.verify import Verifier, values

pytestmark = pytest.mark.kafka

Options = Callable[..., EngineOptions]


@pytest.fixture
def options(kafka: str, tmp_path: Path) -> EngineOptions:
    """A new engine with its seed published."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    publish_seed(kafka, tmp_path, name)
    store = ArtefactStore(tmp_path / "artefacts")
    return EngineOptions(kafka, name, tmp_path / "engine", CATALOGUE, store.load, historical=True)


def send(options: EngineOptions, records: list[bytes], role: str = "payments") -> None:
    producer = Producer({"bootstrap.servers": options.bootstrap, "linger.ms": 1})
    for value in records:
        producer.produce(Topics(options.engine)[role], value)
    assert producer.flush(30) == 0


def run(engine: Engine, records: int) -> None:
    """Steps until that many records are applied; the seed counts."""
    applied = 0
    for _ in range(400):
        applied += engine.step()
        if applied >= records:
            return
    raise AssertionError(f"only {applied} of {records} records arrived")


def seeds(options: EngineOptions) -> int:
    return sum(1 for _ in values(options.bootstrap, Topics(options.engine)["controls"]))


def decided(options: EngineOptions) -> list[Decision]:
    topic = Topics(options.engine)["decisions"]
    return [msgspec.json.decode(value, type=Decision) for value in values(options.bootstrap, topic)]


def test_a_restart_from_the_journal_alone_goes_on_as_if_nothing_happened(options: EngineOptions) -> None:
    engine = Engine(options)
    engine.start()
    send(options, [record(f"p{i}") for i in range(50)])
    run(engine, 50 + seeds(options))
    again = Engine(options)
    again.start()
    assert again.state.core.logical_hash() == engine.state.core.logical_hash()
    send(options, [record("p3"), record("p50")])
    run(again, 2)
    found = decided(options)
    assert [decision.sequence for decision in found] == [*range(1, 51), 4, 51]
    assert [decision.duplicate for decision in found[-2:]] == [True, False]


def test_a_clean_stop_leaves_a_snapshot_and_nothing_to_re_apply(options: EngineOptions) -> None:
    engine = Engine(options)
    engine.start()
    send(options, [record(f"p{i}") for i in range(20)])
    run(engine, 20 + seeds(options))
    engine.close()
    again = Engine(options)
    again.start()
    assert again.state.position == engine.state.position
    assert again.state.core.logical_hash() == engine.state.core.logical_hash()


def test_follower_snapshot_equals_the_engines_state(options: EngineOptions) -> None:
    engine = Engine(options)
    engine.start()
    send(options, [record(f"p{i}") for i in range(30)])
    run(engine, 30 + seeds(options))
    follower = Follower(options)
    while follower.state.position.number < engine.state.position.number:
        follower.step()
    follower.save()
    assert follower.state.core.logical_hash() == engine.state.core.logical_hash()
    send(options, [record("after")])
    run(engine, 1)
    again = Engine(options)
    again.start()
    assert again.state.core.admission.sequence == 31


def test_any_input_topic_may_carry_any_type(options: EngineOptions) -> None:
    tokens = Tokens(Method(MethodKind.CARD, "tok_1"), "m1")
    label = encode(Label("acme", "p0", LabelValue.FRAUD, NOW + DAY, NOW, 1250, "EUR", tokens))
    seeded = seeds(options)
    engine = Engine(options)
    engine.start()
    send(options, [record("a"), label, b"?"], "payments")
    send(options, [record("b")], "labels")
    send(options, [record("c")], "controls")
    run(engine, 5 + seeded)
    assert sorted(decision.payment_id for decision in decided(options)) == ["a", "b", "c"]
    assert engine.state.core.admission.engine_time > NOW


def test_the_journal_states_what_every_batch_consisted_of(options: EngineOptions) -> None:
    engine = Engine(options)
    engine.start()
    send(options, [record("a"), record("a"), b"?", record("b")])
    run(engine, 4 + seeds(options))
    topics = Topics(options.engine)
    entries = [
        msgspec.json.decode(value, type=JournalEntry)
        for value in values(options.bootstrap, topics["journal"])
    ]
    assert [entry.number for entry in entries] == list(range(1, len(entries) + 1))
    assert sum(entry.payments for entry in entries) == 2
    assert sum(entry.duplicates for entry in entries) == 1
    assert sum(entry.dead_letters for entry in entries) == 1
    assert sum(part.records for entry in entries for part in entry.ranges) == 4 + seeds(options)
    assert entries[-1].positions[topics["payments"]] == 4
    assert entries[-1].scorer in ("leaf-masks", "lightgbm")


def test_verification_is_green_for_what_the_engine_wrote(options: EngineOptions) -> None:
    engine = Engine(options)
    engine.start()
    send(options, [record(f"p{i % 40}") for i in range(60)] + [b"", record("p1", amount=3)])
    run(engine, 62 + seeds(options))
    engine.close()
    found = Verifier(options).run()
    assert found.difference == ""
    assert (found.decisions, found.duplicates, found.dead_letters, found.snapshots) == (40, 20, 2, 1)
    assert found.logical_hash == engine.state.core.logical_hash()


@pytest.mark.parametrize("role", ["decisions", "dead-letters"])
def test_verification_shows_what_no_journal_entry_states(options: EngineOptions, role: str) -> None:
    engine = Engine(options)
    engine.start()
    send(options, [record("a"), b"?"])
    run(engine, 2 + seeds(options))
    engine.close()
    send(options, [b'{"type":"decision"}'], role)
    assert "no journal entry states" in Verifier(options).run().difference


def test_verification_shows_a_decision_that_differs(
    options: EngineOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine(options)
    engine.start()
    honest = engine.outgoings.messages

    def forged(*given: object) -> list[object]:
        messages = honest(*given)  # type: ignore[arg-type]
        first = messages[0]
        return [first._replace(value=first.value.replace(b"approve", b"decline")), *messages[1:]]

    send(options, [record("a")])
    monkeypatch.setattr(engine.outgoings, "messages", forged)
    run(engine, 1 + seeds(options))
    difference = Verifier(options).run().difference
    assert "decision on a" in difference


def test_inputs_that_retention_removed_are_said_to_be_missing(options: EngineOptions) -> None:
    engine = Engine(options)
    engine.start()
    send(options, [record(f"p{i}") for i in range(5)])
    run(engine, 5 + seeds(options))
    from confluent_kafka import TopicPartition
    from confluent_kafka.admin import AdminClient

    admin = AdminClient({"bootstrap.servers": options.bootstrap})
    place = TopicPartition(Topics(options.engine)["payments"], 0, 3)
    next(iter(admin.delete_records([place]).values())).result(30)
    with pytest.raises(Damaged, match="no longer holds the records"):
        Engine(options).start()


def test_history_without_saying_so_is_refused_with_advice(options: EngineOptions) -> None:
    live = EngineOptions(
        options.bootstrap, options.engine, options.folder, options.catalogue, options.artefacts
    )
    engine = Engine(live)
    engine.start()
    old = NOW - 400 * DAY
    send(options, [record(f"p{i}", occurred_at=old) for i in range(200)])
    with pytest.raises(Misconfigured, match="--historical"):
        run(engine, 200 + seeds(options))
    assert decided(options) == []


def test_small_batches_are_re_applied_in_groups_with_the_same_result(options: EngineOptions) -> None:
    engine = Engine(options)
    engine.start()
    for i in range(12):
        send(options, [record(f"p{i}"), record(f"p{i // 2}")])
        run(engine, 2 if i else 2 + seeds(options))
    assert engine.state.position.number >= 12
    again = Engine(options)
    again.start()
    assert again.state.position.number == engine.state.position.number
    assert again.state.position.inputs == engine.state.position.inputs
    assert again.state.core.logical_hash() == engine.state.core.logical_hash()
