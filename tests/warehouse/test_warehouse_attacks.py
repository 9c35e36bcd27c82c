"""What nobody may do over the warehouse's HTTP, with or without a password; each of these worked once."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote

import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from streams.warehouse.client import connect
from streams.warehouse.credentials import WarehouseUser, url_as
from streams.warehouse.http import access, channel
from streams.warehouse.http.server import CONNECTIONS_MAX, WarehouseServer
from tests.warehouse.plain_http import answer, get, login, opened

HALF_OPEN = b"POST / HTTP/1.1\r\nHost: localhost\r\nX-Padding: "
SECRET = "the content of a file"


@pytest.fixture(params=["analyst", "sink"])
def either(request: pytest.FixtureRequest, server: WarehouseServer) -> Iterator[Client]:
    """A client of each user in turn."""
    connected = connect(url_as(server.url, server.home, WarehouseUser(f"tollgate_{request.param}")))
    yield connected
    connected.close()


def until_busy(server: WarehouseServer, requests: int) -> None:
    """Returns when so many requests have arrived and are not answered."""
    while sum(bool(each.requests) for each in list(server._server.active_channels.values())) < requests:
        time.sleep(0.01)


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret.txt"
    path.write_text(SECRET)
    return path


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT file('{}')",
        "SELECT arrayMap(file, ['{}'])",
        "SELECT arrayMap(path -> file(path), ['{}'])",
        "SELECT * APPLY(file) FROM (SELECT '{}' AS path)",
        "WITH file AS f SELECT f('{}')",
        "SELECT * FROM file('{}', 'LineAsString')",
        "SELECT * FROM '{}'",
        "SELECT 1 IN file('{}', 'LineAsString', 'a String')",
        "SELECT 1 WHERE 1 IN (SELECT * FROM file('{}', 'LineAsString'))",
        "DESCRIBE TABLE file('{}', 'LineAsString')",
        "EXPLAIN SELECT file('{}')",
        "SELECT * FROM view(SELECT file('{}'))",
        "SELECT * FROM filesystem('{}')",
        "SELECT * FROM sqlite('{}', 't')",
        "SELECT * FROM executable('{}', 'CSV', 'a String')",
        "INSERT INTO dead_letters (detail) FROM INFILE '{}' FORMAT LineAsString",
        "INSERT INTO dead_letters (detail) SELECT file('{}')",
        "CREATE TABLE of_file (a String) ENGINE = File(CSV, '{}')",
        "CREATE TABLE of_default (a String DEFAULT file('{}')) ENGINE = MergeTree ORDER BY a",
        "CREATE DICTIONARY d (a String) PRIMARY KEY a SOURCE(FILE(path '{}' format 'CSV')) LAYOUT(FLAT())",
        "ALTER TABLE dead_letters UPDATE detail = file('{}') WHERE 1",
    ],
)
def test_no_file_of_the_host_is_read(either: Client, secret: Path, statement: str) -> None:
    with pytest.raises(DatabaseError) as refusal:
        either.command(statement.replace("{}", str(secret)))
    assert SECRET not in str(refusal.value)
    assert either.command("SELECT count() FROM dead_letters WHERE detail ILIKE '%the content%'") == 0


def test_a_parameter_does_not_name_a_function(either: Client, secret: Path) -> None:
    with pytest.raises(DatabaseError, match="file is not for use here"):
        either.query(f"SELECT arrayMap({{f:Identifier}}, ['{secret}'])", parameters={"f": "file"})


@pytest.mark.parametrize(
    "body", ["(file('{}'))", "('a') SETTINGS input_format_values_interpret_expressions = 1"]
)
def test_rows_are_data_and_no_expressions(server: WarehouseServer, secret: Path, body: str) -> None:
    statement = f"INSERT INTO dead_letters (detail) FORMAT Values\n{body}".replace("{}", str(secret))
    status, _, text = get(server, body=statement.encode())
    assert status != 200, text


@pytest.mark.parametrize(
    "statement", ["SELECT 1", "SHOW TABLES", "EXPLAIN SELECT 1", "DESCRIBE TABLE decisions"]
)
def test_no_file_of_the_host_is_written(either: Client, tmp_path: Path, statement: str) -> None:
    with pytest.raises(DatabaseError):
        either.command(f"{statement} INTO OUTFILE '{tmp_path}/written' FORMAT CSV")
    with pytest.raises(DatabaseError):
        either.command(f"INSERT INTO FUNCTION file('{tmp_path}/written') SELECT 1")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM url('http://127.0.0.1:9/', 'CSV', 'a String')",
        "SELECT * FROM remote('127.0.0.1:9', system.one)",
        "SELECT * FROM mysql('127.0.0.1:9', 'd', 't', 'u', 'p')",
        "SELECT * FROM s3('http://127.0.0.1:9/b/k', 'CSV', 'a String')",
        "SELECT * FROM Python(server)",
        "SELECT aiGenerate('a', 'b')",
        "SYSTEM SHUTDOWN",
        "SYSTEM FLUSH LOGS",
        "SYSTEM DROP MARK CACHE",
        "KILL QUERY WHERE 1",
        "CREATE USER somebody",
        "CREATE FUNCTION f AS x -> x",
        "CREATE DATABASE tollgate_more",
        "DROP DATABASE tollgate",
        "BACKUP DATABASE tollgate TO File('b')",
        "SET readonly = 0",
        "SELECT 1 PARALLEL WITH DROP TABLE decisions",
        "EXECUTE AS default SELECT 1",
        "SELECT 1; SELECT 2",
        "SELECT 1; DROP TABLE decisions",
        "EXISTS TABLE decisions; DROP TABLE decisions",
        "SELECT sleep(3)",
        "SELECT sleepEachRow(1) FROM numbers(10)",
        "SELECT sum(editDistance(repeat('a', 30000), repeat('b', 30000))) FROM numbers(8)",
        "SELECT getServerSetting('path')",
        "SELECT hostName()",
        "SELECT getOSKernelVersion()",
        "SELECT tcpPort()",
        "SELECT upTime()",
        "SELECT filesystemAvailable()",
    ],
)
def test_nothing_outside_the_warehouse_is_reached(either: Client, statement: str) -> None:
    with pytest.raises(DatabaseError):
        either.command(statement)
    assert either.command("EXISTS TABLE decisions") == 1


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE decisions",
        "DROP VIEW v_hour",
        "TRUNCATE TABLE decisions",
        "ALTER TABLE decisions DELETE WHERE 1",
        "ALTER TABLE decisions UPDATE verdict = 'approve' WHERE 1",
        "ALTER TABLE decisions DROP COLUMN verdict",
        "DELETE FROM decisions WHERE 1",
        "INSERT INTO decisions (engine) SELECT 'x'",
        "INSERT INTO decisions (engine) FORMAT CSV\nx\n",
        "CREATE TABLE mine (a Int8) ENGINE = MergeTree ORDER BY a",
        "CREATE TEMPORARY TABLE mine (a Int8)",
        "OPTIMIZE TABLE decisions FINAL",
        "RENAME TABLE decisions TO others",
    ],
)
def test_analysts_only_read(server: WarehouseServer, analyst: Client, statement: str) -> None:
    status, headers, _ = get(server, body=statement.encode(), user="analyst")
    assert (status, headers["X-ClickHouse-Exception-Code"]) == (403, "497")
    assert analyst.command("EXISTS TABLE decisions") == 1


@pytest.mark.parametrize("user", ["analyst", "sink"])
@pytest.mark.parametrize(
    ("fields", "statement"),
    [
        ("", "SELECT query FROM system.processes"),
        ("database=system", "SELECT query FROM processes"),
        ("database=SYSTEM", "SELECT query FROM processes"),
        ("param_d=system", "SELECT query FROM {d:Identifier}.processes"),
        ("param_t=processes", "SELECT query FROM system.{t:Identifier}"),
        ("param_d=system&param_t=processes", "SELECT query FROM {d:Identifier}.{t:Identifier} AS p"),
        ("param_d=system&param_t=processes", "SELECT 'x' IN {d:Identifier}.{t:Identifier}"),
        ("param_d=sys%5Cx74em", "SELECT query FROM {d:Identifier}.processes"),
        ("param_t=pro%5Cx63esses", "SELECT query FROM system.{t:Identifier}"),
        ("", "SELECT query FROM merge('system', 'processes')"),
        ("", "SELECT query FROM view(SELECT * FROM system.processes)"),
        ("", "WITH others AS (SELECT * FROM system.processes) SELECT query FROM others"),
        ("", "SELECT query FROM system.one INNER JOIN system.processes ON 1 = 1"),
        ("", "(SELECT 'x') UNION ALL SELECT query FROM system.processes"),
        ("", "SELECT joinGet('system.processes', 'query', 1)"),
        ("", "SELECT name FROM system.users"),
        ("database=default", "SELECT 1"),
    ],
)
def test_what_others_ask_is_not_shown_however_the_table_is_named(
    server: WarehouseServer, fields: str, statement: str, user: str
) -> None:
    status, _, body = get(server, f"/?{fields}&query={quote(statement)}", user=user)
    assert status in (400, 403), body


def test_tables_about_tables_are_read_by_a_parameter_too(server: WarehouseServer) -> None:
    """Which clients do, to look up columns."""
    asked = quote("SELECT count() > 0 FROM {d:Identifier}.{t:Identifier}")
    found = get(server, f"/?param_d=system&param_t=columns&query={asked}", user="analyst")
    assert (found[0], found[2]) == (200, b"1\n")


@pytest.mark.parametrize("user", ["analyst", "sink"])
def test_get_reads_whoever_asks(server: WarehouseServer, client: Client, engine: str, user: str) -> None:
    statement = f"INSERT+INTO+dead_letters+(engine)+SELECT+'{engine}'"
    assert get(server, f"/?query={statement}", user=user)[0] == 403
    assert get(server, "/?query=SELECT+1", user=user)[0] == 200
    assert client.command(f"SELECT count() FROM dead_letters WHERE engine = '{engine}'") == 0


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "attacker.example"},
        {"Host": "127.0.0.1.attacker.example:8123"},
        {"Host": "attacker.example, localhost"},
        {"Origin": "http://attacker.example"},
        {"Origin": "http://localhost:9"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=str,
)
@pytest.mark.parametrize("path", ["/?query=SELECT+1", "/ping"])
def test_pages_of_other_sites_are_not_answered(
    server: WarehouseServer, path: str, headers: dict[str, str]
) -> None:
    status, _, body = get(server, path, None, **headers)
    assert (status, b"ACCESS_DENIED" in body) == (403, True)


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Authorization": ""}, "194"),
        ({"Authorization": "Bearer x"}, "194"),
        ({"Authorization": "Basic !"}, "194"),
        ({"Authorization": "Basic dG9sbGdhdGVfc2luazo="}, "516"),
        ({"Authorization": "", "X-ClickHouse-User": "tollgate_sink", "X-ClickHouse-Key": "guess"}, "516"),
        ({"Authorization": "", "X-ClickHouse-User": "default"}, "516"),
    ],
    ids=str,
)
def test_without_the_password_nothing_runs(
    server: WarehouseServer, headers: dict[str, str], code: str
) -> None:
    status, received, _ = get(server, body=b"SELECT 1", **headers)
    assert (status, received["X-ClickHouse-Exception-Code"]) == (401, code)


def test_a_password_in_the_url_is_refused(server: WarehouseServer) -> None:
    status, _, body = get(server, "/?user=tollgate_sink&password=x&query=SELECT+1")
    assert (status, b"ends in logs" in body) == (400, True)


def test_the_body_of_a_stranger_is_not_read(server: WarehouseServer) -> None:
    head = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\n\r\n"
    with opened(server, head + b"x" * 1000) as connection:
        assert answer(connection).startswith(b"HTTP/1.1 401 ")


def test_the_body_of_an_analyst_is_bounded(server: WarehouseServer) -> None:
    head = (
        f"POST / HTTP/1.1\r\nHost: localhost\r\nAuthorization: {login(server, 'analyst')}\r\n"
        f"Content-Length: {access.ACCESS[WarehouseUser.ANALYST].body_bytes_max + 1}\r\n\r\n"
    )
    with opened(server, head.encode()) as connection:
        assert answer(connection).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("max_execution_time", "61"),
        ("max_execution_time", "0"),
        ("max_execution_time", "-1"),
        ("max_memory_usage", "99999999999"),
        ("max_result_rows", "0"),
        ("readonly", "0"),
        ("function_sleep_max_microseconds_per_block", "0"),
        ("format_schema", "x"),
        ("session_timezone", "UTC&readonly=0"),
    ],
)
def test_an_analysts_limits_cannot_be_raised(server: WarehouseServer, setting: str, value: str) -> None:
    in_url = get(server, f"/?{setting}={value.replace('&', '%26')}", b"SELECT 1", user="analyst")
    in_text = get(server, body=f"SELECT 1 SETTINGS {setting} = '{value}'".encode(), user="analyst")
    assert (in_url[0], in_text[0] in {400, 403}) == (403, True)


def test_an_analysts_limits_can_be_lowered(server: WarehouseServer) -> None:
    asked = b"SELECT value FROM system.settings WHERE name = 'max_execution_time'"
    assert get(server, "/?max_execution_time=7&readonly=2", asked, user="analyst")[2] == b"7\n"
    assert get(server, body=asked, user="analyst")[2] == b"60\n"


def test_slow_statements_of_an_analyst_stop_neither_the_sink_nor_other_analysts_for_long(
    server: WarehouseServer, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(access.READ_LIMITS, "max_execution_time", 2)
    slow = b"SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1"
    with ThreadPoolExecutor(8) as pool:
        running = [pool.submit(get, server, "/", slow, "analyst") for _ in range(8)]
        until_busy(server, 8)
        began = time.monotonic()
        assert client.command("SELECT 1") == 1
        assert time.monotonic() - began < 2
        assert get(server, body=b"SELECT 1", user="analyst")[0] == 200
        assert time.monotonic() - began < 10
        assert [done.result()[0] for done in running] == [408] * 8


def test_half_open_connections_keep_nobody_out(server: WarehouseServer, client: Client) -> None:
    with ExitStack() as stack:
        for _ in range(CONNECTIONS_MAX + 5):
            stack.enter_context(opened(server, HALF_OPEN))
        assert client.command("SELECT 1") == 1
        assert get(server, body=b"SELECT 1", user="analyst")[0] == 200
        for _ in range(CONNECTIONS_MAX + 5):
            stack.enter_context(opened(server, HALF_OPEN))
        assert client.command("SELECT 1") == 1


@pytest.mark.parametrize("sent", [b"", HALF_OPEN], ids=["nothing", "half a header"])
def test_a_connection_that_does_not_come_to_the_point_is_ended(
    server: WarehouseServer, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(channel, "HEADER_S", 0.5)
    with opened(server, sent) as connection:
        assert answer(connection) == b""


def test_a_response_that_nobody_reads_gives_its_turn_back(
    server: WarehouseServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel, "STALL_S", 0.5)
    head = (
        f"GET /?query=SELECT+number+FROM+numbers(9000000) HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: {login(server, 'analyst')}\r\n\r\n"
    )
    with ExitStack() as stack:
        for _ in range(access.ACCESS[WarehouseUser.ANALYST].running_max):
            stack.enter_context(opened(server, head.encode()))
        until_busy(server, access.ACCESS[WarehouseUser.ANALYST].running_max)
        assert get(server, body=b"SELECT 1", user="analyst")[0] == 200
