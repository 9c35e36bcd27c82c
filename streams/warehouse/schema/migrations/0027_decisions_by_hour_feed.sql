-- Feeds decisions_by_hour from every block inserted into decisions_by_minute.
CREATE MATERIALIZED VIEW IF NOT EXISTS decisions_by_hour_feed TO decisions_by_hour AS
SELECT
    engine,
    toStartOfHour(t.minute) AS hour,
    dimension,
    value,
    verdict,
    currency,
    sum(t.decisions) AS decisions,
    sum(t.amount) AS amount,
    sum(t.reference_amount) AS reference_amount,
    sum(t.payments) AS payments,
    sum(t.payments_reference_amount) AS payments_reference_amount,
    sum(t.scored) AS scored,
    sum(t.probability_millionths) AS probability_millionths,
    sum(t.degraded) AS degraded,
    sum(t.late) AS late
FROM decisions_by_minute AS t
GROUP BY engine, hour, dimension, value, verdict, currency
