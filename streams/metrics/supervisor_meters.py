"""What is counted of the processes of `tollgate up`: whether each works, how often it was started again."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from streams.metrics.meters import Meters

if TYPE_CHECKING:
    from streams.platform.processes import PlatformStatus


class SupervisorMeters:
    """The figures of one supervisor."""

    def __init__(self, meters: Meters) -> None:
        self._meters = meters
        self._restarts: dict[str, int] = {}

    def watching(self, status: "PlatformStatus", stopping: Callable[[], bool]) -> Callable[[], bool]:
        """`stopping` for `Supervisor.run`, which asks it between two ticks: also looks at the status then."""

        def look() -> bool:
            self.look(status)
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
