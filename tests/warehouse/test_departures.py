"""A statement that reads ends when whoever asked is gone, and its turn is the next one's."""

import socket
from urllib.parse import quote

import pytest

from streams.warehouse.credentials import WarehouseUser
from streams.warehouse.database import Database
from streams.warehouse.http.access import ACCESS
from streams.warehouse.http.departures import Departures
from streams.warehouse.http.server import WarehouseServer
from tests.console.warehouse_server import running, until
from tests.warehouse.plain_http import get, login, opened

COUNTED = "SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = {mark}"
STREAMED = "SELECT number FROM numbers(1000000000000) WHERE sipHash64(number) = {mark}"


def asking(server: WarehouseServer, statement: str, *more: str) -> socket.socket:
    lines = [f"GET /?query={quote(statement)}&{'&'.join(more)} HTTP/1.1", "Host: localhost"]
    lines += [f"Authorization: {login(server, 'analyst')}"]
    return opened(server, "\r\n".join([*lines, "", ""]).encode())


@pytest.mark.parametrize(
    ("number", "statement", "form"),
    [(1, COUNTED, "TabSeparated"), (2, STREAMED, "Native"), (3, COUNTED, "JSON")],
)
def test_a_statement_ends_when_its_connection_does(
    server: WarehouseServer, database: Database, number: int, statement: str, form: str
) -> None:
    mark = 7_000 + number
    connection = asking(server, statement.format(mark=mark), f"default_format={form}")
    until(lambda: running(database, f"= {mark}") == 1)
    connection.close()
    until(lambda: running(database, f"= {mark}") == 0)


def test_all_turns_are_free_again_when_all_who_asked_are_gone(
    server: WarehouseServer, database: Database
) -> None:
    analyst = ACCESS[WarehouseUser.ANALYST]
    connections = [asking(server, COUNTED.format(mark=7_100)) for _ in range(analyst.running_max + 4)]
    until(lambda: running(database, "= 7100") == analyst.running_max)
    for connection in connections:
        connection.close()
    until(lambda: get(server, "/?query=SELECT+1", user="analyst")[0] == 200)
    until(lambda: running(database, "= 7100") == 0)


def test_what_somebody_waits_for_is_not_ended(database: Database) -> None:
    departures, has_gone = Departures(database), False
    with departures.watched(lambda: has_gone) as options, database.connection(options) as connection:
        blocks = connection.send_query(COUNTED.format(mark=7_200), "TabSeparated")
        assert departures.end_what_nobody_waits_for() == 0
        has_gone = True
        until(lambda: running(database, "= 7200") == 1 and departures.end_what_nobody_waits_for() == 1)
        with pytest.raises(RuntimeError, match="cancelled"):
            next(blocks)
    assert departures.end_what_nobody_waits_for() == 0
