"""A server of one home as a process: known by its record, stopped, killed.

Invariant: the record tells a living server from a dead one's leftovers, whichever process of ours started it.
"""

import signal
import subprocess
from collections.abc import Callable
from typing import ClassVar, Final

import psutil

from streams.platform.processes.process_file import ProcessFile, end

STOP_TIMEOUT_S: Final = 30.0


class LocalServer:
    """What is the same of each. `file` is its record; what there is to tell goes to `say`."""

    NAME: ClassVar[str]
    STOP_SIGNAL: ClassVar[signal.Signals] = signal.SIGTERM

    def __init__(self, file: ProcessFile, say: Callable[[str], None]) -> None:
        self.file = file
        self._say = say
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def process(self) -> psutil.Process | None:
        """The living server of this home, whichever process started it."""
        return self.file.process()

    def stop(self, timeout_s: float = STOP_TIMEOUT_S) -> None:
        """Stops it cleanly; kills it, with a message, when it takes longer than `timeout_s`."""
        process = self.process
        if process is not None and not end(process, timeout_s, self.STOP_SIGNAL):
            self._say(f"{self.NAME} did not stop within {timeout_s:.0f} s and was killed")
        self._reap()
        self.file.remove()

    def kill9(self) -> None:
        """Ends it as a crash would."""
        process = self.process
        if process is not None:
            process.kill()
            process.wait(STOP_TIMEOUT_S)
        self._reap()

    def _reap(self) -> None:
        if self._child is not None:
            self._child.wait(STOP_TIMEOUT_S)
            self._child = None
