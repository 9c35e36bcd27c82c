"""What is counted of the desk: what is late, and when everything last worked."""

import time
from collections.abc import Callable
from typing import Protocol

from streams.metrics.meters import Meters


class Late(Protocol):
    """What is late: a `desk.reviews.upkeep.Lateness`."""

    @property
    def due_messages(self) -> int: ...

    @property
    def outbox_lag_s(self) -> float: ...

    @property
    def waiting(self) -> int: ...

    @property
    def overdue_s(self) -> float: ...


class DeskMeters:
    """The figures of one engine's desk."""

    def __init__(self, meters: Meters, engine: str, clock_s: Callable[[], float] = time.time) -> None:
        self._attempt, self._clock_s = meters.attempt, clock_s
        self._ready = meters.gauge("tollgate_ready", engine=engine)
        self._messages = meters.gauge("tollgate_outbox_waiting_records", engine=engine)
        self._lag = meters.gauge("tollgate_outbox_lag_seconds", engine=engine)
        self._waiting = meters.gauge("tollgate_waiting_reviews", engine=engine)
        self._overdue = meters.gauge("tollgate_review_overdue_seconds", engine=engine)
        self._worked = meters.gauge("tollgate_desk_timestamp_seconds", engine=engine)
        self._worked.set(clock_s())  # one that starts is not late yet

    def looked(self, late: Late) -> None:
        """The database says this."""
        self._attempt(self._look, late)

    def worked(self) -> None:
        """A turn has ended in which everything worked."""
        self._ready.set(1)
        self._worked.set(self._clock_s())

    def _look(self, late: Late) -> None:
        self._messages.set(late.due_messages)
        self._lag.set(late.outbox_lag_s)
        self._waiting.set(late.waiting)
        self._overdue.set(late.overdue_s)
