-- How long it takes until we know, by what the label rests on.
-- Grain: label, source.
-- Reader: risk leads and data scientists.
-- Cost: a scan of five columns of labels.
SELECT label, source, sum(v.payments) AS payments, max(p90_days) AS p90_days, max(v.most_days) AS most_days
FROM v_time_to_label AS v
WHERE engine = '$engine' AND $__dateFilter(day)
GROUP BY label, source
ORDER BY label, source
