"""The warehouse: decisions, dead letters and their aggregates in ClickHouse, vectors as Parquet."""

from streams.warehouse.client import connect
from streams.warehouse.database import Database

__all__ = [
    "Database",
    "connect",
]
