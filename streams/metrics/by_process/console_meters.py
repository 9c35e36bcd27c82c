"""What is counted of the console: what it answered, and how fast."""

from streams.metrics.families import CLASS
from streams.metrics.meters import Meters


class ConsoleMeters:
    """The figures of one console."""

    def __init__(self, meters: Meters, engine: str) -> None:
        self._attempt = meters.attempt
        self._ready = meters.gauge("tollgate_ready", engine=engine)
        self._requests = {
            name: meters.counter("tollgate_console_requests", engine=engine, status=name)
            for name in CLASS.values
        }
        self._seconds = meters.histogram("tollgate_console_request_seconds", engine=engine)

    def ready(self) -> None:
        """It can be asked."""
        self._ready.set(1)

    def answered(self, status: int, seconds: float) -> None:
        """A request was answered by this HTTP status, which began after so many seconds."""
        self._attempt(self._answered, status, seconds)

    def _answered(self, status: int, seconds: float) -> None:
        name = ("success", "redirect", "refused", "failed")[min(max(status // 100 - 2, 0), 3)]
        self._requests[name].add(1)
        self._seconds.add_one(seconds)
