"""Asks the warehouse, for pictures and tests: Grafana's macros are put into words, rows become lines."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final

from dashboards.panels import BoardQuery
from dashboards.prometheus import Line

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

DATES: Final = re.compile(r"\$__dateFilter\((\w+)\)")
TIMES: Final = re.compile(r"\$__timeFilter\((\w+)\)")
ENGINE: Final = re.compile(r"[A-Za-z0-9._-]+")
Rows = tuple[tuple[str, ...], Sequence[Sequence[Any]]]
"""Names of columns, and rows."""


def in_words(text: str, engine: str, start_s: float, end_s: float) -> str:
    """The query as ClickHouse takes it, with what Grafana would put there.

    >>> in_words("x = '$engine' AND $__timeFilter(at)", "live", 0, 60)
    "x = 'live' AND at >= toDateTime(0) AND at <= toDateTime(60)"
    """
    assert ENGINE.fullmatch(engine), "Kafka's names of topics hold nothing else"
    start, end = f"toDateTime({int(start_s)})", f"toDateTime({int(end_s)})"
    text = DATES.sub(rf"\1 >= toDate({start}) AND \1 <= toDate({end})", text)
    return TIMES.sub(rf"\1 >= {start} AND \1 <= {end}", text).replace("$engine", engine)


def rows(client: "Client", query: BoardQuery, engine: str, start_s: float, end_s: float) -> Rows:
    """What a query gives."""
    answer = client.query(in_words(query.text, engine, start_s, end_s))
    return tuple(answer.column_names), answer.result_rows


def lines(answer: Rows) -> list[tuple[str, Line]]:
    """The series in an answer: the first column is the time, texts tell series apart, numbers are values.

    >>> lines((("time", "verdict", "n"), [(datetime(1970, 1, 2), "approve", 3)]))
    [('approve', Line(labels={'verdict': 'approve'}, times_s=[86400.0], values=[3.0]))]
    """
    names, values = answer
    series: dict[str, Line] = {}
    for row in values:
        texts = {
            name: value for name, value in zip(names[1:], row[1:], strict=True) if isinstance(value, str)
        }
        numbers = [
            (name, value)
            for name, value in zip(names[1:], row[1:], strict=True)
            if not isinstance(value, str)
        ]
        for name, value in numbers:
            words = [*texts.values(), *([name] if len(numbers) > 1 or not texts else [])]
            line = series.setdefault(" ".join(words), Line(texts, [], []))
            line.times_s.append(_seconds(row[0]))
            line.values.append(float("nan") if value is None else float(value))
    return list(series.items())


def _seconds(moment: date | datetime) -> float:
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day)
    return moment.replace(tzinfo=UTC).timestamp()
