"""Every table and aggregate equals a recount of the log that shares nothing with the sink; damage is seen."""

from collections.abc import Iterator
from importlib import import_module

import pytest
from clickhouse_connect.driver.client import Client
from msgspec import structs

from models.lists.entries import EntryFault
from models.lists.requests import ListAnswer
from models.messages.control import Control, ListChange, ModelChange
from models.messages.dead_letter import DeadLetterReason
from models.messages.label import LabelValue
from streams.warehouse.audit import LogCopy, read_record, recount
from streams.warehouse.database import Database
from streams.warehouse.sink.aggregates import AGGREGATES
from tests.docs.small_quarter import SmallQuarter
from tests.warehouse.engine_output import dead_letter
from tests.warehouse.log_messages import NETWORK_KEY, SmallLog, signed_control

ENGINE = "recounted"


@pytest.fixture(scope="module")
def client(database: Database) -> Iterator[Client]:
    opened = database.client()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def log(client: Client) -> SmallLog:
    """The small quarter, a payment that cannot be read, a refusal, and labels that come late."""
    log = SmallLog(ENGINE)
    quarter = SmallQuarter(log)
    unread = log.add("payments", b'{"type": "payment"}')
    letter = dead_letter(ENGINE, 20)
    log.add(
        "dead-letters", structs.replace(letter, offset=unread.offset(), reason=DeadLetterReason.INVALID_FIELD)
    )
    log.add("dead-letters", structs.replace(letter, topic=f"{ENGINE}.labels", offset=1))
    payment = structs.replace(quarter.cases[5].payment, ip="2001:db8:1:2::3", metadata={"note": 1})
    log.add("payments", structs.replace(payment, payment_id="order-9"))
    log.add("controls", signed_control(ENGINE, ListChange("blocked_cards", "tok", purpose="block")))
    log.add("controls", Control("c9", log.now, "eve", ModelChange("cd" * 32)))
    log.add(
        "list-audit", ListAnswer("r1", "accepted", log.now, 5, "digest", "blocked_cards", "tok", control="c")
    )
    log.add("list-audit", ListAnswer(None, "rejected", log.now, 6, "digest", fault=EntryFault.CARD_NUMBER))
    log.sink(client, size=400)
    for case in quarter.cases[::7]:
        quarter._know(case, LabelValue.LEGITIMATE, "arbitration", 1)
    log.sink(client, size=400)
    return log


def copied(log: SmallLog) -> LogCopy:
    return LogCopy(
        log.engine,
        [
            read_record(topic.rpartition(".")[2], 0, m.offset(), m.appended_at, m.value())
            for topic, messages in log.messages.items()
            for m in messages
        ],
    )


def differences(client: Client, log: SmallLog) -> list[str]:
    return recount(client, copied(log), NETWORK_KEY)


def test_tables_and_aggregates_equal_the_log(client: Client, log: SmallLog) -> None:
    assert differences(client, log) == []


def test_a_repeated_log_changes_nothing(client: Client, log: SmallLog) -> None:
    log.sink(client, is_repeated=True)
    assert differences(client, log) == []


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("payments", "card = 'another'"),
        ("decisions", "bin = '000000'"),
        ("decisions", "superseded_verdict = 'review'"),
        ("decisions", "three_ds_result = 'U'"),
        ("labels", "challenger_verdict = 'review'"),
        ("outcomes", "reference_amount = reference_amount + 1"),
        ("labels", "stands_after = 'unknown'"),
        ("disputes", "repeated = NOT repeated"),
        ("reviews", "author = 'nobody'"),
        ("timeline", "what = 'nothing'"),
        ("controls", "author = 'nobody'"),
        ("list_answers", "status = 'unknown'"),
    ],
)
def test_one_changed_cell_is_seen(client: Client, log: SmallLog, table: str, change: str) -> None:
    column = change.partition(" ")[0]
    entity = "entity" if table == "timeline" else "''"
    ((before, role, offset, of),) = client.query(
        f"SELECT {column}, log_topic, log_offset, {entity} FROM {table} WHERE engine = '{ENGINE}'"
        " ORDER BY log_offset LIMIT 1"
    ).result_rows
    where = f"engine = '{ENGINE}' AND log_topic = '{role}' AND log_offset = {offset} AND {entity} = '{of}'"
    put_back = f"{column} = '{before}'" if isinstance(before, str) else f"{column} = {int(before)}"
    for text in (change, put_back):
        client.command(f"ALTER TABLE {table} UPDATE {text} WHERE {where}", settings={"mutations_sync": 2})
        seen = differences(client, log)
        assert all(line.startswith(f"{table}: ") or "_by_" in line.partition(":")[0] for line in seen)
        assert any(f" has {column} " in line for line in seen) == (text == change)
    assert seen == []


def test_doubled_cells_are_seen_and_put_right_by_a_repeated_range(
    client: Client, log: SmallLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_module("streams.warehouse.audit.recount"), "DIFFERENCES_MAX", 10_000)
    aggregates = [each.name for each in AGGREGATES if not each.histograms]
    for name in aggregates:
        own = f"SELECT * FROM {name} WHERE engine = '{ENGINE}' LIMIT 3"
        client.command(f"INSERT INTO {name} {own}", settings={"insert_deduplicate": 0})
        assert any(line.startswith(f"{name}: ") for line in differences(client, log))
    log.sink(client, is_repeated=True)
    assert differences(client, log) == []
