"""What is counted of a follower: how far it has come, and its snapshots."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from streams.metrics.meters import Meters

if TYPE_CHECKING:
    from streams.engine import Follower


class FollowerMeters:
    """The figures of one engine's follower."""

    def __init__(self, meters: Meters, engine: str, clock_s: Callable[[], float] = time.time) -> None:
        self._attempt, self._clock_s = meters.attempt, clock_s
        self._ready = meters.gauge("tollgate_ready", engine=engine)
        self._entry = meters.gauge("tollgate_follower_entry", engine=engine)
        self._at_end = meters.gauge("tollgate_follower_timestamp_seconds", engine=engine)
        self._saved_at = meters.gauge("tollgate_snapshot_timestamp_seconds", engine=engine)
        self._saving = meters.gauge("tollgate_snapshot_write_seconds", engine=engine)

    def watching(self, follower: "Follower", stopping: Callable[[], bool]) -> Callable[[], bool]:
        """`stopping` for `Follower.run`, which asks it between two steps: also looks at the follower then."""
        self._saved_at.set(self._clock_s())  # a follower that begins without a snapshot is not late yet

        def look() -> bool:
            self._attempt(self.look, follower)
            return stopping()

        return look

    def look(self, follower: "Follower") -> None:
        """The follower as it is now."""
        self._ready.set(1)
        self._entry.set(follower.state.position.number)
        if follower.is_at_end:
            self._at_end.set(self._clock_s())
        if follower.snapshot_at_s is not None:
            self._saved_at.set(follower.snapshot_at_s)
        if follower.snapshot_took_s is not None:
            self._saving.set(follower.snapshot_took_s)
