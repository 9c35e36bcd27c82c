"""What each process counts and serves at `/metrics`, for Prometheus.

Invariants: measuring changes no decision, and neither delays nor ends the process that is measured; what is
counted costs by the batch, never by the payment; the number of series is bounded by their declarations
(`families`); no label holds anything of a payment. May import `models`, `storage` and `streams`' settings,
kafka and engine; nothing of the engine imports it.
"""

from streams.metrics.families import BY_PROCESS, FAMILIES, SERIES_MAX, MetricFamily
from streams.metrics.meters import Meters
from streams.metrics.page import metrics_page
from streams.metrics.server import MetricsServer
from streams.metrics.serving import served

__all__ = [
    "BY_PROCESS",
    "FAMILIES",
    "SERIES_MAX",
    "Meters",
    "MetricFamily",
    "MetricsServer",
    "metrics_page",
    "served",
]
