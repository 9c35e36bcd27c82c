-- Payments a day, by the verdict that stands.
-- Grain: day, verdict.
-- Reader: risk leads.
-- Cost: a sum over decisions_by_day of one dimension.
SELECT toDateTime(day) AS time, verdict, sum(payments) AS payments
FROM v_day_by_verdict
WHERE engine = '$engine' AND $__dateFilter(day)
GROUP BY time, verdict
ORDER BY time, verdict
