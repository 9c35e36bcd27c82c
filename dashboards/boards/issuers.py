"""The board of what issuers do: authentication and authorisation. From the warehouse."""

from typing import Final

from dashboards.panels import Board, BoardPanel, sql

ISSUERS: Final = Board(
    "tollgate-issuers",
    "Tollgate: 3-D Secure and authorisation",
    "What becomes of challenges, and of payments that we approve.",
    {
        "3-D Secure": (
            BoardPanel(
                "Challenges a day",
                "Asked for, authenticated, authorised by the issuer.",
                (sql("funnel_3ds_by_day", "time", "challenged", "authenticated", "authorised"),),
                "short",
                "lines",
                "clickhouse",
                width=12,
            ),
            BoardPanel(
                "Where customers get lost",
                "By the issuer's country; without result: they gave up, or nothing was reported.",
                (
                    sql(
                        "funnel_3ds_by_country",
                        "issuer_country", "challenged", "authenticated", "failed", "without_result",
                        "success_rate",
                    ),
                ),
                "short",
                "table",
                "clickhouse",
                width=12,
            ),
        ),
        "Authorisation": (
            BoardPanel(
                "Authorisation rate a day",
                "Share of payments with an issuer's answer that it authorised.",
                (sql("authorisation_rate_by_day", "time", "authorisation_rate"),),
                "percentunit",
                "lines",
                "clickhouse",
                width=12,
            ),
            BoardPanel(
                "Issuers that decline most",
                "By BIN, and why. Suspected fraud that we approved is worth a look.",
                (
                    sql(
                        "authorisation_rate_by_bin",
                        "bin", "authorised", "declined", "authorisation_rate", "insufficient_funds",
                        "suspected_fraud",
                    ),
                ),
                "short",
                "table",
                "clickhouse",
                width=12,
            ),
        ),
    },
)  # fmt: skip
