"""A rebuild in the process of the test, and what the tables hold after it."""

from typing import Any

from clickhouse_connect.driver.client import Client

from streams.warehouse.repair import Rebuild

ROWS = 330
"""Of an output of 300 decisions: the repeated ones are rows as well."""
COUNTED = "SELECT count(), uniqExact(log_offset) FROM decisions"


def rebuilt(kafka: str, client: Client, engine: str, request: str = "first") -> Any:
    return Rebuild(kafka, client, request, [engine]).run()
