"""What is counted of the warehouse's statements: how many, of whom, how they ended and how long they took."""

import threading

from streams.metrics.meters import Meters


class StatementMeters:
    """The figures of one warehouse server. Several of its threads answer at once: they take turns here."""

    def __init__(self, meters: Meters) -> None:
        self._meters = meters
        self._lock = threading.Lock()

    def answered(self, user: str, status: int, took_s: float) -> None:
        """A statement of this user was answered with this HTTP status: its first bytes were there after
        `took_s`.
        """
        self._meters.attempt(self._answered, user, status, took_s)

    def _answered(self, user: str, status: int, took_s: float) -> None:
        kind = "ok" if status < 400 else "refused" if status in (401, 403, 503) else "failed"
        with self._lock:
            self._meters.counter("tollgate_warehouse_statements", user=user, answer=kind).add(1)
            self._meters.histogram("tollgate_warehouse_statement_seconds", user=user).add_one(took_s)
