"""PostgreSQL of a home: made whole, entered by one role, back after every kind of end."""

import json
import os
import signal
import stat
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from streams.errors import Damaged, Misconfigured
from streams.platform.plan import process_table
from streams.platform.postgres import LocalPostgres, data_folder, system_user
from streams.platform.postgres.local_postgres import START_TIMEOUT_S
from streams.platform.processes import ProcessSpec
from streams.platform.processes.process_file import ProcessFile
from streams.platform.processes.supervised import ProcessFolders, SupervisedProcess
from streams.settings import NotRunning, Settings
from tests.platform.test_supervisor import until


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def postgres(tmp_path: Path, said: list[str]) -> Iterator[LocalPostgres]:
    one = LocalPostgres(tmp_path / "home of a test", said.append, {"fsync": "off"})
    yield one
    one.stop()


def kept(url: str) -> list[int]:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (id integer)")
        connection.execute("INSERT INTO kept SELECT count(*) FROM kept")
        return [row[0] for row in connection.execute("SELECT id FROM kept ORDER BY id")]


def rights(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_it_starts_stops_and_keeps_what_it_holds(postgres: LocalPostgres) -> None:
    postgres.start()
    url = postgres.url
    assert kept(url) == [0]
    postgres.stop()
    assert not postgres.file.path.exists()
    postgres.start()
    assert (postgres.url, kept(url)) == (url, [0, 1])


def test_it_comes_back_after_a_crash_with_what_was_confirmed(postgres: LocalPostgres) -> None:
    postgres.start()
    kept(postgres.url)
    postgres.kill9()
    postgres.start()
    assert kept(postgres.url) == [0, 1]


def test_nobody_enters_without_the_password_and_the_superuser_not_at_all(postgres: LocalPostgres) -> None:
    postgres.start()
    password = postgres.storage.password
    assert len(bytes.fromhex(password)) == 32
    for url in (
        postgres.url.replace(password, "guessed"),
        postgres.url.replace(f":{password}", ""),
        postgres.url.replace("tollgate:", "postgres:"),
    ):
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(url)


def test_our_role_reads_no_file_and_runs_no_program(postgres: LocalPostgres) -> None:
    postgres.start()
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE taken (line text)")
        for statement in (
            "SELECT pg_read_file('PG_VERSION')",
            "SELECT pg_ls_dir('.')",
            "SELECT lo_import('/etc/passwd')",
            "COPY (SELECT 1) TO PROGRAM 'true'",
            "COPY taken FROM '/etc/passwd'",
            "CREATE ROLE other SUPERUSER",
            "ALTER SYSTEM SET fsync = off",
            "CREATE EXTENSION file_fdw",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_its_record_and_its_password_are_for_their_owner_alone(postgres: LocalPostgres) -> None:
    before = os.umask(0o022)
    try:
        postgres.start()
    finally:
        os.umask(before)
    assert json.loads(postgres.file.path.read_text())["url"] == postgres.url
    assert [rights(path) for path in (postgres.file.path, postgres.home / "postgres/password")] == [0o600] * 2
    assert rights(postgres.storage.data) == 0o700


def test_no_password_stands_in_a_command_line_or_a_log(postgres: LocalPostgres) -> None:
    postgres.start()
    process = postgres.process
    assert process is not None
    assert postgres.storage.password not in " ".join(process.cmdline())
    assert postgres.storage.password not in postgres.log.read_text()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gets another user")
def test_as_root_it_is_a_user_of_its_own_that_may_do_little(postgres: LocalPostgres) -> None:
    postgres.home.mkdir(mode=0o700)
    postgres.start()
    process = postgres.process
    assert process is not None
    assert process.username() == system_user.SYSTEM_USER
    status = Path(f"/proc/{process.pid}/status").read_text()
    held = int(status.split("CapEff:")[1].split()[0], 16)
    assert held & ~(1 << system_user.READ_SEARCH_BIT) == 0
    assert "NoNewPrivs:\t1" in status


@pytest.mark.skipif(os.geteuid() == 0, reason="root gets another user")
def test_without_root_it_is_our_own_user() -> None:
    assert system_user.run_as() == ()


def test_as_root_without_a_way_to_make_the_user_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(system_user, "SYSTEM_USER", "nobody-makes-me")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Misconfigured, match=r"nobody-makes-me.*useradd.*DATABASE_URL"):
        system_user.run_as()


def test_a_folder_that_was_left_half_made_is_made_again(postgres: LocalPostgres, said: list[str]) -> None:
    partial = postgres.home / "postgres/data.partial"
    partial.mkdir(parents=True)
    (partial / "PG_VERSION").write_text("18")
    postgres.start()
    assert "half-made" in said[0]
    assert not partial.exists()


def test_a_folder_that_is_no_database_is_left_alone(postgres: LocalPostgres) -> None:
    postgres.storage.data.mkdir(parents=True)
    with pytest.raises(Damaged, match="no PG_VERSION"):
        postgres.prepare()


def test_data_of_another_version_is_refused(postgres: LocalPostgres, monkeypatch: pytest.MonkeyPatch) -> None:
    postgres.start()
    postgres.stop()
    monkeypatch.setattr(data_folder, "major_version", lambda: "19")
    with pytest.raises(Misconfigured, match=r"PostgreSQL 18.*PostgreSQL 19"):
        postgres.prepare()


def test_a_lost_password_is_said_and_nothing_is_made_anew(postgres: LocalPostgres) -> None:
    postgres.start()
    postgres.stop()
    (postgres.home / "postgres/password").unlink()
    with pytest.raises(Damaged, match="password is missing"):
        postgres.prepare()


def test_a_second_one_of_a_home_is_refused(postgres: LocalPostgres) -> None:
    postgres.start()
    with pytest.raises(Misconfigured, match="running already"):
        LocalPostgres(postgres.home).prepare()


def test_one_that_no_record_names_is_found_and_ended(postgres: LocalPostgres, said: list[str]) -> None:
    postgres.start()
    process = postgres.process
    assert process is not None
    postgres.file.remove()
    LocalPostgres(postgres.home, said.append).prepare()
    assert "unrecorded: ending it" in said[0]
    until(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE)


class TestSupervised:
    @pytest.fixture
    def settings(self, tmp_path: Path) -> Settings:
        return Settings(
            home=tmp_path / "home", kafka_bootstrap_servers="", clickhouse_url="", database_url=""
        )

    @pytest.fixture
    def spec(self, settings: Settings, said: list[str]) -> ProcessSpec:
        return next(one for one in process_table(settings, said.append) if one.name == "postgres")

    @pytest.fixture
    def child(self, settings: Settings, spec: ProcessSpec, said: list[str]) -> Iterator[SupervisedProcess]:
        one = SupervisedProcess(spec, ProcessFolders(settings.run, settings.logs), said.append)
        yield one
        one.stop()

    def come_up(self, child: SupervisedProcess) -> None:
        now = iter(range(10_000_000))

        def is_ready() -> bool:
            child.tick(float(next(now)), needs_ready=True)
            return child.is_ready

        until(is_ready, START_TIMEOUT_S)

    def test_its_death_is_told_and_it_comes_back(
        self, child: SupervisedProcess, settings: Settings, said: list[str]
    ) -> None:
        self.come_up(child)
        assert kept(settings.database()) == [0]
        os.kill(child.status.pid or 0, signal.SIGKILL)
        until(lambda: psutil.Process(child.status.pid).status() == psutil.STATUS_ZOMBIE)
        child.tick(0.0, needs_ready=True)
        with pytest.raises(NotRunning, match="DATABASE_URL"):
            settings.database()
        self.come_up(child)
        assert kept(settings.database()) == [0, 1]
        assert "ended with signal 9" in said[0]

    def test_one_that_a_killed_supervisor_left_is_ended_cleanly(
        self, child: SupervisedProcess, settings: Settings, spec: ProcessSpec, said: list[str]
    ) -> None:
        self.come_up(child)
        left = ProcessFile(settings.run / "processes/postgres.json")
        assert left.stop_signal == signal.SIGINT
        with psycopg.connect(settings.database()):  # a client that stays does not keep it
            SupervisedProcess(spec, ProcessFolders(settings.run, settings.logs), said.append).end_orphan()
        assert "left by an earlier supervisor" in said[0]
        assert "database system is shut down" in (settings.logs / "postgres.log").read_text()

    def test_it_gives_way_and_payments_do_not_need_it(self, spec: ProcessSpec) -> None:
        assert not spec.essential
        assert spec.command()[0] == "nice"

    def test_with_an_address_of_your_own_none_is_started(self, settings: Settings) -> None:
        own = settings.model_copy(update={"database_url": "postgresql://a:b@db/tollgate"})
        assert "postgres" not in [one.name for one in process_table(own, print)]
        assert own.database() == "postgresql://a:b@db/tollgate"

    def test_a_host_without_the_package_goes_without(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("streams.platform.plan.is_installed", lambda: False)
        assert "postgres" not in [one.name for one in process_table(settings, print)]
