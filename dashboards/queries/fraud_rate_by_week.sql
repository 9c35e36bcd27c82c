-- Fraud rate of each week's payments, as far as it is known today. The newest weeks are not known yet.
-- Grain: week.
-- Reader: risk leads.
-- Cost: a sum over decisions_by_day and labels_by_day of one dimension.
SELECT toDateTime(toStartOfWeek(day, 1)) AS time, if(sum(payments) <= 0, NULL, sum(fraud) / sum(payments)) AS fraud_rate
FROM v_fraud
WHERE engine = '$engine' AND $__dateFilter(day)
GROUP BY time
ORDER BY time
