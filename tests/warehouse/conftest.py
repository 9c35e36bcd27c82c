"""The HTTP server of the tests' ClickHouse, output of made-up engines, kept apart by engine name, and a
database of its own that holds one.
"""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client

from streams.warehouse.client import connect
from streams.warehouse.credentials import WarehouseUser, url_as
from streams.warehouse.database import Database
from streams.warehouse.http.server import WarehouseServer
from streams.warehouse.repair import warehouse_faults
from streams.warehouse.schema import migrate
from tests.warehouse.engine_output import EngineOutput
from tests.warehouse.sink_in_thread import sink_all

_names = count(1)


@pytest.fixture(scope="session")
def server(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WarehouseServer]:
    running = WarehouseServer(database, tmp_path_factory.mktemp("run") / "warehouse.json")
    running.start()
    yield running
    running.stop()


@pytest.fixture
def client(server: WarehouseServer) -> Iterator[Client]:
    """An unmodified clickhouse-connect client over HTTP, which may write."""
    connected = connect(url_as(server.url, server.home, WarehouseUser.SINK))
    yield connected
    connected.close()


@pytest.fixture
def analyst(server: WarehouseServer) -> Iterator[Client]:
    """The same for somebody who may read."""
    connected = connect(url_as(server.url, server.home, WarehouseUser.ANALYST))
    yield connected
    connected.close()


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> str:
    """An engine name of this test alone."""
    return f"{request.node.name[:40].replace('[', '-').rstrip(']')}-{next(_names)}".replace("_", "-")


@pytest.fixture
def output(kafka: str, engine: str) -> EngineOutput:
    return EngineOutput(kafka, engine)


@pytest.fixture
def make_output(kafka: str) -> Callable[[str], EngineOutput]:
    return lambda engine: EngineOutput(kafka, engine)


@pytest.fixture
def sql_folder() -> Path:
    return Path(__file__).parents[2] / "streams" / "warehouse" / "schema"


@pytest.fixture
def own(database: Database) -> Iterator[Client]:
    """A client of a database of its own, with all tables, that may write."""
    everywhere = database.client()
    everywhere.command("CREATE DATABASE rebuild")
    connected = database.client("rebuild")
    migrate(connected)
    yield connected
    connected.close()
    everywhere.command("DROP DATABASE rebuild SYNC")
    everywhere.close()


@pytest.fixture
def sunk(kafka: str, own: Client, engine: str, output: EngineOutput) -> str:
    output.commit(300)
    sink_all(kafka, own, engine)
    assert warehouse_faults(kafka, own, [engine]) == []
    return engine
