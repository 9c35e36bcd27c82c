-- Decisions a minute, by verdict.
-- Grain: minute, verdict.
-- Reader: risk leads and operators.
-- Cost: a sum over decisions_by_minute of one dimension; a day is 1,440 minutes.
SELECT minute AS time, verdict, sum(decisions) AS decisions
FROM v_minute_by_verdict
WHERE engine = '$engine' AND $__timeFilter(minute)
GROUP BY time, verdict
ORDER BY time, verdict
