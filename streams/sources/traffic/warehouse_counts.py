"""How much of an engine's answers has reached ClickHouse."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from streams.errors import Outage
from streams.kafka import Topics
from streams.sources.traffic.output_reader import AnswerCounts
from streams.warehouse import connect

STALLED_S: Final = 90.0
_ANSWERED: Final = """
SELECT countIf(NOT duplicate), countIf(duplicate)
FROM decisions WHERE engine = {engine:String} AND log_offset >= {decisions:UInt64}
"""
_REFUSED: Final = """
SELECT count(), countIf(answered)
FROM dead_letters WHERE engine = {engine:String} AND log_offset >= {dead_letters:UInt64}
"""


@dataclass(frozen=True)
class WarehouseCounts:
    """Rows of one engine in ClickHouse."""

    decisions: int
    duplicates: int
    dead_letters: int
    refusals: int
    """Dead letters that say that a refusal answers them."""


def counts_of(answers: AnswerCounts) -> WarehouseCounts:
    """The rows that these answers must become."""
    return WarehouseCounts(answers.decisions, answers.duplicates, answers.dead_letters, answers.refusals)


class RowCounter:
    """Counts of one engine's answers from given offsets on. Raises `Outage` without ClickHouse."""

    def __init__(self, url: str, engine: str, start: dict[str, int] | None = None) -> None:
        topics, places = Topics(engine), start or {}
        self._parameters = {
            "engine": engine,
            "decisions": places.get(topics["decisions"], 0),
            "dead_letters": places.get(topics["dead-letters"], 0),
        }
        self._url = url
        self._client: Any = self._asked(lambda: connect(url))

    def counts(self) -> WarehouseCounts:
        """What is there now."""
        answered, refused = self._row(_ANSWERED), self._row(_REFUSED)
        return WarehouseCounts(answered[0], answered[1], refused[0], refused[1])

    def wait_for(
        self, wanted: WarehouseCounts, progress: Callable[[WarehouseCounts], None] = lambda _: None
    ) -> WarehouseCounts:
        """What is there once it equals `wanted`, exceeds it, or has not grown for `STALLED_S`."""
        grown = time.monotonic()
        held = self.counts()
        while held != wanted and time.monotonic() - grown < STALLED_S and not _exceeds(held, wanted):
            time.sleep(0.25)
            before, held = held, self.counts()
            grown = time.monotonic() if held != before else grown
            progress(held)
        return held

    def _row(self, query: str) -> list[int]:
        rows = self._asked(lambda: self._client.query(query, parameters=self._parameters).result_rows)
        return [int(value) for value in rows[0]]

    def _asked(self, question: Callable[[], Any]) -> Any:
        from clickhouse_connect.driver.exceptions import Error as ClickHouseError  # of an extra

        try:
            return question()
        except (ClickHouseError, OSError) as error:
            raise Outage(f"ClickHouse at {self._url.rpartition('@')[2]} does not answer: {error}") from error


def _exceeds(held: WarehouseCounts, wanted: WarehouseCounts) -> bool:
    return (
        held.decisions > wanted.decisions
        or held.duplicates > wanted.duplicates
        or held.dead_letters > wanted.dead_letters
        or held.refusals > wanted.refusals
    )
