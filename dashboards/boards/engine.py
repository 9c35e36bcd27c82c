"""The board of people who run an engine: is it quick, is it behind, does its memory last."""

from typing import Final

from dashboards.panels import Board, BoardPanel, quantiles, rate, series

ENGINE: Final = Board(
    "tollgate-engine",
    "Tollgate: Engine",
    "Speed, lag and memory of one engine.",
    {
        "Decisions": (
            BoardPanel(
                "Decisions a second, by verdict",
                "New decisions. Nothing while payments wait: see Waiting payments.",
                (rate("tollgate_decisions_total", "verdict"),),
                "cps",
                "stack",
            ),
            BoardPanel(
                "Latency of decisions",
                "From a payment's append time on Kafka to the commit of its decision.",
                quantiles("tollgate_decision_latency_seconds"),
                "s",
                limit=0.1,
            ),
            BoardPanel(
                "Time in each stage (p95)",
                "wait: for records, also when there are none. apply: features, model, rules. encode: "
                "messages. commit: Kafka's transaction.",
                (
                    series(
                        "histogram_quantile(0.95, sum by (stage, le) "
                        '(rate(tollgate_stage_seconds_bucket{engine="$engine"}[$interval])))',
                        "{{stage}}",
                        "stage",
                    ),
                ),
                "s",
            ),
            BoardPanel(
                "Records of a batch",
                "Batches grow with the load: 2,000 is the most.",
                quantiles("tollgate_batch_records"),
            ),
            BoardPanel(
                "Duplicates, refusals and late payments a second",
                "Sent again; answered with a refusal; made more than a day before they arrived.",
                tuple(
                    series(
                        f'rate(tollgate_{name}_total{{engine="$engine"}}[$interval])', name.replace("_", " ")
                    )
                    for name in ("duplicates", "refusals", "late_payments")
                ),
                "cps",
            ),
            BoardPanel(
                "Processor",
                "Processors in use: one is the engine's own thread, the rest Kafka's client.",
                (series('rate(process_cpu_seconds_total{process="engine"}[$interval])', "processors"),),
            ),
        ),
        "Lag": (
            BoardPanel(
                "Waiting payments and other inputs: age",
                "Age of the oldest record that this process has read and not applied.",
                (series('tollgate_input_lag_seconds{engine="$engine"}', "{{input}}", "input"),),
                "s",
                limit=10,
            ),
            BoardPanel(
                "Records that are not applied yet",
                "By input; markers of transactions count as records.",
                (series('tollgate_input_lag_records{engine="$engine"}', "{{input}}", "input"),),
            ),
            BoardPanel(
                "Age of the last journal entry",
                "Grows while nothing is decided: also when there is nothing to decide. Since Kafka was "
                "heard: above a minute the engine hangs, or cannot reach Kafka.",
                (
                    series(
                        'clamp_min(time() - tollgate_journal_timestamp_seconds{engine="$engine"}, 0)', "age"
                    ),
                    series(
                        'clamp_min(time() - tollgate_kafka_timestamp_seconds{engine="$engine"}, 0)',
                        "since Kafka was heard",
                    ),
                ),
                "s",
            ),
        ),
        "Memory": (
            BoardPanel(
                "Memory of the state",
                "features: in use, features_held: as the arrays are, admission: decisions for duplicates.",
                (series('tollgate_state_bytes{engine="$engine"}', "{{part}}", "part"),),
                "bytes",
            ),
            BoardPanel(
                "Remembered decisions",
                "When full, duplicates are recognised for less time than is set.",
                (
                    series('tollgate_remembered_decisions{engine="$engine"}', "remembered"),
                    series('tollgate_remembered_decisions_max{engine="$engine"}', "at most"),
                ),
            ),
            BoardPanel(
                "Horizon for duplicates",
                "In force, and as it is set. Below a day the engine stops.",
                (
                    series('tollgate_deduplication_horizon_seconds{engine="$engine"}', "in force"),
                    series('tollgate_deduplication_horizon_set_seconds{engine="$engine"}', "set"),
                ),
                "s",
                limit=2 * 86_400,
                is_bad_below=True,
            ),
        ),
    },
)
