-- Fraud rate of each day's payments as it was known 30 days later: comparable, since all are equally old.
-- Grain: day.
-- Reader: risk leads.
-- Cost: a sum over decisions_by_day and labels_by_day of all.
SELECT toDateTime(day) AS time, if(argMax(payments, age_days) <= 0, NULL, argMax(fraud, age_days) / argMax(payments, age_days)) AS fraud_rate
FROM v_fraud_maturity
WHERE engine = '$engine' AND $__dateFilter(day) AND age_days <= 30 AND day <= today() - 30
GROUP BY time
ORDER BY time
