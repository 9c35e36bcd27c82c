-- What has to be added to decisions_hour so that it equals what the rows of decisions add up to; no rows when it does.
-- {{feed}} stands for the SELECT of the materialised view decisions_hour_feed as ClickHouse knows it.
-- Grain: the key of decisions_hour. Reader: a sink that repeats a range. Cost: decisions between two times of one engine.
SELECT
    engine,
    hour,
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
FROM
(
    SELECT * FROM ({{feed}})
    WHERE engine = {engine:String} AND hour >= {first:DateTime('UTC')} AND hour <= {last:DateTime('UTC')}
    UNION ALL
    SELECT
        engine, hour, verdict, merchant_country, model, currency,
        -decisions, -duplicates, -amount, -reference_amount,
        mapApply((bucket, n) -> (bucket, -n), score_histogram),
        mapApply((bucket, n) -> (bucket, -n), probability_histogram),
        mapApply((bucket, n) -> (bucket, -n), latency_histogram)
    FROM decisions_hour
    WHERE engine = {engine:String} AND hour >= {first:DateTime('UTC')} AND hour <= {last:DateTime('UTC')}
) AS t
GROUP BY engine, hour, verdict, merchant_country, model, currency
HAVING decisions != 0 OR duplicates != 0 OR amount != 0 OR reference_amount != 0
    OR arrayExists(n -> n != 0, mapValues(score_histogram))
    OR arrayExists(n -> n != 0, mapValues(probability_histogram))
    OR arrayExists(n -> n != 0, mapValues(latency_histogram))
