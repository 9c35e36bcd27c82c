-- What rules on trial would have hit in the last days, beside what was decided and what is known.
-- Grain: rule on trial.
-- Reader: rule authors.
-- Cost: a scan of a few columns of the decisions and labels of these days.
SELECT
    arrayJoin(d.shadow_hits) AS rule,
    count() AS payments,
    sum(d.reference_amount) AS reference_amount,
    countIf(d.verdict = 'approve') AS approved,
    countIf(d.verdict = 'decline') AS declined,
    countIf(l.label = 'fraud') AS fraud,
    countIf(l.label = 'fraud' AND d.verdict = 'approve') AS fraud_missed,
    sumIf(d.reference_amount, l.label = 'fraud' AND d.verdict = 'approve') AS fraud_missed_reference_amount,
    countIf(l.label = 'legitimate') AS legitimate,
    if(fraud + legitimate = 0, NULL, fraud / (fraud + legitimate)) AS precision
FROM v_decisions AS d
LEFT ANY JOIN
(
    SELECT merchant_account, payment_id, attempt, argMax(label, (strength, known_at, log_offset)) AS label
    FROM labels
    WHERE engine = {engine:String} AND cohort_at >= now() - toIntervalDay({days:UInt16})
    GROUP BY merchant_account, payment_id, attempt
) AS l ON l.merchant_account = d.merchant_account AND l.payment_id = d.payment_id AND l.attempt = d.attempt
WHERE d.engine = {engine:String} AND d.engine_time >= now() - toIntervalDay({days:UInt16}) AND notEmpty(d.shadow_hits)
    AND (empty({accounts:Array(String)}) OR d.merchant_account IN {accounts:Array(String)})
GROUP BY rule
ORDER BY payments DESC
LIMIT 200
