"""The embedded ClickHouse of this process.

Invariants
- At most one process has a data directory open. chdb locks the directory while its process lives; our lock
  file next to it holds the process id, for the message to the second one. The kernel drops both locks when
  their process dies in whatever way, so nothing stale remains after `kill -9`.
- No statement reaches files, networks or other servers, whoever sends it (`engine_config`).
- What a connection for reading may use is fixed when it is opened; `readonly=1` keeps any statement from
  changing it.

A connection is cheap (0.3 ms) and carries its own `USE` and `SET` state: one is opened for every request
and closed after it, so no request can see settings of another.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from storage import LockHeld, ProcessLock
from streams.errors import Misconfigured
from streams.warehouse.earlier_layout import move_earlier_tables
from streams.warehouse.engine_config import DATABASE, write_config

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client


class WarehouseBusy(Misconfigured):
    """Another living process has the data directory open."""


class Database:
    """The data directory `path`, opened by this process until `close`."""

    def __init__(self, path: Path, extra_databases: tuple[str, ...] = ()) -> None:
        """`extra_databases`: what tests may use besides the warehouse's own."""
        path.mkdir(parents=True, exist_ok=True)
        self.path = Path(os.path.realpath(path))
        config = write_config(self.path, (DATABASE, *extra_databases))
        self._lock = _lock(self.path)
        self._chdb = _chdb(config.parent / "empty")
        move_earlier_tables(self._chdb, self.path)
        # Without one open connection the engine would stop and start again between requests.
        self._keeper = self._chdb.connect(f"{self.path}?config-file={config}")
        self._keeper.query(f"CREATE DATABASE IF NOT EXISTS {DATABASE} ENGINE = Atomic")
        version = self._keeper.query("SELECT version()", "TabSeparated")
        self.version: str = version.bytes().decode().strip()

    @contextmanager
    def connection(self, options: Mapping[str, str] | None = None) -> Iterator[Any]:
        """A chdb connection of its own for one request. `options`: settings it has from its beginning."""
        asked = {"database": DATABASE, **(options or {})}
        connection = self._chdb.connect(f"{self.path}?{urlencode(asked, safe='/+')}")
        try:
            yield connection
        finally:
            connection.close()

    def client(self, database: str = DATABASE) -> "Client":
        """A clickhouse-connect client on the same engine that may write, for the sinks of this process."""
        import clickhouse_connect  # of an extra: the room is imported without it as well

        return clickhouse_connect.get_client(interface="chdb", path=str(self.path), database=database)

    def close(self) -> None:
        """Closes the engine and lets the next process have the directory."""
        self._keeper.close()
        self._lock.release()


def _chdb(empty: Path) -> Any:
    """0.5 GB of shared library: only the process that owns the data loads it.

    Its import opens an engine for a moment, which reads a `config.xml` of the working directory: a folder
    without one is that for as long.
    """
    empty.mkdir(exist_ok=True)
    with chdir(empty):
        import chdb
    return chdb


def _lock(path: Path) -> ProcessLock:
    try:
        return ProcessLock(path.parent / f"{path.name}.lock")
    except LockHeld as held:
        raise WarehouseBusy(
            f"process {held.owner} already serves the warehouse in {path}: use it, or stop it with "
            "`tollgate down`"
        ) from None
