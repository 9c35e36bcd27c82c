"""The search box's queries on the embedded ClickHouse, over payments whose truth is known."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from dashboards.console.warehouse import WarehouseReader
from streams.warehouse.database import Database
from tests.console.warehouse_server import analyst_url, warehouse_server
from tests.docs.small_quarter import SmallQuarter
from tests.warehouse.log_messages import SmallLog

__all__ = ["analyst_url", "warehouse_server"]
ENGINE = "search"
EVER = datetime(2000, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def quarter(database: Database) -> SmallQuarter:
    client = database.client()
    made = SmallQuarter(SmallLog(ENGINE))
    made.log.sink(client, size=150)
    client.close()
    return made


@pytest.fixture(scope="module")
def reader(analyst_url: str) -> Iterator[WarehouseReader]:
    made = WarehouseReader(analyst_url)
    yield made
    made.close()


def tokens(text: str, with_tokens: int = 1) -> dict[str, object]:
    return {"engine": ENGINE, "text": text, "with_tokens": with_tokens}


def test_a_payment_is_found_by_its_id_and_first(reader: WarehouseReader, quarter: SmallQuarter) -> None:
    payment = quarter.cases[7].payment
    first = reader.rows("search/tokens", tokens(payment.payment_id), None).first()
    assert first
    assert (first["entity"], first["token"]) == ("payment", payment.payment_id)
    assert first["account"] == payment.merchant_account


def test_nobody_finds_a_payment_of_other_accounts(reader: WarehouseReader, quarter: SmallQuarter) -> None:
    payment = quarter.cases[7].payment
    for name, asked in (
        ("search/tokens", tokens(payment.payment_id)),
        ("search/merchants", {"engine": ENGINE, "text": payment.merchant.id[:3], "since": EVER}),
    ):
        assert len(reader.rows(name, asked, frozenset({"somebody-else"}))) == 0
        assert len(reader.rows(name, asked, frozenset({payment.merchant_account}))) > 0


def test_tokens_are_found_by_who_may_see_them(reader: WarehouseReader, quarter: SmallQuarter) -> None:
    text = next(case.payment.method.token for case in quarter.cases if case.payment.method.token)
    found = [row["entity"] for row in reader.rows("search/tokens", tokens(text), None)]
    assert "card" in found
    hidden = [row["entity"] for row in reader.rows("search/tokens", tokens(text, 0), None)]
    assert "card" not in hidden


def test_the_other_queries_answer(reader: WarehouseReader, quarter: SmallQuarter) -> None:
    since = datetime.fromtimestamp(quarter.now_ms / 1000, UTC) - timedelta(days=90)
    merchant = quarter.cases[0].payment.merchant.id
    asked = {"engine": ENGINE, "text": merchant.upper()[:4], "since": since}
    found = reader.rows("search/merchants", asked, None)
    assert merchant in found.column("merchant_id")
    token = quarter.cases[-1].payment.method.token
    last = {"engine": ENGINE, "text": token[-4:], "since": since}
    assert token in reader.rows("search/last_four", last, None).column("token")
    assert len(reader.rows("search/rules", {"engine": ENGINE, "text": "x", "with_lines": "x"}, None)) == 0
