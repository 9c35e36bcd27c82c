"""Tables keep their rows as long as the setting says, and sums are put right as far back as they are kept."""

import time
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client
from msgspec import structs

from models.messages.control import Control, ListChange
from models.messages.dead_letter import DeadLetterReason
from models.messages.decision import Verdict
from models.messages.outcome import OutcomeKind
from streams.errors import Misconfigured
from streams.warehouse.schema import apply_retention, keep_days, kept_since_ms, structure_faults
from streams.warehouse.schema.retention import LIMITED
from streams.warehouse.sink.block_insert import BlockInsert
from tests.warehouse.engine_output import dead_letter
from tests.warehouse.log_messages import DAY_MS, START_MS, SmallLog
from tests.warehouse.test_rows import PAYMENT, decided, outcome

MILLIS_MAX = 253_402_300_799_999


@pytest.mark.parametrize(
    "text",
    [
        "decisions=90",
        "payments=7",
        "payments",
        "payments=x",
        "timeline=90",
        "controls=900",
        "payments=\u0669\u0660",
    ],
)
def test_a_limit_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(Misconfigured, match="TOLLGATE_WAREHOUSE_KEEP_DAYS"):
        keep_days(text)


def test_limits_are_set_changed_and_taken_back(own: Client) -> None:
    assert apply_retention(own, {"payments": 30, "timeline": 400}) == {"payments": 30, "timeline": 400}
    assert apply_retention(own, {"payments": 30, "timeline": 400}) == {}
    assert apply_retention(own, {"payments": 60}) == {"payments": 60, "timeline": 0}
    assert kept_since_ms(own, "timeline") == 0
    assert 58 * DAY_MS < time.time() * 1000 - kept_since_ms(own, "payments") < 60 * DAY_MS
    assert structure_faults(own) == {}


def test_every_table_that_can_have_a_limit_takes_one(own: Client) -> None:
    days = {table: least for table, (_, least) in LIMITED.items()}
    assert apply_retention(own, days) == days


def test_sums_by_minute_expire_and_those_by_hour_stay(own: Client, engine: str) -> None:
    """A decision of long ago, as of a replay: a repeated range puts right what is kept, and only that."""
    apply_retention(own, {"decisions_by_minute": 35})
    log = SmallLog(engine)
    decided(log, PAYMENT, Verdict.DECLINE)
    log.sink(own)
    own.command(
        "ALTER TABLE decisions_by_minute UPDATE decisions = 0 WHERE 0", settings={"mutations_sync": 2}
    )
    own.command("OPTIMIZE TABLE decisions_by_minute FINAL")
    for _ in range(2):
        sums = [
            own.command(f"SELECT sum(decisions) FROM decisions_by_{grain} WHERE dimension = 'all'")
            for grain in ("minute", "hour", "day")
        ]
        assert sums == [0, 1, 1]
        log.sink(own, is_repeated=True)


def test_rows_that_are_older_than_their_table_keeps_any_do_no_harm(
    own: Client, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A first start reads what the topic holds; ClickHouse may delete it before the sink has looked."""
    apply_retention(own, {"payments": 8})
    log = SmallLog(engine)
    log.now = int(time.time() * 1000) - 30 * DAY_MS
    log.add("payments", PAYMENT)
    send = BlockInsert._send

    def merged_at_once(self: BlockInsert, table: str, *arguments: Any) -> None:
        send(self, table, *arguments)
        own.command(f"OPTIMIZE TABLE {table} FINAL")

    monkeypatch.setattr(BlockInsert, "_send", merged_at_once)
    log.sink(own)
    assert own.command("SELECT count() FROM payments") == 0
    log.now = int(time.time() * 1000)
    log.add("payments", PAYMENT)
    log.sink(own)
    assert own.command("SELECT count() FROM payments") == 1


def test_the_longest_limit_keeps_what_comes_today(own: Client, engine: str) -> None:
    """Now and 36,500 days are beyond 2106, where ClickHouse's times of 32 bits end."""
    apply_retention(own, {"payments": 36_500})
    log = SmallLog(engine)
    log.now = int(time.time() * 1000)
    log.add("payments", PAYMENT)
    log.sink(own)
    own.command("OPTIMIZE TABLE payments FINAL")
    assert own.command("SELECT count() FROM payments") == 1


def test_a_report_of_a_time_to_come_is_kept_and_ends_no_sink(own: Client, engine: str) -> None:
    """Senders may name any time up to the year 9999."""
    apply_retention(own, {"timeline": 400})
    log = SmallLog(engine)
    for at in (4_418_064_000_000, MILLIS_MAX):
        log.add("outcomes", outcome(OutcomeKind.AUTHORISED, at))
    log.sink(own)
    log.sink(own, is_repeated=True)
    own.command("OPTIMIZE TABLE timeline FINAL")
    assert own.command("SELECT count() FROM timeline WHERE entity = 'payment'") == 2


def test_a_refused_control_stays_refused_when_dead_letters_expire(own: Client, engine: str) -> None:
    apply_retention(own, {"dead_letters": 8})
    log = SmallLog(engine)
    refused = log.add("controls", Control("c", START_MS, "ana", ListChange("cards", "tok_1")))
    long_ago = int(time.time() * 1000) - 30 * DAY_MS
    for topic, reason in (
        ("controls", DeadLetterReason.INVALID_CONTROL),
        ("payments", DeadLetterReason.EMPTY),
    ):
        place = {"topic": f"{engine}.{topic}", "offset": refused.offset(), "received_at": long_ago}
        log.add("dead-letters", structs.replace(dead_letter(engine, 1), reason=reason, **place))
    log.sink(own)
    own.command("OPTIMIZE TABLE dead_letters FINAL")
    assert own.query("SELECT accepted, refusal FROM v_controls").result_rows == [(0, "invalid_control")]
    assert own.command("SELECT count() FROM dead_letters") == 1


def test_a_limit_in_other_words_is_put_into_these(own: Client) -> None:
    """As an earlier version set it."""
    for days in (30, 0):
        own.command("ALTER TABLE payments MODIFY TTL toDateTime(received_at) + toIntervalDay(30)")
        wanted = {"payments": days} if days else {}
        assert apply_retention(own, wanted) == {"payments": days}
        assert apply_retention(own, wanted) == {}
