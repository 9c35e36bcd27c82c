"""Statements to begin with, each on a view that is quick."""

from typing import Final

EXAMPLES: Final = (
    (
        "Verdicts of the last hours",
        "SELECT minute, verdict, sum(decisions) AS decided\n"
        "FROM v_minute\n"
        "WHERE minute >= now() - INTERVAL 3 HOUR\n"
        "GROUP BY minute, verdict\n"
        "ORDER BY minute",
        "line",
    ),
    (
        "Rules that decide most",
        "SELECT deciding_rule, count() AS decisions\n"
        "FROM v_decisions\n"
        "WHERE engine_time >= now() - INTERVAL 7 DAY AND deciding_rule != ''\n"
        "GROUP BY deciding_rule\n"
        "ORDER BY decisions DESC\n"
        "LIMIT 20",
        "bar",
    ),
    (
        "What a payment's decision looked like",
        "SELECT *\nFROM v_decisions\nORDER BY engine_time DESC\nLIMIT 20",
        "none",
    ),
)
"""Name, statement, chart."""
