"""The board of what judging was worth, as far as labels say: for risk leads. From the warehouse."""

from typing import Final

from dashboards.panels import Board, BoardPanel, sql

FRAUD: Final = Board(
    "tollgate-fraud",
    "Tollgate: Fraud and value",
    "Fraud that was caught and missed, and good customers turned away. The newest weeks are not known yet.",
    {
        "Fraud": (
            BoardPanel(
                "Fraud rate by week, as known today",
                "Falls at its right end, since labels of the newest weeks have not come: no good news.",
                (sql("fraud_rate_by_week", "time", "fraud_rate"),),
                "percentunit",
                "lines",
                "clickhouse",
                width=12,
            ),
            BoardPanel(
                "Fraud rate as known after 30 days",
                "All days are equally old here, so that they compare.",
                (sql("fraud_rate_at_30_days", "time", "fraud_rate"),),
                "percentunit",
                "lines",
                "clickhouse",
                width=12,
            ),
            BoardPanel(
                "Caught, challenged, missed; insults",
                "EUR by week of the payment. An insult is a good customer who was declined.",
                (sql("caught_and_missed", "time", "meaning", "eur"),),
                "currencyEUR",
                "stack",
                "clickhouse",
                width=24,
            ),
        ),
        "Who is right": (
            BoardPanel(
                "Rules and how often they are right",
                "Of what a rule declined and whose truth is known, the share that was fraud. Few are known.",
                (sql("rules_by_precision", "deciding_rule", "declined", "fraud", "insults", "precision"),),
                "short",
                "table",
                "clickhouse",
                width=12,
            ),
            BoardPanel(
                "Good customers turned away, by merchant",
                "What they wanted to pay; the margin of it is what a wrong decline costs.",
                (sql("merchants_by_insults", "merchant_id", "insults", "lost_sales_eur"),),
                "short",
                "table",
                "clickhouse",
                width=12,
            ),
            BoardPanel(
                "Reviewers",
                "How often a person overturns the verdict.",
                (sql("reviews_overturned", "author", "reviews", "overturned", "overturned_rate"),),
                "short",
                "table",
                "clickhouse",
            ),
            BoardPanel(
                "Time until we know",
                "Days from payment to label that nine in ten need at most, and the slowest one.",
                (sql("time_to_label", "label", "source", "payments", "p90_days", "most_days"),),
                "short",
                "table",
                "clickhouse",
            ),
            BoardPanel(
                "Disputes by reason",
                "Opened in this time, and how much is at stake.",
                (sql("disputes_by_reason", "scheme", "reason_code", "disputes", "chargebacks", "eur"),),
                "short",
                "table",
                "clickhouse",
            ),
        ),
    },
)
