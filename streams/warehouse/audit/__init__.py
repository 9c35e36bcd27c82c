"""The proof that ClickHouse holds what the log holds: recomputed from messages and compared.

Invariant: what is expected is computed in Python from the messages, never by the SQL that is checked. A
`recount` of every table shares nothing with the sink, not even the types of messages. Imports models,
`streams.warehouse.sink`, `tables` and `schema`.
"""

from streams.warehouse.audit.compare import compare_with_log
from streams.warehouse.audit.kafka_log import recount_log
from streams.warehouse.audit.log_copy import LogCopy, LogRecord, read_record
from streams.warehouse.audit.recount import recount

__all__ = [
    "LogCopy",
    "LogRecord",
    "compare_with_log",
    "read_record",
    "recount",
    "recount_log",
]
