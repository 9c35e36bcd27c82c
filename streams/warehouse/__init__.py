"""The warehouse: decisions, dead letters and their aggregates in ClickHouse, vectors as Parquet.

Rooms: `sink` brings rows from Kafka, `parquet` archives vectors, `schema` holds the SQL, `http` serves the
embedded ClickHouse, `audit` compares the tables with the log, `repair` makes them again from it.

Invariant: whatever crashes, every row of the log is in its table exactly once, and every aggregate equals
what its rows add up to. Imports models, storage, `streams.kafka`; never the engine.
"""

from streams.warehouse.client import connect
from streams.warehouse.credentials import WarehouseUser, credentials_file, url_as
from streams.warehouse.database import Database
from streams.warehouse.stages import STAGES

__all__ = [
    "STAGES",
    "Database",
    "WarehouseUser",
    "connect",
    "credentials_file",
    "url_as",
]
