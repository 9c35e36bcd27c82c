"""Which process plays a part: `HOME/run/NAME.json` with its pid, start time and addresses.

Invariant: a record names a living process only if pid *and* start time agree, so that a file left by a killed
process never points at another process that got its number.
"""

import json
import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from storage import replace_private, write_atomically

START_TIME_TOLERANCE_S = 1.0


@dataclass(frozen=True)
class ProcessFile:
    """The record at `path`. A `private` one holds a password: its owner alone can read it."""

    path: Path
    private: bool = False

    def write(self, pid: int, **details: Any) -> None:
        """Records the process and its details (addresses). Raises psutil.NoSuchProcess when it is gone."""
        content = {"pid": pid, "started": psutil.Process(pid).create_time(), **details}
        text = json.dumps(content) + "\n"
        if self.private:
            replace_private(self.path, text.encode())
        else:
            write_atomically(self.path, text)

    def read(self) -> dict[str, Any]:
        """The file's content; empty where it is missing or torn."""
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def process(self) -> psutil.Process | None:
        """The recorded process if it lives."""
        found = self.read()
        try:
            process = psutil.Process(int(found["pid"]))
            apart = abs(process.create_time() - float(found["started"]))
            alive = apart < START_TIME_TOLERANCE_S and process.status() != psutil.STATUS_ZOMBIE
        except (KeyError, TypeError, ValueError, psutil.NoSuchProcess):
            return None
        return process if alive else None

    @property
    def stop_signal(self) -> signal.Signals:
        """What the process is asked to end with, as recorded by `stop_signal=NAME`; SIGTERM without."""
        name = self.read().get("stop_signal")
        known = {one.name: one for one in signal.Signals}
        return known.get(name, signal.SIGTERM) if isinstance(name, str) else signal.SIGTERM

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)


def report_ready(name: str) -> None:
    """Tells the supervisor, by `HOME/run/NAME.json`, that this process is ready."""
    from streams.settings import Settings

    ProcessFile(Settings().run / f"{name}.json").write(os.getpid())


def end(process: psutil.Process, timeout_s: float, stop_signal: signal.Signals = signal.SIGTERM) -> bool:
    """The signal, then SIGKILL after `timeout_s`. Whether the process ended by itself."""
    try:
        process.send_signal(stop_signal)
        process.wait(timeout_s)
    except psutil.NoSuchProcess:
        return True
    except psutil.TimeoutExpired:
        process.kill()
        process.wait(timeout_s)
        return False
    return True
