"""The board of what was decided, from the warehouse: for risk leads, fraud teams and auditors."""

from typing import Final

from dashboards.panels import Board, BoardPanel, sql

DECIDED: Final = Board(
    "tollgate-decisions",
    "Tollgate: Decisions",
    "What was decided, by whom it was sent and by what it was decided. From the warehouse.",
    {
        "Verdicts": (
            BoardPanel(
                "Payments a day",
                "By the verdict that stands: a decision after 3-D Secure takes the place of the one before.",
                (sql("payments_by_verdict", "time", "verdict", "payments"),),
                "short",
                "stack",
                "clickhouse",
            ),
            BoardPanel(
                "EUR a day",
                "Amounts of the same payments, at the rate of their decision.",
                (sql("value_by_verdict", "time", "verdict", "eur"),),
                "currencyEUR",
                "stack",
                "clickhouse",
            ),
            BoardPanel(
                "Decisions a minute",
                "Every answer but repeated ones. Keep the time range to a day or less.",
                (sql("decisions_by_minute", "time", "verdict", "decisions"),),
                "short",
                "stack",
                "clickhouse",
            ),
            BoardPanel(
                "Approval rate by issuer's country",
                "Of payments, by the verdict that stands; the countries with most payments.",
                (sql("approval_rate_by_country", "issuer_country", "payments", "approval_rate"),),
                "short",
                "table",
                "clickhouse",
            ),
            BoardPanel(
                "Merchants with the lowest approval rate",
                "A merchant far below others has a problem of its own, or a rule is wrong for it.",
                (sql("merchants_by_approval_rate", "merchant_id", "payments", "approval_rate"),),
                "short",
                "table",
                "clickhouse",
            ),
            BoardPanel(
                "BINs with most payments not approved",
                "Somebody who tries card numbers shows here first. Keep the time range to an hour.",
                (sql("bins_under_attack", "bin", "decisions", "not_approved"),),
                "short",
                "table",
                "clickhouse",
            ),
        ),
        "What decides": (
            BoardPanel(
                "Rules that decide",
                "The empty name is what no rule decided: the policy by the model's probability.",
                (sql("rules_that_decide", "deciding_rule", "verdict", "payments", "eur"),),
                "short",
                "table",
                "clickhouse",
                width=12,
            ),
            BoardPanel(
                "Champion and challenger disagree",
                "Share of decisions during a trial of which the other model says otherwise.",
                (sql("challenger_by_day", "time", "challenger_model", "disagreed"),),
                "percentunit",
                "lines",
                "clickhouse",
                width=12,
            ),
            BoardPanel(
                "Changes of judgement",
                "Rulesets, models, policies, lists, keys: who changed what, and who signed it.",
                (
                    sql(
                        "changes_of_judgement",
                        "appended_at", "kind", "target", "version", "author", "signers", "accepted",
                        "refusal", "reason",
                    ),
                ),
                "short",
                "table",
                "clickhouse",
                width=24,
                height=9,
            ),
        ),
    },
)  # fmt: skip
