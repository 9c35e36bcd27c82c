"""The ClickHouse HTTP protocol over the embedded engine, on the loopback interface."""

from streams.warehouse.http.server import WarehouseServer, write_atomically

__all__ = [
    "WarehouseServer",
    "write_atomically",
]
