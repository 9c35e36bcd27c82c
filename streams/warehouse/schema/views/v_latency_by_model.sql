-- Grain: engine, hour of engine time, model.
-- Reader: data scientists and whoever runs the platform, who ask whether a model is slower than another. Quantiles as in v_latency: the lower bound of the bucket that the quantile falls into.
-- Cost: a sum over `decisions_hour`; filter on engine and hour.
CREATE OR REPLACE VIEW v_latency_by_model AS
SELECT
    engine,
    hour,
    model,
    sum(t.decisions) AS decisions,
    sumMap(t.latency_histogram) AS latency_histogram,
    arrayCumSum(mapValues(latency_histogram)) AS cumulated,
    mapKeys(latency_histogram)[arrayFirstIndex(x -> x >= 0.5 * decisions, cumulated)] AS p50_bucket_ms,
    mapKeys(latency_histogram)[arrayFirstIndex(x -> x >= 0.95 * decisions, cumulated)] AS p95_bucket_ms,
    mapKeys(latency_histogram)[arrayFirstIndex(x -> x >= 0.99 * decisions, cumulated)] AS p99_bucket_ms
FROM decisions_hour AS t
GROUP BY engine, hour, model
HAVING decisions > 0
