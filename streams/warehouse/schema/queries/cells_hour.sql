-- The aggregates of one engine between two times, added up.
-- Grain: the key of decisions_hour. Reader: the comparison with the log. Cost: decisions_hour between two times.
SELECT
    toUnixTimestamp(t.hour) AS start,
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
FROM decisions_hour AS t
WHERE engine = {engine:String}
  AND t.hour >= fromUnixTimestamp({first:UInt32})
  AND t.hour < fromUnixTimestamp({end:UInt32})
GROUP BY t.hour, verdict, merchant_country, model, currency
