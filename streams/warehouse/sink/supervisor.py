"""Runs one sink for each engine there is, in threads, and writes how each is doing to a status file.

What ends a sink decides what happens next. After an outage it is started again after a pause. Where another
sink took over, or what is stored contradicts itself, it stays ended with its message in the status file, and
the others continue. Anything else is a bug: the process ends, and its supervisor starts it again.
"""

import json
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from confluent_kafka import KafkaException

from storage import write_atomically
from streams.errors import Outage, TollgateError
from streams.warehouse.sink.discovery import EngineDiscovery
from streams.warehouse.sink.status import NoWatcher, SinkStatus, SinkWatcher

log = logging.getLogger(__name__)

DISCOVERY_S: Final = 1.0
RESTART_PAUSE_S: Final = 10.0
STOP_TIMEOUT_S: Final = 60.0
ENGINES_MAX: Final = 64


class EngineSink(Protocol):
    """Brings one engine's output somewhere, until its stop event is set."""

    status: SinkStatus

    def run(self) -> None:
        """Sinks until the stop event is set."""


@dataclass
class _Running:
    thread: threading.Thread
    status: SinkStatus
    ended_at: float | None = None
    failure: BaseException | None = None


class SinkSupervisor:
    """The sinks of every engine. `make` builds the sink of one engine; it may raise what a sink may raise."""

    def __init__(
        self,
        engines: EngineDiscovery,
        make: Callable[[str, threading.Event], EngineSink],
        status_file: Path,
        kind: str,
        watch: Callable[[str], SinkWatcher] = lambda _: NoWatcher(),
    ) -> None:
        """`watch`: makes who looks on at the sink of one engine; a sink that is started again keeps it."""
        self._engines = engines
        self._make = make
        self._status_file = status_file
        self._kind = kind
        self._watch = watch
        self._watchers: dict[str, SinkWatcher] = {}
        self._stop = threading.Event()
        self._running: dict[str, _Running] = {}
        self._written: dict[str, dict[str, object]] | None = None

    def run(self, is_stopping: Callable[[], bool]) -> None:
        """Looks for engines every second until `is_stopping`, then lets every sink finish its range.

        Raises what a sink raised when it is a bug.
        """
        try:
            while not is_stopping():
                self._look()
                self._write_status()
                self._raise_bug()
                time.sleep(DISCOVERY_S / 4 if is_stopping() else DISCOVERY_S)
        finally:
            self.stop()

    def stop(self) -> None:
        """Ends every sink and waits for them."""
        self._stop.set()
        deadline = time.monotonic() + STOP_TIMEOUT_S
        for running in self._running.values():
            running.thread.join(max(0.0, deadline - time.monotonic()))
        self._write_status()

    @property
    def are_stopped(self) -> bool:
        """Whether no sink works any more; one that hangs may outlive `stop`."""
        return not any(running.thread.is_alive() for running in self._running.values())

    def _look(self) -> None:
        try:
            names = self._engines.names()
        except KafkaException as failure:
            log.warning("Kafka does not answer, asking again: %s", failure.args[0].str())
            return
        for name in sorted(names):
            known = self._running.get(name)
            if (known is None and len(self._running) < ENGINES_MAX) or (
                known is not None and _is_due_again(known)
            ):
                self._start(name)

    def _start(self, engine: str) -> None:
        running = _Running(threading.Thread(), SinkStatus())
        if engine not in self._watchers:
            self._watchers[engine] = self._watch(engine)
        running.thread = threading.Thread(
            target=self._work, args=(engine, running), name=f"{self._kind}-{engine}", daemon=True
        )
        self._running[engine] = running
        running.thread.start()

    def _work(self, engine: str, running: _Running) -> None:
        try:
            sink = self._make(engine, self._stop)
            running.status = sink.status
            running.status.watcher = self._watchers[engine]
            log.info("%s: %s starts", engine, self._kind)
            sink.run()
        except BaseException as failure:
            running.status.state, running.status.detail = "failed", str(failure)
            running.failure = failure
            log.warning("%s: %s ended: %s", engine, self._kind, failure)
        running.ended_at = time.monotonic()

    def _raise_bug(self) -> None:
        for running in self._running.values():
            known = (TollgateError, KafkaException)
            if running.failure is not None and not isinstance(running.failure, known):
                raise running.failure

    def _write_status(self) -> None:
        statuses = {engine: running.status.figures() for engine, running in sorted(self._running.items())}
        for engine, running in self._running.items():
            self._watchers[engine].looked(running.status)
        if statuses != self._written:
            write_atomically(self._status_file, json.dumps(statuses) + "\n")
            self._written = statuses


def _is_due_again(running: _Running) -> bool:
    passing = isinstance(running.failure, Outage | KafkaException)
    waited = running.ended_at is not None and time.monotonic() - running.ended_at > RESTART_PAUSE_S
    return passing and waited
