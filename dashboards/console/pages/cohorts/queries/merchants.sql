-- The merchants that moved the fraud rate from one week to the next, both at the same age: by how much of the
-- change is theirs. `change` of all merchants adds up to the change of the rate. NULL
-- where one of the weeks has no payments.
-- Grain: merchant.
-- Reader: risk leads; `merchants` limits them for people who see some merchant accounts, empty: all.
-- Cost: a sum over decisions_by_day and labels_by_day by merchant, two weeks of days.
SELECT merchant_id, payments, fraud, fraud_reference_amount, payments_before, fraud_before,
    sum(payments) OVER () AS all_payments, sum(fraud) OVER () AS all_fraud,
    sum(payments_before) OVER () AS all_payments_before, sum(fraud_before) OVER () AS all_fraud_before,
    if(least(all_payments, all_payments_before) <= 0, NULL,
        fraud / all_payments - fraud_before / all_payments_before) AS change
FROM
(
    SELECT grown.merchant AS merchant_id,
        sumIf(grown.decided, grown.day >= {week:Date}) AS payments, sumIf(grown.frauds, grown.day >= {week:Date}) AS fraud,
        sumIf(grown.lost, grown.day >= {week:Date}) AS fraud_reference_amount,
        sumIf(grown.decided, grown.day < {week:Date}) AS payments_before,
        sumIf(grown.frauds, grown.day < {week:Date}) AS fraud_before
    FROM
    (
        SELECT m.day AS day, m.merchant_id AS merchant, argMax(m.payments, m.age_days) AS decided,
            argMax(m.fraud, m.age_days) AS frauds, argMax(m.fraud_reference_amount, m.age_days) AS lost
        FROM v_fraud_maturity_by_merchant AS m
        WHERE m.engine = {engine:String} AND m.day >= {week:Date} - 7 AND m.day < {week:Date} + 7
            AND m.age_days <= {age:UInt16}
            AND (empty({accounts:Array(String)}) OR m.merchant_id IN {merchants:Array(String)})
        GROUP BY day, merchant
    ) AS grown
    GROUP BY merchant_id
)
ORDER BY abs(change) DESC, fraud DESC, merchant_id
LIMIT {rows:UInt32}
