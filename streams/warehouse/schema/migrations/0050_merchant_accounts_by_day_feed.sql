-- Feeds merchant_accounts_by_day from every block inserted into decisions.
CREATE MATERIALIZED VIEW IF NOT EXISTS merchant_accounts_by_day_feed TO merchant_accounts_by_day AS
SELECT
    engine,
    toDate(d.engine_time) AS day,
    merchant_id,
    merchant_account,
    toInt64(count()) AS decisions,
    sum(toInt128(d.reference_amount)) AS reference_amount
FROM decisions AS d
WHERE NOT d.duplicate
GROUP BY engine, day, merchant_id, merchant_account
