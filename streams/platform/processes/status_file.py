"""What the supervisor says of itself: `HOME/run/status.json`, replaced at every change."""

from enum import StrEnum
from pathlib import Path

import msgspec

from storage import write_atomically

MESSAGES_MAX = 100


class State(StrEnum):
    """Of the whole platform, and of one process of it."""

    WAITING = "waiting"  # for what it needs
    STARTING = "starting"
    UP = "up"
    DONE = "done"  # ended by itself, as it should
    CRASHED = "crashed"  # to be started again after a pause
    STOPPING = "stopping"
    DOWN = "down"
    FAILED = "failed"  # given up; the messages say why


class ProcessStatus(msgspec.Struct):
    """One process. `started_at` in UTC epoch seconds."""

    name: str
    state: State
    log: str
    pid: int | None = None
    started_at: float | None = None
    restarts: int = 0
    exit_code: int | None = None


class Status(msgspec.Struct):
    """The whole. `messages` are the last ones; `said` counts all there were."""

    state: State
    home: str
    kafka: str = ""
    clickhouse: str = ""
    processes: list[ProcessStatus] = []
    messages: list[str] = []
    said: int = 0


def write(path: Path, status: Status) -> None:
    """Readers see the old content or the new one."""
    write_atomically(path, msgspec.json.format(msgspec.json.encode(status), indent=1) + b"\n")


def read(path: Path) -> Status | None:
    """Nothing where there is none, or one of another version."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Status)
    except (FileNotFoundError, msgspec.DecodeError):
        return None
