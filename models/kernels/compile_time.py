"""How long this process has been compiling kernels.

On a host without a cache of them an engine compiles some dozens within its first batches: a minute of work,
several where the processor is shared. It is no hang, and no record is to blame for it.

Invariants:
- `compile_seconds()` never goes back, and stands still while nothing is compiled.
- Compiling is excused for `EXCUSED_MAX_S` at most: a compiler that hangs is a hang.
"""

import threading
import time
from typing import Any, Final

from numba.core import event

EXCUSED_MAX_S: Final = 1_800.0


class _Stopwatch(event.Listener):  # type: ignore[misc]
    """Runs while at least one kernel is compiled; those that a kernel calls are compiled within it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._under_way = 0
        self._began = 0.0
        self._sum = 0.0

    def on_start(self, _: Any) -> None:
        with self._lock:
            if self._under_way == 0:
                self._began = time.monotonic()
            self._under_way += 1

    def on_end(self, _: Any) -> None:
        with self._lock:
            if self._under_way == 0:
                return
            self._under_way -= 1
            if self._under_way == 0:
                self._sum += time.monotonic() - self._began

    def seconds(self) -> float:
        with self._lock:
            running = time.monotonic() - self._began if self._under_way else 0.0
            return min(self._sum + running, EXCUSED_MAX_S)


_stopwatch = _Stopwatch()
event.register("numba:compile", _stopwatch)


def compile_seconds() -> float:
    """Seconds that kernels have been compiled in this process since this module was loaded."""
    return _stopwatch.seconds()
