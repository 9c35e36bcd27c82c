"""The board of what arrives: what cannot be used, labels, changes of judgement."""

from typing import Final

from dashboards.panels import Board, BoardPanel, quantiles, rate, series

ARRIVALS: Final = Board(
    "tollgate-arrivals",
    "Tollgate: What arrives",
    "What sources and people send, and what of it cannot be used.",
    {
        "Dead letters": (
            BoardPanel(
                "Dead letters by reason, a second",
                "Records that could not be used; the table dead_letters says which.",
                (rate("tollgate_dead_letters_total", "reason"),),
                "cps",
                "stack",
                width=12,
            ),
            BoardPanel(
                "Share of records that cannot be used",
                "More than 1 % for ten minutes is an alert.",
                (
                    series(
                        'sum(rate(tollgate_dead_letters_total{engine="$engine"}[$interval])) '
                        '/ sum(rate(tollgate_batch_records_sum{engine="$engine"}[$interval]))',
                        "share",
                    ),
                ),
                "percentunit",
                width=12,
                limit=0.01,
            ),
        ),
        "Labels": (
            BoardPanel(
                "Labels an hour",
                "What payments turned out to be, as the engine read it.",
                (
                    series(
                        'sum by (label) (increase(tollgate_labels_total{engine="$engine"}[1h]))',
                        "{{label}}",
                        "label",
                    ),
                ),
                "short",
                "stack",
            ),
            BoardPanel(
                "From payment to label",
                "Chargebacks take weeks: a fraud rate of last week is not known yet.",
                quantiles("tollgate_label_age_seconds"),
                "s",
            ),
            BoardPanel(
                "Since the newest label",
                "Three days are an alert.",
                (series('time() - tollgate_newest_label_timestamp_seconds{engine="$engine"}', "age"),),
                "s",
                limit=3 * 86_400,
            ),
            BoardPanel(
                "Evidence of the label agent an hour",
                "Disputes, outcomes and verdicts that it handled, and those it could not use.",
                (
                    series(
                        'sum(increase(tollgate_agent_records_total{engine="$engine",agent="labels"}[1h]))',
                        "handled",
                    ),
                    series(
                        'sum by (reason) (increase(tollgate_parked_evidence_total{engine="$engine"}[1h]))',
                        "parked: {{reason}}",
                        "reason",
                    ),
                ),
                width=12,
            ),
            BoardPanel(
                "List requests an hour",
                "Answered by the list agent.",
                (
                    series(
                        'sum by (result) (increase(tollgate_list_requests_total{engine="$engine"}[1h]))',
                        "{{result}}",
                        "result",
                    ),
                ),
                width=12,
            ),
        ),
        "Retraining": (
            BoardPanel(
                "Runs of retraining, in the last day",
                "By how they ended: refused by a gate is no fault, failed is one.",
                (
                    series(
                        'sum by (outcome) (increase(tollgate_retraining_runs_total{engine="$engine"}[1d]))',
                        "{{outcome}}",
                        "outcome",
                    ),
                ),
                width=12,
            ),
            BoardPanel(
                "Since the last run of retraining",
                "A day where it runs every night; two days are an alert.",
                (series('time() - tollgate_retraining_timestamp_seconds{engine="$engine"}', "age"),),
                "s",
                width=12,
                limit=2 * 86_400,
            ),
        ),
        "Changes": (
            BoardPanel(
                "Controls an hour",
                "Rulesets, models, policies, list entries ... as they were read.",
                (
                    series(
                        'sum by (kind, result) (increase(tollgate_controls_total{engine="$engine"}[1h]))',
                        "{{kind}} {{result}}",
                        "kind",
                        "result",
                    ),
                ),
                width=12,
            ),
            BoardPanel(
                "List entries that rules asked for in vain, an hour",
                "The policy protects values, and bounds how many an hour.",
                (
                    series(
                        'sum by (reason) (increase(tollgate_list_puts_refused_total{engine="$engine"}[1h]))',
                        "{{reason}}",
                        "reason",
                    ),
                ),
                width=12,
            ),
        ),
    },
)
