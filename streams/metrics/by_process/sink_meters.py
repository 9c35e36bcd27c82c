"""What is counted of sinks: rows, how long they waited, whether a sink is paused or has ended."""

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from streams.metrics.meters import Meters

if TYPE_CHECKING:
    from streams.warehouse.sink import SinkStatus


class SinkMeters:
    """The figures of one engine's sink; a watcher of its status (`streams.warehouse.sink.SinkWatcher`)."""

    def __init__(
        self, meters: Meters, engine: str, sink: str, clock_s: Callable[[], float] = time.time
    ) -> None:
        """`sink`: clickhouse or parquet."""
        self._attempt, self._clock_s = meters.attempt, clock_s
        self._rows = meters.counter("tollgate_sink_rows", engine=engine, sink=sink)
        self._delay = meters.histogram("tollgate_sink_delay_seconds", engine=engine, sink=sink)
        self._foreign = meters.counter("tollgate_sink_foreign_records", engine=engine, sink=sink)
        self._paused = meters.gauge("tollgate_sink_paused", engine=engine, sink=sink)
        self._failed = meters.gauge("tollgate_sink_failed", engine=engine, sink=sink)
        self._ready = meters.gauge("tollgate_ready", engine=engine)
        self._unreadable = meters.counter("tollgate_sink_unreadable_records", engine=engine, sink=sink)
        self._seen = {"foreign": 0, "unreadable": 0}

    def stored(self, appended_ms: Sequence[int], rows: int) -> None:
        """So many rows are stored; of those whose delay says something of the sink, the append times."""
        self._attempt(self._stored, appended_ms, rows)

    def looked(self, status: "SinkStatus") -> None:
        """The sink's status as it is now, about once a second."""
        self._attempt(self._looked, status)

    def _stored(self, appended_ms: Sequence[int], rows: int) -> None:
        self._rows.add(rows)
        self._delay.add(np.maximum(self._clock_s() - np.asarray(appended_ms) / 1_000, 0.0))

    def _looked(self, status: "SinkStatus") -> None:
        self._paused.set(status.state == "paused")
        self._failed.set(status.state == "failed")
        self._ready.set(status.state in ("running", "paused"))
        self._foreign.add(self._more("foreign", status.foreign))
        self._unreadable.add(self._more("unreadable", status.unreadable))

    def _more(self, name: str, now: int) -> int:
        """Since the last look; a sink that was started again counts from 0."""
        before, self._seen[name] = self._seen[name], now
        return max(0, now - before)
