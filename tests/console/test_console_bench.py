"""The bench of the console's queries asks every one of them, as its route does."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest

from bench.console_questions import Facts, Question, questions
from dashboards.console.warehouse import Rows, WarehouseReader, query_text
from tests.console.payment_rows import DECISION

CONSOLE: Final = Path(__file__).parents[2] / "dashboards/console"
FILES: Final = {f"{file.parts[-3]}/{file.stem}" for file in CONSOLE.rglob("queries/*.sql")}
PLACE: Final = re.compile(r"\{(\w+):")


class OnePayment(WarehouseReader):
    """Holds one payment."""

    def asked(self, text: str, parameters: Mapping[str, Any], *_: Any, **__: Any) -> Rows:  # noqa: ARG002
        row = DECISION | {"at": datetime(2026, 6, 15), "first_at": datetime(2026, 6, 15), "stands": "fraud"}
        return Rows(tuple(row), [tuple(row.values())])


@pytest.fixture
def asked() -> list[Question]:
    return list(questions(Facts(OnePayment(""))))


def test_every_query_of_the_console_is_asked(asked: list[Question]) -> None:
    assert len(FILES) > 30
    assert {question.query for question in asked} == FILES


def test_a_query_is_asked_with_all_its_parameters_and_no_other(asked: list[Question]) -> None:
    for question in asked:
        named = set(PLACE.findall(query_text(question.query)))
        assert set(question.parameters) | {"accounts"} == named | {"accounts"}, question.query


def test_the_clock_of_the_bench_is_the_newest_payment() -> None:
    assert Facts(OnePayment("")).now == datetime(2026, 6, 15, tzinfo=UTC)
