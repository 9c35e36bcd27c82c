-- The same as `weeks`, of chosen merchants: for people who see some merchant accounts.
-- Grain: week, from Monday.
-- Reader: risk leads of some merchant accounts; `merchants` are those all of whose payments are theirs to see.
-- Cost: a sum over decisions_by_day and labels_by_day by merchant, half a year of days.
SELECT toStartOfWeek(grown.day, 1) AS week, sum(grown.decided) AS payments, sum(grown.frauds) AS fraud,
    sum(grown.lost) AS fraud_reference_amount, sum(whole.amount) AS reference_amount, sum(whole.known) AS labelled
FROM
(
    SELECT m.day AS day, m.merchant_id AS merchant, argMax(m.payments, m.age_days) AS decided,
        argMax(m.fraud, m.age_days) AS frauds, argMax(m.fraud_reference_amount, m.age_days) AS lost
    FROM v_fraud_maturity_by_merchant AS m
    WHERE m.engine = {engine:String} AND m.day >= {since:Date} AND m.age_days <= {age:UInt16}
        AND m.merchant_id IN {merchants:Array(String)} AND notEmpty({accounts:Array(String)})
    GROUP BY day, merchant
) AS grown
LEFT JOIN
(
    SELECT f.day AS day, f.merchant_id AS merchant, sum(f.reference_amount) AS amount,
        sum(f.fraud + f.friendly + f.legitimate) AS known
    FROM v_fraud_by_merchant AS f
    WHERE f.engine = {engine:String} AND f.day >= {since:Date} AND f.merchant_id IN {merchants:Array(String)}
    GROUP BY day, merchant
) AS whole ON whole.day = grown.day AND whole.merchant = grown.merchant
GROUP BY week
ORDER BY week
LIMIT 60
