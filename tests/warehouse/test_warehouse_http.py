"""The local warehouse as an unmodified clickhouse-connect client sees it."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from http.client import IncompleteRead

import clickhouse_connect
import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError, StreamFailureError

from streams.warehouse.client import BadClickHouseAddress, connect
from streams.warehouse.credentials import WarehouseUser, password_of, url_as
from streams.warehouse.http.server import WarehouseServer
from tests.warehouse.plain_http import get

ROWS = [[number, f"name {number} é", number / 3] for number in range(10_000)]
COLUMNS = ["number", "name", "third"]


@pytest.fixture
def table(client: Client, engine: str) -> str:
    name = f"`{engine}`"
    client.command(
        f"CREATE TABLE {name} (number Int64, name String, third Float64) ENGINE = MergeTree ORDER BY number"
        " SETTINGS non_replicated_deduplication_window = 100"
    )
    return name


def test_parameters_are_bound_not_pasted(client: Client) -> None:
    hostile = "tab\t'quote' \\ back \n line é 🙂 {x:String}"
    rows = client.query(
        "SELECT {text:String}, {numbers:Array(Int32)}, {moment:DateTime64(3)}",
        parameters={"text": hostile, "numbers": [1, 2], "moment": datetime(2024, 1, 2, 3, 4, 5, 123_000)},
    ).result_rows
    assert rows == [(hostile, [1, 2], datetime(2024, 1, 2, 3, 4, 5, 123_000))]


def test_parameters_too_long_for_a_url_arrive(client: Client) -> None:
    text = "x" * 100_000
    assert client.query("SELECT length({text:String})", parameters={"text": text}).result_rows == [(100_000,)]


def test_an_insert_is_exact_and_says_how_many_rows(client: Client, table: str) -> None:
    assert client.insert(table, ROWS, COLUMNS).written_rows == len(ROWS)
    assert client.query(f"SELECT * FROM {table} ORDER BY number").result_rows == [tuple(row) for row in ROWS]


@pytest.mark.parametrize("compression", [False, "lz4", "zstd", "gzip"])
def test_inserts_arrive_however_compressed(
    server: WarehouseServer, table: str, compression: bool | str
) -> None:
    client = connect(url_as(server.url, server.home, WarehouseUser.SINK), compress=compression)
    client.insert(table, ROWS, COLUMNS)
    assert client.query(f"SELECT count(), sum(number) FROM {table}").result_rows == [(10_000, 49_995_000)]
    client.close()


def test_a_repeated_token_inserts_once(client: Client, table: str) -> None:
    for _ in range(2):
        client.insert(table, ROWS, COLUMNS, settings={"insert_deduplication_token": "cut 1"})
    client.insert(table, ROWS, COLUMNS, settings={"insert_deduplication_token": "cut 2"})
    assert client.command(f"SELECT count() FROM {table}") == 2 * len(ROWS)


def test_statements_without_data_run(client: Client, table: str) -> None:
    client.command(f"INSERT INTO {table} SELECT 1, 'FORMAT Native', 0.5")
    client.command(f"INSERT INTO {table} SELECT number, 'selected', 0 FROM numbers(2)")
    client.raw_insert(table, COLUMNS, b"5\ttabbed\t0.25\n", fmt="TabSeparated")
    names = client.query(f"SELECT name FROM {table} ORDER BY name").result_rows
    assert names == [("FORMAT Native",), ("selected",), ("selected",), ("tabbed",)]


@pytest.mark.parametrize(
    ("statement", "code", "name"),
    [
        ("SELECT * FROM no_such_table", 60, "UNKNOWN_TABLE"),
        ("SELEC 1", 62, "SYNTAX_ERROR"),
        ("SELECT throwIf(1)", 395, "FUNCTION_THROW_IF_VALUE_IS_NON_ZERO"),
    ],
)
def test_errors_carry_clickhouse_codes(client: Client, statement: str, code: int, name: str) -> None:
    with pytest.raises(DatabaseError) as failure:
        client.query(statement)
    assert (failure.value.code, failure.value.name) == (code, name)


def test_an_unknown_setting_is_refused(client: Client) -> None:
    with pytest.raises(DatabaseError, match="no_such_setting"):
        client.query("SELECT 1", settings={"no_such_setting": "1"})


def test_settings_end_with_their_request(client: Client) -> None:
    asked = "SELECT value FROM system.settings WHERE name = 'max_result_rows'"
    assert client.query(asked, settings={"max_result_rows": 5}).result_rows == [("5",)]
    assert client.query(asked).result_rows == [("0",)]


def test_a_result_that_breaks_off_is_an_error(client: Client, server: WarehouseServer) -> None:
    statement = "SELECT throwIf(number = 3000000) FROM numbers(5000000) SETTINGS max_block_size = 10000"
    result = client.query(statement)
    with pytest.raises(StreamFailureError) as failure:
        _ = result.result_rows
    assert failure.value.code == 395
    with pytest.raises(IncompleteRead):
        get(server, body=statement.encode())


def test_a_million_rows_come_whole(client: Client) -> None:
    rows = client.query("SELECT number FROM numbers(1000000)")
    assert len(rows.result_rows) == 1_000_000


def test_many_clients_at_once(analyst: Client) -> None:
    def ask(number: int) -> int:
        return int(analyst.query("SELECT {number:Int64}", parameters={"number": number}).result_rows[0][0])

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(ask, range(200))) == list(range(200))


def test_a_client_with_a_session_of_its_own_works(server: WarehouseServer) -> None:
    user = WarehouseUser.ANALYST
    password = password_of(server.home, user)
    client = clickhouse_connect.get_client(
        host="127.0.0.1", port=server.port, username=user, password=password
    )
    assert client.command("SELECT 1") == 1
    client.close()


def test_ping_and_unknown_paths(server: WarehouseServer) -> None:
    assert get(server, "/ping")[0::2] == (200, b"Ok.\n")
    assert get(server, "/nowhere")[0] == 404


def test_plain_http_gets_tab_separated_text_and_codes(server: WarehouseServer) -> None:
    status, headers, body = get(server, "/?query=SELECT+1,2")
    assert (status, headers["X-ClickHouse-Format"], body) == (200, "TabSeparated", b"1\t2\n")
    status, headers, _ = get(server, body=b"SELECT * FROM no_such_table")
    assert (status, headers["X-ClickHouse-Exception-Code"]) == (404, "60")


def test_a_statement_in_the_url_with_data_in_the_body(
    server: WarehouseServer, client: Client, table: str
) -> None:
    query = f"INSERT+INTO+{table}+FORMAT+TabSeparated".replace("`", "%60")
    assert get(server, f"/?query={query}", b"1\tone\t0.5\n2\ttwo\t1\n")[0] == 200
    assert client.command(f"SELECT count() FROM {table}") == 2


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"", {}),
        (b"SELECT 1", {"Content-Encoding": "snappy"}),
        (b"not gzip", {"Content-Encoding": "gzip"}),
        (b"SELECT 1 -- " + b"x" * (2 << 20), {}),
    ],
    ids=["empty", "unknown encoding", "broken encoding", "statement too long"],
)
def test_bad_requests_are_answered_and_do_no_harm(
    server: WarehouseServer, client: Client, body: bytes, headers: dict[str, str]
) -> None:
    assert get(server, body=body, **headers)[0] == 400
    assert client.command("SELECT 1") == 1


def test_a_database_name_is_quoted(server: WarehouseServer, client: Client) -> None:
    status, _, body = get(server, "/?database=x%60;DROP+TABLE+decisions&query=SELECT+1")
    assert status == 403
    assert b"ACCESS_DENIED" in body
    assert client.command("EXISTS TABLE decisions") == 1


def test_the_run_file_holds_the_address(server: WarehouseServer) -> None:
    run_file = json.loads(server._run_file.read_text())
    assert run_file["url"] == server.url


@pytest.mark.parametrize("url", ["localhost:8123", "clickhouse://x", "http://", ""])
def test_an_address_of_another_form_is_refused_with_advice(url: str) -> None:
    with pytest.raises(BadClickHouseAddress, match="http://host:port"):
        connect(url)


def test_a_refused_address_does_not_show_its_password() -> None:
    with pytest.raises(BadClickHouseAddress) as failure:
        connect("clickhouse://me:secret@host")
    assert "secret" not in str(failure.value)
