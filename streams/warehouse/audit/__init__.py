"""The proof that ClickHouse holds what the log holds: recomputed from messages and compared.

Invariant: what is expected is computed in Python from the messages, never by the SQL that is checked. Imports
models, `streams.warehouse.sink` and `schema`.
"""

from streams.warehouse.audit.compare import compare_with_log

__all__ = [
    "compare_with_log",
]
