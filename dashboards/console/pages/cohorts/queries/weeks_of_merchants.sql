-- The same as `weeks`, of chosen merchants: for people who see some merchant accounts.
-- Grain: week, from Monday.
-- Reader: risk leads of some merchant accounts; `merchants` are those all of whose payments are theirs to see.
-- Cost: sums over decisions_by_day and labels_by_day by merchant, half a year of days, each read once: what v_fraud_maturity_by_merchant tells of every age is needed at one age alone.
SELECT toStartOfWeek(each.day, 1) AS week, sum(each.decided) AS payments, sum(each.frauds) AS fraud,
    sum(each.lost) AS fraud_reference_amount, sum(each.amount) AS reference_amount, sum(each.known) AS labelled
FROM
(
    SELECT day, d.payments AS decided, d.payments_reference_amount AS amount, toInt64(0) AS frauds, toInt128(0) AS lost, toInt64(0) AS known
    FROM decisions_by_day AS d
    WHERE engine = {engine:String} AND dimension = 'merchant' AND day >= {since:Date}
        AND value IN {merchants:Array(String)} AND notEmpty({accounts:Array(String)})
    UNION ALL
    SELECT day, 0, 0, if(l.label = 'fraud' AND l.age_days <= {age:UInt16}, l.payments, 0),
        if(l.label = 'fraud' AND l.age_days <= {age:UInt16}, l.reference_amount, 0), l.payments
    FROM labels_by_day AS l
    WHERE engine = {engine:String} AND dimension = 'merchant' AND day >= {since:Date} AND verdict != ''
        AND label IN ('fraud', 'friendly', 'legitimate')
        AND value IN {merchants:Array(String)} AND notEmpty({accounts:Array(String)})
) AS each
GROUP BY week
ORDER BY week
LIMIT 60
