"""People's statements on the real embedded ClickHouse, behind its gate: they read, within limits."""

import threading
import time
from uuid import UUID

import pytest

from dashboards.console.pages.explore.statements import (
    MEMORY_BYTES_MAX,
    ROWS_MAX,
    STATEMENT_BYTES_MAX,
    STATEMENT_MAX_S,
    ResultColumn,
    StatementRefused,
    StatementRunner,
)
from dashboards.console.pages.explore.turns import (
    ANSWER_BYTES_MAX,
    DOWNLOAD,
    RunningStatement,
    StatementCancelled,
    Turns,
)
from dashboards.console.warehouse import ReaderBusy, WarehouseDown
from streams.errors import Misconfigured
from tests.console.warehouse_server import analyst_url, warehouse_server, writer_url

__all__ = ["analyst_url", "warehouse_server", "writer_url"]

ADA, BO, CY = (UUID(int=number) for number in (1, 2, 3))
ENDLESS = "SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 7"


@pytest.fixture
def runner(analyst_url: str) -> StatementRunner:
    return StatementRunner(analyst_url)


def refused(runner: StatementRunner, statement: str) -> StatementRefused:
    with pytest.raises(StatementRefused) as caught:
        runner.run(ADA, statement)
    return caught.value


def test_a_result_has_names_types_and_nulls(runner: StatementRunner) -> None:
    result = runner.run(ADA, "SELECT 1 AS n, CAST(NULL, 'Nullable(String)') AS nothing, [1, 2] AS list;  ")
    assert result.columns == (
        ResultColumn("n", "UInt8"),
        ResultColumn("nothing", "Nullable(String)"),
        ResultColumn("list", "Array(UInt8)"),
    )  # fmt: skip
    assert result.rows == [(1, None, [1, 2])]
    assert not result.is_cut


def test_a_long_result_is_cut_and_says_so(runner: StatementRunner) -> None:
    result = runner.run(ADA, "SELECT number FROM numbers(5000000)")
    assert (len(result.rows), result.is_cut) == (ROWS_MAX, True)
    assert not runner.run(ADA, f"SELECT number FROM numbers({ROWS_MAX})").is_cut


def test_a_result_without_rows_is_empty(runner: StatementRunner) -> None:
    assert runner.run(ADA, "SELECT number FROM numbers(0)").rows == []


