"""The local platform: a real Kafka, the warehouse and our processes, started and supervised."""

from streams.platform.health import Address, Health, ProcessHealth, health
from streams.platform.plan import addresses, process_table
from streams.platform.running import Running, ensure_up, take_down

__all__ = [
    "Address",
    "Health",
    "ProcessHealth",
    "Running",
    "addresses",
    "ensure_up",
    "health",
    "process_table",
    "take_down",
]
