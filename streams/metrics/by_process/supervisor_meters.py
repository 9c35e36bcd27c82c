"""What is counted of the processes of `tollgate up`: whether each works, how often it was started again."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from streams.metrics.meters import Meters

if TYPE_CHECKING:
    from streams.platform.processes import PlatformStatus


DISK_EVERY_S: Final = 10.0


class SupervisorMeters:
    """The figures of one supervisor."""

    def __init__(
        self,
        meters: Meters,
        home: Path,
        clock_s: Callable[[], float] = time.monotonic,
        disk: Callable[[Path], tuple[int, int, int]] = shutil.disk_usage,
    ) -> None:
        """`disk`: total, used and free bytes of the disk that a folder is on."""
        self._meters, self._home, self._clock_s, self._disk = meters, home, clock_s, disk
        self._restarts: dict[str, int] = {}
        self._disk_due_s = 0.0

    def watching(self, status: "PlatformStatus", stopping: Callable[[], bool]) -> Callable[[], bool]:
        """`stopping` for `Supervisor.run`, which asks it between two ticks: also looks at the status then."""

        def look() -> bool:
            self._meters.attempt(self.look, status)
            return stopping()

        return look

    def look(self, status: "PlatformStatus") -> None:
        """The processes as they are now."""
        for process in status.processes:
            works = process.state in ("up", "done")
            self._meters.gauge("tollgate_supervised_up", part=process.name).set(works)
            more = process.restarts - self._restarts.get(process.name, 0)
            self._meters.counter("tollgate_supervised_restarts", part=process.name).add(max(0, more))
            self._restarts[process.name] = process.restarts
        if self._clock_s() >= self._disk_due_s:
            self._disk_due_s = self._clock_s() + DISK_EVERY_S
            self._look_at_disk()

    def _look_at_disk(self) -> None:
        total, _, free = self._disk(self._home)
        self._meters.gauge("tollgate_home_disk_bytes").set(total)
        self._meters.gauge("tollgate_home_free_bytes").set(free)
