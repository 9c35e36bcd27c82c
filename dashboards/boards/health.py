"""The first board to look at: does everything work."""

from typing import Final

from dashboards.panels import Board, BoardPanel, series

HEALTH: Final = Board(
    "tollgate-health",
    "Tollgate: Health",
    "Whether everything works, in one look; the other boards say why not.",
    {
        "Now": (
            BoardPanel(
                "Engine available",
                "1: works, and no payment waits for more than 10 s.",
                (series("min(tollgate:engine:available)", "available"),),
                kind="number",
                width=4,
                height=5,
                limit=1,
                is_bad_below=True,
            ),
            BoardPanel(
                "Alerts",
                "That fire now: docs/runbooks/alerts.md has a section for each.",
                (series('count(ALERTS{alertstate="firing"}) or vector(0)', "firing"),),
                kind="number",
                width=4,
                height=5,
                limit=1,
            ),
            BoardPanel(
                "Decisions a second",
                "New decisions of the engine.",
                (series('sum(rate(tollgate_decisions_total{engine="$engine"}[$interval]))', "decisions"),),
                "cps",
                "number",
                width=4,
                height=5,
            ),
            BoardPanel(
                "Latency, p99",
                "From a payment's append time to the commit of its decision.",
                (
                    series(
                        "histogram_quantile(0.99, sum by (le) "
                        '(rate(tollgate_decision_latency_seconds_bucket{engine="$engine"}[$interval])))',
                        "p99",
                    ),
                ),
                "s",
                "number",
                width=4,
                height=5,
                limit=0.1,
            ),
            BoardPanel(
                "Payments wait",
                "Age of the oldest payment that is read and not decided.",
                (series('max(tollgate_input_lag_seconds{engine="$engine",input="payments"})', "age"),),
                "s",
                "number",
                width=4,
                height=5,
                limit=10,
            ),
            BoardPanel(
                "Declined",
                "Share of new decisions in the last hour.",
                (series('tollgate:declined:ratio_rate1h{engine="$engine"}', "declined", "engine"),),
                "percentunit",
                "number",
                width=4,
                height=5,
            ),
        ),
        "Processes": (
            BoardPanel(
                "Processes that answer",
                "1: its metrics answer. A process that was stopped on purpose is not listed.",
                (series('max by (process) (up{job="tollgate"})', "{{process}}", "process"),),
                width=8,
                limit=1,
                is_bad_below=True,
            ),
            BoardPanel(
                "Parts of tollgate up",
                "1: works. Kafka is one of them.",
                (series("tollgate_supervised_up", "{{part}}", "part"),),
                width=8,
                limit=1,
                is_bad_below=True,
            ),
            BoardPanel(
                "Ready",
                "0: starts or recovers.",
                (series("min by (process) (tollgate_ready)", "{{process}}", "process"),),
                width=8,
                limit=1,
                is_bad_below=True,
            ),
            BoardPanel(
                "Memory",
                "Resident memory of each process.",
                (series('process_resident_memory_bytes{job="tollgate"}', "{{process}}", "process"),),
                "bytes",
                width=6,
            ),
            BoardPanel(
                "Processors in use",
                "By process.",
                (
                    series(
                        'rate(process_cpu_seconds_total{job="tollgate"}[$interval])', "{{process}}", "process"
                    ),
                ),
                width=6,
            ),
            BoardPanel(
                "Starts by the supervisor",
                "How often a part was started again, in the last hour.",
                (series("increase(tollgate_supervised_restarts_total[1h])", "{{part}}", "part"),),
                width=6,
                limit=3,
            ),
            BoardPanel(
                "Disk of the home",
                "Free share. Below a tenth is an alert: without any, Kafka stops.",
                (series("tollgate_home_free_bytes / tollgate_home_disk_bytes", "free", "process"),),
                "percentunit",
                width=6,
                limit=0.1,
                is_bad_below=True,
            ),
        ),
    },
)
