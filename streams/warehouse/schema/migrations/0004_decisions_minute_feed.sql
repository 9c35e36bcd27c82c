-- Feeds decisions_minute from every block inserted into decisions.
CREATE MATERIALIZED VIEW IF NOT EXISTS decisions_minute_feed TO decisions_minute AS
SELECT
    engine,
    toStartOfMinute(engine_time) AS minute,
    verdict,
    merchant_country,
    model,
    currency,
    toInt64(countIf(NOT duplicate)) AS decisions,
    toInt64(countIf(duplicate)) AS duplicates,
    sumIf(toInt128(amount), NOT duplicate) AS amount,
    sumIf(toInt128(reference_amount), NOT duplicate) AS reference_amount,
    sumMapIf(map(toInt32(intDiv(score, 5) * 5), toInt64(1)), NOT duplicate) AS score_histogram,
    sumMapIf(map(toInt32(if(isNull(probability), -1, roundDown(toInt32(round(assumeNotNull(probability) * 1000000)),
        [0, 100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 200000, 300000, 400000, 500000, 600000, 700000,
         800000, 900000, 950000, 990000]))), toInt64(1)), NOT duplicate) AS probability_histogram,
    sumMapIf(map(toInt32(roundDown(latency_ms,
        [0, 1, 2, 3, 4, 5, 7, 10, 15, 20, 25, 30, 40, 50, 75, 100, 150, 200, 300, 500, 1000, 2000, 5000, 10000, 30000,
         60000, 300000, 3600000])), toInt64(1)), NOT duplicate) AS latency_histogram
FROM decisions
GROUP BY engine, minute, verdict, merchant_country, model, currency
