"""Reads the warehouse for pages: named queries, with limits, within a person's merchant accounts.

Invariants: every query gets the parameter `accounts`; a person without any account is refused before a query;
at most four queries run at once, each for 10 seconds at most; no person and no page has all four places, and
who waits waits for a bounded time.
"""

from dashboards.console.warehouse.asking import is_asked_by, new_asker
from dashboards.console.warehouse.errors import (
    NoMerchantAccount,
    ReaderBusy,
    WarehouseDown,
    WarehouseRefused,
    WarehouseSlow,
)
from dashboards.console.warehouse.queries import query_text
from dashboards.console.warehouse.reader import WarehouseReader
from dashboards.console.warehouse.rows import Rows

__all__ = [
    "NoMerchantAccount",
    "ReaderBusy",
    "Rows",
    "WarehouseDown",
    "WarehouseReader",
    "WarehouseRefused",
    "WarehouseSlow",
    "is_asked_by",
    "new_asker",
    "query_text",
]
