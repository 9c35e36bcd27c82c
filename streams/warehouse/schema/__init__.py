"""Tables, views and queries of ClickHouse, in SQL files."""

from streams.warehouse.schema.migrate import migrate
from streams.warehouse.schema.queries import sql

__all__ = [
    "migrate",
    "sql",
]
