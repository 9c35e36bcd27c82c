"""Starts and supervises the processes of one home.

Invariant: one supervisor per home, by a lock that the kernel drops when it dies. Processes start in the
order of the table, each when what it needs is ready, and stop in the opposite order: Kafka last. The home can
be entered by its owner alone.
"""

import logging
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from storage import LockHeld, ProcessLock, make_private
from streams.errors import Misconfigured, TollgateError
from streams.platform.processes import status_file
from streams.platform.processes.process_file import ProcessFile
from streams.platform.processes.process_spec import ProcessSpec
from streams.platform.processes.status_file import MESSAGES_MAX, PlatformStatus, ProcessState
from streams.platform.processes.supervised import GivenUp, ProcessFolders, SupervisedProcess

log = logging.getLogger(__name__)

POLL_S = 0.1
LOGS_EVERY_S = 10.0
ADDRESSES_EVERY_S = 1.0
"""They are read from files, which ten times a second would be most of what a supervisor does."""


class Supervisor:
    """Runs a process table until it is to stop.

    addresses: gives Kafka's, ClickHouse's and PostgreSQL's addresses as far as they are known, for the
        status file.
    """

    def __init__(
        self,
        home: Path,
        addresses: Callable[[], tuple[str, str, str]] = lambda: ("", "", ""),
    ) -> None:
        self._home = home
        place = ProcessFolders(home / "run", home / "logs")
        self._file = ProcessFile(place.run / "supervisor.json")
        self._status_path = place.run / "status.json"
        self._lock_path = place.run / "supervisor.lock"
        self._addresses = addresses
        self.status = PlatformStatus(ProcessState.STARTING, str(home))
        self._place = place
        self._children: dict[str, SupervisedProcess] = {}
        self._states: dict[str, ProcessState] = {}
        self._logs_due = self._addresses_due = 0.0
        self._written = b""

    def supervise(self, specs: Sequence[ProcessSpec]) -> None:
        """The process table, in the order of starts. Before `run`."""
        self._look_up_addresses()
        self._children = {spec.name: SupervisedProcess(spec, self._place, self.say) for spec in specs}
        self.status.processes = [child.status for child in self._children.values()]

    def run(self, stopping: Callable[[], bool]) -> bool:
        """Supervises until `stopping`, then stops everything; whether it ended without giving up.

        Raises Misconfigured when another supervisor of this home lives.
        """
        make_private(self._home)
        with self._lock():
            self._file.write(os.getpid())
            try:
                self._supervise(stopping)
            finally:
                self._stop()
                self._file.remove()
        return self.status.state != ProcessState.FAILED

    def say(self, message: str) -> None:
        """Puts a message into the log, and into the status file, which `up` shows."""
        log.info("%s", message)
        self.status.messages = [*self.status.messages, message][-MESSAGES_MAX:]
        self.status.said += 1
        self._write()

    def tick(self, now: float) -> None:
        """One look at every process."""
        for child in self._children.values():
            child.tick(now, self._needs_ready(child))
        self._log_states()
        delayed = any(child.delays(self._needs_ready(child)) for child in self._children.values())
        self.status.state = ProcessState.STARTING if delayed else ProcessState.UP
        if now >= self._addresses_due or delayed:
            self._addresses_due = now + ADDRESSES_EVERY_S
            self._look_up_addresses()
        if now >= self._logs_due:
            self._logs_due = now + LOGS_EVERY_S
            for child in self._children.values():
                child.bound_log()
        self._write()

    def _needs_ready(self, child: SupervisedProcess) -> bool:
        return all(self._children[name].is_ready for name in child.spec.needs)

    def _log_states(self) -> None:
        for one in self.status.processes:
            if self._states.get(one.name) != one.state:
                log.info("%s: %s (process %s)", one.name, one.state, one.pid)
                self._states[one.name] = one.state

    def _supervise(self, stopping: Callable[[], bool]) -> None:
        try:
            for child in reversed(self._children.values()):
                child.end_orphan()
            while not stopping():
                self.tick(time.monotonic())
                time.sleep(POLL_S)
        except (GivenUp, TollgateError) as failure:
            self.say(str(failure))
            self.status.state = ProcessState.FAILED

    def _stop(self) -> None:
        failed = self.status.state == ProcessState.FAILED
        self.status.state = ProcessState.FAILED if failed else ProcessState.STOPPING
        for child in reversed(self._children.values()):
            child.stop(self._write)
        self.status.state = ProcessState.FAILED if failed else ProcessState.DOWN
        self._write()

    def _look_up_addresses(self) -> None:
        self.status.kafka, self.status.clickhouse, self.status.postgres = self._addresses()

    def _write(self) -> None:
        """Only what changed: an idle platform does not touch the disk."""
        content = msgspec.json.encode(self.status)
        if content != self._written:
            status_file.write(self._status_path, self.status)
            self._written = content

    def _lock(self) -> ProcessLock:
        try:
            return ProcessLock(self._lock_path)
        except LockHeld as held:
            raise Misconfigured(
                f"another supervisor of {self.status.home} is running (process {held.owner}); see "
                "`tollgate status`"
            ) from None
