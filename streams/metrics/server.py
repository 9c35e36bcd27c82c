"""Serves the figures of one process at `/metrics`, in OpenMetrics or Prometheus's older text format.

Invariants
- It cannot delay or end the process that it measures: a thread of its own, at most `CONNECTIONS_MAX`
  connections at once; further ones are closed at once. A request has `TIMEOUT_S` to arrive as a whole, and
  as long for its answer to be taken: who sends or reads a byte now and then holds no place. One page is
  made at a time, and then none for `REST` times as long: who asks without end has no more than a fifth of
  the interpreter, of which the engine's loop needs the rest. A port that is taken is said, and the process
  goes on without.
- It only reads, asks for no password, and holds nothing secret (`families`). It listens on this machine
  unless TOLLGATE_METRICS_HOST names another interface.
"""

import io
import logging
import threading
import time
from http.server import HTTPServer
from socket import AF_INET, AF_INET6, socket
from socketserver import ThreadingMixIn
from typing import Any, Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from prometheus_client import make_wsgi_app

from streams.metrics.meters import Meters

log = logging.getLogger(__name__)

CONNECTIONS_MAX: Final = 8
TIMEOUT_S: Final = 5.0
REST: Final = 4.0
PATH: Final = "/metrics"


class MetricsServer:
    """`/metrics` of one process, once `start` was called."""

    def __init__(self, meters: Meters, host: str, port: int, timeout_s: float = TIMEOUT_S) -> None:
        """`port`: 0 takes a free one. Raises OSError where it is taken."""
        self._server = _BoundedServer(host, port, timeout_s)
        self._server.set_app(_only_metrics(_in_turn(make_wsgi_app(meters.registry))))
        self._thread = threading.Thread(target=self._server.serve_forever, name="metrics", daemon=True)
        self.host = host
        self.port = int(self._server.server_address[1])

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends it; idle connections are dropped."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=TIMEOUT_S)


def _only_metrics(app: Any) -> Any:
    def answer(environ: dict[str, Any], start_response: Any) -> Any:
        if environ.get("PATH_INFO") == PATH:
            return app(environ, start_response)
        start_response("404 Not Found", [("Content-Type", "text/plain")])
        return [b"metrics are at /metrics\n"]

    return answer


def _in_turn(app: Any) -> Any:
    turn = threading.Lock()

    def answer(environ: dict[str, Any], start_response: Any) -> Any:
        with turn:
            began = time.perf_counter()
            page = app(environ, start_response)
            time.sleep(REST * (time.perf_counter() - began))
        return page

    return answer


class _WholeRequest(io.RawIOBase):
    """What a connection sends, until `timeout_s` from now; each write has as long."""

    def __init__(self, connection: socket, timeout_s: float) -> None:
        self._connection, self._timeout_s = connection, timeout_s
        self._until_s = time.monotonic() + timeout_s

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left_s = self._until_s - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("the request has not arrived in time")
        self._connection.settimeout(left_s)
        read = self._connection.recv_into(buffer)
        self._connection.settimeout(self._timeout_s)
        return read


class _Handler(WSGIRequestHandler):
    def setup(self) -> None:
        super().setup()
        self.rfile.close()
        assert isinstance(self.server, _BoundedServer)
        self.rfile = io.BufferedReader(_WholeRequest(self.connection, self.server.timeout_s))

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing: a scrape every few seconds is no news."""


class _BoundedServer(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = CONNECTIONS_MAX

    def __init__(self, host: str, port: int, timeout_s: float) -> None:
        self.timeout_s = timeout_s
        self.address_family = AF_INET6 if ":" in host else AF_INET
        self._places = threading.BoundedSemaphore(CONNECTIONS_MAX)
        super().__init__((host, port), _Handler)

    def server_bind(self) -> None:
        """Without the look-up of our own name that `HTTPServer` makes: it may hang."""
        super(HTTPServer, self).server_bind()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])
        self.setup_environ()

    def process_request(self, request: Any, client_address: Any) -> None:
        """In a thread of its own, where a place is free."""
        if self._places.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: socket | tuple[bytes, socket], client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        """A client that went away is no news."""
        log.debug("a request for metrics failed", exc_info=True)
