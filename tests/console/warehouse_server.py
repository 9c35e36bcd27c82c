"""The embedded ClickHouse behind its HTTP gate, as the console's pages ask it: as the analyst."""

import time
from collections.abc import Callable, Iterator

import pytest

from streams.warehouse.credentials import WarehouseUser, url_as
from streams.warehouse.database import Database
from streams.warehouse.http.server import WarehouseServer


@pytest.fixture(scope="session")
def warehouse_server(
    database: Database, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WarehouseServer]:
    running = WarehouseServer(database, tmp_path_factory.mktemp("run") / "warehouse.json")
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def analyst_url(warehouse_server: WarehouseServer) -> str:
    return url_as(warehouse_server.url, warehouse_server.home, WarehouseUser.ANALYST)


@pytest.fixture(scope="session")
def writer_url(warehouse_server: WarehouseServer) -> str:
    return url_as(warehouse_server.url, warehouse_server.home, WarehouseUser.SINK)


def running(database: Database, text: str) -> int:
    """How many statements that hold this text run in the warehouse."""
    asked = f"SELECT count() FROM system.processes WHERE query LIKE '%{text}%' AND query NOT LIKE '%LIKE%'"
    with database.connection() as connection:
        return int(connection.query(asked, "TabSeparated").bytes())


def until(is_so: Callable[[], bool], within_s: float = 15) -> None:
    """Looks until it is so."""
    deadline = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < deadline
