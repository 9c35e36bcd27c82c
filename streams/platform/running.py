"""The platform of one home as others see it: whether it is up, bringing it up, taking it down."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import psutil

from streams.errors import Outage
from streams.platform.processes import (
    PlatformStatus,
    ProcessFile,
    ProcessState,
    end,
    heard_by_children,
    last_lines,
    open_log,
    status_file,
)
from streams.settings import Settings

POLL_S = 0.1
UP_TIMEOUT_S = 300.0
DOWN_TIMEOUT_S = 180.0


class NotUp(Outage):
    """The platform did not come up."""


@dataclass(frozen=True)
class RunningPlatform:
    """A platform that is up."""

    kafka: str
    clickhouse: str
    started: bool
    """By this call."""


def supervisor(settings: Settings) -> psutil.Process | None:
    """The living supervisor of this home."""
    return ProcessFile(settings.run / "supervisor.json").process()


def current(settings: Settings) -> PlatformStatus | None:
    """The status that the supervisor last wrote."""
    return status_file.read(settings.run / "status.json")


def ensure_up(
    settings: Settings, say: Callable[[str], None], timeout_s: float = UP_TIMEOUT_S
) -> RunningPlatform:
    """Brings the platform up unless it is, and returns when every process that payments need works.

    Raises NotUp, with the reason, when it cannot; what was started is stopped again then.
    """
    started = supervisor(settings) is None
    if started:
        _launch(settings)
    _wait_until_up(settings, say, timeout_s)
    return RunningPlatform(settings.kafka(), settings.clickhouse(), started)


def take_down(settings: Settings, say: Callable[[str], None], timeout_s: float = DOWN_TIMEOUT_S) -> bool:
    """Stops the platform in order, and what a killed supervisor left; whether there was anything to stop."""
    living = supervisor(settings)
    if living is not None:
        _stop_supervisor(settings, living, say, timeout_s)
    left = orphans(settings)
    for name, orphan in left:
        say(f"{name}: process {orphan.pid} has no supervisor any more: ending it")
        end(orphan, 20.0, ProcessFile(settings.run / "processes" / f"{name}.json").stop_signal)
    for path in (settings.run / "processes").glob("*.json"):
        path.unlink()
    for name in ("kafka.json", "warehouse.json", "postgres.json"):
        (settings.run / name).unlink(missing_ok=True)
    return living is not None or bool(left)


def _launch(settings: Settings) -> None:
    """Starts a supervisor in a session of its own: it outlives this terminal."""
    log = settings.logs / "supervisor.log"
    (settings.run / "status.json").unlink(missing_ok=True)
    with open_log(log) as output, heard_by_children():
        child = subprocess.Popen(
            [sys.executable, "-m", "streams.cli", "up", "--foreground"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "TOLLGATE_HOME": str(settings.home), "TOLLGATE_FEATURES": settings.features},
            start_new_session=True,
        )
    child.returncode = 0  # it is meant to outlive us: no warning that it does
    record = ProcessFile(settings.run / "supervisor.json")
    try:
        record.write(child.pid)
    except psutil.NoSuchProcess:
        raise NotUp(f"the supervisor ended at once. The end of {log}:\n{last_lines(log)}") from None


def _wait_until_up(settings: Settings, say: Callable[[str], None], timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    printer = StatusPrinter(say)
    while True:
        living = supervisor(settings) is not None
        status = current(settings)
        printer.print(status)
        if status is not None and status.state == ProcessState.UP:
            return
        if not living:
            raise NotUp(_why(settings, status))
        if time.monotonic() > deadline:
            take_down(settings, say)
            raise NotUp(
                f"not up within {timeout_s:.0f} s, and stopped again. The logs are in {settings.logs}"
            )
        time.sleep(POLL_S)


def _why(settings: Settings, status: PlatformStatus | None) -> str:
    if status is not None and status.messages:
        return f"Tollgate did not come up: {status.messages[-1]}\nAll logs are in {settings.logs}"
    log = settings.logs / "supervisor.log"
    return f"the supervisor ended. The end of {log}:\n{last_lines(log)}"


def _stop_supervisor(
    settings: Settings, living: psutil.Process, say: Callable[[str], None], timeout_s: float
) -> None:
    printer = StatusPrinter(say, current(settings))
    living.terminate()
    deadline = time.monotonic() + timeout_s
    while supervisor(settings) is not None:
        printer.print(current(settings))
        if time.monotonic() > deadline:
            say(f"the supervisor did not stop within {timeout_s:.0f} s and is killed")
            living.kill()
            living.wait(10)
            return
        time.sleep(POLL_S)
    printer.print(current(settings))


def orphans(settings: Settings) -> list[tuple[str, psutil.Process]]:
    """Processes of this home that live without a supervisor: Kafka, on which all others depend, last."""
    files = sorted((settings.run / "processes").glob("*.json"), key=lambda path: path.stem == "kafka")
    found = [(path.stem, ProcessFile(path).process()) for path in files]
    return [(name, process) for name, process in found if process is not None]


class StatusPrinter:
    """Turns successive statuses into lines: what changed since the last one."""

    def __init__(self, say: Callable[[str], None], since: PlatformStatus | None = None) -> None:
        self._say = say
        self._printed = since.said if since else 0
        self._states = {process.name: process.state for process in since.processes} if since else {}

    def print(self, status: PlatformStatus | None) -> None:
        if status is None:
            return
        news = status.said - self._printed
        for message in status.messages[-news:] if news > 0 else []:
            self._say(message)
        self._printed = status.said
        for process in status.processes:
            if self._states.get(process.name) != process.state and process.state in PRINTED_STATES:
                self._say(f"{process.name}: {process.state}")
            self._states[process.name] = process.state


PRINTED_STATES = (ProcessState.STARTING, ProcessState.UP, ProcessState.DONE, ProcessState.STOPPING)
