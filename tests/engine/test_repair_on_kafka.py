"""After a loss of data: what is gone is said, given up only when asked to, journalled; the engine goes on."""

import pytest
from confluent_kafka.admin import AdminClient

from models.messages.codec import decode_answer
from models.messages.decision import Decision
from models.messages.refusal import Refusal
from streams.engine import EngineOptions, repair
from streams.engine.follower import Follower
from streams.engine.input.reported_offsets import ReportedOffsets
from streams.engine.recovery import journal
from streams.errors import Damaged
from streams.inspect.verify import Verifier, values
from streams.kafka import RecordsGone, Topics
from tests.engine.engine_log import DAY, NOW, raw, record
from tests.engine.engine_on_kafka import decided, follow, letters, run, seeds, send, started, tollgate
from tests.support.log_damage import delete_records

pytestmark = pytest.mark.kafka


def delete(options: EngineOptions, role: str, before: int) -> None:
    delete_records(options.bootstrap, Topics(options.engine)[role], before)


def repaired(options: EngineOptions, *arguments: str) -> int:
    return tollgate("repair", "--engine", options.engine, "--historical", *arguments)


def given_up(options: EngineOptions) -> list[tuple[str, int]]:
    return [(letter.topic, letter.offset) for letter in letters(options) if letter.reason == "given_up"]


def answers(options: EngineOptions) -> list[Decision | Refusal]:
    topic = Topics(options.engine)["decisions"]
    return [decode_answer(value) for value in values(options.bootstrap, topic)]


def payments(first: int, count: int, day: int = 0) -> list[bytes]:
    return [record(f"p{first + i}", occurred_at=NOW + day * DAY) for i in range(count)]


def test_nothing_is_changed_where_nothing_is_gone(
    options: EngineOptions, capsys: pytest.CaptureFixture[str]
) -> None:
    engine = started(options)
    send(options, payments(0, 3))
    run(engine, 3 + seeds(options))
    assert repaired(options, "--yes") == 0
    assert "nothing that is needed is gone" in capsys.readouterr().out
    engine.step()  # it was not fenced


def test_undecided_records_that_are_gone_are_given_up_when_asked_to(
    options: EngineOptions, capsys: pytest.CaptureFixture[str]
) -> None:
    engine = started(options)
    send(options, payments(0, 3))
    run(engine, 3 + seeds(options))
    engine.close()
    send(options, payments(3, 4))
    delete(options, "payments", 5)
    with pytest.raises(RecordsGone, match=r"tollgate repair.*runbooks/lost-inputs\.md"):
        run(started(options), 1)
    assert repaired(options) == 3
    assert "would be given up" in capsys.readouterr().out
    assert given_up(options) == []
    assert repaired(options, "--yes") == 0
    assert given_up(options) == [(Topics(options.engine)["payments"], 3)]
    engine = started(options)
    run(engine, 2)
    assert [decision.payment_id for decision in decided(options)] == ["p0", "p1", "p2", "p5", "p6"]
    assert [decision.sequence for decision in decided(options)] == [1, 2, 3, 4, 5]
    engine.close()
    assert repaired(options) == 0
    follower = Follower(options)
    follower.step()
    assert follower.state.core.logical_hash() == engine.state.core.logical_hash()


@pytest.mark.parametrize("lost", ["payments", "journal", "all of the journal"])
def test_a_state_that_cannot_be_recovered_begins_again(options: EngineOptions, lost: str) -> None:
    engine = started(options)
    send(options, payments(0, 5))
    run(engine, 5 + seeds(options))
    send(options, payments(5, 5))
    run(engine, 5)
    versions = engine.state.core.context.versions
    where = {"payments": ("payments", 3), "journal": ("journal", 1), "all of the journal": ("journal", -1)}
    delete(options, *where[lost])
    with pytest.raises(Damaged):
        started(options)
    assert repaired(options) == 3
    assert repaired(options, "--yes") == 0
    again = started(options)
    applied = 0
    send(options, [raw("refused", amount=0), *payments(20, 2, day=1)])
    while again.state.core.admission.sequence < 12:
        applied += again.step()
    assert again.state.core.context.versions == versions
    newest = decided(options)[-1]
    assert (newest.payment_id, newest.sequence, newest.degraded) == ("p21", 12, ("warming",))
    again.close()
    for path in options.home().snapshots.glob("*.snapshot"):
        path.unlink()
    from_the_log = started(options)
    assert from_the_log.state.core.logical_hash() == again.state.core.logical_hash()
    follower = Follower(options)
    follow(follower, again.state.position.number)
    assert follower.state.core.logical_hash() == again.state.core.logical_hash()
    report = Verifier(options).run()
    assert (report.difference, report.decisions, report.refusals) == ("", 2, 1)
    assert "given up" in report.notes[0]


def test_what_the_group_was_not_told_is_not_decided_again(
    options: EngineOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An engine that died within its first second, and whose journal was deleted."""
    monkeypatch.setattr(ReportedOffsets, "see", lambda *_, **__: None)
    engine = started(options)
    send(options, [*payments(0, 5), raw("refused", amount=0), *payments(0, 1)])
    run(engine, 7 + seeds(options))
    send(options, payments(5, 2))
    delete(options, "journal", -1)
    assert repaired(options, "--yes") == 0
    again = started(options)
    while again.state.core.admission.sequence < 7:
        again.step()
    once = [f"p{i}" for i in range(5)]
    assert [answer.payment_id for answer in answers(options)] == [*once, "refused", "p0", "p5", "p6"]


def test_a_snapshot_saves_the_state_where_old_inputs_are_gone(options: EngineOptions) -> None:
    engine = started(options)
    send(options, payments(0, 5))
    run(engine, 5 + seeds(options))
    engine.close()
    delete(options, "payments", -1)
    delete(options, "journal", engine.state.position.journal_offset)
    assert not repair.diagnose(options).is_needed
    send(options, payments(5, 1))
    run(started(options), 1)
    assert decided(options)[-1].sequence == 6


def test_a_topic_that_was_made_again_is_read_from_where_it_goes_on(
    options: EngineOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "WAIT_S", 5.0)  # twice thirty seconds otherwise for records that are gone
    engine = started(options)
    send(options, payments(0, 5))
    run(engine, 5 + seeds(options))
    engine.close()
    admin = AdminClient({"bootstrap.servers": options.bootstrap})
    topic = Topics(options.engine)["payments"]
    next(iter(admin.delete_topics([topic]).values())).result(30)
    from streams.kafka import ensure_topics

    ensure_topics(options.bootstrap, options.engine)
    send(options, payments(5, 2))
    plan = repair.diagnose(options)
    assert plan.is_needed
    assert repaired(options, "--yes") == 0
    engine = started(options)
    while engine.state.core.admission.sequence < 7:
        engine.step()
    assert [decision.payment_id for decision in decided(options)][-2:] == ["p5", "p6"]
    assert Verifier(options).run().difference == ""
