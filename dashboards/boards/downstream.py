"""The board of what follows the engine: sinks, follower, agents, the desk and the console."""

from typing import Final

from dashboards.panels import Board, BoardPanel, quantiles, series

DOWNSTREAM: Final = Board(
    "tollgate-downstream",
    "Tollgate: Sinks, follower, agents, people",
    "What follows the engine, and never delays a payment.",
    {
        "Sinks": (
            BoardPanel(
                "Rows a second",
                "Written to ClickHouse and to Parquet.",
                (
                    series(
                        'sum by (sink) (rate(tollgate_sink_rows_total{engine="$engine"}[$interval]))',
                        "{{sink}}",
                        "sink",
                    ),
                ),
                "cps",
            ),
            BoardPanel(
                "Delay to ClickHouse",
                "From a row's append time to when it can be queried.",
                quantiles("tollgate_sink_delay_seconds", where='sink="clickhouse"'),
                "s",
                limit=10,
            ),
            BoardPanel(
                "Paused or failed",
                "paused: the store does not take rows, nothing is dropped. failed: somebody has to look.",
                (
                    series('tollgate_sink_paused{engine="$engine"}', "{{sink}} paused", "sink"),
                    series('tollgate_sink_failed{engine="$engine"}', "{{sink}} failed", "sink"),
                ),
                limit=1,
            ),
        ),
        "What sinks leave out": (
            BoardPanel(
                "Records left out, in the last hour",
                "Of others on the engine's topics; that Kafka's client cannot read. Both should be 0.",
                (
                    series(
                        'sum by (sink) (increase(tollgate_sink_foreign_records_total{engine="$engine"}[1h]))',
                        "{{sink}}: of others",
                        "sink",
                    ),
                    series(
                        "sum by (sink) "
                        '(increase(tollgate_sink_unreadable_records_total{engine="$engine"}[1h]))',
                        "{{sink}}: unreadable",
                        "sink",
                    ),
                ),
                width=24,
                height=5,
                limit=1,
            ),
        ),
        "Analysts": (
            BoardPanel(
                "Statements a second, of the local warehouse",
                "By user and how they ended; refused: no right, no turn, or a wrong password.",
                (
                    series(
                        "sum by (user, answer) (rate(tollgate_warehouse_statements_total[$interval]))",
                        "{{user}} {{answer}}",
                        "user",
                        "answer",
                    ),
                ),
                "cps",
                width=12,
            ),
            BoardPanel(
                "Time of statements (p95)",
                "To the first bytes of the answer, by user.",
                (
                    series(
                        "histogram_quantile(0.95, sum by (user, le) "
                        "(rate(tollgate_warehouse_statement_seconds_bucket[$interval])))",
                        "{{user}}",
                        "user",
                    ),
                ),
                "s",
                width=12,
            ),
        ),
        "Follower": (
            BoardPanel(
                "Batches behind the engine",
                "That the follower has not applied again yet.",
                (
                    series(
                        'max(tollgate_journal_entry{engine="$engine"}) '
                        '- max(tollgate_follower_entry{engine="$engine"})',
                        "behind",
                    ),
                ),
            ),
            BoardPanel(
                "Age of the newest snapshot",
                "What a start of the engine has to apply again.",
                (series('time() - tollgate_snapshot_timestamp_seconds{engine="$engine"}', "age"),),
                "s",
                limit=900,
            ),
            BoardPanel(
                "Time to write a snapshot",
                "The follower's; the engine goes on meanwhile.",
                (series('tollgate_snapshot_write_seconds{engine="$engine"}', "time"),),
                "s",
            ),
        ),
        "Agents": (
            BoardPanel(
                "Records handled a second",
                "Requests and evidence.",
                (
                    series(
                        'sum by (agent) (rate(tollgate_agent_records_total{engine="$engine"}[$interval]))',
                        "{{agent}}",
                        "agent",
                    ),
                ),
                "cps",
            ),
            BoardPanel(
                "Time of a batch",
                "Its transaction included.",
                quantiles("tollgate_agent_batch_seconds", "agent"),
                "s",
            ),
            BoardPanel(
                "Labels sent an hour",
                "By the label agent.",
                (
                    series(
                        'sum by (label) (increase(tollgate_labels_sent_total{engine="$engine"}[1h]))',
                        "{{label}}",
                        "label",
                    ),
                ),
                "short",
                "stack",
            ),
        ),
        "People": (
            BoardPanel(
                "Payments that wait for a person",
                "In the review queue.",
                (series('max(tollgate_waiting_reviews{engine="$engine"})', "waiting"),),
                width=6,
            ),
            BoardPanel(
                "Late, at the desk",
                "How long a message is due and not on Kafka; by how much a review is past its deadline.",
                (
                    series('max(tollgate_outbox_lag_seconds{engine="$engine"})', "messages"),
                    series('max(tollgate_review_overdue_seconds{engine="$engine"})', "reviews"),
                ),
                "s",
                width=6,
                limit=300,
            ),
            BoardPanel(
                "Messages that are due",
                "What people concluded and is not on Kafka yet.",
                (series('max(tollgate_outbox_waiting_records{engine="$engine"})', "due"),),
                width=4,
            ),
            BoardPanel(
                "Requests to the console, a second",
                "By how they ended; failed: an error of ours or of what it asks.",
                (
                    series(
                        "sum by (status) "
                        '(rate(tollgate_console_requests_total{engine="$engine"}[$interval]))',
                        "{{status}}",
                        "status",
                    ),
                ),
                "reqps",
                width=4,
            ),
            BoardPanel(
                "Time of a request (p95)",
                "From a request to the beginning of its answer.",
                (
                    series(
                        "histogram_quantile(0.95, sum by (le) "
                        '(rate(tollgate_console_request_seconds_bucket{engine="$engine"}[$interval])))',
                        "p95",
                    ),
                ),
                "s",
                width=4,
                limit=1,
            ),
        ),
    },
)
