"""Service level objectives, and the rules that watch how fast their budgets burn.

An objective is a share of good events over `WINDOW_DAYS`; what is left of it is the error budget. A burn
rate of 1 uses the budget up exactly at the end of the window. Alerts look at two windows at once, so that
they fire soon, and stop soon when it is over: Google, The Site Reliability Workbook, chapter 5, "multiwindow,
multi-burn-rate alerts".
"""

from dataclasses import dataclass
from typing import Any, Final

import yaml

WINDOW_DAYS: Final = 30
EVENTS_MIN: Final = 100
"""In the longer window: one slow payment among ten in a night is no reason to wake anybody."""


@dataclass(frozen=True)
class Objective:
    """One promise."""

    name: str
    """CamelCase, as alerts are called."""
    promise: str
    """In words."""
    target: float
    """Share of good events."""
    errors: str
    """PromQL: share of bad events in a window, `{window}`; by engine."""
    events: str = ""
    """PromQL: number of events in a window; empty where time is what is promised, which always passes."""

    @property
    def budget(self) -> float:
        """Share of bad events that is allowed.

        >>> round(LATENCY.budget, 6)
        0.01
        """
        return 1 - self.target

    @property
    def record(self) -> str:
        """Name of the recorded share of bad events, without its window."""
        return f"tollgate:{self.name.lower()}:error_ratio_rate"


@dataclass(frozen=True)
class BurnAlert:
    """Fires where both windows burn the budget so fast."""

    long: str
    short: str
    rate: float
    severity: str


BURN_ALERTS: Final = (
    BurnAlert("1h", "5m", 14.4, "page"),
    BurnAlert("6h", "30m", 6.0, "page"),
    BurnAlert("1d", "2h", 3.0, "ticket"),
    BurnAlert("3d", "6h", 1.0, "ticket"),
)
"""2 % of the budget in an hour, 5 % in six, 10 % in a day or in three."""
WINDOWS: Final = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")

LATENCY: Final = Objective(
    "Latency",
    "99 % of payments are decided within 100 ms of their arrival on Kafka",
    0.99,
    '1 - sum by (engine) (rate(tollgate_decision_latency_seconds_bucket{{le="0.1"}}[{window}])) '
    "/ sum by (engine) (rate(tollgate_decision_latency_seconds_count[{window}]))",
    "sum by (engine) (increase(tollgate_decision_latency_seconds_count[{window}]))",
)
FRESHNESS: Final = Objective(
    "Freshness",
    "99 % of decisions can be queried in ClickHouse within 10 s",
    0.99,
    '1 - sum by (engine) (rate(tollgate_sink_delay_seconds_bucket{{sink="clickhouse",le="10.0"}}[{window}])) '
    '/ sum by (engine) (rate(tollgate_sink_delay_seconds_count{{sink="clickhouse"}}[{window}]))',
    'sum by (engine) (increase(tollgate_sink_delay_seconds_count{{sink="clickhouse"}}[{window}]))',
)
AVAILABILITY: Final = Objective(
    "Availability",
    "99.95 % of the time the engine works, and no payment has waited for more than 10 s",
    0.9995,
    "1 - avg_over_time(tollgate:engine:available[{window}])",
)
OBJECTIVES: Final = (LATENCY, FRESHNESS, AVAILABILITY)

AVAILABLE: Final = (
    'max by (instance) (up{process="engine"})'
    ' * (min by (instance) (tollgate_ready{process="engine"})'
    ' or max by (instance) (up{process="engine"}) * 0)'
    ' * (max by (instance) (tollgate_input_lag_seconds{process="engine",input="payments"}) <= bool 10'
    ' or max by (instance) (up{process="engine"}) * 0)'
    ' * (max by (instance) (time() - tollgate_kafka_timestamp_seconds{process="engine"}) <= bool 60'
    ' or max by (instance) (up{process="engine"}))'
)
"""1 while an engine works and no payment has waited long; 0 also where it does not answer, hangs, or
hears nothing from Kafka for a minute."""


def rules() -> dict[str, Any]:
    """Prometheus's rules of all objectives, as a document."""
    available = {"record": "tollgate:engine:available", "expr": AVAILABLE}
    groups = [{"name": "available", "rules": [available]}]
    for objective in OBJECTIVES:
        rules = [*_records(objective), *(_alert(objective, severity) for severity in ("page", "ticket"))]
        groups.append({"name": f"objective {objective.name.lower()}", "rules": rules})
    return {"groups": groups}


def rules_file() -> str:
    """The file `deploy/observability/objectives.yml`."""
    head = "# Written by `make pages` from dashboards/objectives.py.\n"
    return head + str(yaml.safe_dump(rules(), sort_keys=False, width=1_000))


def _records(objective: Objective) -> list[dict[str, Any]]:
    return [
        {"record": f"{objective.record}{window}", "expr": objective.errors.format(window=window)}
        for window in WINDOWS
    ]


def _alert(objective: Objective, severity: str) -> dict[str, Any]:
    """One alert a severity, which fires by any of its windows."""
    burns = [_burns(objective, burn) for burn in BURN_ALERTS if burn.severity == severity]
    name = f"{objective.name}Burns{'Fast' if severity == 'page' else ''}"
    return {
        "alert": name,
        "expr": " or ".join(burns),
        "labels": {"severity": severity},
        "annotations": {
            "summary": f"The budget of the objective is used up {'very ' if severity == 'page' else 'too '}"
            f"fast: {objective.promise}; {{{{ $value | humanizePercentage }}}} failed.",
            "runbook": f"docs/runbooks/alerts.md#{name.lower()}",
        },
    }


def _burns(objective: Objective, burn: BurnAlert) -> str:
    share = f"{burn.rate * objective.budget:.6g}"
    both = f"{objective.record}{burn.long} > {share} and {objective.record}{burn.short} > {share}"
    if not objective.events:
        return f"({both})"
    return f"({both} and {objective.events.format(window=burn.long)} >= {EVENTS_MIN})"
