"""The local platform: a real Kafka, the warehouse and our processes, started and supervised."""

from streams.platform.health import Health, ProcessHealth, ServerAddress, health
from streams.platform.plan import addresses, process_table
from streams.platform.running import RunningPlatform, ensure_up, take_down

__all__ = [
    "Health",
    "ProcessHealth",
    "RunningPlatform",
    "ServerAddress",
    "addresses",
    "ensure_up",
    "health",
    "process_table",
    "take_down",
]
