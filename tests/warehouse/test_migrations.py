"""Migrations are applied once, in order, and never rewritten; views are what their files say."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client

from streams.warehouse.database import Database
from streams.warehouse.schema.migrate import (
    MIGRATIONS,
    VIEWS,
    Migration,
    MigrationError,
    load,
    load_views,
    migrate,
    plan,
)
from streams.warehouse.schema.migration_check import DangerousMigrationError, check_migration, check_view
from streams.warehouse.schema.queries import FOLDER, sql
from streams.warehouse.schema.structure import expected_structure
from streams.warehouse.tables import DecidedFacts

TABLE = (
    "CREATE TABLE IF NOT EXISTS {name} (a Int64 COMMENT 'it; is, what (it is)') ENGINE = MergeTree ORDER BY a"
    " SETTINGS non_replicated_deduplication_window = 20000 COMMENT 'rows'"
)
ADDED = "ALTER TABLE first ADD COLUMN IF NOT EXISTS b String COMMENT 'it''s b'"
FEED = (
    "CREATE MATERIALIZED VIEW IF NOT EXISTS sums_feed TO sums AS SELECT a, count() AS n FROM first GROUP BY a"
)
RECOUNTED = {
    *DecidedFacts().payment._fields, "deciding_rule", "sca_scope", "late", "superseded_verdict",
    "superseded_rule", "superseded_decided_by", "superseded_hits", "superseded_model",
    "superseded_reference_amount",
}  # fmt: skip
DANGERS = {
    "DROP TABLE decisions": "not among what a migration may do",
    "TRUNCATE TABLE decisions": "not among what",
    "RENAME TABLE decisions TO d": "not among what",
    "OPTIMIZE TABLE decisions FINAL": "not among what",
    "INSERT INTO decisions SELECT * FROM decisions": "not among what",
    "DELETE FROM decisions WHERE 1": "not among what",
    "CREATE OR REPLACE TABLE decisions (a Int64) ENGINE = MergeTree ORDER BY a": "not among what",
    "ALTER TABLE decisions MODIFY COLUMN amount String": "not among what",
    "ALTER TABLE decisions DELETE WHERE 1": "not among what",
    "ALTER TABLE decisions UPDATE amount = 0 WHERE 1": "not among what",
    "ALTER TABLE decisions DROP COLUMN amount": "not among what",
    ADDED + ", DROP COLUMN a": "a migration only adds",
    ADDED + ", ADD COLUMN c String COMMENT 'c'": "a migration only adds",
    ADDED + ", MATERIALIZE INDEX i": "a migration only adds",
    ADDED + ", MODIFY SETTING index_granularity = 1": "a migration only adds",
    ADDED + "; DROP TABLE first": "more than one statement",
    "-- harmless\nALTER TABLE first ADD COLUMN IF NOT EXISTS b String": "say by COMMENT what is in b",
    TABLE.format(name="t").replace("COMMENT 'it; is, what (it is)'", ""): "say by COMMENT what is in a",
    TABLE.format(name="t").replace(" COMMENT 'rows'", ""): "say by COMMENT what is in t",
    TABLE.format(name="t").replace("ORDER BY a", "ORDER BY a PARTITION BY a"): "has partitions",
    TABLE.format(name="t").replace("ORDER BY a", "ORDER BY a TTL a + 1"): "has a TTL",
    TABLE.format(name="t").replace("MergeTree", "Memory"): "not of the MergeTree family",
    TABLE.format(name="t").replace("SETTINGS non_replicated_deduplication_window = 20000", ""): "count twice",
    FEED.replace("TO sums", "TO other"): "called by the table",
    FEED.replace("first GROUP", "first JOIN second USING a GROUP"): "depends on when",
    FEED.replace("AS SELECT", "POPULATE AS SELECT"): "not among what",
    "CREATE MATERIALIZED VIEW IF NOT EXISTS m ENGINE = MergeTree ORDER BY a AS SELECT a FROM t": "not among",
}


@pytest.fixture
def empty(database: Database) -> Iterator[Client]:
    """A database of its own without any table."""
    own = database.client()
    own.command("CREATE DATABASE migrations")
    connected = database.client("migrations")
    yield connected
    connected.close()
    own.command("DROP DATABASE migrations SYNC")
    own.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "0001_first.sql").write_text(TABLE.format(name="first"))
    (tmp_path / "0002_second.sql").write_text(TABLE.format(name="second"))
    return tmp_path


def named(*names: str) -> list[Migration]:
    return [Migration(name, "SELECT 1", f"hash of {name}") for name in names]


def test_everything_is_applied_once(empty: Client) -> None:
    applied = migrate(empty)
    assert applied[:2] == ["0001_decisions.sql", "0002_dead_letters.sql"]
    assert migrate(empty) == []


def test_a_new_migration_is_applied_alone(empty: Client, folder: Path, tmp_path: Path) -> None:
    migrate(empty, folder, tmp_path / "none")
    (folder / "0003_third.sql").write_text(TABLE.format(name="third") + ";\n")
    assert migrate(empty, folder, tmp_path / "none") == ["0003_third.sql"]


def test_a_changed_migration_is_refused_before_anything_is_applied(
    empty: Client, folder: Path, tmp_path: Path
) -> None:
    migrate(empty, folder, tmp_path / "none")
    (folder / "0001_first.sql").write_text("CREATE TABLE first (a String) ENGINE = MergeTree ORDER BY a")
    (folder / "0003_third.sql").write_text(TABLE.format(name="third"))
    with pytest.raises(MigrationError, match=r"0001_first\.sql was changed"):
        migrate(empty, folder, tmp_path / "none")
    assert empty.command("EXISTS TABLE third") == 0


def test_a_migration_whose_record_was_lost_is_repeated_harmlessly(
    empty: Client, folder: Path, tmp_path: Path
) -> None:
    migrate(empty, folder, tmp_path / "none")
    empty.command("TRUNCATE TABLE schema_migrations")
    assert migrate(empty, folder, tmp_path / "none") == ["0001_first.sql", "0002_second.sql"]


@pytest.mark.parametrize(
    ("present", "applied", "message"),
    [
        (("0001_a.sql", "0003_c.sql"), (), "should be number 0002"),
        (("0001_a.sql", "no_number.sql"), (), "should be number 0002"),
        (("0001_a.sql", "0002_b.sql"), ("0002_b.sql",), "0001_a.sql was added before"),
        (("0001_a.sql",), ("0001_a.sql", "0002_b.sql"), "newer Tollgate"),
    ],
)
def test_numbers_without_order_are_refused(
    present: tuple[str, ...], applied: tuple[str, ...], message: str
) -> None:
    with pytest.raises(MigrationError, match=message):
        plan(named(*present), {name: f"hash of {name}" for name in applied})


@pytest.mark.parametrize("migration", load(MIGRATIONS), ids=lambda migration: migration.name)
def test_no_migration_is_dangerous(migration: Migration) -> None:
    check_migration(migration.name, migration.statement)


@pytest.mark.parametrize("statement", [TABLE.format(name="t"), ADDED, FEED])
def test_what_only_adds_is_taken(statement: str) -> None:
    check_migration("0001_a.sql", statement)


@pytest.mark.parametrize(("statement", "fault"), DANGERS.items())
def test_a_dangerous_migration_is_refused(statement: str, fault: str) -> None:
    with pytest.raises(DangerousMigrationError, match=re.escape(fault)):
        check_migration("0001_a.sql", statement)


def test_a_dangerous_migration_is_refused_before_anything_is_applied(
    empty: Client, folder: Path, tmp_path: Path
) -> None:
    (folder / "0003_third.sql").write_text("DROP TABLE first")
    with pytest.raises(DangerousMigrationError):
        migrate(empty, folder, tmp_path / "none")
    assert empty.command("EXISTS TABLE first") == 0


@pytest.mark.parametrize(
    "statement", ["DROP TABLE first", "CREATE VIEW v_a AS SELECT 1", "SELECT 1; SELECT 2"]
)
def test_a_file_among_the_views_is_a_view_of_its_name(statement: str) -> None:
    with pytest.raises(DangerousMigrationError):
        check_view("v_a.sql", statement)


def test_every_column_says_what_it_is(client: Client) -> None:
    silent = client.query(
        "SELECT table, name FROM system.columns WHERE database = currentDatabase() AND comment = ''"
        " AND table IN (SELECT name FROM system.tables WHERE database = currentDatabase()"
        " AND engine LIKE '%MergeTree')"
    ).result_rows
    assert [(table, name) for table, name in silent if table in expected_structure()["tables"]] == []


@pytest.mark.parametrize("table", ["decisions", "dead_letters"])
def test_every_column_is_compared_with_the_log(client: Client, table: str) -> None:
    """`engine` and the place on the log say which rows are read; a payload is compared by its hash. What a
    decision says of its payment, and of the decision it replaces, is compared by a recount.
    """
    compared = set(re.findall(r"\w+", sql(f"{table}_between_offsets").split("FROM")[0]))
    columns = client.query(
        f"SELECT name FROM system.columns WHERE database = currentDatabase() AND table = '{table}'"
    ).result_rows
    others = {"engine", "log_partition", "log_topic"}
    assert {name for (name,) in columns} - compared - RECOUNTED <= others


@pytest.mark.parametrize("view", [view.name.removesuffix(".sql") for view in load_views()])
def test_every_view_answers(client: Client, view: str) -> None:
    client.query(f"SELECT * FROM {view} LIMIT 1")


@pytest.mark.parametrize("path", [*VIEWS.rglob("*.sql"), *FOLDER.glob("*.sql")], ids=lambda path: path.name)
def test_every_query_says_grain_reader_and_cost(path: Path) -> None:
    header = "".join(line for line in path.read_text().splitlines() if line.startswith("--"))
    assert all(word in header for word in ("Grain: ", "Reader: ", "Cost: "))
