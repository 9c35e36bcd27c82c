"""The ClickHouse HTTP protocol over the embedded engine, on the loopback interface."""

from streams.warehouse.http.server import WarehouseServer

__all__ = [
    "WarehouseServer",
]
