"""The warehouse answers however many files its process has open; one that cannot answer ends."""

import os
import resource
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from streams.commands.processes.warehouse import _or_server_ended
from streams.errors import Outage
from streams.warehouse.client import connect
from streams.warehouse.credentials import WarehouseUser, url_as
from streams.warehouse.database import Database
from streams.warehouse.http.server import WarehouseServer

MORE_THAN_SELECT_TAKES = 1_100


@contextmanager
def _many_open_files() -> Iterator[None]:
    """As the consumers of a hundred engines' sinks open them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MORE_THAN_SELECT_TAKES + 1_000
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    with ExitStack() as opened:
        for _ in range(MORE_THAN_SELECT_TAKES):
            opened.callback(os.close, os.open(os.devnull, os.O_RDONLY))
        yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_it_answers_with_more_open_files_than_select_takes(database: Database, tmp_path: Path) -> None:
    with _many_open_files():
        server = WarehouseServer(database, tmp_path / "warehouse.json")
        server.start()
        client = connect(url_as(server.url, server.home, WarehouseUser.ANALYST))
        assert client.command("SELECT 1") == 1
        client.close()
        server.stop()


def test_the_process_ends_with_its_server(database: Database, tmp_path: Path) -> None:
    server = WarehouseServer(database, tmp_path / "warehouse.json")
    ended = _or_server_ended(lambda: False, server)
    server.start()
    assert not ended()
    server.stop()
    with pytest.raises(Outage, match="HTTP server has ended"):
        ended()
