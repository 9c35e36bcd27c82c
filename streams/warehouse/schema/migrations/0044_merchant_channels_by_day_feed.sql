-- Feeds merchant_channels_by_day from every block inserted into decisions: each decision goes to its own cell, and takes
-- its payment out of that of the decision that it replaces.
CREATE MATERIALIZED VIEW IF NOT EXISTS merchant_channels_by_day_feed TO merchant_channels_by_day AS
SELECT
    engine,
    toDate(d.engine_time) AS day,
    merchant_id,
    channel,
    each.1 AS verdict,
    currency,
    toInt64(sum(each.2)) AS decisions,
    sum(toInt128(each.2) * d.amount) AS amount,
    sum(toInt128(each.2) * d.reference_amount) AS reference_amount,
    toInt64(sum(each.3)) AS payments,
    sum(toInt128(each.3) * if(each.3 > 0, d.reference_amount, d.superseded_reference_amount)) AS payments_reference_amount
FROM decisions AS d
ARRAY JOIN arrayFilter(side -> side.1 != '', [(toString(d.verdict), 1, 1), (toString(d.superseded_verdict), 0, -1)]) AS each
WHERE NOT d.duplicate
GROUP BY engine, day, merchant_id, channel, verdict, currency
