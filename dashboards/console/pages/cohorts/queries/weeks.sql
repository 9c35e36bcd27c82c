-- Payments of each week, and the fraud that was known of them so many days later.
-- Grain: week, from Monday.
-- Reader: risk leads.
-- Cost: a sum over decisions_by_day and labels_by_day of all, half a year of days.
SELECT toStartOfWeek(grown.day, 1) AS week, sum(grown.decided) AS payments, sum(grown.frauds) AS fraud,
    sum(grown.lost) AS fraud_reference_amount, sum(whole.amount) AS reference_amount, sum(whole.known) AS labelled
FROM
(
    SELECT m.day AS day, argMax(m.payments, m.age_days) AS decided, argMax(m.fraud, m.age_days) AS frauds,
        argMax(m.fraud_reference_amount, m.age_days) AS lost
    FROM v_fraud_maturity AS m
    WHERE m.engine = {engine:String} AND m.day >= {since:Date} AND m.age_days <= {age:UInt16}
    GROUP BY day
) AS grown
LEFT JOIN
(
    SELECT f.day AS day, sum(f.reference_amount) AS amount, sum(f.fraud + f.friendly + f.legitimate) AS known
    FROM v_fraud AS f
    WHERE f.engine = {engine:String} AND f.day >= {since:Date}
    GROUP BY day
) AS whole ON whole.day = grown.day
WHERE empty({accounts:Array(String)})
GROUP BY week
ORDER BY week
LIMIT 60
