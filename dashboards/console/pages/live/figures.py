"""What Live shows: three hours side by side, minute by minute.

The hour that is over now, the hour before it, and the same hour a week ago. A minute counts when it is over
and its decisions have reached the warehouse; the minute that runs is a number of its own and is never
drawn.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from dashboards.console.warehouse import WarehouseReader

MINUTES: Final = 60
ARRIVAL_S: Final = 5
"""How long after the end of a minute its last decisions are in the warehouse (about a second, as a rule)."""
COUNTS: Final = ("decisions", "approved", "challenged", "reviewed", "declined")
MEASURES: Final = (*COUNTS, "stopped", "held", "p50_ms", "p99_ms")
Scope = frozenset[str] | None


@dataclass(frozen=True)
class Hour:
    """One period: its sums, and each of them by minute. Latency is None where nothing was decided."""

    whole: Mapping[str, Any]
    minutes: Mapping[str, list[Any]]

    def share(self, count: str) -> float | None:
        """The share of one verdict in all decisions."""
        return self.whole[count] / self.whole["decisions"] if self.whole["decisions"] else None


@dataclass(frozen=True)
class LiveFigures:
    """Three hours that end with `until`, and how many payments were decided since."""

    until: datetime
    now: Hour
    hour: Hour
    week: Hour
    since_then: int = 0
    newest: datetime | None = None
    """The newest decision, looked for where the hour is empty."""
    failure: str = ""
    """Why there are no figures, and what to do; empty where there are."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was decided in the last hour, nor since."""
        return not self.now.whole["decisions"] and not self.since_then


def finished_minute(now: datetime) -> datetime:
    """Until when all minutes are over and in the warehouse.

    >>> from datetime import UTC
    >>> [finished_minute(datetime(2026, 6, 1, 12, 30, second, tzinfo=UTC)).minute for second in (4, 5, 59)]
    [29, 30, 30]
    """
    return (now - timedelta(seconds=ARRIVAL_S)).replace(second=0, microsecond=0)


def query_of(scope: Scope) -> str:
    """Sums by minute exist for all merchant accounts together; of some, single decisions are counted."""
    return "live/all_accounts" if scope is None else "live/some_accounts"


def parameters_of(engine: str, until: datetime) -> dict[str, Any]:
    """What both queries are asked with."""
    return {"engine": engine, "until": int(until.timestamp())}


def read_figures(warehouse: WarehouseReader, engine: str, now: datetime, scope: Scope) -> LiveFigures:
    """One poll. Raises as `WarehouseReader.rows`."""
    until = finished_minute(now)
    rows = warehouse.rows(query_of(scope), parameters_of(engine, until), scope)
    figures = figures_of(rows, until)
    if not figures.is_empty:
        return figures
    found = warehouse.rows("live/newest", {"engine": engine}, scope).first()
    return figures_of(rows, until, found["at"] if found else None)


def figures_of(
    rows: Iterable[Mapping[str, Any]], until: datetime, newest: datetime | None = None
) -> LiveFigures:
    """The figures in the rows of a poll: minutes without a row had no payment."""
    found = {(row["period"], row["minute"]): row for row in rows}
    hours = {period: _hour(found, period) for period in ("now", "hour", "week")}
    since_then = int(found.get(("open", -1), {}).get("decisions", 0))
    return LiveFigures(until, hours["now"], hours["hour"], hours["week"], since_then, newest)


def no_figures(until: datetime, failure: str) -> LiveFigures:
    """For the time in which the warehouse does not answer."""
    nothing = _hour({}, "now")
    return LiveFigures(until, nothing, nothing, nothing, failure=failure)


_NOTHING: Final[Mapping[str, Any]] = {name: None if name.endswith("_ms") else 0 for name in MEASURES}


def _hour(rows: Mapping[tuple[str, int], Mapping[str, Any]], period: str) -> Hour:
    minutes = [rows.get((period, minute), _NOTHING) for minute in range(MINUTES)]
    whole = rows.get((period, -1), _NOTHING)
    return Hour(
        {name: whole[name] for name in MEASURES},
        {name: [minute[name] for minute in minutes] for name in MEASURES},
    )
