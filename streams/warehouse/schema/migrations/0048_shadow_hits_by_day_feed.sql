-- Feeds shadow_hits_by_day from every block inserted into decisions: a decision counts under each rule on trial that hit.
CREATE MATERIALIZED VIEW IF NOT EXISTS shadow_hits_by_day_feed TO shadow_hits_by_day AS
SELECT
    engine,
    toDate(d.engine_time) AS day,
    merchant_account,
    hit AS rule,
    verdict,
    toInt64(count()) AS decisions,
    sum(toInt128(d.reference_amount)) AS reference_amount
FROM decisions AS d
ARRAY JOIN d.shadow_hits AS hit
WHERE NOT d.duplicate
GROUP BY engine, day, merchant_account, rule, verdict
