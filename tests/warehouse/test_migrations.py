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
    migrate,
    plan,
)
from streams.warehouse.schema.queries import FOLDER, sql

REWRITES = re.compile(
    r"\b(DROP\s+(TABLE|COLUMN|VIEW)|RENAME|MODIFY\s+(COLUMN|QUERY)|TRUNCATE|ALTER\s+TABLE\s+\S+\s+(UPDATE|DELETE))\b",
    re.IGNORECASE,
)


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
    (tmp_path / "0001_first.sql").write_text(
        "CREATE TABLE IF NOT EXISTS first (a Int64) ENGINE = MergeTree ORDER BY a"
    )
    (tmp_path / "0002_second.sql").write_text("CREATE TABLE IF NOT EXISTS second AS first")
    return tmp_path


def named(*names: str) -> list[Migration]:
    return [Migration(name, "SELECT 1", f"hash of {name}") for name in names]


def test_everything_is_applied_once(empty: Client) -> None:
    applied = migrate(empty)
    assert applied[:2] == ["0001_decisions.sql", "0002_dead_letters.sql"]
    assert migrate(empty) == []


def test_a_new_migration_is_applied_alone(empty: Client, folder: Path, tmp_path: Path) -> None:
    migrate(empty, folder, tmp_path / "none")
    (folder / "0003_third.sql").write_text("CREATE TABLE IF NOT EXISTS third AS first;\n")
    assert migrate(empty, folder, tmp_path / "none") == ["0003_third.sql"]


def test_a_changed_migration_is_refused_before_anything_is_applied(
    empty: Client, folder: Path, tmp_path: Path
) -> None:
    migrate(empty, folder, tmp_path / "none")
    (folder / "0001_first.sql").write_text("CREATE TABLE first (a String) ENGINE = MergeTree ORDER BY a")
    (folder / "0003_third.sql").write_text("CREATE TABLE third AS first")
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


def test_no_migration_rewrites_what_is_stored() -> None:
    rewriting = [m.name for m in load(MIGRATIONS) if REWRITES.search(re.sub(r"--.*", "", m.statement))]
    assert rewriting == []


def test_the_check_for_rewrites_sees_one() -> None:
    assert REWRITES.search("ALTER TABLE decisions MODIFY COLUMN amount String")
    assert REWRITES.search("ALTER TABLE decisions DELETE WHERE 1")


def test_every_column_says_what_it_is(client: Client) -> None:
    silent = client.query(
        "SELECT table, name FROM system.columns WHERE database = currentDatabase() AND comment = ''"
        " AND table IN ('decisions', 'dead_letters', 'decisions_minute', 'decisions_hour')"
    ).result_rows
    assert silent == []


@pytest.mark.parametrize("table", ["decisions", "dead_letters"])
def test_every_column_is_compared_with_the_log(client: Client, table: str) -> None:
    """`engine` and `log_partition` say which rows are read; a payload is compared by its hash."""
    compared = set(re.findall(r"\w+", sql(f"{table}_between_offsets").split("FROM")[0]))
    columns = client.query(
        f"SELECT name FROM system.columns WHERE database = currentDatabase() AND table = '{table}'"
    ).result_rows
    assert {name for (name,) in columns} - compared <= {"engine", "log_partition"}


@pytest.mark.parametrize("view", [view.name.removesuffix(".sql") for view in load(VIEWS)])
def test_every_view_answers(client: Client, view: str) -> None:
    client.query(f"SELECT * FROM {view} LIMIT 1")


@pytest.mark.parametrize("path", [*VIEWS.glob("*.sql"), *FOLDER.glob("*.sql")], ids=lambda path: path.name)
def test_every_query_says_grain_reader_and_cost(path: Path) -> None:
    header = "".join(line for line in path.read_text().splitlines() if line.startswith("--"))
    assert all(word in header for word in ("Grain: ", "Reader: ", "Cost: "))
