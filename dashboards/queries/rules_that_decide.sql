-- Which rules decide, and about how much money. The empty name is what no rule decided.
-- Grain: rule, verdict.
-- Reader: fraud teams.
-- Cost: a sum over decisions_by_day of one dimension.
SELECT deciding_rule, verdict, sum(payments) AS payments, toFloat64(sum(payments_reference_amount)) / 100 AS eur
FROM v_day_by_rule
WHERE engine = '$engine' AND $__dateFilter(day)
GROUP BY deciding_rule, verdict
ORDER BY payments DESC, deciding_rule, verdict
LIMIT 30
