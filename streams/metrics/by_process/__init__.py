"""What each process counts: engine, sinks, follower, agents, supervisor, desk, console.

Invariants: those of `streams.metrics`. May import `streams.metrics`; a process hands its figures in, nothing
here asks for them.
"""

from streams.metrics.by_process.agent_meters import AgentMeters
from streams.metrics.by_process.console_meters import ConsoleMeters
from streams.metrics.by_process.desk_meters import DeskMeters
from streams.metrics.by_process.engine_meters import EngineMeters
from streams.metrics.by_process.follower_meters import FollowerMeters
from streams.metrics.by_process.retraining_meters import RetrainingMeters
from streams.metrics.by_process.sink_meters import SinkMeters
from streams.metrics.by_process.statement_meters import StatementMeters
from streams.metrics.by_process.supervisor_meters import SupervisorMeters

__all__ = [
    "AgentMeters",
    "ConsoleMeters",
    "DeskMeters",
    "EngineMeters",
    "FollowerMeters",
    "RetrainingMeters",
    "SinkMeters",
    "StatementMeters",
    "SupervisorMeters",
]