@pytest.mark.parametrize(
    "statement",
    [
        "SHOW TABLES",
        "DESCRIBE TABLE v_decisions",
        "EXPLAIN SELECT 1",
        "WITH 1 AS x SELECT x",
        "SELECT 1 -- no end",
    ],
)
def test_whatever_reads_runs(runner: StatementRunner, statement: str) -> None:
    assert runner.run(ADA, statement).rows


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO decisions (engine) SELECT 'x'",
        "INSERT INTO decisions VALUES (1)",
        "INSERT INTO decisions FORMAT CSV\n1",
        "DROP TABLE decisions",
        "TRUNCATE TABLE decisions",
        "ALTER TABLE decisions DELETE WHERE 1",
        "DELETE FROM decisions WHERE 1",
        "UPDATE decisions SET amount = 0 WHERE 1",
        "CREATE TABLE t (a Int8) ENGINE = MergeTree ORDER BY a",
        "CREATE TABLE t ENGINE = Memory AS SELECT 1",
        "CREATE VIEW w AS SELECT 1",
        "CREATE USER x",
        "GRANT ALL ON *.* TO default",
        "RENAME TABLE decisions TO gone",
        "OPTIMIZE TABLE decisions FINAL",
        "KILL QUERY WHERE 1",
        "SYSTEM FLUSH LOGS",
        "SET readonly = 0",
        "SELECT 1 SETTINGS readonly = 0",
        "SELECT 1 SETTINGS max_execution_time = 0",
        "SELECT 1; DROP TABLE decisions",
        "SELECT 1 INTO OUTFILE '/tmp/x'",
        "SELECT 1 FORMAT JSON",
        "SELECT * FROM url('http://127.0.0.1:1/', 'CSV', 'a String')",
        "SELECT * FROM URL('http://127.0.0.1:1/', 'CSV', 'a String')",
        "SELECT * FROM file('/etc/passwd', 'LineAsString')",
        "SELECT file('/etc/passwd')",
        "SELECT arrayMap(file, ['/etc/passwd'])",
        "SELECT * APPLY(file) FROM (SELECT '/etc/passwd' AS f)",
        "SELECT * FROM (SELECT * FROM file('/etc/passwd', 'LineAsString'))",
        "WITH (SELECT file('/etc/passwd')) AS x SELECT x",
        "SELECT * FROM s3('https://example.com/x.csv')",
        "SELECT * FROM remote('127.0.0.1', system.one)",
        "SELECT * FROM postgresql('127.0.0.1:5432', 'a', 'b', 'c', 'd')",
        "SELECT * FROM mysql('127.0.0.1:3306', 'a', 'b', 'c', 'd')",
        "SELECT * FROM sqlite('/tmp/x', 'y')",
        "SELECT * FROM executable('id', 'TSV', 'a String')",
        "SELECT * FROM cluster('default', system.one)",
        "SELECT * FROM hdfs('hdfs://x/y', 'CSV', 'a String')",
        "SELECT * FROM input('a String')",
        "SELECT dictGet('d', 'a', 1)",
        "SELECT * FROM system.query_log",
        "SELECT * FROM system.users",
        "SELECT query FROM system.processes",
        "SELECT query FROM `SYSTEM`.`processes` AS p",
        "SELECT 'x' IN system.processes",
        "SELECT (SELECT count() FROM system.processes)",
        "SHOW PROCESSLIST",
        "SELECT sleep(3)",
        "SELECT hostName()",
        "DESCRIBE TABLE file('/etc/passwd')",
        "DESCRIBE TABLE url('http://127.0.0.1:1/', 'CSV')",
        "EXPLAIN SELECT * FROM file('/etc/passwd', 'LineAsString')",
        "EXPLAIN ESTIMATE SELECT * FROM url('http://127.0.0.1:1/', 'CSV', 'a String')",
        "CHECK TABLE decisions",
        "USE system",
        "BACKUP TABLE decisions TO File('x')",
        "ATTACH TABLE x",
        "EXCHANGE TABLES a AND b",
    ],
)
def test_whatever_writes_or_reaches_outside_is_refused(runner: StatementRunner, statement: str) -> None:
    problem = refused(runner, statement).problem
    assert problem.title
    assert "http://" not in problem.title + problem.text  # nor the address of the warehouse


def test_a_long_statement_is_refused_before_it_is_sent() -> None:
    nowhere = StatementRunner("http://127.0.0.1:1")
    problem = refused(nowhere, "SELECT " + "1," * STATEMENT_BYTES_MAX).problem
    assert problem.title == "This statement is too long"
    for empty in ("", " ; ", "-- nothing\n"):
        assert refused(nowhere, empty).problem.title == "There is no statement"


def test_a_huge_statement_is_stopped_at_its_memory(runner: StatementRunner) -> None:
    assert refused(runner, "SELECT groupArray(number) FROM numbers(2000000000)").problem.title == (
        "This needs too much memory"
    )


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT repeat('x', 1000000) FROM numbers(200)", "SELECT repeat('x', 2000) FROM numbers(1000000)",
        "SELECT range(5000000) FROM numbers(10)",
    ],
)  # fmt: skip
def test_a_huge_answer_is_given_up_before_it_fills_the_memory(
    runner: StatementRunner, monkeypatch: pytest.MonkeyPatch, statement: str
) -> None:
    read, known = [0], RunningStatement.read

    def counted(self: RunningStatement, size: int) -> None:
        read[0] += size
        known(self, size)

    monkeypatch.setattr(RunningStatement, "read", counted)
    with pytest.raises(StatementCancelled, match="larger than 64 MiB"):
        runner.run(ADA, statement)
    assert read[0] < ANSWER_BYTES_MAX + (8 << 20)


def test_a_download_may_be_larger_than_what_is_held_at_a_time(runner: StatementRunner) -> None:
    """But no single block of it."""
    statement = "SELECT repeat('x', 100) FROM numbers(2000000)"
    with runner.opened(ADA, statement, DOWNLOAD, 60) as (_, rows):
        assert sum(len(row[0]) for row in rows) == 200_000_000
    huge = "SELECT repeat('x', 1000000) FROM numbers(200)"
    with pytest.raises(StatementCancelled), runner.opened(ADA, huge, DOWNLOAD, 60) as (_, rows):
        list(rows)


