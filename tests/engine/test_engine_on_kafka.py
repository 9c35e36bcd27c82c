"""The engine, its follower and verification on a real broker."""

import time
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest

from features.catalogue import CATALOGUE, Catalogue, Family
from features.catalogue import measures as m
from features.columns.events import OUTCOME_CODES, Events, Stream
from models.messages.codec import decode_answer, encode
from models.messages.decision import Decision
from models.messages.journal import JournalEntry
from models.messages.label import Label, LabelValue
from models.messages.outcome import OutcomeKind, Tokens
from models.messages.payment import Method, MethodKind
from models.messages.refusal import Refusal
from models.messages.vectors import Vectors
from streams.control_plane.seed import publish_seed
from streams.engine.admission import HorizonTooShortError
from streams.engine.follower import Follower
from streams.engine.process import Engine, EngineOptions
from streams.engine.recovery import replay
from streams.errors import Damaged
from streams.inspect.verify import Verifier, values
from streams.kafka.admin import ensure_topics
from streams.kafka.topics import HISTORY, Topics
from tests.engine.engine_log import DAY, NOW, TOKENS, outcome, record
from tests.engine.engine_on_kafka import decided, follow, letters, read, run, seeds, send, started
from tests.support.log_damage import delete_records

pytestmark = pytest.mark.kafka


def test_a_restart_from_the_journal_alone_goes_on_as_if_nothing_happened(options: EngineOptions) -> None:
    engine = started(options)
    send(options, [record(f"p{i}") for i in range(50)])
    run(engine, 50 + seeds(options))
    again = started(options)
    assert again.state.core.logical_hash() == engine.state.core.logical_hash()
    send(options, [record("p3"), record("p50")])
    run(again, 2)
    found = decided(options)
    assert [decision.sequence for decision in found] == [*range(1, 51), 4, 51]
    assert [decision.duplicate for decision in found[-2:]] == [True, False]


def test_memory_that_is_full_ends_the_engine_and_costs_no_payment(options: EngineOptions) -> None:
    """However often it is started: once there is room, every payment gets its decision."""
    full = replace(options, keys_max=30)
    run(started(full), seeds(options))
    send(options, [record(f"p{i}") for i in range(50)])
    for _ in range(7):
        with pytest.raises(HorizonTooShortError):
            run(started(full), 50)
    run(started(options), 50)
    assert letters(options) == []
    assert len(decided(options)) == 50


def test_a_clean_stop_leaves_a_snapshot_and_nothing_to_re_apply(options: EngineOptions) -> None:
    engine = started(options)
    send(options, [record(f"p{i}") for i in range(20)])
    run(engine, 20 + seeds(options))
    engine.close()
    again = started(options)
    assert again.state.position == engine.state.position
    assert again.state.core.logical_hash() == engine.state.core.logical_hash()


def test_follower_snapshot_equals_the_engines_state(options: EngineOptions) -> None:
    engine = started(options)
    send(options, [record(f"p{i}") for i in range(30)])
    run(engine, 30 + seeds(options))
    follower = Follower(options)
    follow(follower, engine.state.position.number)
    follower.save()
    assert follower.state.core.logical_hash() == engine.state.core.logical_hash()
    send(options, [record("after")])
    run(engine, 1)
    again = started(options)
    assert again.state.core.admission.sequence == 31


def test_only_a_history_may_mix_types(options: EngineOptions) -> None:
    tokens = Tokens(Method(MethodKind.CARD, "tok_1"), "m1")
    label = encode(Label("acme", "p0", LabelValue.FRAUD, NOW + DAY, NOW, 1250, "EUR", tokens))
    seeded = seeds(options)
    engine = started(options)
    send(options, [record("a"), label, b"?"], HISTORY)
    send(options, [record("b"), label], "payments")
    send(options, [record("c")], "labels")
    send(options, [record("d")], "controls")
    run(engine, 7 + seeded)
    topic = Topics(options.engine)["decisions"]
    answers = [decode_answer(value) for value in values(options.bootstrap, topic)]
    assert sorted(a.payment_id for a in answers if isinstance(a, Decision)) == ["a", "b"]
    refusals = [a for a in answers if isinstance(a, Refusal)]
    assert sorted((a.payment_id, a.reason) for a in refusals) == [("c", "wrong_topic"), ("d", "wrong_topic")]
    assert engine.state.core.admission.engine_time > NOW
    assert Verifier(options).run().difference == ""


def test_a_live_engine_reads_no_history(options: EngineOptions) -> None:
    ensure_topics(options.bootstrap, options.engine, historical=True)
    engine = started(replace(options, historical=False))
    send(options, [record("history")], HISTORY)
    at = int(time.time() * 1000)
    send(options, [record("now", occurred_at=at)])
    run(engine, 1 + seeds(options))
    assert [decision.payment_id for decision in decided(options)] == ["now"]


