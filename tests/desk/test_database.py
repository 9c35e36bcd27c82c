"""The database of people's work: transactions, bounded waits, migrations."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from desk.database import DeskDatabase, migrate
from desk.database import connections as desk_connections
from desk.database.migrate import FOLDER, migrations
from streams.errors import Misconfigured, Outage
from streams.platform.postgres import LocalPostgres
from tests.support.shared_postgres import QUICK, drop_database, new_database


@pytest.fixture
def empty_url() -> Iterator[str]:
    url = new_database()
    yield url
    drop_database(url)


@pytest.fixture
def empty(empty_url: str) -> Iterator[DeskDatabase]:
    database = DeskDatabase(empty_url)
    yield database
    database.close()


def write(folder: Path, name: str, sql: str) -> None:
    (folder / name).write_text(sql)


def test_a_transaction_holds_in_whole_or_not_at_all(desk_database: DeskDatabase) -> None:
    with desk_database.transaction() as connection:
        connection.execute("CREATE TABLE notes (id integer)")
    with pytest.raises(RuntimeError), desk_database.transaction() as connection:  # noqa: PT012 - on purpose
        connection.execute("INSERT INTO notes VALUES (1)")
        raise RuntimeError
    with desk_database.transaction() as connection:
        assert connection.execute("SELECT count(*) AS n FROM notes").fetchone() == {"n": 0}


def test_a_lock_that_another_holds_is_an_outage_after_a_bounded_wait(
    desk_database: DeskDatabase, monkeypatch: pytest.MonkeyPatch, desk_url: str
) -> None:
    monkeypatch.setattr(desk_connections, "LOCK_TIMEOUT_MS", 50)
    impatient = DeskDatabase(desk_url)
    try:
        with desk_database.transaction() as holder:
            holder.execute("CREATE TABLE notes (id integer)")
            holder.execute("SELECT pg_advisory_xact_lock(1)")
            with pytest.raises(Outage, match="try again"), impatient.transaction() as other:
                other.execute("SELECT pg_advisory_xact_lock(1)")
    finally:
        impatient.close()


def test_an_address_without_a_database_is_an_outage_that_hides_the_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(desk_connections, "CONNECT_TIMEOUT_S", 1)
    nowhere = DeskDatabase("postgresql://tollgate:hunter2@127.0.0.1:1/tollgate")
    try:
        with pytest.raises(Outage, match=r"tollgate:\*\*\*@127\.0\.0\.1") as told, nowhere.transaction():
            pass
        assert "hunter2" not in str(told.value)
    finally:
        nowhere.close()


def test_an_address_that_is_none_is_refused_without_showing_it() -> None:
    with pytest.raises(Misconfigured, match="DATABASE_URL") as told:
        DeskDatabase("postgresql://tollgate:hunter2@host:port:5/x?=")
    assert "hunter2" not in str(told.value)


def test_connections_that_the_server_ended_are_made_again(desk_database: DeskDatabase) -> None:
    with desk_database.transaction() as connection:
        pid = connection.info.backend_pid
    with desk_database.transaction() as first, desk_database.transaction() as second:
        other = second if first.info.backend_pid == pid else first
        other.execute("SELECT pg_terminate_backend(%s)", (pid,))
    for _ in range(3):
        with desk_database.transaction() as connection:
            assert connection.execute("SELECT 1 AS one").fetchone() == {"one": 1}


def test_it_works_again_when_the_server_is_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk_connections, "CONNECT_TIMEOUT_S", 1)
    server = LocalPostgres(tmp_path, overrides=QUICK)
    server.start()
    database = DeskDatabase(server.url)
    try:
        for _ in range(2):
            assert any(answers(database) for _ in range(30))
            server.kill9()
            assert not answers(database)
            server.start()
        assert any(answers(database) for _ in range(30))
    finally:
        database.close()
        server.stop()


def answers(database: DeskDatabase) -> bool:
    try:
        with database.transaction() as connection:
            return connection.execute("SELECT 1 AS one").fetchone() == {"one": 1}
    except Outage:
        return False


def test_a_connection_that_breaks_in_a_transaction_is_an_outage(desk_database: DeskDatabase) -> None:
    with pytest.raises(Outage), desk_database.transaction() as broken:  # noqa: PT012 - both lines may raise
        with desk_database.transaction() as other:
            other.execute("SELECT pg_terminate_backend(%s)", (broken.info.backend_pid,))
        broken.execute("SELECT 1")


def test_migrations_are_applied_once_and_in_order(empty: DeskDatabase, tmp_path: Path) -> None:
    write(tmp_path, "0002_more.sql", "ALTER TABLE things ADD size integer;")
    write(tmp_path, "0001_things.sql", "CREATE TABLE things (id integer); INSERT INTO things VALUES (1);")
    assert migrate(empty, tmp_path) == ["0001_things", "0002_more"]
    assert migrate(empty, tmp_path) == []
    with empty.transaction() as connection:
        assert connection.execute("SELECT id, size FROM things").fetchall() == [{"id": 1, "size": None}]


def test_a_migration_that_fails_leaves_the_database_as_it_was(empty: DeskDatabase, tmp_path: Path) -> None:
    write(tmp_path, "0001_things.sql", "CREATE TABLE things (id integer);")
    write(tmp_path, "0002_wrong.sql", "CREATE TABLE others (id integer); SELECT 1 / 0;")
    with pytest.raises(Exception, match="division by zero"):
        migrate(empty, tmp_path)
    with empty.transaction() as connection:
        assert connection.execute("SELECT to_regclass('things') AS found").fetchone() == {"found": None}


def test_a_migration_that_was_altered_is_refused(empty: DeskDatabase, tmp_path: Path) -> None:
    write(tmp_path, "0001_things.sql", "CREATE TABLE things (id integer);")
    migrate(empty, tmp_path)
    write(tmp_path, "0001_things.sql", "CREATE TABLE things (id bigint);")
    with pytest.raises(Misconfigured, match="0001_things is not what was applied"):
        migrate(empty, tmp_path)


def test_a_database_of_a_newer_tollgate_is_refused(empty: DeskDatabase, tmp_path: Path) -> None:
    write(tmp_path, "0001_things.sql", "CREATE TABLE things (id integer);")
    migrate(empty, tmp_path)
    (tmp_path / "0001_things.sql").unlink()
    with pytest.raises(Misconfigured, match="newer"):
        migrate(empty, tmp_path)


def test_two_that_start_together_apply_a_migration_once(empty_url: str, tmp_path: Path) -> None:
    write(tmp_path, "0001_things.sql", "CREATE TABLE things (id integer); INSERT INTO things VALUES (1);")
    applied: list[str] = []

    def start() -> None:
        database = DeskDatabase(empty_url)
        applied.extend(migrate(database, tmp_path))
        database.close()

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert applied == ["0001_things"]


def test_the_numbers_of_our_migrations_are_their_own() -> None:
    assert [one.number for one in migrations(FOLDER)] == sorted({one.number for one in migrations(FOLDER)})
