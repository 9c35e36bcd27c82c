"""The twenty questions of docs/warehouse.md give what a plain recount of the same payments gives."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from streams.warehouse.database import Database
from tests.docs.small_quarter import ANSWERS, Answer, SmallQuarter, answers
from tests.docs.warehouse_columns import PAGE
from tests.warehouse.log_messages import SmallLog

QUESTION = re.compile(r"^\*\*(\d+)\. .*?^```sql\n(.*?)^```", re.MULTILINE | re.DOTALL)
QUERIES = {int(number): query for number, query in QUESTION.findall(PAGE.read_text(encoding="utf-8"))}
ENGINE = "small-quarter"


@pytest.fixture(scope="module")
def client(database: Database) -> Iterator[Client]:
    opened = database.client()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def expected(client: Client) -> dict[int, Answer]:
    quarter = SmallQuarter(SmallLog(ENGINE))
    quarter.log.sink(client, size=150)
    return answers(quarter)


def test_there_are_twenty() -> None:
    assert sorted(QUERIES) == sorted(ANSWERS) == list(range(1, 21))


@pytest.mark.parametrize("number", ANSWERS)
def test_a_question_is_answered_right(client: Client, expected: dict[int, Answer], number: int) -> None:
    rows = client.query(QUERIES[number].replace("'live'", f"'{ENGINE}'")).result_rows
    assert [_plain(row) for row in rows] == [_plain(row) for row in expected[number]]
    assert rows


def _plain(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(_value(value) for value in row)


def _value(value: Any) -> Any:
    if isinstance(value, datetime):
        return round(value.replace(tzinfo=UTC).timestamp() * 1000)
    if isinstance(value, float):
        return pytest.approx(value, abs=1e-9)
    if isinstance(value, date):
        return value.isoformat()
    return int(value) if isinstance(value, bool) else value
