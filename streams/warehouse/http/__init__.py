"""The ClickHouse HTTP protocol over the embedded engine, on the loopback interface.

Invariant: every quantity of a request is bounded, and no request sees settings of another. waitress serves,
werkzeug parses and answers. Imports storage and `streams.warehouse.database`.
"""

from streams.warehouse.http.server import WarehouseServer

__all__ = [
    "WarehouseServer",
]
