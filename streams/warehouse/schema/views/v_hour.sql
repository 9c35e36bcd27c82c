-- Grain: engine, hour of engine time, verdict, merchant country, model, currency.
-- Reader: analysts and dashboards. Measures are final here: no further sum is needed unless you group coarser.
-- Cost: a sum over `decisions_hour`, thousands of times smaller than `decisions`; filter on engine and hour.
CREATE OR REPLACE VIEW v_hour AS
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
FROM decisions_hour AS t
GROUP BY engine, hour, verdict, merchant_country, model, currency