def test_a_slow_statement_is_stopped_at_its_time(analyst_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboards.console.pages.explore.statements.STATEMENT_MAX_S", 1)
    assert refused(StatementRunner(analyst_url), ENDLESS).problem.title == "This takes too long"


def test_a_deep_statement_is_refused(runner: StatementRunner) -> None:
    assert refused(runner, "SELECT " + "(" * 5_000 + "1" + ")" * 5_000).problem.title


def test_a_user_who_may_write_is_not_taken(writer_url: str) -> None:
    with pytest.raises(Misconfigured, match="may write"):
        StatementRunner(writer_url).run(ADA, "SELECT 1")


def test_a_warehouse_that_is_not_there_is_an_outage() -> None:
    with pytest.raises(WarehouseDown):
        StatementRunner("http://127.0.0.1:1").run(ADA, "SELECT 1")


def test_a_cancelled_statement_is_given_up_at_once(analyst_url: str) -> None:
    runner = StatementRunner(analyst_url)
    ended: list[tuple[type[Exception], float]] = []

    def run() -> None:
        began = time.monotonic()
        try:
            runner.run(ADA, ENDLESS)
        except StatementCancelled as failure:
            ended.append((type(failure), time.monotonic() - began))

    thread = threading.Thread(target=run)
    thread.start()
    deadline = time.monotonic() + 15
    assert not runner.cancel(BO)
    while not runner.cancel(ADA):
        assert time.monotonic() < deadline
    thread.join(10)
    assert [kind for kind, _ in ended] == [StatementCancelled]
    assert runner.run(BO, "SELECT 1").rows == [(1,)]


def test_rows_are_read_while_the_statement_runs(runner: StatementRunner) -> None:
    with runner.opened(ADA, "SELECT number FROM numbers(300000)", "download", 30) as (columns, rows):
        assert columns == (ResultColumn("number", "UInt64"),)
        assert sum(1 for _ in rows) == 300_000


def test_places_are_few_and_one_is_each_persons() -> None:
    now = [0.0]
    turns = Turns(lambda: now[0], wait_s=0.01)
    two = turns.turn(ADA, "statement", 20), turns.turn(BO, "statement", 20)
    with two[0], two[1], pytest.raises(ReaderBusy), turns.turn(CY, "statement", 20):
        pass
    with turns.turn(CY, "statement", 20), pytest.raises(ReaderBusy), turns.turn(CY, "statement", 20):
        pass


def test_what_was_cancelled_keeps_its_place_until_its_limit() -> None:
    now = [0.0]
    turns = Turns(lambda: now[0], wait_s=0.01)
    for person in (ADA, BO):
        with turns.turn(person, "statement", 20):
            assert turns.cancel(person)
    with turns.turn(CY, "statement", 20), pytest.raises(ReaderBusy), turns.turn(ADA, "statement", 20):
        pass
    now[0] = 21.0
    with turns.turn(CY, "statement", 20), turns.turn(ADA, "statement", 20):
        pass


def test_another_statement_takes_the_place_of_a_persons_first() -> None:
    turns = Turns(lambda: 0.0, wait_s=0.01)
    with turns.turn(ADA, "statement", 20) as first, turns.turn(ADA, "download", 60) as file:
        with pytest.raises(ReaderBusy), turns.turn(ADA, "statement", 20):
            pass
        with pytest.raises(StatementCancelled, match="took the place"):
            first.check()
        file.check()


@pytest.mark.parametrize(
    "statement", ["INSERT INTO decisions VALUES (1)", "SELECT 1 SETTINGS readonly = 0", "SET readonly = 0"]
)
def test_what_one_person_may_not_change_takes_no_limit_from_the_next(
    runner: StatementRunner, statement: str
) -> None:
    """A server that fixes all limits refuses by the same number as one that refuses what a person wrote."""
    refused(runner, statement)
    limits = runner.run(BO, "SELECT getSetting('max_execution_time'), getSetting('max_memory_usage')")
    assert limits.rows == [(STATEMENT_MAX_S, MEMORY_BYTES_MAX)]
