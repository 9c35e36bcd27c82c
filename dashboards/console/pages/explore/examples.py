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
        "Devices with many cards",
        "SELECT device, uniqExact(card) AS cards, count() AS payments, uniqExact(customer) AS customers,\n"
        "       any(merchant_id) AS a_merchant, min(engine_time) AS first, max(engine_time) AS last\n"
        "FROM v_decisions\n"
        "WHERE engine_time >= now() - INTERVAL 1 DAY AND device != ''\n"
        "GROUP BY device\n"
        "HAVING cards >= 5\n"
        "ORDER BY cards DESC\n"
        "LIMIT 20",
        "none",
    ),
    (
        "Where cards paid before their first fraud",
        "-- A shop that leads by far may have lost its cards: a common point of purchase.\n"
        "SELECT merchant_id, uniqExact(card) AS cards\n"
        "FROM v_decisions\n"
        "INNER JOIN (\n"
        "    SELECT card, min(cohort_at) AS fraud_at\n"
        "    FROM v_payment_labels\n"
        "    WHERE label = 'fraud' AND card != ''\n"
        "    GROUP BY card\n"
        ") AS frauds USING (card)\n"
        "WHERE engine_time >= now() - INTERVAL 30 DAY AND engine_time < fraud_at\n"
        "GROUP BY merchant_id\n"
        "ORDER BY cards DESC\n"
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
