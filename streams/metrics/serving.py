"""Where the figures of a process are served, and how Prometheus finds them.

Each process has a port of its own: the one of TOLLGATE_METRICS_PORT, else a free one that it takes again at
its next start (`HOME/run/metrics/NAME.port`). Its address is written into `HOME/run/metrics/NAME.json`, in
the form of Prometheus's file-based discovery (`file_sd_configs`).

Invariants
- The file of a process that was killed stays, so that Prometheus sees that it is gone; a process that is
  stopped takes its file away.
- Whatever fails here is said, and the process works on without.
"""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from storage import write_atomically
from streams.metrics.meters import Meters
from streams.metrics.server import MetricsServer

if TYPE_CHECKING:
    from streams.settings import Settings

log = logging.getLogger(__name__)

FOLDER: Final = "metrics"
PORT: Final = ".port"
OFF: Final = -1
PORT_MAX: Final = 65_535


@contextmanager
def served(settings: "Settings", process: str, engine: str = "") -> Iterator[Meters]:
    """The figures of this process, served while the block runs. `engine`: where it works for one only."""
    meters = Meters()
    file = settings.run / FOLDER / f"{process}{'-' if engine else ''}{engine}.json"
    server = None if settings.metrics_port == OFF else _started(meters, settings, file)
    if server is not None:
        log.info("metrics at http://%s:%d/metrics", _shown(server.host), server.port)
        _write(file, server, process)
    try:
        yield meters
        file.unlink(missing_ok=True)  # not where it fails
    except SystemExit as ending:
        if not ending.code:
            file.unlink(missing_ok=True)
        raise
    finally:
        if server is not None:
            server.stop()


def _started(meters: Meters, settings: "Settings", file: Path) -> MetricsServer | None:
    ports = [settings.metrics_port] if settings.metrics_port else [_port_before(file), 0]
    for port in ports:
        try:
            server = MetricsServer(meters, settings.metrics_host, port)
        except OSError as failure:
            log.warning("metrics cannot be served at %s:%d: %s", settings.metrics_host, port, failure)
        else:
            server.start()
            return server
    return None


def _port_before(file: Path) -> int:
    """The port that this process had at its last start; 0 where that is not known."""
    try:
        port = int(file.with_suffix(PORT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return 0
    return port if port in range(PORT_MAX + 1) else 0


def _write(file: Path, server: MetricsServer, process: str) -> None:
    found = [{"targets": [_reached(server)], "labels": {"process": process}}]
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file.with_suffix(PORT), f"{server.port}\n")
        write_atomically(file, json.dumps(found) + "\n")
    except OSError as failure:
        log.warning("%s cannot be written, Prometheus does not find these metrics by it: %s", file, failure)


def _reached(server: MetricsServer) -> str:
    """The address that a Prometheus on this machine asks."""
    host = "127.0.0.1" if server.host in ("0.0.0.0", "::", "") else server.host
    return f"{_shown(host)}:{server.port}"


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
