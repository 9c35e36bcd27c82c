"""The reader of pages on the real embedded ClickHouse, as the analyst."""

import pytest

from dashboards.console.warehouse import WarehouseReader, WarehouseSlow
from tests.console.warehouse_server import analyst_url, warehouse_server

__all__ = ["analyst_url", "warehouse_server"]

SCOPED = " WHERE (empty({accounts:Array(String)}) OR 'shop' IN {accounts:Array(String)})"


def test_an_analyst_is_answered_within_lowered_limits(analyst_url: str) -> None:
    reader = WarehouseReader(analyst_url)
    found = reader.asked("SELECT number AS n FROM numbers(5)" + SCOPED, {}, frozenset({"shop"}), rows_max=3)
    assert (found.columns, found.column("n"), found.cut) == (("n",), [0, 1, 2], True)
    assert len(reader.asked("SELECT 1" + SCOPED, {}, frozenset({"other"}))) == 0
    reader.close()


def test_a_limit_that_was_lowered_stops_a_query(analyst_url: str) -> None:
    reader = WarehouseReader(analyst_url)
    slow = "SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 7"
    with pytest.raises(WarehouseSlow):
        reader.asked(slow + SCOPED.replace(" WHERE", " AND"), {}, None, settings={"max_execution_time": 1})
    reader.close()
