"""What was dropped, altered or changed by hand is found, and put right from the log; nothing counts twice."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client

from streams.commands.processes.warehouse import rebuild
from streams.errors import Damaged, Fenced, Misconfigured
from streams.warehouse.audit.compare import compare_with_log
from streams.warehouse.repair import Rebuild, RebuildRequest, chosen_tables, warehouse_faults
from streams.warehouse.sink.log_range import LogRange, Partition
from streams.warehouse.sink.sink import WarehouseSink
from tests.support.log_damage import delete_records
from tests.warehouse.engine_output import EngineOutput
from tests.warehouse.log_messages import NETWORKS
from tests.warehouse.rebuilding import COUNTED, ROWS, rebuilt
from tests.warehouse.sink_in_thread import sink_all

pytestmark = pytest.mark.kafka

DAMAGES = {
    "table dropped": ("DROP TABLE decisions SYNC", "decisions is missing"),
    "table emptied": ("TRUNCATE TABLE decisions", "decisions of engine"),
    "other table emptied": ("TRUNCATE TABLE dead_letters", "dead_letters of engine"),
    "aggregate dropped": ("DROP TABLE decisions_hour SYNC", "decisions_hour is missing"),
    "aggregate emptied": ("TRUNCATE TABLE decisions_minute", "decisions_minute of engine"),
    "feed dropped": ("DROP VIEW decisions_hour_feed SYNC", "decisions_hour_feed is missing"),
    "view dropped": ("DROP VIEW v_hour SYNC", "v_hour is missing"),
    "view replaced": (
        "CREATE OR REPLACE VIEW v_hour AS SELECT * FROM decisions_hour", "v_hour has another",
    ),
    "column dropped": ("ALTER TABLE decisions DROP COLUMN policy", "decisions has no column policy"),
    "column added": ("ALTER TABLE decisions ADD COLUMN mine String", "decisions has another column, mine"),
    "type changed": (
        "ALTER TABLE dead_letters MODIFY COLUMN detail LowCardinality(String)",
        "dead_letters has another type in column detail",
    ),
    "rows deleted": ("ALTER TABLE decisions DELETE WHERE log_offset < 50", "decisions of engine"),
    "row doubled": (
        "INSERT INTO decisions SELECT * FROM decisions WHERE engine = {engine:String} LIMIT 1",
        "decisions of engine",
    ),
    "records dropped": ("DROP TABLE schema_migrations SYNC", "schema_migrations is missing"),
    "identity dropped": ("DROP TABLE warehouse_identity SYNC", "warehouse_identity is missing"),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damage_is_found_and_put_right(kafka: str, own: Client, sunk: str, damage: str) -> None:
    statement, fault = DAMAGES[damage]
    own.command(statement, {"engine": sunk}, settings={"mutations_sync": 1, "insert_deduplicate": 0})
    found = warehouse_faults(kafka, own, [sunk])
    assert any(fault in line and "`tollgate warehouse rebuild`" in line for line in found), found
    rebuilt(kafka, own, sunk)
    sink_all(kafka, own, sunk)
    assert warehouse_faults(kafka, own, [sunk]) == []
    assert compare_with_log(kafka, own, sunk) == []


@pytest.mark.parametrize("damage", ["rows deleted", "column dropped"])
def test_rows_that_the_log_no_longer_holds_are_kept(kafka: str, own: Client, sunk: str, damage: str) -> None:
    delete_records(kafka, f"{sunk}.decisions", 100)
    statement = DAMAGES[damage][0].replace("log_offset < 50", "log_offset >= 200")
    own.command(statement, settings={"mutations_sync": 1})
    rebuilt(kafka, own, sunk)
    sink_all(kafka, own, sunk)
    assert own.query(COUNTED).result_rows == [(ROWS, ROWS)]
    assert own.command("SELECT sum(decisions) FROM v_minute") == 300
    assert warehouse_faults(kafka, own, [sunk]) == []


def test_other_engines_keep_their_rows(
    kafka: str, own: Client, sunk: str, make_output: Callable[[str], EngineOutput]
) -> None:
    other = f"{sunk}-other"
    make_output(other).commit(50)
    sink_all(kafka, own, other)
    rebuilt(kafka, own, sunk)
    assert compare_with_log(kafka, own, other) == []
    sink_all(kafka, own, sunk)
    assert compare_with_log(kafka, own, sunk) == []


def test_a_warehouse_of_some_engines_clears_no_other(
    kafka: str, own: Client, sunk: str, tmp_path: Path, make_output: Callable[[str], EngineOutput]
) -> None:
    other = f"{sunk}-other"
    make_output(other).commit(50)
    sink_all(kafka, own, other)
    request = RebuildRequest(tmp_path)
    (tmp_path / "run").mkdir()
    request.make()
    rebuild(kafka, lambda: own, request, (sunk,))
    assert set(request.report()["read_again"]) == {sunk}
    assert compare_with_log(kafka, own, other) == []


def test_a_table_beyond_the_end_of_its_log_is_left_alone(kafka: str, own: Client, sunk: str) -> None:
    own.command(
        "INSERT INTO decisions SELECT * REPLACE (100000 AS log_offset) FROM (SELECT * FROM decisions LIMIT 1)"
    )
    with pytest.raises(Damaged, match="created again"):
        rebuilt(kafka, own, sunk)
    assert own.command("SELECT count() FROM decisions") == ROWS + 1


def test_a_sink_elsewhere_is_ended(kafka: str, own: Client, sunk: str) -> None:
    sink = WarehouseSink(sunk, kafka, own, NETWORKS, threading.Event())
    sink.begin()
    rebuilt(kafka, own, sunk)
    with pytest.raises(Fenced):
        sink._answers._ledger.record([LogRange(Partition(f"{sunk}.decisions", 0), 0, 5, 5)])
    sink.close()


def test_only_what_was_asked_for_is_read_again(kafka: str, own: Client, sunk: str) -> None:
    """Of a table its topics, with what else they fill; of an aggregate nothing."""
    own.command("ALTER TABLE dead_letters DELETE WHERE 1", settings={"mutations_sync": 1})
    own.command("TRUNCATE TABLE decisions_by_hour")
    report = Rebuild(kafka, own, "some", [sunk], ["dead_letters", "decisions_by_day"]).run()
    assert own.command("SELECT count() FROM decisions") == ROWS
    assert own.command("SELECT sum(decisions) FROM decisions_by_hour WHERE dimension = 'all'") == 300
    assert 0 < report.read_again[sunk] < 100
    sink_all(kafka, own, sunk)
    assert warehouse_faults(kafka, own, [sunk]) == []
    assert compare_with_log(kafka, own, sunk) == []


def test_a_table_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="there is no table 'decision'"):
        chosen_tables(["decision"])
    request = RebuildRequest(tmp_path)
    request.make(["labels"])
    request.make(["payments"])
    assert request.tables() == ["labels", "payments"]
    request.make()
    assert request.tables() == []
    assert RebuildRequest(tmp_path).pending() == request.pending()
