-- Feeds decisions_by_minute from every block inserted into decisions.
CREATE MATERIALIZED VIEW IF NOT EXISTS decisions_by_minute_feed TO decisions_by_minute AS
SELECT
    engine,
    toStartOfMinute(engine_time) AS minute,
    each.1 AS dimension,
    each.2 AS value,
    verdict,
    currency,
    toInt64(count()) AS decisions,
    sum(toInt128(amount)) AS amount,
    sum(toInt128(reference_amount)) AS reference_amount,
    toInt64(countIf(probability IS NOT NULL)) AS scored,
    sum(toInt64(round(ifNull(probability, 0) * 1000000))) AS probability_millionths,
    toInt64(countIf(notEmpty(degraded))) AS degraded,
    toInt64(countIf(late)) AS late
FROM decisions
ARRAY JOIN arrayConcat(
        [('all', ''), ('merchant', merchant_id), ('merchant_country', toString(merchant_country)), ('issuer_country', toString(issuer_country)),
         ('bin', toString(bin)), ('mcc', toString(mcc)), ('channel', toString(channel)), ('model', toString(model)),
         ('decided_by', toString(decided_by)), ('rule', toString(deciding_rule))],
        arrayMap(hit -> ('hit', toString(hit)), hits)) AS each
WHERE NOT duplicate
GROUP BY engine, minute, dimension, value, verdict, currency
