-- Share of decisions of which champion and challenger say otherwise, by day.
-- Grain: day, challenger.
-- Reader: data scientists.
-- Cost: a scan of decisions; keep the time range short.
SELECT toDateTime(toDate(hour)) AS time, challenger_model, sum(disagreed) / sum(decisions) AS disagreed
FROM v_trials
WHERE engine = '$engine' AND $__timeFilter(hour)
GROUP BY time, challenger_model
ORDER BY time, challenger_model
