-- The aggregates of one engine between two times, added up.
-- Grain: the key of decisions_minute. Reader: the comparison with the log. Cost: decisions_minute between two times.
SELECT
    toUnixTimestamp(t.minute) AS start,
    verdict,
    merchant_country,
    model,
    currency,
    sum(t.decisions) AS decisions,
    sum(t.duplicates) AS duplicates,
    sum(t.amount) AS amount,
    sum(t.reference_amount) AS reference_amount,
    sumMap(t.score_histogram) AS score_histogram,
    sumMap(t.probability_histogram) AS probability_histogram,
    sumMap(t.latency_histogram) AS latency_histogram
FROM decisions_minute AS t
WHERE engine = {engine:String}
  AND t.minute >= fromUnixTimestamp({first:UInt32})
  AND t.minute < fromUnixTimestamp({end:UInt32})
GROUP BY t.minute, verdict, merchant_country, model, currency
