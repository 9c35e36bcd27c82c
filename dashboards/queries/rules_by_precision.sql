-- Of what each rule declined and whose truth is known, the share that was fraud.
-- Grain: rule.
-- Reader: fraud teams.
-- Cost: a sum over decisions_by_day and labels_by_day of one dimension.
SELECT
    deciding_rule,
    sum(declined) AS declined,
    sum(fraud_declined) AS fraud,
    sum(legitimate_declined) AS insults,
    if(fraud + insults = 0, NULL, fraud / (fraud + insults)) AS precision
FROM v_fraud_by_rule
WHERE engine = '$engine' AND $__dateFilter(day)
GROUP BY deciding_rule
HAVING declined > 0
ORDER BY declined DESC, deciding_rule
LIMIT 30
