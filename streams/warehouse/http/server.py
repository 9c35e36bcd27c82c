"""Serves the embedded ClickHouse on the loopback interface, with every quantity bounded.

waitress is the HTTP server: a fixed number of threads, bounded connections and bodies, chunked uploads
decoded, large bodies kept in files. chdb releases the interpreter lock while it works, so threads are
enough.

Invariant: there are more threads than statements can run or wait, and a new connection always gets in. When
all places are taken it takes that of one that does nothing: first of those that have not said who they are,
then of the user with most connections. So neither half-open connections nor slow statements keep others out.
"""

import json
import logging
import os
import shutil
import threading
from collections import Counter
from pathlib import Path
from typing import Any, Final

from waitress.server import TcpWSGIServer

from storage import write_atomically
from streams.warehouse.credentials import ensure_credentials
from streams.warehouse.database import Database
from streams.warehouse.http.access import ACCESS
from streams.warehouse.http.app import ClickHouseApp
from streams.warehouse.http.channel import BoundedChannel
from streams.warehouse.http.gate import HttpGate, StatementWatch

log = logging.getLogger(__name__)

HOST: Final = "127.0.0.1"
CONNECTIONS_MAX: Final = 200
SPARE_THREADS: Final = 4
"""For what needs no turn: pings and refusals."""
LOOK_S: Final = 1


class BoundedServer(TcpWSGIServer):  # type: ignore[misc]
    """waitress's server with a gate, deadlines, and room for a new connection at any time."""

    channel_class = BoundedChannel

    def __init__(self, app: ClickHouseApp, port: int) -> None:
        self.gate = app.gate
        threads = SPARE_THREADS + sum(each.running_max + each.waiting_max for each in ACCESS.values())
        super().__init__(
            app,
            host=HOST,
            port=port,
            threads=threads,
            connection_limit=2 * CONNECTIONS_MAX,
            cleanup_interval=LOOK_S,
            channel_request_lookahead=1,  # a connection is read while it waits: that is how its end is seen
            asyncore_use_poll=True,  # select() ends the server at the process's 1,024th open file
            ident=None,
            clear_untrusted_proxy_headers=True,
        )

    def maintenance(self, now: float) -> None:
        """Ends the connections that take too long; called about every second."""
        for channel in list(self.active_channels.values()):
            if channel.is_overdue(now):
                channel.handle_close()  # at once: a socket that nobody reads never becomes writable

    def handle_accept(self) -> None:
        super().handle_accept()
        channels = [channel for channel in self.active_channels.values() if not channel.will_close]
        if len(channels) > CONNECTIONS_MAX:
            place_of(channels).will_close = True


def place_of(channels: list[Any]) -> Any:
    """The connection that has to give its place to a new one, which is among them."""
    newest = max(channels, key=lambda channel: channel.creation_time)
    idle = [channel for channel in channels if channel is not newest and not channel.requests]
    shares = Counter(channel.user for channel in channels)
    return min(
        idle,
        key=lambda channel: (channel.user is not None, -shares[channel.user], channel.last_activity),
        default=newest,
    )


class WarehouseServer:
    """The HTTP endpoint of `database`; `run_file` holds its port and process while it answers."""

    def __init__(
        self,
        database: Database,
        run_file: Path,
        port: int = 0,
        watch: StatementWatch = lambda *_: None,
    ) -> None:
        """Makes the passwords next to the data of `database` where there are none yet. `watch`: is told of
        each statement.
        """
        self._run_file = run_file
        self.home = database.path.parent
        spool = run_file.parent / "warehouse-inserts"
        shutil.rmtree(spool, ignore_errors=True)  # left by an earlier process that was killed
        spool.mkdir(parents=True)
        gate = HttpGate(ensure_credentials(self.home), watch)
        app = ClickHouseApp(database, spool, gate, watch)
        self._departures = app.departures
        self._server = BoundedServer(app, port)
        self.port = int(self._server.effective_port)
        self._thread = threading.Thread(target=self._server.run, name="warehouse-http", daemon=True)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{HOST}:{self.port}"

    @property
    def answers(self) -> bool:
        """Whether it still serves. One that has ended does not come back: its process should end as well."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Serves, and writes the address to the run file."""
        self._thread.start()
        self._departures.start()
        place = {"pid": os.getpid(), "host": HOST, "port": self.port, "url": self.url}
        write_atomically(self._run_file, json.dumps(place) + "\n")
        log.info("warehouse answers at %s", self.url)

    def stop(self) -> None:
        """Ends the server; running statements are abandoned."""
        self._run_file.unlink(missing_ok=True)
        self._departures.stop()
        self._server.task_dispatcher.shutdown(timeout=5)
        self._server.close()
        self._thread.join(timeout=5)
