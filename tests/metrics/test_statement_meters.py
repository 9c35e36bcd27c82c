"""What is counted of statements on the local warehouse, by its server and a client of ClickHouse."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from clickhouse_connect import get_client
from clickhouse_connect.driver.exceptions import Error

from streams.metrics import Meters
from streams.metrics.by_process import StatementMeters
from streams.warehouse.credentials import WarehouseUser, ensure_credentials
from streams.warehouse.database import Database
from streams.warehouse.http.server import WarehouseServer
from tests.metrics.test_meters import samples


@pytest.fixture
def served(database: Database, tmp_path: Path) -> Iterator[tuple[WarehouseServer, Meters]]:
    meters = Meters(processes=False)
    server = WarehouseServer(database, tmp_path / "warehouse.json", watch=StatementMeters(meters).answered)
    server.start()
    yield server, meters
    server.stop()


def test_statements_are_counted_by_user_and_answer(served: tuple[WarehouseServer, Meters]) -> None:
    server, meters = served
    password = ensure_credentials(server.home)[WarehouseUser.ANALYST]
    user = WarehouseUser.ANALYST.value

    def counted(name: str, answer: str) -> float:
        key = frozenset({"user": name, "answer": answer}.items())
        return samples(meters).get(("tollgate_warehouse_statements_total", key), 0.0)

    client = get_client(host="127.0.0.1", port=server.port, username=user, password=password)
    before = counted(user, "ok")
    assert client.command("SELECT 1") == 1
    assert counted(user, "ok") == before + 1
    for statement, answer in (("SELEKT", "failed"), ("CREATE TABLE x (y Int8) ORDER BY y", "refused")):
        with pytest.raises(Error):
            client.command(statement)
        assert counted(user, answer) == 1, answer
    with pytest.raises(Error):
        get_client(host="127.0.0.1", port=server.port, username=user, password="wrong")
    assert counted("nobody", "refused") >= 1
    client.close()
