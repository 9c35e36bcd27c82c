-- What rules on trial would have hit in the last days, beside what was decided and what is known. Whole days, the first one and today with them.
-- Grain: rule on trial.
-- Reader: rule authors.
-- Cost: a sum over shadow_hits_by_day; of the decisions of these days the columns of the labelled ones.
WITH
    toDate(now()) - {days:UInt16} AS since,
    stood AS (
        SELECT merchant_account, payment_id, attempt, any(cohort_at) AS at, argMax(label, (strength, known_at, log_offset)) AS label
        FROM labels
        WHERE engine = {engine:String} AND cohort_at >= toDateTime(since, 'UTC') AND decision_known
        GROUP BY merchant_account, payment_id, attempt
    ),
    known AS (
        SELECT
            arrayJoin(d.shadow_hits) AS rule,
            countIf(l.label = 'fraud') AS fraud,
            countIf(l.label = 'fraud' AND d.verdict = 'approve') AS fraud_missed,
            sumIf(d.reference_amount, l.label = 'fraud' AND d.verdict = 'approve') AS fraud_missed_reference_amount,
            countIf(l.label = 'legitimate') AS legitimate
        FROM (
            SELECT merchant_account, payment_id, attempt, shadow_hits, verdict, reference_amount FROM v_decisions
            WHERE engine = {engine:String} AND engine_time >= toDateTime(since, 'UTC') AND notEmpty(shadow_hits)
                AND (empty({accounts:Array(String)}) OR merchant_account IN {accounts:Array(String)})
                AND engine_time IN (SELECT at FROM stood)
        ) AS d
        INNER JOIN stood AS l ON l.merchant_account = d.merchant_account AND l.payment_id = d.payment_id AND l.attempt = d.attempt
        GROUP BY rule
    ),
    hits AS (
        SELECT rule, sum(v.decisions) AS payments, sum(v.reference_amount) AS reference_amount,
            sumIf(v.decisions, verdict = 'approve') AS approved, sumIf(v.decisions, verdict = 'decline') AS declined
        FROM v_day_by_shadow_hit AS v
        WHERE engine = {engine:String} AND day >= since
            AND (empty({accounts:Array(String)}) OR merchant_account IN {accounts:Array(String)})
        GROUP BY rule
    )
SELECT
    h.rule AS rule,
    h.payments AS payments,
    h.reference_amount AS reference_amount,
    h.approved AS approved,
    h.declined AS declined,
    k.fraud AS fraud,
    k.fraud_missed AS fraud_missed,
    k.fraud_missed_reference_amount AS fraud_missed_reference_amount,
    k.legitimate AS legitimate,
    if(fraud + legitimate = 0, NULL, fraud / (fraud + legitimate)) AS precision
FROM hits AS h
LEFT JOIN known AS k ON k.rule = h.rule
ORDER BY payments DESC
LIMIT 200
