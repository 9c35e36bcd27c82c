"""Our processes as the crash test handles them: started anew whenever they end, killed when it says so."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

PAUSE_S = 0.3
STOP_TIMEOUT_S = 180.0


def tollgate(*arguments: str) -> list[str]:
    """The command line of a `tollgate` sub-command, by this interpreter."""
    return [sys.executable, "-m", "streams.cli", *arguments]


class Part:
    """One process of the product. `kills` counts ours, `ends` those times when it ended by itself."""

    def __init__(
        self, name: str, command: list[str], environment: Mapping[str, str], logs: Path, ready_line: str
    ) -> None:
        """`ready_line` is what its log says when it begins to work."""
        self.name = name
        self._ready_line = ready_line.encode()
        self._born = 0
        self.command = command
        self.environment = dict(environment)
        self.log = logs / f"{name}.log"
        self.kills = 0
        self.ends: list[int] = []
        self._child: subprocess.Popen[bytes] | None = None
        self._due = 0.0

    @property
    def alive(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def start(self) -> None:
        """Starts it; its output goes to a file that all its lives share."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._born = log.tell()
            self._child = self._spawn(log)

    def _spawn(self, log: IO[bytes]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self.command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=self.environment,
            start_new_session=True,
        )

    def is_ready(self) -> bool:
        """Whether this life has begun to work."""
        with self.log.open("rb") as log:
            log.seek(self._born)
            return self._ready_line in log.read()

    def tick(self) -> None:
        """Starts it again when it has ended by itself: what a supervisor does."""
        if self._child is None or self._child.poll() is None:
            return
        self.ends.append(self._child.returncode)
        self._child = None
        time.sleep(PAUSE_S)
        self.start()

    def kill(self) -> None:
        """`kill -9`, and a new life at once."""
        assert self._child is not None
        self._child.kill()
        self._child.wait()
        self.kills += 1
        self.start()

    def ask_to_stop(self) -> None:
        """SIGTERM; it may take its time."""
        assert self._child is not None
        self._child.send_signal(signal.SIGTERM)

    def stop(self) -> int:
        """SIGTERM and its exit code; killed after a minute."""
        if self._child is None:
            return 0
        child, self._child = self._child, None
        child.send_signal(signal.SIGTERM)
        try:
            return child.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            child.kill()
            return child.wait()

    def stacks(self) -> str:
        """Ends it by SIGABRT, upon which it says where each of its threads stood."""
        assert self._child is not None
        self._child.send_signal(signal.SIGABRT)
        self._child.wait(STOP_TIMEOUT_S)
        self._child = None
        return self.last_words(60)

    def last_words(self, lines: int = 15) -> str:
        """The end of its log."""
        text = self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])


def wait_for(what: str, holds: Callable[[], bool], timeout_s: float, meanwhile: Callable[[], None]) -> None:
    """Returns when `holds`; raises TimeoutError with `what` after `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {timeout_s:.0f} s: {what}")
        meanwhile()
        time.sleep(0.2)