def test_the_journal_states_what_every_batch_consisted_of(options: EngineOptions) -> None:
    engine = started(options)
    send(options, [record("a"), record("a"), b"?", record("b")])
    run(engine, 4 + seeds(options))
    topics = Topics(options.engine)
    entries = read(options, "journal", JournalEntry)
    assert [entry.number for entry in entries] == list(range(1, len(entries) + 1))
    assert sum(entry.payments for entry in entries) == 2
    assert sum(entry.duplicates for entry in entries) == 1
    assert sum(entry.dead_letters for entry in entries) == 1
    assert sum(part.records for entry in entries for part in entry.ranges) == 4 + seeds(options)
    assert entries[-1].positions[topics["payments"]] == 4
    assert entries[-1].scorer in ("leaf-masks", "lightgbm")


def test_verification_is_green_for_what_the_engine_wrote(options: EngineOptions) -> None:
    engine = started(options)
    send(options, [record(f"p{i % 40}") for i in range(60)] + [b"", record("p1", amount=3)])
    run(engine, 62 + seeds(options))
    engine.close()
    found = Verifier(options).run()
    assert found.difference == ""
    assert (found.decisions, found.duplicates, found.dead_letters, found.snapshots) == (40, 20, 2, 1)
    assert found.logical_hash == engine.state.core.logical_hash()


@pytest.mark.parametrize("role", ["decisions", "dead-letters"])
def test_verification_shows_what_no_journal_entry_states(options: EngineOptions, role: str) -> None:
    engine = started(options)
    send(options, [record("a"), b"?"])
    run(engine, 2 + seeds(options))
    engine.close()
    send(options, [b'{"type":"decision"}'], role)
    assert "no journal entry states" in Verifier(options).run().difference


