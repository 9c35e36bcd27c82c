-- Grain: engine, minute of engine time, verdict, merchant country, model, currency.
-- Reader: analysts and dashboards. Measures are final here: no further sum is needed unless you group coarser.
-- Cost: a sum over `decisions_minute`, thousands of times smaller than `decisions`; filter on engine and minute.
CREATE OR REPLACE VIEW v_minute AS
SELECT
    engine,
    minute,
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
GROUP BY engine, minute, verdict, merchant_country, model, currency
