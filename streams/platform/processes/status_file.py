"""The supervisor's status: `HOME/run/status.json`, replaced at every change."""

from enum import StrEnum
from pathlib import Path

import msgspec

from storage import write_atomically

MESSAGES_MAX = 100


class ProcessState(StrEnum):
    """State of the platform, or of one of its processes."""

    WAITING = "waiting"  # for the processes it needs
    STARTING = "starting"
    UP = "up"
    DONE = "done"  # a one-off process that ended well
    CRASHED = "crashed"  # starts again after a pause
    STOPPING = "stopping"
    DOWN = "down"
    FAILED = "failed"  # given up; the messages hold the reason


class ProcessStatus(msgspec.Struct):
    """One process of the platform."""

    name: str
    state: ProcessState
    log: str
    pid: int | None = None
    started_at: float | None = None
    """UTC epoch seconds."""
    restarts: int = 0
    exit_code: int | None = None


class PlatformStatus(msgspec.Struct):
    """The whole platform."""

    state: ProcessState
    home: str
    kafka: str = ""
    clickhouse: str = ""
    postgres: str = ""
    processes: list[ProcessStatus] = []
    messages: list[str] = []
    """The newest ones."""
    said: int = 0
    """How many messages there were in all."""


def write(path: Path, status: PlatformStatus) -> None:
    """Readers see the old content or the new one."""
    write_atomically(path, msgspec.json.format(msgspec.json.encode(status), indent=1) + b"\n")


def read(path: Path) -> PlatformStatus | None:
    """The status; None where there is none, or one of another version."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=PlatformStatus)
    except (FileNotFoundError, msgspec.DecodeError):
        return None
