"""Reads meters once for everybody: months of payments take seconds, and change once a day.

Invariants
- At most one month is read at a time, in a thread of its own; whoever asks meanwhile is told so.
- What was read is kept for `KEPT_S`, a failure for `FAILED_S`, of `MONTHS_MAX` months at most.
"""

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from dashboards.report_rows import ReportSource
from models.meters import MeterReading, MeterWindow, TraReading, first_day
from streams.errors import TollgateError

log = logging.getLogger(__name__)

KEPT_S: Final = 1_800
FAILED_S: Final = 30
MONTHS_MAX: Final = 12


@dataclass(frozen=True)
class MonthRead:
    """The meters of a month, as of the last midnight (UTC) or its end."""

    month: int
    read_at: datetime
    readings: tuple[MeterReading, ...] = ()
    exemption: tuple[TraReading, ...] = ()
    notes: tuple[str, ...] = ()
    sources: tuple[tuple[str, str], ...] = ()
    """Programme's title, and where its figures come from."""
    failure: str = ""


class MeterDesk:
    """The meters of one engine. `source` makes what is read; `start` runs a function beside the caller."""

    def __init__(
        self,
        source: Callable[[], ReportSource],
        now: Callable[[], datetime],
        start: Callable[[Callable[[], None]], None] | None = None,
    ) -> None:
        self._source, self._now = source, now
        self._start = start or _in_thread
        self._known: OrderedDict[int, MonthRead] = OrderedDict()
        self._reading: int | None = None
        self._changing = threading.Lock()

    def of(self, month: int) -> MonthRead | None:
        """The meters of a month (months since 1970); None while they are read."""
        with self._changing:
            known = self._known.get(month)
            if known and (self._now() - known.read_at).total_seconds() < (
                FAILED_S if known.failure else KEPT_S
            ):
                return known
            is_free = self._reading is None
            if is_free:
                self._reading = month
        if is_free:
            self._start(lambda: self._read(month))
        with self._changing:
            shown = self._known.get(month)  # what is out of date is shown until the new one is there
        return shown if shown and not shown.failure else self._ready(month)

    def _ready(self, month: int) -> MonthRead | None:
        with self._changing:
            return self._known.get(month) if self._reading is None else None

    def _read(self, month: int) -> None:
        try:
            read = self._month(month)
        except TollgateError as failure:
            read = MonthRead(month, self._now(), failure=str(failure))
        except Exception:
            log.exception("the meters of month %d could not be read", month)
            read = MonthRead(month, self._now(), failure="This is a fault of ours: the console's log has it.")
        with self._changing:
            self._known[month] = read
            self._known.move_to_end(month)
            while len(self._known) > MONTHS_MAX:
                self._known.popitem(last=False)
            self._reading = None

    def _month(self, month: int) -> MonthRead:
        source = self._source()
        today = day_number(self._now().date())
        readings, notes = source.meters(MeterWindow(month, today))
        last = min(first_day(month + 1), today) - 1
        told = {each.programme for each in readings}
        programmes = [each for each in source.programmes.programmes if each.id in told]
        return MonthRead(
            month, self._now(), tuple(readings), tuple(source.exemption(last)), tuple(notes),
            tuple((each.title, each.source.strip()) for each in programmes),
        )  # fmt: skip


def day_number(day: date) -> int:
    """Days since 1970."""
    return (day - date(1970, 1, 1)).days


def _in_thread(work: Callable[[], None]) -> None:
    threading.Thread(target=work, name="meters", daemon=True).start()
