"""Which merchants are wholly of some merchant accounts, on the embedded ClickHouse."""

from datetime import UTC, date, datetime

from dashboards.console.warehouse import WarehouseReader
from streams.warehouse.database import Database
from tests.console.busy_warehouse import BusyWarehouse
from tests.console.warehouse_server import analyst_url, warehouse_server

__all__ = ["analyst_url", "warehouse_server"]


def test_merchants_that_are_wholly_of_the_chosen_accounts(database: Database, analyst_url: str) -> None:
    busy = BusyWarehouse("console-meters", int(datetime.now(UTC).timestamp() * 1000))
    client = database.client()
    busy.sink(client)
    client.close()
    accounts: dict[str, set[str]] = {}
    for payment in busy.payments:
        accounts.setdefault(payment.merchant.id, set()).add(payment.merchant_account)
    reader = WarehouseReader(lambda: analyst_url)
    asked = {"engine": busy.engine, "since": date(2000, 1, 1)}
    for scope in (
        frozenset({"acme"}),
        frozenset({"acme", "bakery"}),
        frozenset(set().union(*accounts.values())),
        None,
    ):
        found = reader.rows("meters/own_merchants", asked, scope)
        whole = {merchant for merchant, own in accounts.items() if scope is None or own <= scope}
        assert {row["merchant_id"] for row in found} == whole
    reader.close()
