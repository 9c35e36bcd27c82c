"""Tables, views and queries of ClickHouse, in SQL files.

Invariant: a migration that was applied never changes. Imports nothing of ours but errors.
"""

from streams.warehouse.schema.migrate import migrate
from streams.warehouse.schema.queries import sql

__all__ = [
    "migrate",
    "sql",
]
