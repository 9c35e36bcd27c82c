"""The long-running processes: engine, follower, warehouse, Parquet sink, agents."""

from streams.commands.processes.engine import options

__all__ = [
    "options",
]
