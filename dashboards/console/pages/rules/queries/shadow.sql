-- What rules on trial would have hit in the last days, beside what was decided and what is known. Whole days (UTC), today with them.
-- Grain: rule on trial.
-- Reader: rule authors.
-- Cost: sums over shadow_hits_by_day and shadow_labels_by_day.
WITH
    known AS (
        SELECT
            rule,
            sumIf(v.payments, label != 'unknown') AS labelled,
            sumIf(v.payments, label = 'fraud') AS fraud,
            sumIf(v.payments, label = 'fraud' AND verdict = 'approve') AS fraud_missed,
            sumIf(v.reference_amount, label = 'fraud' AND verdict = 'approve') AS fraud_missed_reference_amount,
            sumIf(v.payments, label = 'legitimate') AS legitimate
        FROM v_shadow_labels AS v
        WHERE engine = {engine:String} AND day > toDate(now('UTC')) - {days:UInt16}
            AND (empty({accounts:Array(String)}) OR merchant_account IN {accounts:Array(String)})
        GROUP BY rule
    )
SELECT
    h.rule AS rule,
    sum(h.decisions) AS payments,
    sum(h.reference_amount) AS reference_amount,
    sumIf(h.decisions, h.verdict = 'approve') AS approved,
    sumIf(h.decisions, h.verdict = 'decline') AS declined,
    any(k.fraud) AS fraud,
    any(k.fraud_missed) AS fraud_missed,
    any(k.fraud_missed_reference_amount) AS fraud_missed_reference_amount,
    any(k.legitimate) AS legitimate,
    greatest(0, toInt64(payments) - toInt64(any(k.labelled))) AS unknown,
    if(fraud + legitimate = 0, NULL, fraud / (fraud + legitimate)) AS precision
FROM v_day_by_shadow_hit AS h
LEFT JOIN known AS k ON k.rule = h.rule
WHERE h.engine = {engine:String} AND h.day > toDate(now('UTC')) - {days:UInt16}
    AND (empty({accounts:Array(String)}) OR h.merchant_account IN {accounts:Array(String)})
GROUP BY rule
ORDER BY payments DESC
LIMIT 200