def test_verification_shows_a_decision_that_differs(
    options: EngineOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = started(options)
    honest = engine.transaction_messages.messages

    def forged(*given: object) -> list[object]:
        messages = honest(*given)  # type: ignore[arg-type]
        first = messages[0]
        return [first._replace(value=(first.value or b"").replace(b"approve", b"decline")), *messages[1:]]

    send(options, [record("a")])
    monkeypatch.setattr(engine.transaction_messages, "messages", forged)
    run(engine, 1 + seeds(options))
    difference = Verifier(options).run().difference
    assert "decision on a" in difference


def test_inputs_that_retention_removed_are_said_to_be_missing(options: EngineOptions) -> None:
    engine = started(options)
    send(options, [record(f"p{i}") for i in range(5)])
    run(engine, 5 + seeds(options))
    delete_records(options.bootstrap, Topics(options.engine)["payments"], before=3)
    with pytest.raises(Damaged, match="no longer holds the records"):
        Engine(options).start()


def test_late_payments_are_decided_and_say_so_and_older_ones_are_stale(
    options: EngineOptions, caplog: pytest.LogCaptureFixture
) -> None:
    live = replace(options, historical=False)
    engine = started(live)
    now = int(time.time() * 1000)
    late = [record(f"late{i}", occurred_at=now - 2 * DAY) for i in range(100)]
    stale = [record(f"stale{i}", occurred_at=now - 400 * DAY) for i in range(5)]
    send(options, [*stale, *late, record("now", occurred_at=now)])
    run(engine, 106 + seeds(options))
    send(options, [late[0], record("again", occurred_at=now)])
    run(engine, 2)
    found = decided(options)
    assert [decision.late for decision in found] == [True] * 100 + [False, True, False]
    assert found[101].duplicate
    assert [letter.reason for letter in letters(options)] == ["stale"] * 5
    assert "replay it under an engine name of its own with --historical" in caplog.text
    again = started(live)
    assert again.state.core.logical_hash() == engine.state.core.logical_hash()
    assert Verifier(live).run().difference == ""


def test_history_is_never_late(options: EngineOptions) -> None:
    engine = started(options)
    send(options, [record(f"p{i}", occurred_at=NOW - 400 * DAY) for i in range(3)])
    run(engine, 3 + seeds(options))
    assert [decision.late for decision in decided(options)] == [False] * 3


def test_small_batches_are_re_applied_in_groups_with_the_same_result(options: EngineOptions) -> None:
    engine = started(options)
    for i in range(12):
        send(options, [record(f"p{i}"), record(f"p{i // 2}")])
        run(engine, 2 if i else 2 + seeds(options))
    assert engine.state.position.number >= 12
    again = started(options)
    assert again.state.position.number == engine.state.position.number
    assert again.state.position.inputs == engine.state.position.inputs
    assert again.state.core.logical_hash() == engine.state.core.logical_hash()


def refunded(events: Events) -> np.ndarray:
    return np.where(events.code == OUTCOME_CODES[OutcomeKind.REFUNDED, None], events.amount, 0)


REFUNDED_SUM = m.Measure(
    "{entity}_refunded_sum_{window}",
    "EUR cents",
    "refunds in the last {window}",
    m.Op.SUM,
    Stream.OUTCOME,
    m.Tally("refunded_amount", Stream.OUTCOME, m.AMOUNT_MAX, refunded),
)
NEWER = Catalogue(
    CATALOGUE.by_name.values(),
    (
        *CATALOGUE.families,
        Family("card", m.PAYMENT_COUNT, ("3h",)),
        Family("card", REFUNDED_SUM, ("1d",)),
    ),
    CATALOGUE.attributes,
)


def log_of(days: range) -> dict[str, list[bytes]]:
    """A payment every hour of these days by two cards, a refund of each a minute later."""
    hours = [24 * day + hour for day in days for hour in range(24)]
    ids = [(f"p{hour}", Method(MethodKind.CARD, f"tok_{hour % 2}"), NOW + 3_600_000 * hour) for hour in hours]
    payments = [record(id, method=method, occurred_at=at) for id, method, at in ids]
    refunds = [
        encode(
            outcome(
                id,
                kind=OutcomeKind.REFUNDED,
                at=at + 60_000,
                tokens=msgspec.structs.replace(TOKENS, method=method),
            )
        )
        for id, method, at in ids
    ]
    return {HISTORY: [value for pair in zip(payments, refunds, strict=True) for value in pair]}


def vectors_of(options: EngineOptions) -> dict[str, list[np.ndarray]]:
    """The logged vectors by the catalogue they were computed with."""
    found: dict[str, list[np.ndarray]] = {}
    for value in values(options.bootstrap, Topics(options.engine)["features"]):
        part = msgspec.msgpack.decode(value, type=Vectors)
        rows = np.frombuffer(part.matrix, "<f8").reshape(part.rows, part.columns)
        found.setdefault(part.schema_hash, []).extend(rows)
    return found


def decide(options: EngineOptions, log: dict[str, list[bytes]], before: int = 0) -> None:
    """An engine decides this log and is stopped."""
    engine = started(options)
    for role, records in log.items():
        send(options, records, role)
    run(engine, before + sum(map(len, log.values())))
    engine.close()


def test_a_newer_catalogue_takes_the_state_over_and_warms_up(
    options: EngineOptions, kafka: str, tmp_path: Path
) -> None:
    first, second = log_of(range(2)), log_of(range(2, 5))
    decide(options, first, seeds(options))
    newer = replace(options, catalogue=NEWER)
    decide(newer, second)
    fresh = replace(newer, engine=f"{options.engine}-fresh", folder=tmp_path / "fresh")
    publish_seed(kafka, tmp_path, fresh.engine)
    decide(fresh, first, seeds(fresh))
    decide(fresh, second)
    taken_over, uninterrupted = (vectors_of(o)[NEWER.schema_hash] for o in (newer, fresh))
    assert len(taken_over) == len(second[HISTORY]) // 2
    late = [decision for decision in decided(newer) if decision.occurred_at >= NOW + 2 * DAY]
    warm = [decision.degraded == () for decision in late]
    assert {decision.degraded for decision in late} == {(), ("warming",)}
    assert warm.index(True) == 24
    assert all(warm[24:])
    new = NEWER.names.index("card_refunded_sum_1d")
    rows = list(zip(taken_over, uninterrupted[-len(taken_over) :], strict=True))
    assert all(np.array_equal(np.delete(a, new), np.delete(b, new), equal_nan=True) for a, b in rows)
    assert [a[new] == b[new] for a, b in rows] == [False] * 24 + [True] * 48
    assert rows[-1][0][new] > 0


def test_verification_spans_the_present_catalogue_and_says_so(options: EngineOptions) -> None:
    decide(options, log_of(range(1)), seeds(options))
    newer = replace(options, catalogue=NEWER)
    for day in range(1, 6):
        decide(newer, log_of(range(day, day + 1)))
    found = Verifier(newer).run()
    assert found.difference == ""
    assert found.decisions == 5 * 24
    assert "were not re-applied" in found.notes[0]
    for path in newer.home().snapshots.glob("*.taken-over"):
        path.unlink()
    assert "can be taken over" in Verifier(newer).run().difference


def test_a_newer_catalogue_is_refused_while_the_older_one_has_not_stopped_cleanly(
    options: EngineOptions,
) -> None:
    newer = replace(options, catalogue=NEWER)
    running = started(options)
    send(options, [record("a")])
    run(running, 1 + seeds(options))
    with pytest.raises(replay.OtherCatalogue, match="stop it cleanly"):
        Engine(newer).start()
    send(options, [record("b")])
    run(running, 1)
    follower = Follower(newer)
    with pytest.raises(replay.OtherCatalogue):
        follow(follower, running.state.position.number)
    running.close()
    decided_before = running.state.position.number
    decide(newer, {"payments": [record("c")]})
    follower = Follower(newer)
    assert follower.state.position.number == decided_before + 1
    assert [decision.versions.catalogue for decision in decided(newer)] == [
        CATALOGUE.schema_hash,
        CATALOGUE.schema_hash,
        NEWER.schema_hash,
    ]


def test_an_engine_killed_behind_the_take_over_takes_over_again(options: EngineOptions) -> None:
    decide(options, log_of(range(1)), seeds(options))
    newer = replace(options, catalogue=NEWER)
    killed = started(newer)
    send(options, log_of(range(1, 2))[HISTORY], HISTORY)
    run(killed, 48)
    again = started(newer)
    assert again.state.core.logical_hash() == killed.state.core.logical_hash()
    assert again.state.core.features.full_at == killed.state.core.features.full_at
    assert again.state.taken_over is not None
