-- Grain: engine, minute of engine time.
-- Reader: whoever runs the platform. A quantile is given as the lower bound of the bucket that it falls into: it is at least that, and below the next bound.
-- Cost: a sum over `decisions_minute`; filter on engine and minute.
CREATE OR REPLACE VIEW v_latency AS
SELECT
    engine,
    minute,
    sum(t.decisions) AS decisions,
    sumMap(t.latency_histogram) AS latency_histogram,
    arrayCumSum(mapValues(latency_histogram)) AS cumulated,
    mapKeys(latency_histogram)[arrayFirstIndex(x -> x >= 0.5 * decisions, cumulated)] AS p50_bucket_ms,
    mapKeys(latency_histogram)[arrayFirstIndex(x -> x >= 0.95 * decisions, cumulated)] AS p95_bucket_ms,
    mapKeys(latency_histogram)[arrayFirstIndex(x -> x >= 0.99 * decisions, cumulated)] AS p99_bucket_ms
FROM decisions_minute AS t
GROUP BY engine, minute
HAVING decisions > 0
