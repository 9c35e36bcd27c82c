"""Serves the embedded ClickHouse on the loopback interface, with every quantity bounded.

waitress is the HTTP server: a fixed number of threads, bounded connections and bodies, chunked uploads
decoded, large bodies kept in files. chdb releases the interpreter lock while it works, so threads are
enough.
"""

import json
import logging
import os
import shutil
import threading
from pathlib import Path
from typing import Any, Final

from waitress.server import create_server

from storage import write_atomically
from streams.warehouse.database import Database
from streams.warehouse.http.app import ClickHouseApp

log = logging.getLogger(__name__)

HOST: Final = "127.0.0.1"
THREADS: Final = 8
CONNECTIONS_MAX: Final = 200
BODY_LIMIT_BYTES: Final = 1 << 30
IDLE_CONNECTION_S: Final = 120


class WarehouseServer:
    """The HTTP endpoint of `database`; `run_file` holds its port and process while it answers."""

    def __init__(self, database: Database, run_file: Path, port: int = 0) -> None:
        self._run_file = run_file
        spool = run_file.parent / "warehouse-inserts"
        shutil.rmtree(spool, ignore_errors=True)  # left by an earlier process that was killed
        spool.mkdir(parents=True)
        self._server: Any = create_server(
            ClickHouseApp(database, spool),
            host=HOST,
            port=port,
            threads=THREADS,
            connection_limit=CONNECTIONS_MAX,
            max_request_body_size=BODY_LIMIT_BYTES,
            channel_timeout=IDLE_CONNECTION_S,
            ident=None,
            asyncore_use_poll=True,  # select() ends the server at the process's 1,024th open file
            clear_untrusted_proxy_headers=True,
        )
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
        place = {"pid": os.getpid(), "host": HOST, "port": self.port, "url": self.url}
        write_atomically(self._run_file, json.dumps(place) + "\n")
        log.info("warehouse answers at %s", self.url)

    def stop(self) -> None:
        """Ends the server; running statements are abandoned."""
        self._run_file.unlink(missing_ok=True)
        self._server.task_dispatcher.shutdown(timeout=5)
        self._server.close()
        self._thread.join(timeout=5)
