"""The comparison with the log sees every kind of damage; and nothing where there is none."""

import pytest
from clickhouse_connect.driver.client import Client

from streams.warehouse.audit.compare import compare, compare_with_log
from tests.warehouse.engine_output import EngineOutput
from tests.warehouse.sink_in_thread import sink_all

pytestmark = pytest.mark.kafka

ONE_ROW = "INSERT INTO decisions_{grain} SELECT * FROM decisions_{grain} WHERE engine = {{e:String}} LIMIT 1"
QUIET = {"insert_deduplicate": 0, "materialized_views_ignore_errors": 0}


@pytest.fixture
def sunk(kafka: str, client: Client, analyst: Client, engine: str, output: EngineOutput) -> str:
    output.commit(150)
    sink_all(kafka, client, engine)
    assert compare_with_log(kafka, analyst, engine) == []
    return engine


@pytest.mark.parametrize("grain", ["minute", "hour"])
def test_a_doubled_aggregate_is_seen(kafka: str, client: Client, sunk: str, grain: str) -> None:
    client.command(ONE_ROW.format(grain=grain), {"e": sunk}, settings=QUIET)
    differences = compare_with_log(kafka, client, sunk)
    assert differences
    assert all(f"decisions_{grain}" in difference for difference in differences)


def test_one_count_in_a_histogram_is_seen(kafka: str, client: Client, sunk: str) -> None:
    client.command(
        "INSERT INTO decisions_hour"
        " (engine, hour, verdict, score_histogram, probability_histogram, latency_histogram)"
        " SELECT {e:String}, min(hour), 'none', map(5, 1), map(-1, 1), map(3600000, 1) FROM decisions_hour"
        " WHERE engine = {e:String}",
        {"e": sunk},
        settings=QUIET,
    )
    seen = " ".join(compare_with_log(kafka, client, sunk))
    for bucket in (
        "score_histogram bucket 1",
        "probability_histogram bucket 21",
        "latency_histogram bucket 27",
    ):
        assert f"{bucket} is 1, the log says 0" in seen


def test_a_lost_row_is_seen(kafka: str, client: Client, sunk: str) -> None:
    client.command(
        "ALTER TABLE decisions DELETE WHERE engine = {e:String} AND log_offset = 7",
        {"e": sunk},
        settings={"mutations_sync": 1},
    )
    assert "1 rows are missing [7]" in compare_with_log(kafka, client, sunk)[0]


def test_a_lost_dead_letter_is_seen(kafka: str, client: Client, sunk: str) -> None:
    client.command(
        "ALTER TABLE dead_letters DELETE WHERE engine = {e:String} AND log_offset = 2",
        {"e": sunk},
        settings={"mutations_sync": 1},
    )
    assert "dead_letters" in compare_with_log(kafka, client, sunk)[0]


def test_a_row_beyond_the_log_is_seen(kafka: str, client: Client, sunk: str) -> None:
    client.command(
        "INSERT INTO decisions SELECT * REPLACE (100000 AS log_offset) FROM"
        " (SELECT * FROM decisions WHERE engine = {e:String} AND log_offset = 3)",
        {"e": sunk},
        settings=QUIET,
    )
    assert "1 rows beyond the end of the log" in compare_with_log(kafka, client, sunk)[0]


def test_one_changed_field_is_seen_and_named(kafka: str, client: Client, sunk: str) -> None:
    changes = {
        "amount": "amount + 1",
        "probability": "NULL",
        "verdict": "'other'",
        "hits": "['no such rule']",
        "decided_at": "decided_at + INTERVAL 1 MILLISECOND",
        "duplicate": "NOT duplicate",
        "merchant_country": "'XX'",
    }
    for column, value in changes.items():
        client.command(
            f"ALTER TABLE decisions UPDATE {column} = {value} WHERE engine = {{e:String}} AND log_offset = 3",
            {"e": sunk},
            settings={"mutations_sync": 1},
        )
    seen = " ".join(compare(kafka, client, sunk).differences)
    for column in changes:
        assert f"decisions at offset 3: {column} is" in seen
