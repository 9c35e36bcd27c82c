"""The sink against a real Kafka and the embedded ClickHouse."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import OperationalError
from confluent_kafka import Producer
from tenacity import wait_none

from models.messages.codec import encode
from models.messages.decision import Decision
from streams.errors import Fenced
from streams.kafka.topics import Topics
from streams.warehouse.audit import recount_log
from streams.warehouse.audit.compare import compare, compare_with_log
from streams.warehouse.sink.block_insert import BlockInsert
from streams.warehouse.sink.log_range import LogRange
from streams.warehouse.sink.progress import messages_behind, wait_until_sunk
from streams.warehouse.sink.sink import TOPICS_LOOK_S, WarehouseSink
from tests.docs.small_quarter import SmallQuarter
from tests.support.unreadable_records import send_unreadable
from tests.warehouse.engine_output import EngineOutput, decision, make_input_topic, make_topics
from tests.warehouse.log_messages import NETWORK_KEY, NETWORKS, SmallLog
from tests.warehouse.sink_in_thread import sink_all, sinking

pytestmark = pytest.mark.kafka


class Interrupted(Exception):  # noqa: N818
    """Stands for a process that is paused or dies at this point."""


@pytest.fixture
def interrupted(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], list[tuple[Any, ...]]]:
    """Makes the next sink stop dead at its first insert, before or after it; gives what it was to insert."""

    def plant(after: bool) -> list[tuple[Any, ...]]:
        insert = BlockInsert.insert
        seen: list[tuple[Any, ...]] = []

        def planted(self: BlockInsert, *arguments: Any, is_repeated: bool) -> None:
            if seen:
                return insert(self, *arguments, is_repeated=is_repeated)
            seen.append((self, *arguments))
            if after:
                insert(self, *arguments, is_repeated=is_repeated)
            raise Interrupted

        monkeypatch.setattr(BlockInsert, "insert", planted)
        return seen

    return plant


def test_committed_messages_are_sunk_and_aborted_ones_are_not(
    kafka: str, client: Client, engine: str, output: EngineOutput
) -> None:
    for rows in (30, 1, 200):
        output.commit(rows)
        output.abort(40)
    sink_all(kafka, client, engine)
    comparison = compare(kafka, client, engine)
    assert comparison.differences == []
    assert (comparison.decisions, comparison.dead_letters) == (231 + 23, 11)
    trials = "SELECT canary, sum(decisions), sum(disagreed), sum(without_probability) FROM v_trials"
    found = client.query(
        f"{trials} WHERE engine = {{e:String}} GROUP BY canary ORDER BY canary", {"e": engine}
    )
    assert found.result_rows == _trials([decision(engine, sequence) for sequence in range(1, 232)])


def _trials(decisions: list[Decision]) -> list[tuple[bool, int, int, int]]:
    """By who decided: how many, where the other model disagreed, where the challenger was mute."""
    rows = []
    for canary in (False, True):
        own = [
            (d, d.challenger)
            for d in decisions
            if d.challenger and (d.challenger.champion is not None) == canary
        ]
        others = [(challenger.champion or challenger).verdict for _, challenger in own]
        disagreed = sum(d.verdict != other for (d, _), other in zip(own, others, strict=True))
        rows.append((canary, len(own), disagreed, sum(c.probability is None for _, c in own)))
    return rows


def test_a_stopped_sink_goes_on_where_it_was(
    kafka: str, client: Client, engine: str, output: EngineOutput
) -> None:
    for _ in range(3):
        output.commit(100)
        sink_all(kafka, client, engine)
    assert client.command("SELECT count() FROM decisions WHERE engine = {e:String}", {"e": engine}) == 330
    assert compare_with_log(kafka, client, engine) == []


def test_extreme_amounts_and_times_add_up(
    kafka: str, client: Client, engine: str, output: EngineOutput
) -> None:
    output.commit(40, amount=2**62, reference_amount=-(2**62), occurred_at=253_402_300_799_999)
    output.commit(40, amount=-(2**62), engine_time=0, received_at=0)
    sink_all(kafka, client, engine)
    assert compare_with_log(kafka, client, engine) == []


@pytest.mark.parametrize("after", [False, True], ids=["before the insert", "after the insert"])
def test_a_zombie_cannot_record_and_its_old_cut_does_no_harm(
    kafka: str, client: Client, engine: str, output: EngineOutput, interrupted: Any, after: bool
) -> None:
    """A sink is paused around an insert; a second one takes over; then the first one wakes up and inserts."""
    output.commit(100)
    about_to_insert = interrupted(after)
    zombie = WarehouseSink(engine, kafka, client, NETWORKS, threading.Event())
    zombie.begin()
    with pytest.raises(Interrupted):
        zombie.step()
    output.commit(100)
    sink_all(kafka, client, engine)
    writer, table, log_range, block = about_to_insert[0]
    writer.insert(table, log_range, block, is_repeated=False)
    with pytest.raises(Fenced, match="taken over"):
        zombie._answers._ledger.record([LogRange(log_range.partition, log_range.end, log_range.end + 5, 5)])
    zombie.close()
    assert compare_with_log(kafka, client, engine) == []


def test_progress_in_another_warehouse_does_not_count_here(
    kafka: str, client: Client, engine: str, output: EngineOutput, monkeypatch: pytest.MonkeyPatch
) -> None:
    output.commit(100)
    with monkeypatch.context() as patch:
        patch.setattr("streams.warehouse.sink.stage_sink.warehouse_identity", lambda _: "another warehouse")
        patch.setattr(BlockInsert, "insert", lambda *_, **__: None)
        stop = threading.Event()
        with sinking(WarehouseSink(engine, kafka, client, NETWORKS, stop), stop) as sink:
            while sink.status.rows < 115:
                stop.wait(0.01)
    assert messages_behind(kafka, client, engine) > 0
    sink_all(kafka, client, engine)
    assert compare_with_log(kafka, client, engine) == []


def test_what_is_none_of_the_engines_is_left_out_and_counted(
    kafka: str, client: Client, engine: str, output: EngineOutput
) -> None:
    foreign = [b'{"type":"decision","engine":3}', b"", b"{", b"\xff", b"[" * 50_000]
    output.commit(10)
    for line in foreign:
        output.commit_raw("decisions", line)
        output.commit_raw("dead-letters", line)
    output.commit_raw("decisions", encode(decision("another", 99)))
    output.commit_raw("decisions", encode(decision(engine, 99, attempt=300)))
    output.commit_raw("decisions", encode(decision(engine, 99, amount=2**63)))
    output.commit(10)
    sink = sink_all(kafka, client, engine)
    assert sink.status.foreign == 2 * len(foreign) + 3
    assert compare_with_log(kafka, client, engine) == []


def test_what_cannot_be_read_is_left_out_and_counted(
    kafka: str, client: Client, engine: str, output: EngineOutput
) -> None:
    output.commit(10)
    for role, records in (("decisions", 3), ("dead-letters", 1)):
        send_unreadable(kafka, Topics(engine)[role], records)
    output.commit(30)
    sink = sink_all(kafka, client, engine)
    assert (sink.status.unreadable, sink.status.foreign) == (4, 0)
    assert compare_with_log(kafka, client, engine) == []


def test_an_outage_is_waited_out_and_nothing_is_dropped(
    kafka: str, client: Client, engine: str, output: EngineOutput, monkeypatch: pytest.MonkeyPatch
) -> None:
    insert = BlockInsert.insert
    failures = iter(range(20))
    paused: list[str] = []

    def failing(self: BlockInsert, *arguments: Any, is_repeated: bool) -> None:
        if next(failures, None) is not None:
            paused.append(sink.status.state)
            raise OperationalError("connection refused")
        insert(self, *arguments, is_repeated=is_repeated)

    monkeypatch.setattr(BlockInsert, "insert", failing)
    monkeypatch.setattr("streams.warehouse.sink.stage_sink.PAUSE_S", 0.01)
    output.commit(50)
    stop = threading.Event()
    sink = WarehouseSink(engine, kafka, client, NETWORKS, stop)
    for stage in sink.stages:
        stage._retrying.wait = wait_none()
    with sinking(sink, stop):
        wait_until_sunk(kafka, client, engine)
    assert "paused" in paused
    assert compare_with_log(kafka, client, engine) == []


def test_every_table_equals_a_recount_of_the_log(kafka: str, client: Client, engine: str) -> None:
    """Payments, decisions and what became of them, sent in the order of a small log while the sink works; the
    topics of inputs and agents are made only then.
    """
    small = SmallLog(engine)
    SmallQuarter(small, 60)
    make_topics(kafka, engine)
    sender = Producer({"bootstrap.servers": kafka})
    messages = sorted((m for own in small.messages.values() for m in own), key=lambda m: m.appended_at)
    stop = threading.Event()
    sink = WarehouseSink(engine, kafka, client, NETWORKS, stop)
    with sinking(sink, stop):
        for message in messages:
            make_input_topic(kafka, message.topic())
            sender.produce(message.topic(), message.value())
            sender.flush()
        stop.wait(TOPICS_LOOK_S + 3)
        wait_until_sunk(kafka, client, engine)
    assert sink.status.foreign == 0
    assert recount_log(kafka, client, engine, NETWORK_KEY) == []
    assert compare_with_log(kafka, client, engine) == []
