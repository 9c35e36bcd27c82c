"""Tables, views and queries of ClickHouse, in SQL files.

Invariant: a migration that was applied never changes. Imports nothing of ours but errors.
"""

from streams.warehouse.schema.migrate import load_views, migrate
from streams.warehouse.schema.queries import sql
from streams.warehouse.schema.retention import LIMITED, apply_retention, keep_days, kept_since_ms
from streams.warehouse.schema.structure import MISSING, structure, structure_faults

__all__ = [
    "LIMITED",
    "MISSING",
    "apply_retention",
    "keep_days",
    "kept_since_ms",
    "load_views",
    "migrate",
    "sql",
    "structure",
    "structure_faults",
]
