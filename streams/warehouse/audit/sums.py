"""Sums by key and period, for what aggregates must hold."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any, Final

LENGTHS_MS: Final = {"minute": 60_000, "hour": 3_600_000, "day": 86_400_000}
Sums = dict[tuple[Any, ...], Counter[str]]


def period(time_ms: int, grain: str) -> Any:
    """The minute, hour or day that a time (ms) belongs to."""
    start = datetime.fromtimestamp(time_ms // LENGTHS_MS[grain] * LENGTHS_MS[grain] // 1000, UTC)
    return start.date() if grain == "day" else start.replace(tzinfo=None)


def add(sums: Sums, key: tuple[Any, ...], measures: dict[str, int]) -> None:
    """Adds to the measures of one key."""
    cell = sums.setdefault(key, Counter())
    for name, amount in measures.items():
        cell[name] += int(amount)
