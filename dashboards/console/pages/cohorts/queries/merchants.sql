-- The merchants that moved the fraud rate from one week to the next, both at the same age: by how much of the
-- change is theirs. `change` of all merchants adds up to the change of the rate. NULL
-- where one of the weeks has no payments.
-- Grain: merchant.
-- Reader: risk leads; `merchants` limits them for people who see some merchant accounts, empty: all.
-- Cost: sums over decisions_by_day and labels_by_day by merchant, two weeks of days, each read once.
SELECT merchant_id, payments, fraud, fraud_reference_amount, payments_before, fraud_before,
    sum(payments) OVER () AS all_payments, sum(fraud) OVER () AS all_fraud,
    sum(payments_before) OVER () AS all_payments_before, sum(fraud_before) OVER () AS all_fraud_before,
    if(least(all_payments, all_payments_before) <= 0, NULL,
        fraud / all_payments - fraud_before / all_payments_before) AS change
FROM
(
    SELECT each.merchant AS merchant_id,
        sumIf(each.decided, each.day >= {week:Date}) AS payments, sumIf(each.frauds, each.day >= {week:Date}) AS fraud,
        sumIf(each.lost, each.day >= {week:Date}) AS fraud_reference_amount,
        sumIf(each.decided, each.day < {week:Date}) AS payments_before, sumIf(each.frauds, each.day < {week:Date}) AS fraud_before
    FROM
    (
        SELECT day, value AS merchant, d.payments AS decided, toInt64(0) AS frauds, toInt128(0) AS lost
        FROM decisions_by_day AS d
        WHERE engine = {engine:String} AND dimension = 'merchant' AND day >= {week:Date} - 7 AND day < {week:Date} + 7
            AND (empty({accounts:Array(String)}) OR value IN {merchants:Array(String)})
        UNION ALL
        SELECT day, value, 0, l.payments, l.reference_amount
        FROM labels_by_day AS l
        WHERE engine = {engine:String} AND dimension = 'merchant' AND day >= {week:Date} - 7 AND day < {week:Date} + 7
            AND label = 'fraud' AND verdict != '' AND age_days <= {age:UInt16}
            AND (empty({accounts:Array(String)}) OR value IN {merchants:Array(String)})
    ) AS each
    GROUP BY merchant_id
)
ORDER BY abs(change) DESC, fraud DESC, merchant_id
LIMIT {rows:UInt32}
