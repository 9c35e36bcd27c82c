"""The proof that ClickHouse holds what the log says: recomputed from messages and compared."""

from streams.warehouse.audit.compare import compare_with_log

__all__ = [
    "compare_with_log",
]
