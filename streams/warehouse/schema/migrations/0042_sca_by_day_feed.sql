-- Feeds sca_by_day from every block inserted into decisions.
CREATE MATERIALIZED VIEW IF NOT EXISTS sca_by_day_feed TO sca_by_day AS
SELECT
    engine,
    toDate(d.engine_time) AS day,
    method,
    sca,
    sca_exemption,
    sca_scope,
    liability,
    verdict,
    toInt64(count()) AS decisions,
    sum(toInt128(d.reference_amount)) AS reference_amount
FROM decisions AS d
WHERE NOT d.duplicate
GROUP BY engine, day, method, sca, sca_exemption, sca_scope, liability, verdict
