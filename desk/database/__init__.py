"""PostgreSQL, which holds people's work: connections, transactions, the tables.

Invariants
- A transaction holds in whole or not at all; what it must keep to is stated by row locks and constraints.
- Every wait is bounded: for a connection, a lock, an answer. What takes longer is an `Outage`.
- A table changes by a numbered migration that is never altered once it was applied anywhere.

Imports `streams.errors` and `streams.masking`.
"""

from desk.database.connections import DeskConnection, DeskDatabase
from desk.database.migrate import migrate
from desk.database.sql_files import SqlFiles

__all__ = ["DeskConnection", "DeskDatabase", "SqlFiles", "migrate"]
