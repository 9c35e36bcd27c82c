"""What is counted of retraining on a schedule: its runs and how they ended."""

import time
from collections.abc import Callable

from streams.metrics.meters import Meters


class RetrainingMeters:
    """The figures of one engine's daily retraining."""

    def __init__(self, meters: Meters, engine: str, clock_s: Callable[[], float] = time.time) -> None:
        self._meters, self._engine, self._clock_s = meters, engine, clock_s
        self._ended = meters.gauge("tollgate_retraining_timestamp_seconds", engine=engine)
        self._ended.set(clock_s())  # a schedule that has begun is not late yet
        meters.gauge("tollgate_ready", engine=engine).set(1)
        meters.counter("tollgate_retraining_runs", engine=engine, outcome="failed")

    def ran(self, outcome: str) -> None:
        """A run ended so: failed, refused by a gate, held, or what was done with the model."""
        self._meters.counter("tollgate_retraining_runs", engine=self._engine, outcome=outcome).add(1)
        self._ended.set(self._clock_s())
