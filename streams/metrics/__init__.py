"""What each process counts and serves at `/metrics`, for Prometheus.

Invariants: measuring changes no decision, and neither delays nor ends the process that is measured; what is
counted costs by the batch, never by the payment; the number of series is bounded by their declarations
(`families`); no label holds anything of a payment. May import `models`, `storage` and `streams`' settings,
kafka and engine; nothing of the engine imports it.
"""

from streams.metrics.agent_meters import AgentMeters
from streams.metrics.console_meters import ConsoleMeters
from streams.metrics.desk_meters import DeskMeters
from streams.metrics.engine_meters import EngineMeters
from streams.metrics.families import BY_PROCESS, FAMILIES, SERIES_MAX, MetricFamily
from streams.metrics.follower_meters import FollowerMeters
from streams.metrics.meters import Meters
from streams.metrics.page import metrics_page
from streams.metrics.retraining_meters import RetrainingMeters
from streams.metrics.server import MetricsServer
from streams.metrics.serving import served
from streams.metrics.sink_meters import SinkMeters
from streams.metrics.statement_meters import StatementMeters
from streams.metrics.supervisor_meters import SupervisorMeters

__all__ = [
    "BY_PROCESS",
    "FAMILIES",
    "SERIES_MAX",
    "AgentMeters",
    "ConsoleMeters",
    "DeskMeters",
    "EngineMeters",
    "FollowerMeters",
    "Meters",
    "MetricFamily",
    "MetricsServer",
    "RetrainingMeters",
    "SinkMeters",
    "StatementMeters",
    "SupervisorMeters",
    "metrics_page",
    "served",
]
